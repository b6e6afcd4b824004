//! Words of a text, folded for comparison: lower case, full-width forms as ASCII,
//! each Han or kana character a word of its own (such texts have no spaces). Both
//! sides of every comparison, draft and evidence, go through here. Knows nothing
//! of meaning.

use std::hash::BuildHasherDefault;
use std::hash::Hasher;
use std::ops::Range;

/// One word: its byte range and the hash of its folded form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Hash of the folded form.
    pub hash: u64,
}

impl Word {
    /// The byte range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// Whether a character is a word by itself.
pub fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{2ffff}')
}

/// One character folded: full-width ASCII to ASCII, then lower case.
pub fn fold_char(c: char) -> char {
    let narrow = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    if narrow.is_ascii() {
        return narrow.to_ascii_lowercase();
    }
    let mut lower = narrow.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => narrow,
    }
}

/// A text folded character by character.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// Hash of a word, by its folded form.
pub fn hash(word: &str) -> u64 {
    word.chars().fold(SEED, step)
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(state: u64, c: char) -> u64 {
    (state ^ u64::from(u32::from(fold_char(c)))).wrapping_mul(0x0100_0000_01b3).rotate_left(5)
}

/// All words of a text, in order.
pub fn words(text: &str) -> Words<'_> {
    Words { text, at: 0 }
}

/// Iterator over the words of a text.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let mut start = None;
        let mut state = SEED;
        for (offset, c) in self.text.get(self.at..)?.char_indices() {
            let here = self.at + offset;
            let inside = c.is_alphanumeric();
            match start {
                Some(begin) if !inside || is_cjk(c) => {
                    self.at = here;
                    return Some(Word { start: begin, end: here, hash: state });
                }
                None if inside && is_cjk(c) => {
                    self.at = here + c.len_utf8();
                    return Some(Word { start: here, end: self.at, hash: step(SEED, c) });
                }
                _ => {}
            }
            if inside {
                start.get_or_insert(here);
                state = step(state, c);
            }
        }
        self.at = self.text.len();
        start.map(|begin| Word { start: begin, end: self.text.len(), hash: state })
    }
}

/// Splits a field name or code into folded words: `lastUpdatedTimestamp`, `HAS_EVENTS`, `proc.name`.
pub fn name_words(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut previous: Option<char> = None;
    for c in name.chars().take(200) {
        let breaks = !c.is_alphanumeric()
            || (c.is_uppercase() && previous.is_some_and(|p| p.is_lowercase() || p.is_ascii_digit()));
        if breaks && !current.is_empty() {
            parts.push(std::mem::take(&mut current));
        }
        if c.is_alphanumeric() {
            current.push(fold_char(c));
        }
        previous = Some(c);
    }
    if !current.is_empty() {
        parts.push(current);
    }
    parts
}

/// Whether folded `needle` stands in folded `hay` as a whole token, not as a part of a longer
/// identifier (`10.20.4.1` is not in `10.20.4.17`, `nfk-ws` not in `nfk-ws-0417`).
pub fn contains_token(hay: &str, needle: &str) -> bool {
    find_token(hay, needle).is_some()
}

/// Byte offset of the first whole-token occurrence.
pub fn find_token(hay: &str, needle: &str) -> Option<usize> {
    if needle.is_empty() {
        return None;
    }
    let mut from = 0;
    while let Some(offset) = hay.get(from..).and_then(|rest| rest.find(needle)) {
        let at = from + offset;
        let end = at + needle.len();
        let before = hay.get(..at).unwrap_or_default();
        let after = hay.get(end..).unwrap_or_default();
        if !continues(before.chars().rev()) && !continues(after.chars()) {
            return Some(at);
        }
        from = at + needle.chars().next().map_or(1, char::len_utf8);
    }
    None
}

fn continues(mut outward: impl Iterator<Item = char>) -> bool {
    match outward.next() {
        Some(c) if c.is_alphanumeric() => !is_cjk(c),
        Some('.' | '-' | '_' | '@') => outward.next().is_some_and(|c| c.is_alphanumeric() && !is_cjk(c)),
        _ => false,
    }
}

/// Hasher for keys that are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value ^ (value >> 29);
    }
}

/// Map keyed by word hashes.
pub type WordMap<V> = std::collections::HashMap<u64, V, BuildHasherDefault<Ready>>;

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        words(text).map(|word| &text[word.range()]).collect()
    }

    #[test]
    fn words_split_at_punctuation_and_at_each_cjk_character() {
        assert_eq!(split("Sak 4711 er lukket."), ["Sak", "4711", "er", "lukket"]);
        assert_eq!(split("顧客nordfjordの件"), ["顧", "客", "nordfjord", "の", "件"]);
        assert_eq!(split("–––"), [""; 0]);
    }

    #[test]
    fn field_names_split_into_words() {
        assert_eq!(name_words("lastUpdatedTimestamp"), ["last", "updated", "timestamp"]);
        assert_eq!(name_words("HAS_EVENTS"), ["has", "events"]);
        assert_eq!(name_words("sourceIP"), ["source", "ip"]);
    }

    #[test]
    fn tokens_are_found_whole_only() {
        assert!(contains_token("call to 10.20.4.17 seen", "10.20.4.17"));
        assert!(!contains_token("call to 10.20.4.17 seen", "10.20.4.1"));
        assert!(!contains_token("nfk-ws-0417", "nfk-ws"));
        assert!(contains_token("http://203.0.113.50/x", "203.0.113.50"));
        assert!(contains_token("host nfk-ws-0417.", "nfk-ws-0417"));
    }
}
