//! Points in time as printed, and whether an instant matches them.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

use crate::domain::grounding::atom::Approx;

/// A time as printed. Never without a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeAtom {
    /// What the print may mean, likeliest first (`03/04/2026` has two).
    pub readings: Vec<TimeReading>,
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
        let _ = (stored, ctx);
        TimeMatch::Unclear
    }
}
