//! Reads numbers, durations and times from tokens. Each reader looks at one position, with
//! bounded look-ahead, and says how far it got; the caller keeps the longest.

mod clock;
mod date;
mod digits;
mod kanji;
mod length;
mod quantity;
mod time;
mod words;

use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::lexicon::starting_with;
use crate::domain::grounding::atom::text::Text;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::lang::Lang;

/// Shortest word that can be two number words in one.
const MIN_COMPOUND_BYTES: usize = 6;

/// What was read, and the token after it.
#[derive(Debug)]
pub(super) struct Found {
    /// One or (for time ranges) two atoms: first token, token after it, kind.
    pub(super) parts: Vec<(usize, usize, AtomKind)>,
    /// The token after everything.
    pub(super) end: usize,
}

/// A text with the language it is read in.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    pub(super) text: &'t Text,
    pub(super) lang: Lang,
}

impl<'t> Reader<'t> {
    /// Reads `text` in `hint`, or in the language most of its known words speak for.
    pub(super) fn new(text: &'t Text, hint: Option<Lang>) -> Self {
        let lang = hint.filter(|lang| *lang != Lang::Other).unwrap_or_else(|| guess(text));
        Self { text, lang }
    }

    /// The longest reading that starts at token `i`.
    pub(super) fn at(&self, i: usize) -> Option<Found> {
        if !self.may_start(i) || self.text.glued_left(i) || self.decorates(i) {
            return None;
        }
        let readings = [self.time(i), self.quantity(i)];
        readings.into_iter().flatten().reduce(|best, next| if next.end > best.end { next } else { best })
    }

    /// Whether anything can be read at token `i`; most tokens say no at once.
    fn may_start(&self, i: usize) -> bool {
        let Some(token) = self.text.tokens.get(i) else {
            return false;
        };
        match token.kind {
            TokenKind::Space | TokenKind::Newline => false,
            TokenKind::Digits | TokenKind::Cjk => true,
            TokenKind::Punct => matches!(self.text.raw(i), "~" | "≈" | "∼" | "≥" | "≤" | "<" | ">" | "+" | "-"),
            TokenKind::Word => {
                let compounds = matches!(self.lang, Lang::De | Lang::Nb | Lang::Sv | Lang::Da);
                let long = compounds && token.end - token.start >= MIN_COMPOUND_BYTES;
                long || self.text.raw(i).starts_with('P')
                    || token.phrases.iter().any(|p| p.meaning != Meaning::Filler && p.admitted(self.lang))
            }
        }
    }

    /// The first meaning at token `i` that `pick` takes, with the token after the phrase. Longer
    /// phrases go first, then the language of the text.
    pub(super) fn phrase<T>(&self, i: usize, pick: impl Fn(Meaning) -> Option<T>) -> Option<(T, usize)> {
        let phrases = self.text.tokens.get(i)?.phrases;
        let mut best: Option<(T, usize)> = None;
        for own in [true, false] {
            for phrase in phrases {
                if (phrase.lang == self.lang) != own || !phrase.admitted(self.lang) {
                    continue;
                }
                let Some(value) = pick(phrase.meaning) else {
                    continue;
                };
                if let Some(end) = self.rest_matches(&phrase.rest, i + 1)
                    && best.as_ref().is_none_or(|(_, reached)| end > *reached)
                {
                    best = Some((value, end));
                }
            }
        }
        best
    }

    /// Whether token `i` starts a phrase of this meaning; the token after it.
    pub(super) fn is_phrase(&self, i: usize, wanted: Meaning) -> Option<usize> {
        self.phrase(i, |meaning| (meaning == wanted).then_some(())).map(|((), end)| end)
    }

    fn rest_matches(&self, rest: &[&str], from: usize) -> Option<usize> {
        let mut at = from;
        for word in rest {
            if self.text.lower(at) != *word {
                at = self.text.skip_space(at);
            }
            if self.text.lower(at) != *word {
                return None;
            }
            at += 1;
        }
        Some(at)
    }

    /// Whether the number at `i` only numbers a line, a heading, a step or a footnote.
    fn decorates(&self, i: usize) -> bool {
        let Some(digits) = self.text.digits(i) else {
            return false;
        };
        if digits.len() > 3 {
            return false;
        }
        if self.text.is(i.wrapping_sub(1), '[') && self.text.is(i + 1, ']') {
            return true;
        }
        let idiom = |at: usize| self.text.raw(at) == "24" && self.text.is(at + 1, '/') && self.text.raw(at + 2) == "7";
        if idiom(i) || i.checked_sub(2).is_some_and(idiom) {
            return true;
        }
        if let Some(word) = self.text.before(i)
            && self.phrase(word, |m| (m == Meaning::Running).then_some(())).is_some()
        {
            return true;
        }
        let mut end = i + 1;
        while end < i + 7 && self.text.is(end, '.') && self.text.digits(end + 1).is_some_and(|d| d.len() <= 2) {
            end += 2;
        }
        let marked = self.text.is(end, '.') || self.text.is(end, ')') || self.text.is(end, '、');
        let mut after = end + usize::from(marked);
        while self.text.is(after, '*') || self.text.is(after, '_') {
            after += 1;
        }
        let (opens, heading) = self.opens_line(i);
        let spaced = matches!(self.text.kind(after), None | Some(TokenKind::Space | TokenKind::Newline));
        if !opens || !spaced || !(marked || heading) {
            return false;
        }
        // "3. mars" at the start of a line is a date.
        let next = self.text.skip_space(after);
        self.phrase(next, |m| matches!(m, Meaning::Month(_)).then_some(())).is_none()
    }

    /// Whether only markup stands between the start of the line and token `i`, and whether that
    /// is a heading.
    fn opens_line(&self, i: usize) -> (bool, bool) {
        let mut heading = false;
        for at in (i.saturating_sub(12)..i).rev() {
            match self.text.kind(at) {
                Some(TokenKind::Newline) => return (true, heading),
                Some(TokenKind::Space) => {}
                Some(TokenKind::Punct) if matches!(self.text.raw(at), "#" | "*" | "_" | ">" | "-" | "(" | "|") => {
                    heading |= self.text.is(at, '#');
                }
                _ => return (false, false),
            }
        }
        (i <= 12, heading)
    }
}

/// The language most of the known words speak for; English without any.
fn guess(text: &Text) -> Lang {
    let mut votes = [0_u32; 8];
    for token in text.tokens.iter().take(4_000) {
        let mut seen = [false; 8];
        for phrase in token.phrases {
            let at = Lang::KNOWN.iter().position(|lang| *lang == phrase.lang);
            if let Some(at) = at.filter(|_| phrase.rest.is_empty()) {
                seen[at] = true;
            }
        }
        for (vote, seen) in votes.iter_mut().zip(seen) {
            *vote += u32::from(seen);
        }
    }
    let kana = text.tokens.iter().take(4_000).filter(|t| t.kind == TokenKind::Cjk).count();
    if kana >= 2 {
        return Lang::Ja;
    }
    let most = votes.iter().copied().max().unwrap_or(0);
    let first = votes.iter().position(|vote| *vote == most).unwrap_or(0);
    Lang::KNOWN.get(first).copied().unwrap_or(Lang::En)
}

/// Whether a lower-case word is known in any language at all.
pub(super) fn is_known_word(word: &str) -> bool {
    !starting_with(word).is_empty()
}
