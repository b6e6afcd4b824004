//! Splits filter text into tokens, each with its character position.

use crate::sim::sysdig::filter::FilterError;

/// The smallest parts of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A field, a keyword or a bare number.
    Word(String),
    /// A value in double quotes, without them.
    Quoted(String),
    /// `=`, `!=`, `>`, `>=`, `<` or `<=`.
    Sign(&'static str),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
}

/// All tokens of a text that is already known to be short.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().enumerate().peekable();
    while let Some((position, c)) = rest.next() {
        let mut followed_by_equals = || rest.next_if(|(_, next)| *next == '=').is_some();
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '=' => Token::Sign("="),
            '>' if followed_by_equals() => Token::Sign(">="),
            '>' => Token::Sign(">"),
            '<' if followed_by_equals() => Token::Sign("<="),
            '<' => Token::Sign("<"),
            '!' if followed_by_equals() => Token::Sign("!="),
            '"' => quoted(&mut rest, position)?,
            c if is_word(c) => {
                let mut word = String::from(c);
                while let Some((_, c)) = rest.next_if(|(_, c)| is_word(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
            other => {
                return Err(FilterError { message: format!("unexpected character {other:?}"), position });
            }
        };
        tokens.push((token, position));
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/' | ':' | '[' | ']')
}

fn quoted(rest: &mut impl Iterator<Item = (usize, char)>, position: usize) -> Result<Token, FilterError> {
    let mut value = String::new();
    while let Some((_, c)) = rest.next() {
        match c {
            '"' => return Ok(Token::Quoted(value)),
            '\\' => match rest.next() {
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                Some((_, c)) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err(FilterError { message: "unclosed quote".to_owned(), position })
}
