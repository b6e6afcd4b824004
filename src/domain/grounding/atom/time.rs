//! Points in time as printed, and whether an instant matches them.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::bound::holds;

/// A time as printed. Never without a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeAtom {
    /// What the print may mean, likeliest first (`03/04/2026` has two).
    pub readings: Vec<TimeReading>,
    /// The weekday printed beside a date; it is part of the claim.
    pub weekday: Option<civil::Weekday>,
    /// The zone label, which is part of the claim.
    pub zone: ZoneClaim,
    /// The finest printed part.
    pub precision: Precision,
    /// Part of a range; both ends are atoms of their own, with shared date and zone filled in.
    pub range: RangeRole,
}

/// One meaning of a printed time.
#[derive(Debug, Clone, PartialEq)]
pub enum TimeReading {
    /// An instant: date, time and zone were printed.
    Instant(Timestamp),
    /// A day, or a day and a time of day, without an offset of its own.
    Local {
        /// The day.
        day: Day,
        /// Time of day, if printed.
        time: Option<civil::Time>,
    },
    /// A time of day alone.
    TimeOfDay(civil::Time),
    /// "8 hours ago" (negative) or "in 8 hours".
    Relative {
        /// Seconds from the reference time.
        seconds: i64,
        /// One step of the printed unit, in seconds; half of it is the tolerance.
        step_seconds: i64,
        /// "about", "over" and so on.
        approx: Approx,
    },
    /// A bare number that is a plausible epoch; it may as well be compared as a number.
    Epoch {
        /// As printed.
        number: i64,
        /// The instant, by the unit its size implies.
        instant: Timestamp,
    },
}

/// A printed day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// Year, month and day.
    Full(civil::Date),
    /// Month and day.
    NoYear {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// A whole month.
    Month {
        /// Year, if printed.
        year: Option<i16>,
        /// 1 to 12.
        month: i8,
    },
    /// A day of the week.
    Weekday {
        /// Which.
        weekday: civil::Weekday,
        /// "last Monday", "next Monday".
        side: WeekdaySide,
    },
    /// Today (0), yesterday (-1), tomorrow (1).
    Offset(i8),
}

/// On which side of now a weekday lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeekdaySide {
    /// Not said.
    Nearest,
    /// "last".
    Past,
    /// "next", "on".
    Future,
}

/// The zone label beside a time.
#[derive(Debug, Clone, PartialEq)]
pub enum ZoneClaim {
    /// None printed.
    None,
    /// "local time": the default zone of the context.
    Local,
    /// UTC, `Z`, `+01:00`, CET, "Oslo time".
    Zone(TimeZone),
}

/// The finest printed part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// Month.
    Month,
    /// Day.
    Day,
    /// Hour.
    Hour,
    /// Minute.
    Minute,
    /// Second.
    Second,
    /// This many fraction digits.
    Subsecond(u8),
}

/// Whether an atom is an end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeRole {
    /// Stands alone.
    Single,
    /// First end.
    Start,
    /// Second end.
    End,
}

/// What relative and zone-less times are read against.
#[derive(Debug, Clone)]
pub struct TimeContext {
    /// When the draft was written.
    pub now: Timestamp,
    /// When the evidence was observed.
    pub observed_at: Timestamp,
    /// The zone of the user; UTC is always tried as well.
    pub default_zone: TimeZone,
}

/// Whether an instant is the printed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeMatch {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The clock reading is right in another zone than the printed one.
    WrongZone,
    /// The print leaves it open (a weekday or a date without a year, far from now).
    Unclear,
}

impl TimeAtom {
    /// Whether `stored` is the printed time, to the printed precision. A printed zone must give
    /// the right instant; without one, UTC and the default zone are tried.
    pub fn matches(&self, stored: Timestamp, ctx: &TimeContext) -> TimeMatch {
        self.readings
            .iter()
            .map(|reading| self.reading_matches(reading, stored, ctx))
            .min_by_key(|found| match found {
                TimeMatch::Yes => 0,
                TimeMatch::WrongZone => 1,
                TimeMatch::Unclear => 2,
                TimeMatch::No => 3,
            })
            .unwrap_or(TimeMatch::Unclear)
    }

    fn reading_matches(&self, reading: &TimeReading, stored: Timestamp, ctx: &TimeContext) -> TimeMatch {
        let local = |zone: &TimeZone| self.matches_in(zone, reading, stored, ctx);
        let guesses = [&TimeZone::UTC, &ctx.default_zone];
        match reading {
            TimeReading::Relative { seconds, step_seconds, approx } => {
                let near = [ctx.now, ctx.observed_at].into_iter().any(|reference| {
                    let away = i128::from(stored.as_second()) - i128::from(reference.as_second());
                    let printed = i128::from(*seconds);
                    let (away, printed) = if printed < 0 { (-away, -printed) } else { (away, printed) };
                    holds(*approx, printed, i128::from(*step_seconds), away, (1, 0))
                });
                if near { TimeMatch::Yes } else { TimeMatch::No }
            }
            TimeReading::Epoch { instant, .. } => {
                let apart = stored.as_nanosecond() - instant.as_nanosecond();
                if (0..self.precision.nanos()).contains(&apart) { TimeMatch::Yes } else { TimeMatch::No }
            }
            _ => match &self.zone {
                ZoneClaim::Zone(zone) => match local(zone) {
                    TimeMatch::No if guesses.into_iter().any(|zone| local(zone) == TimeMatch::Yes) => {
                        TimeMatch::WrongZone
                    }
                    found => found,
                },
                ZoneClaim::Local => match local(&ctx.default_zone) {
                    TimeMatch::No if local(&TimeZone::UTC) == TimeMatch::Yes => TimeMatch::WrongZone,
                    found => found,
                },
                ZoneClaim::None => {
                    let found = guesses.map(local);
                    if found.contains(&TimeMatch::Yes) {
                        TimeMatch::Yes
                    } else if found.contains(&TimeMatch::Unclear) {
                        TimeMatch::Unclear
                    } else {
                        TimeMatch::No
                    }
                }
            },
        }
    }

    /// Compares the clock and calendar that `stored` shows in `zone` with the printed ones.
    fn matches_in(&self, zone: &TimeZone, reading: &TimeReading, stored: Timestamp, ctx: &TimeContext) -> TimeMatch {
        let shown = zone.to_datetime(stored);
        if self.weekday.is_some_and(|weekday| weekday != shown.date().weekday()) {
            return TimeMatch::No;
        }
        let (day, time) = match reading {
            TimeReading::Instant(instant) => {
                let ZoneClaim::Zone(own) = &self.zone else {
                    return TimeMatch::Unclear;
                };
                let printed = own.to_datetime(*instant);
                (Some(Day::Full(printed.date())), Some(printed.time()))
            }
            TimeReading::Local { day, time } => (Some(*day), *time),
            TimeReading::TimeOfDay(time) => (None, Some(*time)),
            TimeReading::Relative { .. } | TimeReading::Epoch { .. } => return TimeMatch::Unclear,
        };
        if time.is_some_and(|time| !self.same_clock(time, shown.time())) {
            return TimeMatch::No;
        }
        day.map_or(TimeMatch::Yes, |day| day_matches(day, shown.date(), stored, zone, ctx))
    }

    fn same_clock(&self, printed: civil::Time, shown: civil::Time) -> bool {
        let step = self.precision.nanos();
        let since_midnight = |time: civil::Time| {
            let seconds = i128::from(time.hour()) * 3_600 + i128::from(time.minute()) * 60 + i128::from(time.second());
            seconds * 1_000_000_000 + i128::from(time.subsec_nanosecond())
        };
        since_midnight(printed) / step == since_midnight(shown) / step
    }
}

impl Precision {
    /// Length of one step of the finest printed part of a clock time.
    fn nanos(self) -> i128 {
        match self {
            Self::Month | Self::Day => 86_400_000_000_000,
            Self::Hour => 3_600_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Second => 1_000_000_000,
            Self::Subsecond(digits) => 10_i128.pow(u32::from(9 - digits.min(9))),
        }
    }
}

fn day_matches(printed: Day, shown: civil::Date, stored: Timestamp, zone: &TimeZone, ctx: &TimeContext) -> TimeMatch {
    let away_days = (stored.as_second() - ctx.now.as_second()) / 86_400;
    let near = |fits: bool, within_days: i64| match (fits, away_days.abs() <= within_days) {
        (false, _) => TimeMatch::No,
        (true, true) => TimeMatch::Yes,
        (true, false) => TimeMatch::Unclear,
    };
    match printed {
        Day::Full(date) => near(date == shown, i64::MAX),
        Day::NoYear { month, day } => near(month == shown.month() && day == shown.day(), 366),
        Day::Month { year: Some(year), month } => near(year == shown.year() && month == shown.month(), i64::MAX),
        Day::Month { year: None, month } => near(month == shown.month(), 366),
        Day::Weekday { weekday, side } => {
            let fits = weekday == shown.weekday()
                && match side {
                    WeekdaySide::Nearest => true,
                    WeekdaySide::Past => stored <= ctx.now,
                    WeekdaySide::Future => stored >= ctx.now,
                };
            near(fits, 7)
        }
        Day::Offset(days) => {
            let fits = [ctx.now, ctx.observed_at].into_iter().any(|reference| {
                let today = zone.to_datetime(reference).date();
                let span = jiff::Span::new().try_days(i64::from(days));
                span.and_then(|span| today.checked_add(span)).is_ok_and(|day| day == shown)
            });
            near(fits, i64::MAX)
        }
    }
}
