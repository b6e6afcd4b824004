//! Finds typed atoms in a text: identifiers, numbers, times and durations, each with its span.
//!
//! One scanner serves drafts and evidence strings alike, so both sides of a comparison are read
//! by the same rules. It relies on tables per language (`lexicon/`) and knows nothing of JSON,
//! owners, claims or verdicts. List numbering and markup never become numbers. The work is
//! bounded: one pass over the tokens with bounded look-ahead, for the first
//! [`MAX_TEXT_BYTES`] of the text.

mod bound;
mod decimal;
mod duration;
mod identifier;
mod lexicon;
mod number;
mod read;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod token;
mod unit;

pub use self::decimal::Decimal;
pub use self::duration::DurationAtom;
pub use self::identifier::Identifier;
pub use self::identifier::IdentifierClass;
pub use self::identifier::Partial;
pub use self::identifier::form_of;
pub use self::number::Approx;
pub use self::number::NumberAtom;
pub use self::number::Reading;
pub use self::time::Day;
pub use self::time::Precision;
pub use self::time::RangeRole;
pub use self::time::TimeAtom;
pub use self::time::TimeContext;
pub use self::time::TimeMatch;
pub use self::time::TimeReading;
pub use self::time::WeekdaySide;
pub use self::time::ZoneClaim;
pub use self::unit::Unit;

use crate::domain::grounding::atom::read::Found;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::text::Text;
use crate::domain::grounding::atom::token::Located;
use crate::domain::grounding::atom::token::identifiers;
use crate::domain::lang::Lang;

/// Text beyond this many bytes is not scanned; callers bound their input well below it.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// Byte range in the text; always on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The part of `text` that the span names; empty if the span was made for another text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span names no bytes.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// One typed value as printed in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom {
    /// Where it stands; approximators, units and zone labels that belong to it are inside.
    pub span: Span,
    /// What it is.
    pub kind: AtomKind,
}

/// The type of an atom with its parsed value.
#[derive(Debug, Clone, PartialEq)]
pub enum AtomKind {
    /// An exact token: address, name, id, hash, code.
    Identifier(Identifier),
    /// A count, measure, share or ordinal.
    Number(NumberAtom),
    /// A point in time, or a day.
    Time(TimeAtom),
    /// A length of time.
    Duration(DurationAtom),
}

/// All atoms of `text`, sorted by position and without overlaps; the longest reading wins.
/// `locale_hint` is the language of the text if known; without it the language is guessed from
/// function words (English if nothing speaks for another one).
pub fn scan(text: &str, locale_hint: Option<Lang>) -> Vec<Atom> {
    let text = Text::new(text);
    let reader = Reader::new(&text, locale_hint);
    let mut tokens = identifiers(&text).into_iter().peekable();
    let mut atoms = Vec::new();
    let (mut at, mut done) = (0, 0);
    while at < text.tokens.len() {
        let start = text.start(at);
        while tokens.next_if(|token| token.start < done).is_some() {}
        if start < done {
            at += 1;
            continue;
        }
        let found = reader.at(at).filter(|found| outlasts(&text, found, start, tokens.peek()));
        if let Some(found) = found {
            done = text.end_before(found.end);
            for (from, to, kind) in found.parts {
                let span = text.span(text.start(from), text.end_before(to));
                atoms.push(Atom { span, kind });
            }
            at = found.end;
        } else if let Some(token) = tokens.next_if(|token| token.start <= start) {
            done = token.end;
            let span = text.span(token.start, token.end);
            atoms.push(Atom { span, kind: AtomKind::Identifier(token.identifier) });
        } else {
            at += 1;
        }
    }
    atoms
}

/// Whether a reading wins over the identifier it runs into: the longer one does; of two equal
/// ones a time or a length of time, but not a number.
fn outlasts(text: &Text, found: &Found, start: usize, token: Option<&Located>) -> bool {
    let end = text.end_before(found.end);
    let Some(token) = token.filter(|token| token.start < end) else {
        return true;
    };
    let number = matches!(found.parts.first(), Some((_, _, AtomKind::Number(_))))
        && token.identifier.class != IdentifierClass::Slug;
    let (length, other) = (end - start, token.end - token.start);
    length > other || (length == other && !number)
}
