//! Puts days, clock times, zones and epochs together, and splits ranges into their ends.

use jiff::Timestamp;
use jiff::civil;

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Day;
use crate::domain::grounding::atom::Precision;
use crate::domain::grounding::atom::RangeRole;
use crate::domain::grounding::atom::TimeAtom;
use crate::domain::grounding::atom::TimeReading;
use crate::domain::grounding::atom::ZoneClaim;
use crate::domain::grounding::atom::lexicon::Meaning;
use crate::domain::grounding::atom::read::Found;
use crate::domain::grounding::atom::read::Reader;
use crate::domain::grounding::atom::read::clock::ClockRead;
use crate::domain::grounding::atom::read::date::DayRead;

/// "just now" reaches this far back.
const JUST_NOW_SECONDS: i64 = 300;
/// Plausible epochs: 2001-09-09 to 2100.
const EPOCH_SECONDS: std::ops::Range<i64> = 1_000_000_000..4_102_444_800;

fn atom(readings: Vec<TimeReading>, precision: Precision) -> TimeAtom {
    TimeAtom { readings, weekday: None, zone: ZoneClaim::None, precision, range: RangeRole::Single }
}

/// The atom for a day, a clock time or both.
fn join(day: Option<(&[Day], Option<civil::Weekday>)>, clock: Option<&ClockRead>) -> TimeAtom {
    let zone = clock.map_or(ZoneClaim::None, |clock| clock.zone.clone());
    let time = clock.map(|clock| clock.time);
    let days = day.map_or(&[][..], |(days, _)| days);
    let mut readings: Vec<TimeReading> = days
        .iter()
        .map(|day| match (day, time, &zone) {
            (Day::Full(date), Some(time), ZoneClaim::Zone(zone)) => zone
                .to_ambiguous_timestamp(date.to_datetime(time))
                .compatible()
                .map_or(TimeReading::Local { day: *day, time: Some(time) }, TimeReading::Instant),
            _ => TimeReading::Local { day: *day, time },
        })
        .collect();
    if readings.is_empty() {
        readings.extend(time.map(TimeReading::TimeOfDay));
    }
    let coarse = if matches!(days.first(), Some(Day::Month { .. })) { Precision::Month } else { Precision::Day };
    let mut atom = atom(readings, clock.map_or(coarse, |clock| clock.precision));
    atom.zone = zone;
    atom.weekday = day.and_then(|(_, weekday)| weekday);
    atom
}

impl Reader<'_> {
    /// A point in time at token `i`.
    pub(super) fn time(&self, i: usize) -> Option<Found> {
        let single = |(atom, end): (TimeAtom, usize)| Found { parts: vec![(i, end, AtomKind::Time(atom))], end };
        if let Some(found) = self.epoch(i).or_else(|| self.compact(i)).or_else(|| self.just_now(i)) {
            return Some(single(found));
        }
        if let Some(day) = self.day(i) {
            return Some(self.starting_with_day(i, &day));
        }
        let clock = self.clock(i)?;
        Some(self.starting_with_clock(i, clock))
    }

    fn starting_with_day(&self, i: usize, day: &DayRead) -> Found {
        let days = Some((day.days.as_slice(), day.weekday));
        if let Some((first, first_end)) = day.from {
            let mut start = join(Some((&[first], None)), None);
            let mut end = join(days, None);
            (start.range, end.range) = (RangeRole::Start, RangeRole::End);
            let second = self.range_gap(first_end).unwrap_or(first_end);
            let parts = vec![(i, first_end, AtomKind::Time(start)), (second, day.end, AtomKind::Time(end))];
            return Found { parts, end: day.end };
        }
        match self.clock_after_day(day.end) {
            Some(clock) => self.clock_range(i, days, clock),
            None => {
                let kind = AtomKind::Time(join(days, None));
                Found { parts: vec![(i, day.end, kind)], end: day.end }
            }
        }
    }

    /// A clock time alone, or followed by its day ("14:05 UTC on 21 November").
    fn starting_with_clock(&self, i: usize, clock: ClockRead) -> Found {
        let mut at = clock.end + usize::from(self.text.is(clock.end, ','));
        at = self.text.skip_space(at);
        if let Some(after) = self.is_phrase(at, Meaning::DateGlue) {
            at = self.text.skip_space(after);
        }
        let day = if at > clock.end { self.day(at).filter(|day| day.from.is_none()) } else { None };
        match day {
            Some(day) if self.clock_after_day(day.end).is_none() => {
                let kind = AtomKind::Time(join(Some((&day.days, day.weekday)), Some(&clock)));
                Found { parts: vec![(i, day.end, kind)], end: day.end }
            }
            _ => self.clock_range(i, None, clock),
        }
    }

    /// The clock time that belongs to a day ending before token `end`.
    fn clock_after_day(&self, end: usize) -> Option<ClockRead> {
        let text = self.text;
        if matches!(text.raw(end), "T" | "t") {
            return self.clock(end + 1);
        }
        let mut at = end;
        while matches!(text.raw(at), " " | "," | "の" | "、") && at < end + 3 {
            at += 1;
        }
        if at == end
            && text.kind(at) != Some(crate::domain::grounding::atom::text::TokenKind::Cjk)
            && text.digits(at).is_none()
        {
            return None;
        }
        self.clock(at)
    }

    /// The token where the second end of a range starts, if a range goes on at token `end`.
    fn range_gap(&self, end: usize) -> Option<usize> {
        let gap = self.text.skip_space(end);
        let after = match self.text.raw(gap) {
            "-" | "–" | "—" | "~" => gap + 1,
            _ => self.is_phrase(gap, Meaning::To).or_else(|| self.is_phrase(gap, Meaning::Connector))?,
        };
        Some(self.text.skip_space(after))
    }

    /// A clock time with its day, and the second end if it opens a range. Day and zone are shared.
    fn clock_range(&self, i: usize, day: Option<(&[Day], Option<civil::Weekday>)>, clock: ClockRead) -> Found {
        let second = self.range_gap(clock.end).and_then(|at| Some((at, self.clock(at)?)));
        let dated = second.as_ref().is_some_and(|(_, second)| self.clock_starts_date(second));
        let Some((at, second)) = second.filter(|_| !dated) else {
            let (end, kind) = (clock.end, AtomKind::Time(join(day, Some(&clock))));
            return Found { parts: vec![(i, end, kind)], end };
        };
        let mut first = clock;
        if first.zone == ZoneClaim::None {
            first.zone = second.zone.clone();
        }
        let (mut start, mut end) = (join(day, Some(&first)), join(day, Some(&second)));
        (start.range, end.range) = (RangeRole::Start, RangeRole::End);
        let parts = vec![(i, first.end, AtomKind::Time(start)), (at, second.end, AtomKind::Time(end))];
        Found { parts, end: second.end }
    }

    /// Whether a day of its own follows a clock time.
    fn clock_starts_date(&self, clock: &ClockRead) -> bool {
        let at = self.text.skip_space(clock.end);
        at > clock.end && self.day(at).is_some()
    }

    fn just_now(&self, i: usize) -> Option<(TimeAtom, usize)> {
        let end = self.is_phrase(i, Meaning::Now)?;
        let step_seconds = 2 * JUST_NOW_SECONDS;
        let reading = TimeReading::Relative { seconds: 0, step_seconds, approx: Approx::Exact };
        Some((atom(vec![reading], Precision::Minute), end))
    }

    /// A bare epoch in s, ms, µs or ns, told apart by size.
    fn epoch(&self, i: usize) -> Option<(TimeAtom, usize)> {
        let digits = self.text.digits(i)?;
        let (per_second, precision) = match digits.len() {
            10 => (1, Precision::Second),
            13 => (1_000, Precision::Subsecond(3)),
            16 => (1_000_000, Precision::Subsecond(6)),
            19 => (1_000_000_000, Precision::Subsecond(9)),
            _ => return None,
        };
        let number: i64 = digits.parse().ok()?;
        if !EPOCH_SECONDS.contains(&(number / per_second))
            || self.text.is(i + 1, '.') && self.text.digits(i + 2).is_some()
        {
            return None;
        }
        let nanos = i128::from(number) * i128::from(1_000_000_000 / per_second);
        let instant = Timestamp::from_nanosecond(nanos).ok()?;
        Some((atom(vec![TimeReading::Epoch { number, instant }], precision), i + 1))
    }

    /// `20261121T140500Z`.
    fn compact(&self, i: usize) -> Option<(TimeAtom, usize)> {
        let text = self.text;
        let (date, time) = (text.digits(i)?, text.digits(i + 2)?);
        if date.len() != 8 || !matches!(time.len(), 4 | 6) || text.raw(i + 1) != "T" {
            return None;
        }
        let part = |text: &str, from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
        let year = date.get(..4)?.parse().ok()?;
        let day = civil::Date::new(year, part(date, 4)?, part(date, 6)?).ok()?;
        let seconds = part(time, 4);
        let clock = civil::Time::new(part(time, 0)?, part(time, 2)?, seconds.unwrap_or(0), 0).ok()?;
        let precision = if seconds.is_some() { Precision::Second } else { Precision::Minute };
        let (zone, end) = self.zone(i + 3).unwrap_or((ZoneClaim::None, i + 3));
        let read = ClockRead { time: clock, precision, zone, end };
        Some((join(Some((&[Day::Full(day)], None)), Some(&read)), end))
    }
}
