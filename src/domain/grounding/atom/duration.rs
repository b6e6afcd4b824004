//! Lengths of time as printed, to their printed precision.

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::bound::holds;
use crate::domain::grounding::atom::decimal::pow10;
use crate::domain::grounding::atom::unit::Dimension;

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
        holds(self.approx, self.nanos, self.step_nanos, stored_nanos, (1, 0))
    }

    /// The same for a stored number. Without a unit it is tried as the printed unit, seconds and
    /// milliseconds.
    pub fn supports(&self, stored: &Decimal, stored_unit: Option<Unit>) -> bool {
        let units = match stored_unit {
            Some(unit) if unit.dimension() == Dimension::Time => [Some(unit), None, None],
            Some(_) => return false,
            None => [Some(self.unit), Some(Unit::Second), Some(Unit::Millisecond)],
        };
        units
            .into_iter()
            .flatten()
            .any(|unit| nanos(*stored, unit).is_some_and(|stored_nanos| self.matches_nanos(stored_nanos)))
    }
}

/// An amount of a unit of time in whole nanoseconds.
pub(super) fn nanos(amount: Decimal, unit: Unit) -> Option<i128> {
    Some(amount.mantissa().checked_mul(unit.factors().0)? / pow10(amount.scale())?)
}
