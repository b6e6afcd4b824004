//! Numbers as printed: every reading, the printed precision, unit and approximator, and whether
//! a stored number supports them.

use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Unit;
use crate::domain::grounding::atom::bound::holds;
use crate::domain::grounding::atom::decimal::pow10;
use crate::domain::grounding::atom::unit::Dimension;

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
        if self.ordinal && stored.to_integer().is_none() {
            return false;
        }
        // An open bound would hold for the smaller reading whatever is stored.
        let readings = if self.approx == Approx::Exact { self.readings.len() } else { 1 };
        self.readings.iter().take(readings).any(|reading| {
            self.conversions(stored, stored_unit).any(|(printed, held)| self.holds(reading, printed, stored, held))
        })
    }

    /// Factors that bring the printed and the stored value to one unit, one pair per way to read
    /// the units.
    fn conversions(&self, stored: &Decimal, stored_unit: Option<Unit>) -> impl Iterator<Item = (i128, i128)> + use<> {
        let plain = Some((1, 1));
        let none = None;
        let ways: [Option<(i128, i128)>; 5] = match (self.unit, stored_unit) {
            (None, _) => [plain, none, none, none, none],
            (Some(Unit::Percent), None) => {
                let share = stored.to_integer().is_none() && stored.abs() <= Decimal::from(1_i64);
                [plain, share.then_some((1, 100)), none, none, none]
            }
            (Some(unit), None) if unit.dimension() == Dimension::Size => {
                let (exact, loose) = unit.factors();
                [plain, Some((exact, 1)), loose.map(|loose| (loose, 1)), none, none]
            }
            (Some(_), None) => [plain, none, none, none, none],
            (Some(unit), Some(held)) if unit.dimension() == held.dimension() => {
                let (exact, loose) = unit.factors();
                let (held_exact, held_loose) = held.factors();
                [
                    (unit == held).then_some((1, 1)),
                    Some((exact, held_exact)),
                    loose.map(|loose| (loose, held_exact)),
                    held_loose.map(|held_loose| (exact, held_loose)),
                    loose.zip(held_loose),
                ]
            }
            (Some(_), Some(_)) => [none; 5],
        };
        ways.into_iter().flatten()
    }

    fn holds(&self, reading: &Reading, printed: i128, stored: &Decimal, held: i128) -> bool {
        let Some((value, other, scale)) = reading.value.aligned(*stored) else {
            return false;
        };
        let digits = i16::from(scale) - i16::from(reading.decimals);
        let step = u8::try_from(digits).ok().and_then(pow10);
        let scaled = (|| Some((value.checked_mul(printed)?, step?.checked_mul(printed)?, other.checked_mul(held)?)))();
        let Some((value, step, other)) = scaled else {
            return false;
        };
        // An ordinal or an id is a name, not a measure: it is not rounded.
        let step = if self.ordinal { 0 } else { step };
        holds(self.approx, value, step, other, (printed, scale))
    }
}
