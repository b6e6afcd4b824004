//! Numbers with approximators, units and ranges; lengths of time; "ago".

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::DurationAtom;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::Precision;
use crate::domain::grounding::atom::RangeRole;
use crate::domain::grounding::atom::Reading;
use crate::domain::grounding::atom::TimeAtom;
use crate::domain::grounding::atom::TimeReading;
use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::ZoneClaim;
use crate::domain::grounding::atom::decimal::pow10;
use crate::domain::grounding::atom::duration::nanos;
use crate::domain::grounding::atom::lexicon::Bound;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::read::Found;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::read::digits::Core;
use crate::domain::grounding::atom::read::kanji::COUNTERS;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::grounding::atom::unit::Dimension;
use crate::domain::lang::Lang;

/// A number with everything printed around it.
#[derive(Debug)]
struct Measured {
    core: Core,
    high: Option<Core>,
    bound: Option<Bound>,
    unit: Option<Unit>,
    end: usize,
}

/// Words before a range that make it a change ("from 5 to 7"), not an interval.
const FROM_WORDS: [&str; 6] = ["from", "fra", "från", "von", "de", "desde"];
/// Parts of one length of time ("1 d 8 h 20 min 3 s").
const MAX_PARTS: usize = 6;

fn approx_of(bound: Bound) -> Approx {
    match bound {
        Bound::About => Approx::About,
        Bound::Nearly => Approx::Nearly,
        Bound::JustOver => Approx::JustOver,
        Bound::Over => Approx::Over,
        Bound::AtLeast => Approx::AtLeast,
        Bound::Under => Approx::Under,
        Bound::AtMost => Approx::AtMost,
    }
}

impl Reader<'_> {
    /// A number, a length of time or a relative time at token `i`.
    pub(super) fn quantity(&self, i: usize) -> Option<Found> {
        if let Some(found) = self.led_relative(i) {
            return Some(found);
        }
        let measured = self.measured(i);
        if let Some((length, end)) = self.length(i, measured.as_ref()) {
            if let Some(found) = self.ago(i, &length, end) {
                return Some(found);
            }
            return Some(Found {
                parts: vec![(i, end, AtomKind::Duration(length))],
                end,
            });
        }
        if let Some((length, end)) = self.article_length(i) {
            return self.ago(i, &length, end);
        }
        let measured = measured?;
        let end = measured.end;
        let number = self.number(i, measured)?;
        Some(Found {
            parts: vec![(i, end, AtomKind::Number(number))],
            end,
        })
    }

    /// A number core of any script at token `i`.
    fn core(&self, i: usize) -> Option<Core> {
        if self.text.glued_left(i) {
            return None;
        }
        match self.text.kind(i)? {
            TokenKind::Digits => {
                let kanji = self.kanji_core(i);
                let digits = self.digits_core(i);
                match (kanji, digits) {
                    (Some(kanji), Some(digits)) if kanji.end <= digits.end => Some(digits),
                    (kanji, digits) => kanji.or(digits),
                }
            }
            TokenKind::Punct => self.digits_core(i),
            TokenKind::Cjk => self.kanji_core(i).or_else(|| self.words_core(i)),
            TokenKind::Word => self.words_core(i),
            _ => None,
        }
    }

    fn bound_before(&self, i: usize) -> (Option<Bound>, usize) {
        let text = self.text;
        let before = text.raw(i.wrapping_sub(1));
        let symbol = match text.raw(i) {
            "~" | "≈" | "∼" => Some((Bound::About, i + 1)),
            "≥" => Some((Bound::AtLeast, i + 1)),
            "≤" => Some((Bound::AtMost, i + 1)),
            ">" if text.is(i + 1, '=') => Some((Bound::AtLeast, i + 2)),
            "<" if text.is(i + 1, '=') => Some((Bound::AtMost, i + 2)),
            ">" if !matches!(before, "-" | "=" | "\n" | "") => Some((Bound::Over, i + 1)),
            "<" => Some((Bound::Under, i + 1)),
            _ => self.phrase(i, |meaning| match meaning {
                Meaning::Approx(bound) => Some(bound),
                _ => None,
            }),
        };
        symbol.map_or((None, i), |(bound, end)| {
            (Some(bound), text.skip_space(end))
        })
    }

    fn measured(&self, i: usize) -> Option<Measured> {
        let (mut bound, mut at) = self.bound_before(i);
        let between = self
            .is_phrase(at, Meaning::Between)
            .map(|end| self.text.skip_space(end));
        at = between.unwrap_or(at);
        let core = self.core(at)?;
        let mut end = core.end;
        let mut unit = self.unit_after(&core);
        if let Some((_, after)) = unit {
            end = after;
        }
        let mut high = None;
        let from = self
            .text
            .before(i)
            .is_some_and(|word| FROM_WORDS.contains(&self.text.lower(word)));
        if let Some(second) = self
            .range_end(end, between.is_some(), from)
            .filter(|s| rises(&core, s))
        {
            end = second.end;
            if let Some((second_unit, after)) = self.unit_after(&second) {
                unit = Some((second_unit, after));
                end = after;
            }
            high = Some(second);
        } else if between.is_some() {
            return None;
        }
        if let Some((after, reached)) = self.bound_after(end) {
            bound = bound.or(Some(after));
            end = reached;
        }
        Some(Measured {
            core,
            high,
            bound,
            unit: unit.map(|(unit, _)| unit),
            end,
        })
    }

    fn bound_after(&self, end: usize) -> Option<(Bound, usize)> {
        if self.text.is(end, '+') && self.text.digits(end + 1).is_none() {
            return Some((Bound::AtLeast, end + 1));
        }
        // Japanese puts a counter between: 1万件以上.
        let counted = self
            .text
            .raw(end)
            .chars()
            .next()
            .is_some_and(|c| COUNTERS.contains(c));
        let end = end + usize::from(counted);
        self.phrase(self.text.skip_space(end), |meaning| match meaning {
            Meaning::ApproxAfter(bound) => Some(bound),
            _ => None,
        })
    }

    /// The second number of a range whose first one ends before token `end`.
    fn range_end(&self, end: usize, between: bool, from: bool) -> Option<Core> {
        let text = self.text;
        let spaced = text.skip_space(end);
        if text.is(end, '-') || text.is(end, '~') {
            return (!from)
                .then(|| self.digits_core(end + 1))
                .flatten()
                .filter(|_| text.digits(end + 1).is_some());
        }
        if text.is(spaced, '–') || text.is(spaced, '—') {
            let at = text.skip_space(spaced + 1);
            let tight = spaced == end && at == spaced + 1;
            return (tight || text.is(spaced, '–'))
                .then(|| self.digits_core(at))
                .flatten();
        }
        let wanted = if between {
            Meaning::Connector
        } else {
            Meaning::To
        };
        let after = self.is_phrase(spaced, wanted)?;
        if !between && (from || spaced == end && text.kind(spaced) == Some(TokenKind::Word)) {
            return None;
        }
        self.core(text.skip_space(after))
    }

    fn unit_after(&self, core: &Core) -> Option<(Unit, usize)> {
        let spaced = self.text.skip_space(core.end);
        let hyphen = self.text.is(core.end, '-');
        let at = if hyphen { core.end + 1 } else { spaced };
        let (unit, end) = self.unit(at, at == core.end && !core.spelled)?;
        // "24-hour" is a unit; "3-d" is not.
        let short = self.text.raw(at).len() < 3;
        (!(hyphen && short)).then_some((unit, end))
    }

    /// The unit at token `at`. One-letter units must touch the number, or be usual apart.
    pub(super) fn unit(&self, at: usize, attached: bool) -> Option<(Unit, usize)> {
        let text = self.text;
        if text.is(at, '%') {
            let points = text.is(at + 1, '-') && text.lower(at + 2).starts_with("point");
            return Some(if points {
                (Unit::PercentagePoint, at + 3)
            } else {
                (Unit::Percent, at + 1)
            });
        }
        let (unit, end) = self.phrase(at, |meaning| match meaning {
            Meaning::Unit(unit) => Some(unit),
            _ => None,
        })?;
        let raw = text.raw(at);
        let first_upper = raw.starts_with(|c: char| c.is_uppercase());
        let usable = match raw.len() {
            _ if text.kind(at) == Some(TokenKind::Cjk) => self.counts_time(at, end),
            1 => (attached || matches!(raw, "h" | "s" | "d" | "t")) && !(first_upper && raw != "H"),
            2 if unit.dimension() == Dimension::Size => {
                first_upper || raw == "kB" || raw == "ko" || raw.ends_with(['b', 'B'])
            }
            _ => true,
        };
        let glued = matches!(text.kind(end), Some(TokenKind::Digits)) && raw.len() > 3;
        (usable && !glued).then_some((unit, end))
    }

    /// Whether a Japanese unit counts a length: `3日` and `2026年` are dates.
    fn counts_time(&self, at: usize, end: usize) -> bool {
        match self.text.raw(at) {
            "日" | "年" if end == at + 1 => {
                matches!(self.text.raw(end), "前" | "後" | "以" | "間")
            }
            "分" => !self.text.is(end, 'の'),
            _ => true,
        }
    }

    fn number(&self, i: usize, measured: Measured) -> Option<NumberAtom> {
        let Measured {
            core,
            high,
            bound,
            unit,
            ..
        } = measured;
        let first = core.readings.first()?.value;
        let approx = match (&high, core.vague, bound) {
            (Some(high), ..) => Approx::Between {
                low: first,
                high: high.readings.first()?.value,
            },
            (None, Some((low, high)), _) => Approx::Between { low, high },
            (None, None, Some(bound)) => approx_of(bound),
            (None, None, None) if core.share => Approx::About,
            (None, None, None) => Approx::Exact,
        };
        let plain = approx == Approx::Exact && unit.is_none() && !core.spelled;
        Some(NumberAtom {
            id_candidate: plain && core.readings.len() == 1 && self.after_record_noun(i),
            readings: core.readings,
            unit: if core.share { Some(Unit::Share) } else { unit },
            approx,
            ordinal: core.ordinal,
            spelled: core.spelled,
        })
    }

    /// Whether the word before token `i` takes a record id ("case 4711", "case no. 4711").
    fn after_record_noun(&self, i: usize) -> bool {
        let mut at = self.text.before(i);
        for _ in 0..4 {
            let Some(here) = at else { return false };
            let skip = matches!(
                self.text.lower(here),
                ":" | "#" | "." | "no" | "nr" | "number" | "nummer" | "id" | "nummeret"
            );
            if self.is_phrase(here, Meaning::Record).is_some() {
                return true;
            }
            if !skip {
                return false;
            }
            at = self.text.before(here);
        }
        false
    }

    /// A length of time at token `i`, where `measured` was read.
    fn length(&self, i: usize, measured: Option<&Measured>) -> Option<(DurationAtom, usize)> {
        if let Some(found) = self.iso_length(i).or_else(|| self.half_unit(i)) {
            return Some(found);
        }
        let measured = measured?;
        let unit = measured
            .unit
            .filter(|unit| unit.dimension() == Dimension::Time)?;
        let reading = *measured.core.readings.first()?;
        if measured.core.ordinal {
            return None;
        }
        let mut length = length_of(reading, unit, measured.bound)?;
        let ends = match (&measured.high, measured.core.vague) {
            (Some(high), _) => Some((reading.value, high.readings.first()?.value)),
            (None, vague) => vague,
        };
        if let Some((low, high)) = ends {
            length.approx = Approx::Between {
                low: Decimal::new(nanos(low, unit)?, 0)?,
                high: Decimal::new(nanos(high, unit)?, 0)?,
            };
            return Some((length, measured.end));
        }
        Some(self.further_parts(length, measured.end))
    }

    fn further_parts(&self, mut length: DurationAtom, mut end: usize) -> (DurationAtom, usize) {
        for _ in 0..MAX_PARTS {
            let mut at = end + usize::from(self.text.is(end, ','));
            at = self.text.skip_space(at);
            if let Some(after) = self.is_phrase(at, Meaning::Connector) {
                at = self.text.skip_space(after);
            }
            let core = match self.text.kind(at) {
                Some(TokenKind::Digits) => self.digits_core(at),
                Some(TokenKind::Word) => self.words_core(at),
                _ => None,
            };
            let Some(core) = core.filter(|core| !core.ordinal && core.vague.is_none()) else {
                break;
            };
            let Some((unit, after)) = self.unit_after(&core) else {
                break;
            };
            let smaller =
                unit.dimension() == Dimension::Time && unit.factors().0 < length.unit.factors().0;
            let part = core.readings.first().filter(|_| smaller);
            let Some(part) = part.and_then(|reading| length_of(*reading, unit, None)) else {
                break;
            };
            length.nanos += part.nanos;
            length.step_nanos = part.step_nanos;
            length.unit = unit;
            end = after;
        }
        (length, end)
    }

    /// "an hour", "en time": a length only where "ago" or the like says so.
    fn article_length(&self, i: usize) -> Option<(DurationAtom, usize)> {
        let after = self.is_phrase(i, Meaning::Article)?;
        let (unit, end) = self.unit(self.text.skip_space(after), false)?;
        let unit = Some(unit).filter(|unit| unit.dimension() == Dimension::Time)?;
        Some((length_of(one(), unit, None)?, end))
    }

    /// "half an hour", "en halv time".
    fn half_unit(&self, i: usize) -> Option<(DurationAtom, usize)> {
        let (value, after) = self.phrase(i, |meaning| match meaning {
            Meaning::Fraction(over, under) => Decimal::new(i128::from(over * 100 / under), 2),
            _ => None,
        })?;
        let next = self.text.skip_space(after);
        let next = self
            .is_phrase(next, Meaning::Article)
            .map_or(next, |end| self.text.skip_space(end));
        let (unit, end) = self
            .unit(next, false)
            .filter(|(unit, _)| unit.dimension() == Dimension::Time)?;
        Some((length_of(Reading { value, decimals: 1 }, unit, None)?, end))
    }

    /// ISO 8601: `PT30M`, `P1DT2H`.
    fn iso_length(&self, i: usize) -> Option<(DurationAtom, usize)> {
        let first = self.text.raw(i);
        if self.text.kind(i) != Some(TokenKind::Word) || !matches!(first, "P" | "PT") {
            return None;
        }
        let mut clock = first == "PT";
        let (mut total, mut last, mut at) = (0_i128, None, i + 1);
        for _ in 0..MAX_PARTS {
            let Some(amount) = self.text.small(at, 9) else {
                break;
            };
            let letter = self.text.raw(at + 1);
            let (letter, opens) = letter
                .strip_suffix('T')
                .map_or((letter, false), |rest| (rest, true));
            let unit = match (letter, clock) {
                ("Y", false) => Unit::Year,
                ("M", false) => Unit::Month,
                ("W", false) => Unit::Week,
                ("D", false) => Unit::Day,
                ("H", true) => Unit::Hour,
                ("M", true) => Unit::Minute,
                ("S", true) => Unit::Second,
                _ => return None,
            };
            total += i128::from(amount).checked_mul(unit.factors().0)?;
            last = Some(unit);
            clock |= opens;
            at += 2;
        }
        let unit = last?;
        let step_nanos = unit.factors().0;
        Some((
            DurationAtom {
                nanos: total,
                step_nanos,
                approx: Approx::Exact,
                unit,
            },
            at,
        ))
    }

    /// "vor 3 Tagen", "il y a 3 jours", "for 26 timer siden", "om 2 timer".
    fn led_relative(&self, i: usize) -> Option<Found> {
        let past = self.is_phrase(i, Meaning::AgoBefore);
        let after = past.or_else(|| self.is_phrase(i, Meaning::In))?;
        let from = self.text.skip_space(after);
        let read = self
            .length(from, self.measured(from).as_ref())
            .or_else(|| self.article_length(from));
        let (length, end) = read?;
        if past.is_none() {
            // English and German "in 45 seconds" is as often a length as a time to come.
            return (!matches!(self.lang, Lang::En | Lang::De))
                .then(|| relative(i, &length, false, end))?;
        }
        self.ago(i, &length, end).or_else(|| {
            let closed = matches!(self.lang, Lang::De | Lang::Fr | Lang::Es);
            closed.then(|| relative(i, &length, true, end))?
        })
    }

    /// A length of time that "ago" follows.
    fn ago(&self, i: usize, length: &DurationAtom, end: usize) -> Option<Found> {
        let after = self.is_phrase(self.text.skip_space(end), Meaning::Ago)?;
        relative(i, length, true, after)
    }
}

/// The relative time for a length before or after the reference time.
fn relative(i: usize, length: &DurationAtom, past: bool, end: usize) -> Option<Found> {
    let approx = match length.approx {
        Approx::Between { low, high } => Approx::Between {
            low: seconds(low)?,
            high: seconds(high)?,
        },
        other => other,
    };
    let whole = i64::try_from(length.nanos / 1_000_000_000).ok()?;
    let step_seconds = i64::try_from(length.step_nanos / 1_000_000_000)
        .ok()?
        .max(1);
    let reading = TimeReading::Relative {
        seconds: if past { -whole } else { whole },
        step_seconds,
        approx,
    };
    let atom = TimeAtom {
        readings: vec![reading],
        weekday: None,
        zone: ZoneClaim::None,
        precision: precision_of(length.unit),
        range: RangeRole::Single,
    };
    Some(Found {
        parts: vec![(i, end, AtomKind::Time(atom))],
        end,
    })
}

fn one() -> Reading {
    Reading {
        value: Decimal::from(1_i64),
        decimals: 0,
    }
}

fn rises(low: &Core, high: &Core) -> bool {
    let (Some(first), Some(second)) = (low.readings.first(), high.readings.first()) else {
        return false;
    };
    first.value < second.value && !low.ordinal && !high.ordinal && low.vague.is_none() && !low.share
}

fn seconds(nanos: Decimal) -> Option<Decimal> {
    Decimal::new(nanos.mantissa() / 1_000_000_000, 0)
}

fn length_of(reading: Reading, unit: Unit, bound: Option<Bound>) -> Option<DurationAtom> {
    let factor = unit.factors().0;
    let step_nanos = match u8::try_from(reading.decimals) {
        Ok(decimals) => factor / pow10(decimals)?,
        Err(_) => factor.checked_mul(pow10(reading.decimals.unsigned_abs())?)?,
    };
    Some(DurationAtom {
        nanos: nanos(reading.value, unit)?,
        step_nanos,
        approx: bound.map_or(Approx::Exact, approx_of),
        unit,
    })
}

fn precision_of(unit: Unit) -> Precision {
    match unit {
        Unit::Month | Unit::Year => Precision::Month,
        Unit::Day | Unit::Week => Precision::Day,
        Unit::Hour => Precision::Hour,
        Unit::Minute => Precision::Minute,
        _ => Precision::Second,
    }
}
