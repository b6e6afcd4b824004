//! Units of numbers and their exact conversion factors.

/// A unit printed beside a number, or declared by an attribute of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Per cent.
    Percent,
    /// Percentage points.
    PercentagePoint,
    /// A share between 0 and 1 ("half of them", a stored ratio).
    Share,
    /// Bytes.
    Byte,
    /// kB: 1000 or, loosely, 1024 bytes; both readings are tried.
    Kilobyte,
    /// MB, decimal or loosely binary.
    Megabyte,
    /// GB, decimal or loosely binary.
    Gigabyte,
    /// TB, decimal or loosely binary.
    Terabyte,
    /// KiB.
    Kibibyte,
    /// MiB.
    Mebibyte,
    /// GiB.
    Gibibyte,
    /// TiB.
    Tebibyte,
    /// Nanoseconds.
    Nanosecond,
    /// Microseconds.
    Microsecond,
    /// Milliseconds.
    Millisecond,
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days of 24 hours.
    Day,
    /// Weeks of 7 days.
    Week,
    /// Months, loosely 30 days (28 to 31).
    Month,
    /// Years, loosely 365 days.
    Year,
}

/// What a unit measures; values convert only inside one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// Per cent, points and shares.
    Ratio,
    /// Bytes and their multiples.
    Size,
    /// Lengths of time.
    Time,
}

impl Unit {
    /// What the unit measures.
    pub(super) fn dimension(self) -> Dimension {
        match self {
            Self::Percent | Self::PercentagePoint | Self::Share => Dimension::Ratio,
            Self::Byte
            | Self::Kilobyte
            | Self::Megabyte
            | Self::Gigabyte
            | Self::Terabyte
            | Self::Kibibyte
            | Self::Mebibyte
            | Self::Gibibyte
            | Self::Tebibyte => Dimension::Size,
            _ => Dimension::Time,
        }
    }

    /// Size in the base of the dimension (percent, bytes, nanoseconds), with the loose second
    /// factor where usage is split between decimal and binary multiples.
    pub(super) fn factors(self) -> (i128, Option<i128>) {
        const S: i128 = 1_000_000_000;
        match self {
            Self::Percent | Self::PercentagePoint | Self::Byte | Self::Nanosecond => (1, None),
            Self::Share => (100, None),
            Self::Kilobyte => (1_000, Some(1 << 10)),
            Self::Megabyte => (1_000_000, Some(1 << 20)),
            Self::Gigabyte => (1_000_000_000, Some(1 << 30)),
            Self::Terabyte => (1_000_000_000_000, Some(1 << 40)),
            Self::Kibibyte => (1 << 10, None),
            Self::Mebibyte => (1 << 20, None),
            Self::Gibibyte => (1 << 30, None),
            Self::Tebibyte => (1 << 40, None),
            Self::Microsecond => (1_000, None),
            Self::Millisecond => (1_000_000, None),
            Self::Second => (S, None),
            Self::Minute => (60 * S, None),
            Self::Hour => (3_600 * S, None),
            Self::Day => (86_400 * S, None),
            Self::Week => (7 * 86_400 * S, None),
            Self::Month => (30 * 86_400 * S, None),
            Self::Year => (365 * 86_400 * S, None),
        }
    }
}
