//! What the three small languages of the simulated backend (filters, SysQL,
//! PromQL) have in common when they are read: tokens with blanks after them,
//! texts in quotes, nesting, patterns, and errors that name what was expected
//! and where. Each language's `parse` is its grammar.
//!
//! Reading goes forward only: a rule that has seen its first token either
//! succeeds or ends the whole text. So the tokens that are tried grow with
//! the length of the text and nothing else; they are counted.

use regex::Regex;
use regex::RegexBuilder;
use winnow::Parser;
use winnow::Stateful;
use winnow::combinator::eof;
use winnow::combinator::fail;
use winnow::combinator::separated;
use winnow::error::ErrMode;
use winnow::error::ModalResult;
use winnow::error::ParserError;
use winnow::stream::Stream;
use winnow::token::any;
use winnow::token::literal;
use winnow::token::one_of;
use winnow::token::take_while;

/// Deepest nesting of parentheses and negations.
pub const MAX_DEPTH: usize = 32;
/// Most regular expressions in one text, and the size of one when compiled, in bytes.
const MAX_PATTERNS: usize = 16;
const MAX_PATTERN_BYTES: usize = 1 << 18;
/// Most characters of the text that an error repeats.
const SHOWN_CHARS: usize = 40;

/// What is still to be read.
pub type Input<'a> = Stateful<&'a str, Progress>;
/// What a rule makes of the input, or why it cannot.
pub type Parsed<T> = ModalResult<T, Problem>;

/// A rule of a grammar.
pub trait Rule<'a, T>: Parser<Input<'a>, T, ErrMode<Problem>> {}
impl<'a, T, P: Parser<Input<'a>, T, ErrMode<Problem>>> Rule<'a, T> for P {}

/// How far reading has come.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    depth: usize,
    patterns: usize,
    tried: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, without the place.
    pub message: String,
    /// What stands at the place, for the reader of the message.
    pub found: String,
    /// Bytes of the text from the place to the end.
    pub rest: usize,
}

impl Problem {
    /// A problem with what comes next.
    fn at(input: &Input<'_>, message: impl Into<String>) -> Self {
        let next = input.input.chars().next();
        let found = match next {
            None => "the end".to_owned(),
            Some(c) if !is_word(c) => format!("'{c}'"),
            Some(_) => {
                format!("'{}'", input.input.chars().take_while(|c| is_word(*c)).take(SHOWN_CHARS).collect::<String>())
            }
        };
        Self { message: message.into(), found, rest: input.input.len() }
    }

    /// What was expected and what stands there instead.
    #[must_use]
    pub fn in_full(&self) -> String {
        if self.message.starts_with("expected") {
            format!("{}, found {}", self.message, self.found)
        } else {
            self.message.clone()
        }
    }
}

impl<'a> ParserError<Input<'a>> for Problem {
    type Inner = Self;

    fn from_input(input: &Input<'a>) -> Self {
        Self { rest: input.input.len(), ..Self::default() }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// What a rule makes of a whole text, and how many tokens were tried for that.
pub fn read<'a, T>(text: &'a str, mut rule: impl Rule<'a, T>) -> (Result<T, Problem>, usize) {
    let mut input = Stateful { input: text.trim_start(), state: Progress::default() };
    let parsed = rule.parse_next(&mut input).map_err(|error| error.into_inner().unwrap_or_default());
    (parsed, input.state.tried)
}

/// Ends reading with a problem of the next token.
///
/// # Errors
/// Always.
pub fn refuse<T>(input: &Input<'_>, message: impl Into<String>) -> Parsed<T> {
    Err(ErrMode::Cut(Problem::at(input, message)))
}

/// Ends reading with what stands here.
///
/// # Errors
/// Always.
pub fn unexpected<T>(input: &Input<'_>) -> Parsed<T> {
    let found = Problem::at(input, "").found;
    refuse(input, format!("unexpected {found}"))
}

/// A rule that must hold here; if not, `what` was expected.
pub fn expect<'a, T>(what: &'static str, mut rule: impl Rule<'a, T>) -> impl Rule<'a, T> {
    move |input: &mut Input<'a>| {
        let start = input.checkpoint();
        match rule.parse_next(input) {
            Err(ErrMode::Backtrack(_)) => {
                input.reset(&start);
                match input.input.chars().next() {
                    Some(c) if !c.is_ascii() => refuse(input, format!("unexpected character '{c}'")),
                    _ => refuse(input, format!("expected {what}")),
                }
            }
            other => other,
        }
    }
}

/// A rule one level further in.
pub fn nested<'a, T>(mut rule: impl Rule<'a, T>) -> impl Rule<'a, T> {
    move |input: &mut Input<'a>| {
        if input.state.depth == MAX_DEPTH {
            return refuse(input, format!("nested deeper than {MAX_DEPTH}"));
        }
        input.state.depth += 1;
        let parsed = rule.parse_next(input);
        input.state.depth -= 1;
        parsed
    }
}

/// A smallest part, and the blanks after it.
pub fn token<'a, T>(mut rule: impl Rule<'a, T>) -> impl Rule<'a, T> {
    move |input: &mut Input<'a>| {
        input.state.tried += 1;
        let parsed = rule.parse_next(input)?;
        take_while(0.., char::is_whitespace).void().parse_next(input)?;
        Ok(parsed)
    }
}

/// The end of the text.
pub fn end(input: &mut Input<'_>) -> Parsed<()> {
    eof.void().parse_next(input)
}

/// A name or a keyword: a first character and more.
pub fn word<'a>(first: fn(char) -> bool, more: fn(char) -> bool) -> impl Rule<'a, &'a str> {
    token((one_of(first), take_while(0.., more)).take())
}

/// One certain word, in any case.
pub fn keyword_of<'a>(word: impl Rule<'a, &'a str>, keyword: &'static str) -> impl Rule<'a, ()> {
    word.verify(move |word: &str| word.eq_ignore_ascii_case(keyword)).void()
}

/// A sign of punctuation.
pub fn sign<'a>(sign: &'static str) -> impl Rule<'a, ()> {
    token(literal(sign).void())
}

/// The first of these signs that stands here, as what it means.
pub fn sign_of<'a, T: Copy + 'a>(signs: &'static [(&'static str, T)]) -> impl Rule<'a, T> {
    move |input: &mut Input<'a>| {
        for (text, meaning) in signs {
            if let Ok(()) = sign(text).parse_next(input) {
                return Ok(*meaning);
            }
        }
        fail.parse_next(input)
    }
}

/// What a backslash and the character after it stand for.
pub enum Escape {
    /// This character.
    Is(char),
    /// Both, as written.
    Both,
    /// Nothing; the text is refused.
    Unknown,
}

/// A text between two of the same quotes, one of `quotes`; `escape` is told the quote and the character after a
/// backslash.
pub fn quoted<'a>(quotes: &'static [char], escape: fn(char, char) -> Escape) -> impl Rule<'a, String> {
    token(move |input: &mut Input<'a>| {
        let unclosed = ErrMode::Cut(Problem::at(input, "a quote is not closed"));
        let quote = one_of(quotes).parse_next(input)?;
        let mut value = String::new();
        loop {
            let Some(c) = next(input) else { return Err(unclosed) };
            match c {
                '\\' => match next(input).map(|after| (after, escape(quote, after))) {
                    Some((_, Escape::Is(c))) => value.push(c),
                    Some((after, Escape::Both)) => value.extend(['\\', after]),
                    Some((_, Escape::Unknown)) => return refuse(input, "unknown escape sequence"),
                    None => return Err(unclosed),
                },
                c if c == quote => return Ok(value),
                c => value.push(c),
            }
        }
    })
}

fn next(input: &mut Input<'_>) -> Option<char> {
    let next: Parsed<char> = any.parse_next(input);
    next.ok()
}

/// A text as a regular expression for whole values.
///
/// # Errors
/// When it is none, is too large, or there are too many in this text.
pub fn pattern(input: &mut Input<'_>, text: &str) -> Parsed<Regex> {
    input.state.patterns += 1;
    if input.state.patterns > MAX_PATTERNS {
        return refuse(input, format!("more than {MAX_PATTERNS} regular expressions"));
    }
    match RegexBuilder::new(&format!("^(?:{text})$")).size_limit(MAX_PATTERN_BYTES).build() {
        Ok(regex) => Ok(regex),
        Err(_) => {
            let shown: String = text.chars().take(SHOWN_CHARS).collect();
            refuse(input, format!("bad regular expression '{shown}'"))
        }
    }
}

/// Parts with a word between them: one as it is, several joined.
pub fn joined<'a, T>(part: impl Rule<'a, T>, word: impl Rule<'a, ()>, join: fn(Vec<T>) -> T) -> impl Rule<'a, T> {
    separated(1.., part, word).map(
        move |mut parts: Vec<T>| {
            if parts.len() == 1 { parts.swap_remove(0) } else { join(parts) }
        },
    )
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
