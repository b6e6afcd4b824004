//! Times of day and zone labels.

use jiff::civil;
use jiff::tz::Offset;
use jiff::tz::TimeZone;

use crate::domain::grounding::atom::Precision;
use crate::domain::grounding::atom::ZoneClaim;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::lang::Lang;

/// A time of day as printed.
#[derive(Debug, Clone)]
pub(super) struct ClockRead {
    pub(super) time: civil::Time,
    pub(super) precision: Precision,
    pub(super) zone: ZoneClaim,
    pub(super) end: usize,
}

/// What stands after the hour.
#[derive(Debug, Clone, Copy)]
struct Face {
    minute: i32,
    second: i32,
    nanos: i32,
    precision: Precision,
    end: usize,
    /// Cannot be anything but a time of day.
    certain: bool,
}

impl Face {
    fn hour(end: usize, certain: bool) -> Self {
        let precision = Precision::Hour;
        Self { minute: 0, second: 0, nanos: 0, precision, end, certain }
    }

    fn minute(minute: i32, end: usize) -> Self {
        Self { minute, precision: Precision::Minute, ..Self::hour(end, true) }
    }
}

fn on_24_hours(hour: i32, afternoon: bool) -> Option<i32> {
    match (hour, afternoon) {
        (12, false) => Some(0),
        (1..=11, true) => Some(hour + 12),
        (0..=12, _) => Some(hour),
        _ => None,
    }
}

impl Reader<'_> {
    /// A time of day at token `i`, a clock word ("at", "kl.") included, with its zone.
    pub(super) fn clock(&self, i: usize) -> Option<ClockRead> {
        let led = self.is_phrase(i, Meaning::Clock);
        let at = led.map_or(i, |end| self.text.skip_space(end));
        let mut read = self.bare_clock(at, led.is_some())?;
        if let Some((zone, end)) = self.zone(read.end) {
            read.zone = zone;
            read.end = end;
        }
        Some(read)
    }

    fn meridiem(&self, i: usize) -> Option<(bool, usize)> {
        self.phrase(i, |meaning| match meaning {
            Meaning::Meridiem(afternoon) => Some(afternoon),
            _ => None,
        })
    }

    fn bare_clock(&self, i: usize, led: bool) -> Option<ClockRead> {
        let text = self.text;
        let before = self.meridiem(i).filter(|_| text.kind(i) == Some(TokenKind::Cjk));
        let first = before.map_or(i, |(_, end)| text.skip_space(end));
        let after_t = text.lower(first.wrapping_sub(1)) == "t";
        if text.glued_left(first) && before.is_none() && !after_t {
            return None;
        }
        let hour = text.small(first, 2)?;
        let mut face = self
            .colon_face(first)
            .or_else(|| self.kanji_face(first))
            .or_else(|| self.letter_face(first, led))
            .unwrap_or(Face::hour(first + 1, false));
        if text.is(first + 1, '時') && text.is(first + 2, '間') {
            return None;
        }
        let mut certain = face.certain;
        if let Some(after) = self.is_phrase(text.skip_space(face.end), Meaning::Oclock)
            && (certain || led || self.lang != Lang::Es)
        {
            (face.end, certain) = (after, true);
        }
        let after = self.meridiem(text.skip_space(face.end)).filter(|_| before.is_none());
        if let Some((_, reached)) = after {
            (face.end, certain) = (reached, true);
        }
        let hour = match before.or(after) {
            Some((afternoon, _)) => on_24_hours(hour, afternoon)?,
            None => hour,
        };
        certain |= led && matches!(self.lang, Lang::Nb | Lang::Sv | Lang::Da);
        if !certain {
            return None;
        }
        let part = |value: i32| i8::try_from(value).ok();
        let second = part(face.second)?.min(59);
        let time = civil::Time::new(part(hour)?, part(face.minute)?, second, face.nanos).ok()?;
        let (precision, end) = (face.precision, face.end);
        Some(ClockRead { time, precision, zone: ZoneClaim::None, end })
    }

    fn two_digits(&self, at: usize) -> Option<i32> {
        self.text.small(at, 2).filter(|_| self.text.raw(at).len() == 2)
    }

    /// `14:05`, `14:05:09`, `14:05:09.123`.
    fn colon_face(&self, first: usize) -> Option<Face> {
        let text = self.text;
        let minute = self.two_digits(first + 2).filter(|_| text.is(first + 1, ':'))?;
        let mut face = Face::minute(minute, first + 3);
        let Some(second) = self.two_digits(face.end + 1).filter(|_| text.is(face.end, ':')) else {
            return Some(face);
        };
        (face.second, face.precision, face.end) = (second, Precision::Second, face.end + 2);
        let marked = text.is(face.end, '.') || text.is(face.end, ',');
        if let Some(fraction) = text.digits(face.end + 1).filter(|_| marked) {
            let digits = fraction.len().min(9);
            face.nanos = format!("{:0<9}", fraction.get(..digits)?).parse().ok()?;
            face.precision = Precision::Subsecond(u8::try_from(digits).ok()?);
            face.end += 2;
        }
        Some(face)
    }

    /// `14時`, `14時05分30秒`, `2時半`.
    fn kanji_face(&self, first: usize) -> Option<Face> {
        let text = self.text;
        if !text.is(first + 1, '時') {
            return None;
        }
        let at = first + 2;
        if text.is(at, '半') {
            return Some(Face::minute(30, at + 1));
        }
        let Some(minute) = text.small(at, 2).filter(|_| text.is(at + 1, '分')) else {
            return Some(Face::hour(at, true));
        };
        let mut face = Face::minute(minute, at + 2);
        if let Some(second) = text.small(at + 2, 2).filter(|_| text.is(at + 3, '秒')) {
            (face.second, face.precision, face.end) = (second, Precision::Second, at + 4);
        }
        Some(face)
    }

    /// `14h05`, `à 14h`, `kl. 14.05`, `14.05 Uhr`.
    fn letter_face(&self, first: usize, led: bool) -> Option<Face> {
        let text = self.text;
        if let Some((minute, end)) = self.french_minutes(first + 1) {
            return Some(Face::minute(minute, end));
        }
        if led && text.lower(first + 1) == "h" {
            return Some(Face::hour(first + 2, true));
        }
        let minute = self.two_digits(first + 2).filter(|_| text.is(first + 1, '.'))?;
        let end = first + 3;
        let oclock = self.is_phrase(text.skip_space(end), Meaning::Oclock).is_some();
        let goes_on = matches!(text.raw(end), "." | ",") && text.digits(end + 1).is_some();
        (oclock || (led && !goes_on)).then_some(Face::minute(minute, end))
    }

    /// `h05` after an hour, and `h 05` in the languages that write so.
    fn french_minutes(&self, at: usize) -> Option<(i32, usize)> {
        let text = self.text;
        let marker = text.skip_space(at);
        if text.lower(marker) != "h" {
            return None;
        }
        let minutes = text.skip_space(marker + 1);
        let tight = marker == at && minutes == marker + 1;
        let value = text.digits(minutes).filter(|d| d.len() == 2)?.parse().ok()?;
        let unit = self.unit(text.skip_space(minutes + 1), true).is_some();
        ((tight || matches!(self.lang, Lang::Fr | Lang::Es)) && !unit).then_some((value, minutes + 1))
    }

    /// A zone label at token `i`, blanks and a parenthesis allowed before it.
    pub(super) fn zone(&self, i: usize) -> Option<(ZoneClaim, usize)> {
        let text = self.text;
        let mut at = text.skip_space(i);
        let wrapped = text.is(at, '(');
        at += usize::from(wrapped);
        let (zone, mut end) = if let Some((offset, end)) = self.offset(at, at == i) {
            (ZoneClaim::Zone(offset), end)
        } else if let Some(end) = self.is_phrase(at, Meaning::LocalZone) {
            (ZoneClaim::Local, end)
        } else {
            let (rule, end) = self.phrase(at, |meaning| match meaning {
                Meaning::Zone(rule) => Some(rule),
                _ => None,
            })?;
            let label = text.raw(at);
            if end == at + 1 && label.len() <= 4 && label.chars().any(|c| c.is_ascii_lowercase()) {
                let written_small = label.eq_ignore_ascii_case("utc") || (label == "z" && at == i);
                if !written_small {
                    return None;
                }
            }
            match self.offset(end, true).filter(|_| rule == "UTC0") {
                Some((offset, end)) => (ZoneClaim::Zone(offset), end),
                None if rule == "UTC0" => (ZoneClaim::Zone(TimeZone::UTC), end),
                None => (ZoneClaim::Zone(TimeZone::posix(rule).ok()?), end),
            }
        };
        if wrapped {
            if !text.is(end, ')') {
                return None;
            }
            end += 1;
        }
        Some((zone, end))
    }

    /// `+01:00`, `-0530`, `+1`; apart from the time only with a colon.
    fn offset(&self, i: usize, attached: bool) -> Option<(TimeZone, usize)> {
        let text = self.text;
        let sign = match text.raw(i) {
            "+" => 1,
            "-" => -1,
            _ => return None,
        };
        let digits = text.digits(i + 1)?;
        let colon = text.is(i + 2, ':') && text.digits(i + 3).is_some_and(|d| d.len() == 2);
        let (hours, minutes, end) = match digits.len() {
            1 | 2 if colon => (digits.parse::<i32>().ok()?, text.small(i + 3, 2)?, i + 4),
            1 | 2 if attached => (digits.parse::<i32>().ok()?, 0, i + 2),
            4 if attached || sign > 0 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?, i + 2),
            _ => return None,
        };
        if hours > 14 || minutes > 59 {
            return None;
        }
        let offset = Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
        Some((TimeZone::fixed(offset), end))
    }
}
