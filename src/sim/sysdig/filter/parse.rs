//! Recursive descent over the tokens; `not` binds tightest, then `and`, then
//! `or`. Keywords are understood in any case, field names as written.

use crate::sim::sysdig::filter::Expression;
use crate::sim::sysdig::filter::FREE_TEXT;
use crate::sim::sysdig::filter::FilterError;
use crate::sim::sysdig::filter::MAX_CHARS;
use crate::sim::sysdig::filter::MAX_DEPTH;
use crate::sim::sysdig::filter::Operator;
use crate::sim::sysdig::filter::lex::Token;
use crate::sim::sysdig::filter::lex::tokens;

/// The whole text as one expression.
pub(super) fn parse(text: &str) -> Result<Expression, FilterError> {
    let length = text.chars().count();
    if length > MAX_CHARS {
        return Err(FilterError { message: format!("longer than {MAX_CHARS} characters"), position: MAX_CHARS });
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, end: length };
    let expression = parser.any(0)?;
    if parser.peek().is_some() {
        return Err(parser.expected("'and', 'or' or the end"));
    }
    Ok(expression)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    end: usize,
}

impl Parser {
    fn any(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let mut parts = vec![self.all(depth)?];
        while self.keyword("or") {
            parts.push(self.all(depth)?);
        }
        Ok(single_or(parts, Expression::Or))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, FilterError> {
        let mut parts = vec![self.one(depth)?];
        while self.keyword("and") {
            parts.push(self.one(depth)?);
        }
        Ok(single_or(parts, Expression::And))
    }

    fn one(&mut self, depth: usize) -> Result<Expression, FilterError> {
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("nested deeper than {MAX_DEPTH}")));
        }
        if self.keyword("not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take(&Token::Open) {
            let inner = self.any(depth + 1)?;
            return if self.take(&Token::Close) { Ok(inner) } else { Err(self.expected("')', 'and' or 'or'")) };
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Expression, FilterError> {
        let Some(Token::Word(field)) = self.peek().cloned() else {
            return Err(self.expected("a field"));
        };
        self.next += 1;
        if field == FREE_TEXT && !matches!(self.peek(), Some(Token::Sign("=" | "!="))) {
            return Err(self.error("freeText takes only = and !="));
        }
        let negated = self.keyword("not");
        let comparison = if negated {
            self.word_operator(field)?
        } else if let Some(operator) = self.sign() {
            let value = self.value()?;
            Expression::Compare { field, operator, value }
        } else {
            self.word_operator(field)?
        };
        Ok(if negated { Expression::Not(Box::new(comparison)) } else { comparison })
    }

    fn sign(&mut self) -> Option<Operator> {
        let Some(Token::Sign(sign)) = self.peek() else {
            return None;
        };
        let operator = match *sign {
            "=" => Operator::Equal,
            "!=" => Operator::NotEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            "<" => Operator::Less,
            _ => Operator::LessOrEqual,
        };
        self.next += 1;
        Some(operator)
    }

    fn word_operator(&mut self, field: String) -> Result<Expression, FilterError> {
        if self.keyword("exists") {
            return Ok(Expression::Exists(field));
        }
        if self.keyword("in") {
            let values = self.list()?;
            return Ok(Expression::OneOf { field, values });
        }
        let operator = if self.keyword("contains") {
            Operator::Contains
        } else if self.keyword("startsWith") {
            Operator::StartsWith
        } else if self.keyword("starts") {
            if !self.keyword("with") {
                return Err(self.expected("'with'"));
            }
            Operator::StartsWith
        } else {
            return Err(self.expected("an operator"));
        };
        let value = self.value()?;
        Ok(Expression::Compare { field, operator, value })
    }

    fn list(&mut self) -> Result<Vec<String>, FilterError> {
        if !self.take(&Token::Open) {
            return Err(self.expected("'('"));
        }
        let mut values = vec![self.value()?];
        while self.take(&Token::Comma) {
            values.push(self.value()?);
        }
        if self.take(&Token::Close) { Ok(values) } else { Err(self.expected("',' or ')'")) }
    }

    /// A quoted value; a bare whole number is tolerated.
    fn value(&mut self) -> Result<String, FilterError> {
        let value = match self.peek() {
            Some(Token::Quoted(value)) => value.clone(),
            Some(Token::Word(word)) if word.parse::<i64>().is_ok() => word.clone(),
            Some(Token::Word(_)) => return Err(self.expected("a value in double quotes")),
            _ => return Err(self.expected("a value")),
        };
        self.next += 1;
        Ok(value)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.next += usize::from(found);
        found
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.next += usize::from(found);
        found
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn expected(&self, what: &str) -> FilterError {
        self.error(&format!("expected {what}"))
    }

    fn error(&self, message: &str) -> FilterError {
        FilterError {
            message: message.to_owned(),
            position: self.tokens.get(self.next).map_or(self.end, |(_, position)| *position),
        }
    }
}

fn single_or(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.swap_remove(0) } else { join(parts) }
}
