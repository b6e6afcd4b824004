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
        let before = self
            .meridiem(i)
            .filter(|_| text.kind(i) == Some(TokenKind::Cjk));
        let first = before.map_or(i, |(_, end)| text.skip_space(end));
        if text.glued_left(first) && before.is_none() && !text.lower(first.wrapping_sub(1)).eq("t")
        {
            return None;
        }
        let mut hour = text.small(first, 2)?;
        let two = |at: usize| {
            text.digits(at)
                .filter(|d| d.len() == 2)
                .and_then(|d| d.parse::<i32>().ok())
        };
        let (mut minute, mut second, mut nanos, mut precision) = (0, 0, 0, Precision::Hour);
        let mut end = first + 1;
        let mut certain = false;
        if let Some(minutes) = two(first + 2).filter(|_| text.is(first + 1, ':')) {
            (minute, precision, end, certain) = (minutes, Precision::Minute, first + 3, true);
            if let Some(seconds) = two(end + 1).filter(|_| text.is(end, ':')) {
                (second, precision, end) = (seconds, Precision::Second, end + 2);
                if let Some(fraction) = text
                    .digits(end + 1)
                    .filter(|_| text.is(end, '.') || text.is(end, ','))
                {
                    let digits = fraction.len().min(9);
                    nanos = format!("{:0<9}", fraction.get(..digits)?).parse().ok()?;
                    precision = Precision::Subsecond(u8::try_from(digits).ok()?);
                    end += 2;
                }
            }
        } else if text.is(first + 1, '時') {
            if text.is(first + 2, '間') {
                return None;
            }
            (end, certain) = (first + 2, true);
            if let Some(minutes) = text.small(end, 2).filter(|_| text.is(end + 1, '分')) {
                (minute, precision, end) = (minutes, Precision::Minute, end + 2);
                if let Some(seconds) = text.small(end, 2).filter(|_| text.is(end + 1, '秒')) {
                    (second, precision, end) = (seconds, Precision::Second, end + 2);
                }
            } else if text.is(end, '半') {
                (minute, precision, end) = (30, Precision::Minute, end + 1);
            }
        } else if let Some((minutes, after)) = self.french_minutes(first + 1) {
            (minute, precision, end, certain) = (minutes, Precision::Minute, after, true);
        } else if text.lower(first + 1) == "h" && led {
            (end, certain) = (first + 2, true);
        } else if let Some(minutes) = two(first + 2).filter(|_| text.is(first + 1, '.')) {
            let oclock = self
                .is_phrase(text.skip_space(first + 3), Meaning::Oclock)
                .is_some();
            if (led || oclock) && !matches!(text.raw(first + 3), "." | ",") || oclock {
                (minute, precision, end, certain) = (minutes, Precision::Minute, first + 3, true);
            } else if led && text.digits(first + 4).is_none() {
                (minute, precision, end, certain) = (minutes, Precision::Minute, first + 3, true);
            }
        }
        if let Some(after) = self.is_phrase(text.skip_space(end), Meaning::Oclock)
            && (certain || led || self.lang != Lang::Es)
        {
            (end, certain) = (after, true);
        }
        let after = self
            .meridiem(text.skip_space(end))
            .filter(|_| before.is_none());
        if let Some((_, reached)) = after {
            (end, certain) = (reached, true);
        }
        if let Some((afternoon, _)) = before.or(after) {
            hour = match (hour, afternoon) {
                (12, false) => 0,
                (1..=11, true) => hour + 12,
                (0..=12, _) => hour,
                _ => return None,
            };
        }
        certain |= led && matches!(self.lang, Lang::Nb | Lang::Sv | Lang::Da) && hour < 24;
        if !certain {
            return None;
        }
        let part = |value: i32| i8::try_from(value).ok();
        let time =
            civil::Time::new(part(hour)?, part(minute)?, part(second)?.min(59), nanos).ok()?;
        Some(ClockRead {
            time,
            precision,
            zone: ZoneClaim::None,
            end,
        })
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
        let value = text
            .digits(minutes)
            .filter(|d| d.len() == 2)?
            .parse()
            .ok()?;
        let unit = self.unit(text.skip_space(minutes + 1), true).is_some();
        ((tight || matches!(self.lang, Lang::Fr | Lang::Es)) && !unit)
            .then_some((value, minutes + 1))
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
            4 if attached => (
                digits.get(..2)?.parse().ok()?,
                digits.get(2..)?.parse().ok()?,
                i + 2,
            ),
            _ => return None,
        };
        if hours > 14 || minutes > 59 {
            return None;
        }
        let offset = Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).ok()?;
        Some((TimeZone::fixed(offset), end))
    }
}
