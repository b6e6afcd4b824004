//! The grammar of PromQL: selectors with matchers and ranges, `sum`, `topk`,
//! `sum_over_time`, `vector`, arithmetic, comparisons and `or`, with PromQL's
//! precedence. Length and depth are bounded; operators of one level stand
//! side by side, so that a long sum is not a deep one.

use std::fmt;

use regex::Regex;
use winnow::Parser;
use winnow::combinator::alt;
use winnow::combinator::delimited;
use winnow::combinator::opt;
use winnow::combinator::peek;
use winnow::combinator::preceded;
use winnow::combinator::repeat;
use winnow::combinator::separated;
use winnow::combinator::terminated;

use crate::sim::sysdig::syntax::Escape;
use crate::sim::sysdig::syntax::Input;
use crate::sim::sysdig::syntax::Parsed;
use crate::sim::sysdig::syntax::Rule;
use crate::sim::sysdig::syntax::end;
use crate::sim::sysdig::syntax::expect;
use crate::sim::sysdig::syntax::keyword_of;
use crate::sim::sysdig::syntax::nested;
use crate::sim::sysdig::syntax::pattern;
use crate::sim::sysdig::syntax::quoted;
use crate::sim::sysdig::syntax::read;
use crate::sim::sysdig::syntax::refuse;
use crate::sim::sysdig::syntax::sign;
use crate::sim::sysdig::syntax::sign_of;
use crate::sim::sysdig::syntax::word;

/// Longest query, in bytes.
pub const MAX_BYTES: usize = 8_192;

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
    /// One side and then others, from left to right.
    Chain(Box<Expr>, Vec<(Op, Expr)>),
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

const COMPARISONS: &[(&str, Op)] = &[("<", Op::Less), (">", Op::Greater)];
const SUMS: &[(&str, Op)] = &[("+", Op::Plus), ("-", Op::Minus)];
const PRODUCTS: &[(&str, Op)] = &[("*", Op::Times), ("/", Op::Divide)];
/// A matcher, whether it is negated, and whether it takes a regular expression.
const MATCHERS: &[(&str, (bool, bool))] =
    &[("=~", (false, true)), ("!~", (true, true)), ("!=", (true, false)), ("=", (false, false))];

impl Expr {
    /// Reads a query.
    ///
    /// # Errors
    /// [`ParseError`] saying what was expected.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse_counted(text).0
    }
}

/// The whole query, and how many tokens were tried for that.
pub fn parse_counted(text: &str) -> (Result<Expr, ParseError>, usize) {
    if text.len() > MAX_BYTES {
        return (Err(ParseError(format!("the query is longer than {MAX_BYTES} bytes"))), 0);
    }
    let (parsed, tried) = read(text, terminated(or, expect("an operator or the end", end)));
    (parsed.map_err(|problem| ParseError(problem.in_full())), tried)
}

fn or(input: &mut Input<'_>) -> Parsed<Expr> {
    chain(keyword("or").value(Op::Or), compared).parse_next(input)
}

fn compared(input: &mut Input<'_>) -> Parsed<Expr> {
    chain(sign_of(COMPARISONS), added).parse_next(input)
}

fn added(input: &mut Input<'_>) -> Parsed<Expr> {
    chain(sign_of(SUMS), multiplied).parse_next(input)
}

fn multiplied(input: &mut Input<'_>) -> Parsed<Expr> {
    chain(sign_of(PRODUCTS), unit).parse_next(input)
}

fn chain<'a>(operator: impl Rule<'a, Op>, part: fn(&mut Input<'a>) -> Parsed<Expr>) -> impl Rule<'a, Expr> {
    (part, repeat(0.., (operator, part))).map(|(first, others): (_, Vec<_>)| {
        if others.is_empty() { first } else { Expr::Chain(Box::new(first), others) }
    })
}

fn unit(input: &mut Input<'_>) -> Parsed<Expr> {
    alt((argument, number::<f64>.map(Expr::Number), named)).parse_next(input)
}

fn named(input: &mut Input<'_>) -> Parsed<Expr> {
    let word = expect("an expression", name()).parse_next(input)?;
    match word {
        "sum" => {
            let before = opt(labels).parse_next(input)?;
            let of = Box::new(expect("'('", argument).parse_next(input)?);
            let by = if before.is_some() { before } else { opt(labels).parse_next(input)? };
            Ok(Expr::Sum { by: by.unwrap_or_default(), of })
        }
        "topk" => {
            let most = preceded(expect("'('", sign("(")), expect("a number", number::<usize>));
            let of = delimited(expect("','", sign(",")), nested(or), expect("')'", sign(")")));
            (most, of).map(|(most, of)| Expr::TopK(most, Box::new(of))).parse_next(input)
        }
        "sum_over_time" => expect("'('", argument).map(|of| Expr::SumOverTime(Box::new(of))).parse_next(input),
        "vector" => expect("'('", argument).map(|of| Expr::Vector(Box::new(of))).parse_next(input),
        _ if peek(sign("(")).parse_next(input).is_ok() => refuse(input, format!("unknown function '{word}'")),
        _ => selector(input, word),
    }
}

/// An expression in parentheses.
fn argument(input: &mut Input<'_>) -> Parsed<Expr> {
    delimited(sign("("), nested(or), expect("')'", sign(")"))).parse_next(input)
}

/// `by (label, …)`.
fn labels(input: &mut Input<'_>) -> Parsed<Vec<String>> {
    let listed = separated(0.., name().map(str::to_owned), sign(","));
    preceded(keyword("by"), delimited(expect("'('", sign("(")), listed, expect("')'", sign(")")))).parse_next(input)
}

fn selector(input: &mut Input<'_>, metric: &str) -> Parsed<Expr> {
    let matchers = delimited(sign("{"), separated(0.., matcher, sign(",")), expect("'}'", sign("}")));
    let range = delimited(sign("["), expect("a duration", digits().verify_map(seconds)), expect("']'", sign("]")));
    let (matchers, range): (Option<Vec<Matcher>>, _) = (opt(matchers), opt(range)).parse_next(input)?;
    Ok(Expr::Selector { metric: metric.to_owned(), matchers: matchers.unwrap_or_default(), range })
}

fn matcher(input: &mut Input<'_>) -> Parsed<Matcher> {
    let label = name().parse_next(input)?.to_owned();
    let (negated, is_regex) = expect("a matcher", sign_of(MATCHERS)).parse_next(input)?;
    // A value stands on one line.
    let text = quoted(&['"', '\''], escape).with_taken().verify(|(_, raw): &(_, &str)| !raw.trim_end().contains('\n'));
    let (text, _) = expect("a quoted value", text).parse_next(input)?;
    let value = if is_regex { Pattern::Regex(pattern(input, &text)?) } else { Pattern::Text(text) };
    Ok(Matcher { label, negated, value })
}

fn escape(_: char, after: char) -> Escape {
    match after {
        'n' => Escape::Is('\n'),
        't' => Escape::Is('\t'),
        '\\' | '"' | '\'' => Escape::Is(after),
        _ => Escape::Unknown,
    }
}

fn number<T: std::str::FromStr>(input: &mut Input<'_>) -> Parsed<T> {
    let text = digits().parse_next(input)?;
    text.parse().or_else(|_| refuse(input, format!("bad number '{text}'")))
}

/// Digits, perhaps with a point or units.
fn digits<'a>() -> impl Rule<'a, &'a str> {
    word(|c| c.is_ascii_digit(), |c| c.is_ascii_alphanumeric() || c == '.')
}

fn name<'a>() -> impl Rule<'a, &'a str> {
    word(|c| c.is_ascii_alphabetic() || c == '_', |c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'))
}

fn keyword<'a>(keyword: &'static str) -> impl Rule<'a, ()> {
    keyword_of(name(), keyword)
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
