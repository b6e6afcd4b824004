//! Buckets of time: by the calendar of a zone, or of a fixed length. Whoever counts
//! asks for the bucket of a moment; what is counted is not known here.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};

/// Most buckets of one timeline, unless a family says otherwise.
pub const MAX_BUCKETS: usize = 10_000;

const TOO_MANY: &str = "makes too many buckets";
const FAR: &str = "is out of range";

/// A stretch of time, both ends included, cut into buckets.
#[derive(Clone, Debug)]
pub struct Buckets {
    start: i64,
    end: i64,
    starts: Vec<i64>,
}

impl Buckets {
    /// One bucket for the whole stretch.
    #[must_use]
    pub fn whole(start: i64, end: i64) -> Self {
        Self { start, end, starts: vec![start] }
    }

    /// Buckets of `length` milliseconds from `start` on.
    pub fn fixed(start: i64, end: i64, length: i64) -> Result<Self, &'static str> {
        let length = length.max(1);
        let many = end.saturating_sub(start).max(0) / length + 1;
        // The last bucket may be a stump; it is not counted.
        if usize::try_from(many).is_ok_and(|many| many <= MAX_BUCKETS + 1) {
            Ok(Self { start, end, starts: (0..many).map(|n| start + n * length).collect() })
        } else {
            Err(TOO_MANY)
        }
    }

    /// At most `most` buckets by the calendar: `unit` with or without plural s.
    pub fn calendar(start: i64, end: i64, unit: &str, zone: &TimeZone, most: usize) -> Result<Self, &'static str> {
        let unit = unit.strip_suffix('s').unwrap_or(unit);
        let mut at = begin_of(moment(start)?.to_zoned(zone.clone()), unit).ok_or(FAR)?;
        let mut starts = Vec::new();
        while at.timestamp().as_millisecond() <= end {
            if starts.len() > most {
                return Err(TOO_MANY);
            }
            starts.push(at.timestamp().as_millisecond());
            at = next(&at, unit).ok_or(FAR)?;
        }
        Ok(Self { start, end, starts })
    }

    /// The first moment of each bucket; the first may lie before the stretch.
    #[must_use]
    pub fn starts(&self) -> &[i64] {
        &self.starts
    }

    /// The bucket of a moment; none outside the stretch.
    #[must_use]
    pub fn place(&self, at: i64) -> Option<usize> {
        if at < self.start || at > self.end {
            return None;
        }
        self.starts.partition_point(|start| *start <= at).checked_sub(1)
    }
}

fn moment(ms: i64) -> Result<Timestamp, &'static str> {
    Timestamp::from_millisecond(ms).map_err(|_| FAR)
}

/// The first moment of the unit that holds `at`.
fn begin_of(at: Zoned, unit: &str) -> Option<Zoned> {
    let length = match unit {
        "second" => Some(1_000),
        "minute" => Some(60_000),
        "hour" => Some(3_600_000),
        _ => None,
    };
    if let Some(length) = length {
        // Zones here differ by whole hours, so these units begin at the same moments everywhere.
        let ms = at.timestamp().as_millisecond();
        let begin = Timestamp::from_millisecond(ms - ms.rem_euclid(length)).ok()?;
        return Some(begin.to_zoned(at.time_zone().clone()));
    }
    let day = at.start_of_day().ok()?;
    match unit {
        "day" => Some(day),
        "week" => {
            let back = i64::from(day.weekday().to_monday_zero_offset());
            day.checked_sub(back.days()).ok()
        }
        "month" => day.first_of_month().ok(),
        "quarter" => {
            let first = (day.month() - 1) / 3 * 3 + 1;
            DateTime::new(day.year(), first, 1, 0, 0, 0, 0).ok()?.to_zoned(day.time_zone().clone()).ok()
        }
        "year" => day.first_of_year().ok(),
        _ => None,
    }
}

fn next(at: &Zoned, unit: &str) -> Option<Zoned> {
    match unit {
        "second" => at.checked_add(SignedDuration::from_secs(1)),
        "minute" => at.checked_add(SignedDuration::from_mins(1)),
        "hour" => at.checked_add(SignedDuration::from_hours(1)),
        "day" => at.checked_add(1.day()),
        "week" => at.checked_add(1.week()),
        "month" => at.checked_add(1.month()),
        "quarter" => at.checked_add(3.months()),
        _ => at.checked_add(1.year()),
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::argus::times::{iso, oslo};

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn starts(from: &str, to: &str, unit: &str) -> Vec<String> {
        let buckets = Buckets::calendar(ms(from), ms(to), unit, &oslo(), MAX_BUCKETS).unwrap();
        buckets.starts().iter().map(|start| iso(*start).unwrap()).collect()
    }

    #[test]
    fn buckets_begin_where_the_calendar_of_oslo_says() {
        assert_eq!(
            starts("2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z", "days"),
            ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
            "over the change to summer time"
        );
        assert_eq!(starts("2026-02-11T10:20:30Z", "2026-02-11T11:00:00Z", "hours").len(), 2);
        assert_eq!(starts("2026-02-11T10:20:30Z", "2026-02-12T10:00:00Z", "weeks"), ["2026-02-08T23:00:00Z"]);
        assert_eq!(
            starts("2026-02-11T10:20:30Z", "2026-05-01T10:00:00Z", "quarter"),
            ["2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z"]
        );
        assert_eq!(starts("2026-02-11T10:20:30Z", "2026-02-12T10:00:00Z", "months"), ["2026-01-31T23:00:00Z"]);
        assert_eq!(starts("2026-02-11T10:20:30Z", "2027-02-12T10:00:00Z", "years").len(), 2);
    }

    #[test]
    fn a_moment_falls_into_one_bucket_and_nowhere_outside_the_stretch() {
        let buckets = Buckets::fixed(1_000, 5_000, 2_000).unwrap();
        assert_eq!(buckets.starts(), [1_000, 3_000, 5_000]);
        for (at, place) in [(999, None), (1_000, Some(0)), (2_999, Some(0)), (3_000, Some(1)), (5_000, Some(2))] {
            assert_eq!(buckets.place(at), place, "{at}");
        }
        assert_eq!(buckets.place(5_001), None);
        assert_eq!(Buckets::whole(1, 9).place(9), Some(0));
    }

    #[test]
    fn too_many_buckets_are_refused() {
        assert!(Buckets::fixed(0, 20_000_000, 1_000).is_err());
        assert!(Buckets::calendar(0, ms("2026-02-11T10:20:30Z"), "minutes", &oslo(), MAX_BUCKETS).is_err());
        assert!(Buckets::fixed(0, 10_000_000, 1_000).is_ok());
    }
}
