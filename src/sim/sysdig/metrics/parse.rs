//! Reads PromQL: selectors with matchers and ranges, `sum`, `topk`,
//! `sum_over_time`, `vector`, arithmetic, comparisons and `or`, with PromQL's
//! precedence. Length and depth are bounded.

use std::fmt;

use regex::Regex;

const MAX_CHARS: usize = 8_192;
const MAX_DEPTH: usize = 32;

/// One expression.
#[derive(Debug, Clone)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// Series by name and labels, over a span if one is given.
    Selector {
        /// Name of the metric.
        metric: String,
        /// What its labels must be.
        matchers: Vec<Matcher>,
        /// The span in seconds.
        range: Option<u64>,
    },
    /// `sum_over_time` of a selector with a range.
    SumOverTime(Box<Expr>),
    /// `vector` of a number.
    Vector(Box<Expr>),
    /// `sum`, by labels.
    Sum {
        /// The labels that are kept.
        by: Vec<String>,
        /// What is summed.
        of: Box<Expr>,
    },
    /// The largest of a vector.
    TopK(usize, Box<Expr>),
    /// Two sides.
    Binary(Op, Box<Expr>, Box<Expr>),
}

/// What stands between two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// Series of the left, and those of the right that it lacks.
    Or,
    /// Keeps what is smaller.
    Less,
    /// Keeps what is greater.
    Greater,
    /// Sum.
    Plus,
    /// Difference.
    Minus,
    /// Product.
    Times,
    /// Quotient.
    Divide,
}

/// What one label must be.
#[derive(Debug, Clone)]
pub struct Matcher {
    label: String,
    negated: bool,
    value: Pattern,
}

#[derive(Debug, Clone)]
enum Pattern {
    Text(String),
    Regex(Regex),
}

impl Matcher {
    /// Whether a series fits; a label that is absent is the empty text.
    #[must_use]
    pub fn fits<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let value = label(&self.label).unwrap_or_default();
        let equal = match &self.value {
            Pattern::Text(text) => text == value,
            Pattern::Regex(regex) => regex.is_match(value),
        };
        equal != self.negated
    }
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(String);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid parameter \"query\": parse error: {}", self.0)
    }
}

fn error<T>(text: impl Into<String>) -> Result<T, ParseError> {
    Err(ParseError(text.into()))
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name or a keyword.
    Word(String),
    /// Digits, perhaps with units.
    Number(String),
    Text(String),
    Sign(&'static str),
}

const SIGNS: &[&str] =
    &["=~", "!~", "!=", "<=", ">=", "==", "=", "<", ">", "(", ")", "{", "}", "[", "]", ",", "+", "-", "*", "/"];

impl Expr {
    /// Reads a query.
    ///
    /// # Errors
    /// [`ParseError`] naming the place.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_CHARS {
            return error(format!("the query is longer than {MAX_CHARS} characters"));
        }
        let mut parser = Parser { tokens: lex(text)?, at: 0, depth: 0 };
        let expression = parser.or()?;
        match parser.peek() {
            None => Ok(expression),
            Some(token) => error(format!("unexpected {token:?}")),
        }
    }
}

fn lex(text: &str) -> Result<Vec<Token>, ParseError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = |keep: &dyn Fn(char) -> bool| rest.find(|c| !keep(c)).unwrap_or(rest.len());
        let used = if first == '"' || first == '\'' {
            let (value, used) = quoted(rest, first)?;
            tokens.push(Token::Text(value));
            used
        } else if first.is_ascii_digit() {
            let used = length(&|c| c.is_ascii_alphanumeric() || c == '.');
            tokens.push(Token::Number(rest[..used].to_owned()));
            used
        } else if first.is_ascii_alphabetic() || first == '_' {
            let used = length(&|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            tokens.push(Token::Word(rest[..used].to_owned()));
            used
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            sign.len()
        } else {
            return error(format!("unexpected character {first:?}"));
        };
        rest = rest[used..].trim_start();
    }
    Ok(tokens)
}

/// A text between quotes and the bytes that it took.
fn quoted(text: &str, quote: char) -> Result<(String, usize), ParseError> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, c @ ('\\' | '"' | '\''))) => value.push(c),
                _ => return error("unknown escape sequence"),
            },
            '\n' => return error("unterminated quoted string"),
            c if c == quote => return Ok((value, at + c.len_utf8())),
            c => value.push(c),
        }
    }
    error("unterminated quoted string")
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), ParseError> {
        if self.takes(sign) { Ok(()) } else { error(format!("expected {sign:?}, found {:?}", self.peek())) }
    }

    fn word(&mut self) -> Result<String, ParseError> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word.clone())
            }
            other => error(format!("expected a name, found {other:?}")),
        }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return error("the query is nested too deeply");
        }
        let mut left = self.compared()?;
        while self.takes_word("or") {
            left = Expr::Binary(Op::Or, Box::new(left), Box::new(self.compared()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn compared(&mut self) -> Result<Expr, ParseError> {
        self.chain(&[("<", Op::Less), (">", Op::Greater)], Self::added)
    }

    fn added(&mut self) -> Result<Expr, ParseError> {
        self.chain(&[("+", Op::Plus), ("-", Op::Minus)], Self::multiplied)
    }

    fn multiplied(&mut self) -> Result<Expr, ParseError> {
        self.chain(&[("*", Op::Times), ("/", Op::Divide)], Self::unit)
    }

    fn chain(
        &mut self,
        operators: &[(&str, Op)],
        part: fn(&mut Self) -> Result<Expr, ParseError>,
    ) -> Result<Expr, ParseError> {
        let mut left = part(self)?;
        while let Some(&(_, op)) = operators.iter().find(|(sign, _)| self.takes(sign)) {
            left = Expr::Binary(op, Box::new(left), Box::new(part(self)?));
        }
        Ok(left)
    }

    fn unit(&mut self) -> Result<Expr, ParseError> {
        if self.takes("(") {
            let inner = self.or()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if let Some(Token::Number(text)) = self.peek() {
            let number = text.parse().map_err(|_| ParseError(format!("bad number {text:?}")))?;
            self.at += 1;
            return Ok(Expr::Number(number));
        }
        let name = self.word()?;
        match name.as_str() {
            "sum" => {
                let before = self.labels()?;
                let of = Box::new(self.argument()?);
                let by = match before {
                    Some(by) => by,
                    None => self.labels()?.unwrap_or_default(),
                };
                Ok(Expr::Sum { by, of })
            }
            "topk" => {
                self.expect("(")?;
                let Some(Token::Number(number)) = self.peek() else { return error("topk needs a number") };
                let number = number.parse().map_err(|_| ParseError(format!("bad number {number:?}")))?;
                self.at += 1;
                self.expect(",")?;
                let of = self.or()?;
                self.expect(")")?;
                Ok(Expr::TopK(number, Box::new(of)))
            }
            "sum_over_time" => Ok(Expr::SumOverTime(Box::new(self.argument()?))),
            "vector" => Ok(Expr::Vector(Box::new(self.argument()?))),
            _ if matches!(self.peek(), Some(Token::Sign("("))) => error(format!("unknown function {name:?}")),
            _ => self.selector(name),
        }
    }

    fn argument(&mut self) -> Result<Expr, ParseError> {
        self.expect("(")?;
        let of = self.or()?;
        self.expect(")")?;
        Ok(of)
    }

    /// `by (label, …)`, if it stands here.
    fn labels(&mut self) -> Result<Option<Vec<String>>, ParseError> {
        if !self.takes_word("by") {
            return Ok(None);
        }
        self.expect("(")?;
        let mut labels = Vec::new();
        while !self.takes(")") {
            if !labels.is_empty() {
                self.expect(",")?;
            }
            labels.push(self.word()?);
        }
        Ok(Some(labels))
    }

    fn selector(&mut self, metric: String) -> Result<Expr, ParseError> {
        let mut matchers = Vec::new();
        if self.takes("{") {
            while !self.takes("}") {
                if !matchers.is_empty() {
                    self.expect(",")?;
                }
                matchers.push(self.matcher()?);
            }
        }
        let range = if self.takes("[") {
            let Some(Token::Number(text)) = self.peek() else { return error("expected a duration") };
            let seconds = seconds(text).ok_or_else(|| ParseError(format!("not a valid duration: {text:?}")))?;
            self.at += 1;
            self.expect("]")?;
            Some(seconds)
        } else {
            None
        };
        Ok(Expr::Selector { metric, matchers, range })
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let label = self.word()?;
        let Some(&(_, negated, is_regex)) =
            [("=~", false, true), ("!~", true, true), ("!=", true, false), ("=", false, false)]
                .iter()
                .find(|(sign, ..)| self.takes(sign))
        else {
            return error(format!("expected a matcher after {label:?}"));
        };
        let Some(Token::Text(text)) = self.tokens.get(self.at).cloned() else {
            return error(format!("expected a quoted value for {label:?}"));
        };
        self.at += 1;
        let value = if is_regex {
            let regex = Regex::new(&format!("^(?:{text})$"));
            Pattern::Regex(regex.map_err(|_| ParseError(format!("bad regular expression {text:?}")))?)
        } else {
            Pattern::Text(text)
        };
        Ok(Matcher { label, negated, value })
    }
}

/// A duration of PromQL, larger units first.
fn seconds(text: &str) -> Option<u64> {
    let units = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    let mut total: u64 = 0;
    let mut rest = text;
    let mut next = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let unit = rest[digits..].chars().next()?;
        let place = units.iter().position(|(name, _)| *name == unit).filter(|place| *place >= next)?;
        next = place + 1;
        let number: u64 = rest[..digits].parse().ok()?;
        total = total.checked_add(number.checked_mul(units[place].1)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    (total > 0).then_some(total)
}
