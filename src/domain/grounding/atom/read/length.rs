//! Lengths of time ("8 h 20 min", `PT30M`) and times relative to now ("8 hours ago").

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::DurationAtom;
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
use crate::domain::grounding::atom::read::quantity::Measured;
use crate::domain::grounding::atom::read::quantity::approx_of;
use crate::domain::grounding::atom::text::TokenKind;
use crate::domain::grounding::atom::unit::Dimension;
use crate::domain::lang::Lang;

/// Parts of one length of time ("1 d 8 h 20 min 3 s").
const MAX_PARTS: usize = 6;

impl Reader<'_> {
    /// A length of time at token `i`, where `measured` was read.
    pub(super) fn length(&self, i: usize, measured: Option<&Measured>) -> Option<(DurationAtom, usize)> {
        if let Some(found) = self.iso_length(i).or_else(|| self.half_unit(i)) {
            return Some(found);
        }
        let measured = measured?;
        let unit = measured.unit.filter(|unit| unit.dimension() == Dimension::Time)?;
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

    pub(super) fn further_parts(&self, mut length: DurationAtom, mut end: usize) -> (DurationAtom, usize) {
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
            let smaller = unit.dimension() == Dimension::Time && unit.factors().0 < length.unit.factors().0;
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
    pub(super) fn article_length(&self, i: usize) -> Option<(DurationAtom, usize)> {
        let after = self.is_phrase(i, Meaning::Article)?;
        let (unit, end) = self.unit(self.text.skip_space(after), false)?;
        let unit = Some(unit).filter(|unit| unit.dimension() == Dimension::Time)?;
        Some((length_of(one(), unit, None)?, end))
    }

    /// "half an hour", "en halv time".
    pub(super) fn half_unit(&self, i: usize) -> Option<(DurationAtom, usize)> {
        let (value, after) = self.phrase(i, |meaning| match meaning {
            Meaning::Fraction(over, under) => Decimal::new(i128::from(over * 100 / under), 2),
            _ => None,
        })?;
        let next = self.text.skip_space(after);
        let next = self.is_phrase(next, Meaning::Article).map_or(next, |end| self.text.skip_space(end));
        let (unit, end) = self.unit(next, false).filter(|(unit, _)| unit.dimension() == Dimension::Time)?;
        Some((length_of(Reading { value, decimals: 1 }, unit, None)?, end))
    }

    /// ISO 8601: `PT30M`, `P1DT2H`.
    pub(super) fn iso_length(&self, i: usize) -> Option<(DurationAtom, usize)> {
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
            let (letter, opens) = letter.strip_suffix('T').map_or((letter, false), |rest| (rest, true));
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
        Some((DurationAtom { nanos: total, step_nanos, approx: Approx::Exact, unit }, at))
    }

    /// "vor 3 Tagen", "il y a 3 jours", "for 26 timer siden", "om 2 timer".
    pub(super) fn led_relative(&self, i: usize) -> Option<Found> {
        let past = self.is_phrase(i, Meaning::AgoBefore);
        let after = past.or_else(|| self.is_phrase(i, Meaning::In))?;
        let from = self.text.skip_space(after);
        let read = self.length(from, self.measured(from).as_ref()).or_else(|| self.article_length(from));
        let (length, end) = read?;
        if past.is_none() {
            // English and German "in 45 seconds" is as often a length as a time to come.
            return (!matches!(self.lang, Lang::En | Lang::De)).then(|| relative(i, &length, false, end))?;
        }
        self.ago(i, &length, end).or_else(|| {
            let closed = matches!(self.lang, Lang::De | Lang::Fr | Lang::Es);
            closed.then(|| relative(i, &length, true, end))?
        })
    }

    /// A length of time that "ago" follows.
    pub(super) fn ago(&self, i: usize, length: &DurationAtom, end: usize) -> Option<Found> {
        let after = self.is_phrase(self.text.skip_space(end), Meaning::Ago)?;
        relative(i, length, true, after)
    }
}

/// The relative time for a length before or after the reference time.
fn relative(i: usize, length: &DurationAtom, past: bool, end: usize) -> Option<Found> {
    let approx = match length.approx {
        Approx::Between { low, high } => Approx::Between { low: seconds(low)?, high: seconds(high)? },
        other => other,
    };
    let whole = i64::try_from(length.nanos / 1_000_000_000).ok()?;
    let step_seconds = i64::try_from(length.step_nanos / 1_000_000_000).ok()?.max(1);
    let reading = TimeReading::Relative { seconds: if past { -whole } else { whole }, step_seconds, approx };
    let atom = TimeAtom {
        readings: vec![reading],
        weekday: None,
        zone: ZoneClaim::None,
        precision: precision_of(length.unit),
        range: RangeRole::Single,
    };
    Some(Found { parts: vec![(i, end, AtomKind::Time(atom))], end })
}

fn one() -> Reading {
    Reading { value: Decimal::from(1_i64), decimals: 0 }
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
