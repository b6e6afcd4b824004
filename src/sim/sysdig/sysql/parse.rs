//! The grammar of SysQL statements. Length and depth are bounded; what the
//! language has and this reader does not is named in the refusal.

use regex::Regex;
use winnow::Parser;
use winnow::combinator::alt;
use winnow::combinator::delimited;
use winnow::combinator::opt;
use winnow::combinator::preceded;
use winnow::combinator::repeat;
use winnow::combinator::separated;

use crate::sim::sysdig::syntax::Escape;
use crate::sim::sysdig::syntax::Input;
use crate::sim::sysdig::syntax::Parsed;
use crate::sim::sysdig::syntax::Rule;
use crate::sim::sysdig::syntax::end;
use crate::sim::sysdig::syntax::expect;
use crate::sim::sysdig::syntax::joined;
use crate::sim::sysdig::syntax::keyword_of;
use crate::sim::sysdig::syntax::nested;
use crate::sim::sysdig::syntax::pattern;
use crate::sim::sysdig::syntax::quoted;
use crate::sim::sysdig::syntax::read;
use crate::sim::sysdig::syntax::refuse;
use crate::sim::sysdig::syntax::sign;
use crate::sim::sysdig::syntax::sign_of;
use crate::sim::sysdig::syntax::unexpected;
use crate::sim::sysdig::syntax::word;

/// Longest statement, in bytes.
pub const MAX_BYTES: usize = 16_384;
const KEYWORDS: &[&str] = &[
    "MATCH", "OPTIONAL", "WHERE", "RETURN", "DISTINCT", "ORDER", "BY", "LIMIT", "OFFSET", "AS", "AND", "OR", "NOT",
    "IN", "ASC", "DESC",
];
const OPERATORS: &[(&str, Operator)] = &[
    ("<>", Operator::NotEqual),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
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
    /// All of them.
    All(Vec<Condition>),
    /// One of them.
    Any(Vec<Condition>),
    /// Not so.
    Not(Box<Condition>),
    /// A field compared with a value.
    Compare(Term, Operator, Literal),
    /// A text field as a whole.
    Matches(Term, Regex),
    /// A field that is one of several.
    In(Term, Vec<Literal>),
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
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

impl Statement {
    /// Reads one statement.
    ///
    /// # Errors
    /// A text that says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse_counted(text).0
    }
}

/// The whole statement, and how many tokens were tried for that.
pub fn parse_counted(text: &str) -> (Result<Statement, String>, usize) {
    if text.len() > MAX_BYTES {
        return (Err(format!("syntax error: the statement is longer than {MAX_BYTES} bytes")), 0);
    }
    let (parsed, tried) = read(text, statement);
    (parsed.map_err(|problem| format!("syntax error: {}", problem.in_full())), tried)
}

fn statement(input: &mut Input<'_>) -> Parsed<Statement> {
    let first = preceded(expect("MATCH", keyword("MATCH")), path(false)).parse_next(input)?;
    let others = preceded((keyword("OPTIONAL"), expect("MATCH", keyword("MATCH"))), path(true));
    let others: Vec<Path> = repeat(0.., others).parse_next(input)?;
    let condition = opt(preceded(keyword("WHERE"), condition)).parse_next(input)?;
    let (distinct, items) = opt(preceded(keyword("RETURN"), columns)).parse_next(input)?.unwrap_or_default();
    let by = (keyword("ORDER"), expect("BY", keyword("BY")));
    let order = opt(preceded(by, separated(1.., ordering, sign(",")))).parse_next(input)?.unwrap_or_default();
    let limit = opt(preceded(keyword("LIMIT"), count)).parse_next(input)?;
    let offset = opt(preceded(keyword("OFFSET"), count)).parse_next(input)?.unwrap_or(0);
    let terminated = opt(sign(";")).parse_next(input)?.is_some();
    if end(input).is_err() {
        return unexpected(input);
    }
    let paths = [vec![first], others].concat();
    Ok(Statement { paths, condition, items, distinct, order, limit, offset, terminated })
}

fn path<'a>(optional: bool) -> impl Rule<'a, Path> {
    (node, repeat(0.., (plain_name().map(str::to_owned), node))).map(move |(start, steps)| Path {
        optional,
        start,
        steps,
    })
}

fn node(input: &mut Input<'_>) -> Parsed<(String, Option<String>)> {
    (name, alias).parse_next(input)
}

fn alias(input: &mut Input<'_>) -> Parsed<Option<String>> {
    opt(preceded(keyword("AS"), name)).parse_next(input)
}

/// Whether each row stands once, and what is in it; nothing stands for everything.
fn columns(input: &mut Input<'_>) -> Parsed<(bool, Vec<Item>)> {
    let distinct = opt(keyword("DISTINCT")).map(|found| found.is_some());
    let listed = alt((sign("*").map(|()| Vec::new()), separated(1.., item, sign(","))));
    (distinct, listed).parse_next(input)
}

fn item(input: &mut Input<'_>) -> Parsed<Item> {
    let counted = (opt(keyword("DISTINCT")), term);
    let count = delimited((keyword("count"), sign("(")), counted, expect("')'", sign(")")));
    alt((
        (count, alias).map(|((distinct, term), alias)| Item::Count(term, distinct.is_some(), alias)),
        (term, alias).map(|(term, alias)| Item::Term(term, alias)),
    ))
    .parse_next(input)
}

fn ordering(input: &mut Input<'_>) -> Parsed<(Term, bool)> {
    let descending = alt((keyword("DESC").value(true), keyword("ASC").value(false)));
    (term, opt(descending).map(Option::unwrap_or_default)).parse_next(input)
}

fn term(input: &mut Input<'_>) -> Parsed<Term> {
    let (first, second) = (name, opt(preceded(sign("."), name))).parse_next(input)?;
    Ok(match second {
        Some(name) => Term { of: Some(first), name },
        None => Term { of: None, name: first },
    })
}

fn condition(input: &mut Input<'_>) -> Parsed<Condition> {
    joined(all_of, keyword("OR"), Condition::Any).parse_next(input)
}

fn all_of(input: &mut Input<'_>) -> Parsed<Condition> {
    joined(one, keyword("AND"), Condition::All).parse_next(input)
}

fn one(input: &mut Input<'_>) -> Parsed<Condition> {
    alt((
        preceded(keyword("NOT"), nested(one)).map(|inner| Condition::Not(Box::new(inner))),
        delimited(sign("("), nested(condition), expect("')'", sign(")"))),
        comparison,
    ))
    .parse_next(input)
}

fn comparison(input: &mut Input<'_>) -> Parsed<Condition> {
    let term = term(input)?;
    if opt(keyword("IN")).parse_next(input)?.is_some() {
        let values = separated(1.., literal, sign(","));
        let values = delimited(expect("'['", sign("[")), values, expect("']'", sign("]"))).parse_next(input)?;
        return Ok(Condition::In(term, values));
    }
    if opt(sign("=~")).parse_next(input)?.is_some() {
        let Literal::Text(text) = literal(input)? else { return refuse(input, "'=~' needs a text") };
        return Ok(Condition::Matches(term, pattern(input, &text)?));
    }
    let operator = expect("a comparison", sign_of(OPERATORS)).parse_next(input)?;
    Ok(Condition::Compare(term, operator, literal(input)?))
}

fn literal(input: &mut Input<'_>) -> Parsed<Literal> {
    let flag = |text, value| keyword_of(plain_word(), text).value(value);
    let literal = alt((
        quoted(&['\'', '"'], escape).map(Literal::Text),
        number.map(Literal::Number),
        flag("true", Literal::Bool(true)),
        flag("false", Literal::Bool(false)),
    ));
    expect("a value", literal).parse_next(input)
}

/// Only the quote needs its backslash taken off; patterns keep theirs.
fn escape(quote: char, after: char) -> Escape {
    if after == quote { Escape::Is(after) } else { Escape::Both }
}

fn number(input: &mut Input<'_>) -> Parsed<f64> {
    let text = word(|c| c.is_ascii_digit() || c == '-', |c| c.is_ascii_digit() || c == '.').parse_next(input)?;
    text.parse().or_else(|_| refuse(input, format!("bad number '{text}'")))
}

fn count(input: &mut Input<'_>) -> Parsed<usize> {
    let digits = word(|c| c.is_ascii_digit(), |c| c.is_ascii_digit() || c == '.');
    expect("a whole number", digits.parse_to()).parse_next(input)
}

fn plain_word<'a>() -> impl Rule<'a, &'a str> {
    word(|c| c.is_ascii_alphabetic() || c == '_', |c| c.is_ascii_alphanumeric() || c == '_')
}

/// A word that is no keyword.
fn plain_name<'a>() -> impl Rule<'a, &'a str> {
    plain_word().verify(|word: &str| !KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)))
}

fn name(input: &mut Input<'_>) -> Parsed<String> {
    expect("a name", plain_name()).map(str::to_owned).parse_next(input)
}

fn keyword<'a>(keyword: &'static str) -> impl Rule<'a, ()> {
    keyword_of(plain_word(), keyword)
}
