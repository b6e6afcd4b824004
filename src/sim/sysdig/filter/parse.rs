//! The grammar of filters; `not` binds tightest, then `and`, then `or`.
//! Keywords are understood in any case, field names as written.

use winnow::Parser;
use winnow::combinator::alt;
use winnow::combinator::delimited;
use winnow::combinator::opt;
use winnow::combinator::peek;
use winnow::combinator::preceded;
use winnow::combinator::separated;
use winnow::combinator::terminated;

use crate::sim::sysdig::filter::Expression;
use crate::sim::sysdig::filter::FREE_TEXT;
use crate::sim::sysdig::filter::FilterError;
use crate::sim::sysdig::filter::MAX_CHARS;
use crate::sim::sysdig::filter::Operator;
use crate::sim::sysdig::syntax::Escape;
use crate::sim::sysdig::syntax::Input;
use crate::sim::sysdig::syntax::Parsed;
use crate::sim::sysdig::syntax::Rule;
use crate::sim::sysdig::syntax::end;
use crate::sim::sysdig::syntax::expect;
use crate::sim::sysdig::syntax::joined;
use crate::sim::sysdig::syntax::keyword_of;
use crate::sim::sysdig::syntax::nested;
use crate::sim::sysdig::syntax::quoted;
use crate::sim::sysdig::syntax::read;
use crate::sim::sysdig::syntax::refuse;
use crate::sim::sysdig::syntax::sign;
use crate::sim::sysdig::syntax::sign_of;
use crate::sim::sysdig::syntax::word;

const SIGNS: &[(&str, Operator)] = &[
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterOrEqual),
    (">", Operator::Greater),
    ("<=", Operator::LessOrEqual),
    ("<", Operator::Less),
];

/// The whole text as one expression, and how many tokens were tried for that.
pub(super) fn parse(text: &str) -> (Result<Expression, FilterError>, usize) {
    if text.chars().count() > MAX_CHARS {
        let message = format!("longer than {MAX_CHARS} characters");
        return (Err(FilterError { message, position: MAX_CHARS }), 0);
    }
    let (parsed, tried) = read(text, terminated(any, expect("'and', 'or' or the end", end)));
    let parsed = parsed.map_err(|problem| {
        let position = text[..text.len() - problem.rest].chars().count();
        FilterError { message: problem.message, position }
    });
    (parsed, tried)
}

fn any(input: &mut Input<'_>) -> Parsed<Expression> {
    joined(all, keyword("or"), Expression::Or).parse_next(input)
}

fn all(input: &mut Input<'_>) -> Parsed<Expression> {
    joined(one, keyword("and"), Expression::And).parse_next(input)
}

fn one(input: &mut Input<'_>) -> Parsed<Expression> {
    alt((
        preceded(keyword("not"), nested(one)).map(negated),
        delimited(sign("("), nested(any), expect("')', 'and' or 'or'", sign(")"))),
        comparison,
    ))
    .parse_next(input)
}

fn comparison(input: &mut Input<'_>) -> Parsed<Expression> {
    let field = expect("a field", name()).parse_next(input)?.to_owned();
    if field == FREE_TEXT && peek(alt((sign("="), sign("!=")))).parse_next(input).is_err() {
        return refuse(input, "freeText takes only = and !=");
    }
    if opt(keyword("not")).parse_next(input)?.is_some() {
        return word_operator(input, field).map(negated);
    }
    match opt(sign_of(SIGNS)).parse_next(input)? {
        Some(operator) => Ok(Expression::Compare { field, operator, value: value(input)? }),
        None => word_operator(input, field),
    }
}

fn word_operator(input: &mut Input<'_>, field: String) -> Parsed<Expression> {
    if opt(keyword("exists")).parse_next(input)?.is_some() {
        return Ok(Expression::Exists(field));
    }
    if opt(keyword("in")).parse_next(input)?.is_some() {
        let values = separated(1.., value, sign(","));
        let values = delimited(expect("'('", sign("(")), values, expect("',' or ')'", sign(")"))).parse_next(input)?;
        return Ok(Expression::OneOf { field, values });
    }
    let starts_with = preceded(keyword("starts"), expect("'with'", keyword("with")));
    let operator = alt((
        keyword("contains").value(Operator::Contains),
        alt((keyword("startsWith"), starts_with)).value(Operator::StartsWith),
    ));
    let operator = expect("an operator", operator).parse_next(input)?;
    Ok(Expression::Compare { field, operator, value: value(input)? })
}

/// A quoted value; a bare whole number is tolerated.
fn value(input: &mut Input<'_>) -> Parsed<String> {
    let what = if peek(name()).parse_next(input).is_ok() { "a value in double quotes" } else { "a value" };
    let number = name().verify(|word: &str| word.parse::<i64>().is_ok()).map(str::to_owned);
    expect(what, alt((quoted(&['"'], escape), number))).parse_next(input)
}

fn escape(_: char, after: char) -> Escape {
    if matches!(after, '"' | '\\') { Escape::Is(after) } else { Escape::Both }
}

fn name<'a>() -> impl Rule<'a, &'a str> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ':' | '[' | ']');
    word(part, part)
}

fn keyword<'a>(keyword: &'static str) -> impl Rule<'a, ()> {
    keyword_of(name(), keyword)
}

fn negated(inner: Expression) -> Expression {
    Expression::Not(Box::new(inner))
}
