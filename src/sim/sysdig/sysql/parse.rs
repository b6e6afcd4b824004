//! Reads a SysQL statement. Length and depth are bounded; what the language
//! has and this reader does not is named in the refusal.

const MAX_CHARS: usize = 16_384;
const MAX_DEPTH: usize = 32;
const KEYWORDS: &[&str] = &[
    "MATCH", "OPTIONAL", "WHERE", "RETURN", "DISTINCT", "ORDER", "BY", "LIMIT", "OFFSET", "AS", "AND", "OR", "NOT",
    "IN", "ASC", "DESC",
];

/// One statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What is matched, the first part and then the optional ones.
    pub paths: Vec<Path>,
    /// What rows must fulfil.
    pub condition: Option<Condition>,
    /// What is returned; empty: everything that was matched.
    pub items: Vec<Item>,
    /// Each row once.
    pub distinct: bool,
    /// What rows are ordered by, and whether the largest comes first.
    pub order: Vec<(Term, bool)>,
    /// Most rows.
    pub limit: Option<usize>,
    /// Rows left out at the beginning.
    pub offset: usize,
    /// Whether a semicolon ends it.
    pub terminated: bool,
}

/// Entities with the relationships between them.
#[derive(Debug, Clone)]
pub struct Path {
    /// Whether rows stay that have none.
    pub optional: bool,
    /// Entity or alias, and the alias given to it.
    pub start: (String, Option<String>),
    /// Relationship and the entity behind it.
    pub steps: Vec<(String, (String, Option<String>))>,
}

/// A field or a whole entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Alias or entity; none when only a name stands there.
    pub of: Option<String>,
    /// The name.
    pub name: String,
}

/// One column.
#[derive(Debug, Clone)]
pub enum Item {
    /// A field or an entity.
    Term(Term, Option<String>),
    /// How many; with `true` different ones.
    Count(Term, bool, Option<String>),
}

/// What a row must fulfil.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// One of them.
    Or(Box<Condition>, Box<Condition>),
    /// Not so.
    Not(Box<Condition>),
    /// A field compared with a value.
    Compare(Term, &'static str, Literal),
    /// A field that is one of several.
    In(Term, Vec<Literal>),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// In single quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Bool(bool),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(f64),
    Sign(&'static str),
}

const SIGNS: &[&str] = &["=~", "<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "*", ";"];

impl Statement {
    /// Reads one statement.
    ///
    /// # Errors
    /// A text that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MAX_CHARS {
            return Err(format!("syntax error: the statement is longer than {MAX_CHARS} characters"));
        }
        let mut reader = Reader { tokens: lex(text)?, at: 0, depth: 0 };
        reader.statement()
    }
}

fn lex(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |keep: &dyn Fn(char) -> bool| rest.find(|c| !keep(c)).unwrap_or(rest.len());
        let used = if first == '\'' || first == '"' {
            let mut value = String::new();
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                if !escaped && *c == first {
                    return true;
                }
                if escaped || *c != '\\' {
                    // Only the quote needs its backslash taken off; patterns keep theirs.
                    if escaped && *c != first {
                        value.push('\\');
                    }
                    value.push(*c);
                }
                escaped = !escaped && *c == '\\';
                false
            });
            let (end, _) = end.ok_or("syntax error: a text is not closed")?;
            tokens.push(Token::Text(value));
            end + 1
        } else if first.is_ascii_digit() || first == '-' {
            let used = 1 + rest[1..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len() - 1);
            let number = rest[..used].parse().map_err(|_| format!("syntax error: bad number '{}'", &rest[..used]))?;
            tokens.push(Token::Number(number));
            used
        } else if first.is_ascii_alphabetic() || first == '_' {
            let used = length(&|c| c.is_ascii_alphanumeric() || c == '_');
            tokens.push(Token::Word(rest[..used].to_owned()));
            used
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            return Err(format!("syntax error: unexpected character '{first}'"));
        };
        rest = rest[used..].trim_start();
    }
    Ok(tokens)
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn statement(&mut self) -> Result<Statement, String> {
        self.expect_keyword("MATCH")?;
        let mut paths = vec![self.path(false)?];
        while self.keyword("OPTIONAL") {
            self.expect_keyword("MATCH")?;
            paths.push(self.path(true)?);
        }
        let condition = if self.keyword("WHERE") { Some(self.condition()?) } else { None };
        let mut distinct = false;
        let mut items = Vec::new();
        if self.keyword("RETURN") {
            distinct = self.keyword("DISTINCT");
            if !self.sign("*") {
                items.push(self.item()?);
                while self.sign(",") {
                    items.push(self.item()?);
                }
            }
        }
        let mut order = Vec::new();
        if self.keyword("ORDER") {
            self.expect_keyword("BY")?;
            order.push(self.ordering()?);
            while self.sign(",") {
                order.push(self.ordering()?);
            }
        }
        let limit = if self.keyword("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.keyword("OFFSET") { self.count()? } else { 0 };
        let terminated = self.sign(";");
        match self.tokens.get(self.at) {
            None => Ok(Statement { paths, condition, items, distinct, order, limit, offset, terminated }),
            Some(token) => Err(format!("syntax error: unexpected {}", shown(Some(token)))),
        }
    }

    fn path(&mut self, optional: bool) -> Result<Path, String> {
        let start = self.node()?;
        let mut steps = Vec::new();
        while self.is_name() {
            steps.push((self.name()?, self.node()?));
        }
        Ok(Path { optional, start, steps })
    }

    fn node(&mut self) -> Result<(String, Option<String>), String> {
        let entity = self.name()?;
        let alias = if self.keyword("AS") { Some(self.name()?) } else { None };
        Ok((entity, alias))
    }

    fn item(&mut self) -> Result<Item, String> {
        let counts = matches!(&self.tokens.get(self.at..self.at + 2), Some([Token::Word(word), Token::Sign("(")]) if word.eq_ignore_ascii_case("count"));
        if !counts {
            let term = self.term()?;
            let alias = if self.keyword("AS") { Some(self.name()?) } else { None };
            return Ok(Item::Term(term, alias));
        }
        self.at += 2;
        let distinct = self.keyword("DISTINCT");
        let term = self.term()?;
        self.expect_sign(")")?;
        let alias = if self.keyword("AS") { Some(self.name()?) } else { None };
        Ok(Item::Count(term, distinct, alias))
    }

    fn ordering(&mut self) -> Result<(Term, bool), String> {
        let term = self.term()?;
        let descending = self.keyword("DESC");
        if !descending {
            self.keyword("ASC");
        }
        Ok((term, descending))
    }

    fn term(&mut self) -> Result<Term, String> {
        let first = self.name()?;
        if self.sign(".") {
            return Ok(Term { of: Some(first), name: self.name()? });
        }
        Ok(Term { of: None, name: first })
    }

    fn condition(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("syntax error: the condition is nested too deeply".to_owned());
        }
        let mut left = self.all_of()?;
        while self.keyword("OR") {
            left = Condition::Or(Box::new(left), Box::new(self.all_of()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Condition, String> {
        let mut left = self.one()?;
        while self.keyword("AND") {
            left = Condition::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.keyword("NOT") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err("syntax error: the condition is nested too deeply".to_owned());
            }
            let inner = self.one()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(inner)));
        }
        if self.sign("(") {
            let inner = self.condition()?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        let term = self.term()?;
        if self.keyword("IN") {
            self.expect_sign("[")?;
            let mut values = vec![self.literal()?];
            while self.sign(",") {
                values.push(self.literal()?);
            }
            self.expect_sign("]")?;
            return Ok(Condition::In(term, values));
        }
        let operators = ["=~", "<>", "!=", "<=", ">=", "=", "<", ">"];
        let operator = operators.into_iter().find(|sign| self.sign(sign));
        let operator = operator.ok_or_else(|| format!("syntax error: expected a comparison, found {}", self.next()))?;
        Ok(Condition::Compare(term, operator, self.literal()?))
    }

    fn literal(&mut self) -> Result<Literal, String> {
        let literal = match self.tokens.get(self.at) {
            Some(Token::Text(text)) => Literal::Text(text.clone()),
            Some(Token::Number(number)) => Literal::Number(*number),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Literal::Bool(true),
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Literal::Bool(false),
            other => return Err(format!("syntax error: expected a value, found {}", shown(other))),
        };
        self.at += 1;
        Ok(literal)
    }

    fn count(&mut self) -> Result<usize, String> {
        match self.tokens.get(self.at) {
            Some(Token::Number(number)) if number.fract() == 0.0 && (0.0..=1e9).contains(number) => {
                self.at += 1;
                // Whole and small, as just seen.
                format!("{number:.0}").parse().map_err(|_| "syntax error: bad number".to_owned())
            }
            other => Err(format!("syntax error: expected a whole number, found {}", shown(other))),
        }
    }

    fn is_name(&self) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(word)) if !is_keyword(word))
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) if !is_keyword(word) => {
                self.at += 1;
                Ok(word.clone())
            }
            other => Err(format!("syntax error: expected a name, found {}", shown(other))),
        }
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.at += usize::from(found);
        found
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.keyword(keyword) {
            Ok(())
        } else {
            Err(format!("syntax error: expected {keyword}, found {}", self.next()))
        }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(format!("syntax error: expected '{sign}', found {}", self.next())) }
    }

    fn next(&self) -> String {
        shown(self.tokens.get(self.at))
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn shown(token: Option<&Token>) -> String {
    match token {
        None => "the end".to_owned(),
        Some(Token::Word(word)) => format!("'{word}'"),
        Some(Token::Text(text)) => format!("the text '{text}'"),
        Some(Token::Number(number)) => number.to_string(),
        Some(Token::Sign(sign)) => format!("'{sign}'"),
    }
}
