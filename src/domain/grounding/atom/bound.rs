//! The one place that says when a stored amount supports a printed one: rounding to the printed
//! step, or the bound that the words around it set. Works on integers of any common unit.

use crate::domain::grounding::atom::Approx;
use crate::domain::grounding::atom::Decimal;

/// Whether `stored` supports `printed`, whose last printed digit is worth `step`; all in one
/// unit, except that the ends of `Between` are multiplied by `factor` and then by 10^`scale`.
pub(super) fn holds(approx: Approx, printed: i128, step: i128, stored: i128, between: (i128, u8)) -> bool {
    let apart = stored.saturating_sub(printed).saturating_abs();
    let rounds = apart.saturating_mul(2) <= step;
    let size = printed.saturating_abs();
    match approx {
        Approx::Exact => rounds,
        Approx::About => rounds || apart.saturating_mul(10) <= size,
        Approx::Nearly => stored < printed && apart.saturating_mul(100) <= size.saturating_mul(15),
        Approx::JustOver => stored > printed && apart.saturating_mul(10) <= size,
        Approx::Over => stored > printed,
        Approx::AtLeast => stored >= printed,
        Approx::Under => stored < printed,
        Approx::AtMost => stored <= printed,
        Approx::Between { low, high } => {
            let (Some(low), Some(high)) = (scaled(low, between), scaled(high, between)) else {
                return false;
            };
            low <= stored && stored <= high
        }
    }
}

fn scaled(end: Decimal, (factor, scale): (i128, u8)) -> Option<i128> {
    let shift = 10_i128.checked_pow(u32::from(scale))?;
    let power = 10_i128.checked_pow(u32::from(end.scale()))?;
    Some(end.mantissa().checked_mul(factor)?.checked_mul(shift)? / power)
}
