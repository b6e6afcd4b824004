//! Time spans that both the original and PromQL understand: whole numbers
//! with a unit, the larger unit first.

use std::fmt;

/// Longest text that is read.
const MAX_CHARS: usize = 32;

/// A span of time as PromQL writes it, and its length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Interval {
    /// As it stands in the query.
    pub(super) text: String,
    /// Its length in seconds; at least 1 of a span that was read.
    pub(super) seconds: u32,
}

impl Interval {
    pub(super) fn parse(text: &str) -> Result<Self, BadInterval> {
        let bad = || BadInterval(text.chars().take(MAX_CHARS).collect());
        if text.is_empty() || text.len() > MAX_CHARS {
            return Err(bad());
        }
        let mut seconds: u32 = 0;
        let mut before = u32::MAX;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u32 = rest[..digits].parse().map_err(|_| bad())?;
            let unit = match rest.as_bytes().get(digits) {
                Some(b'd') => 86_400,
                Some(b'h') => 3_600,
                Some(b'm') => 60,
                Some(b's') => 1,
                _ => return Err(bad()),
            };
            if unit >= before {
                return Err(bad());
            }
            before = unit;
            seconds = number.checked_mul(unit).and_then(|part| seconds.checked_add(part)).ok_or_else(bad)?;
            rest = &rest[digits + 1..];
        }
        if seconds == 0 {
            return Err(bad());
        }
        Ok(Self { text: text.to_owned(), seconds })
    }
}

/// A text that is no span.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadInterval(String);

impl fmt::Display for BadInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: give whole numbers with s, m, h or d, the larger unit first, as in 30m, 1h or 1h30m", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_anything_else_is_refused() {
        for (text, seconds) in
            [("1h", 3_600), ("30m", 1_800), ("90s", 90), ("1h30m", 5_400), ("2d", 172_800), ("1d1s", 86_401)]
        {
            assert_eq!(Interval::parse(text), Ok(Interval { text: text.to_owned(), seconds }));
        }
        for text in [
            "",
            "1",
            "h",
            "1.5h",
            "-1h",
            "+1h",
            "1w",
            "1ms",
            "30m1h",
            "1h1h",
            "0s",
            "1 h",
            "1h ",
            "1H",
            "99999999d",
            "1é",
            "99999999999s",
            "1h30",
            "[1h",
            "111111111111111111111111111111111s",
        ] {
            assert!(Interval::parse(text).is_err(), "{text}");
        }
    }
}
