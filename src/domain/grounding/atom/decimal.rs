//! Exact decimal numbers for comparisons; no floats.

use std::cmp::Ordering;

/// Most digits before the point; with [`MAX_SCALE`] any two values align within `i128`.
const MAX_INTEGER_DIGITS: usize = 20;
/// Most digits after the point; further ones are dropped.
pub(super) const MAX_SCALE: u8 = 17;

/// An exact decimal: `mantissa` / 10^`scale`. Equality and order are by value.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// `mantissa` / 10^`scale`, if it is within 20 digits before and 17 after the point.
    pub fn new(mantissa: i128, scale: u8) -> Option<Self> {
        if scale > MAX_SCALE {
            return None;
        }
        let whole = mantissa.unsigned_abs() / pow10(scale)?.unsigned_abs();
        (whole < 10_u128.pow(20)).then_some(Self { mantissa, scale })
    }

    /// Parses JSON number text: sign, digits, `.`, exponent. Digits past the 17th after the
    /// point are dropped; `None` if it is not a number or too large.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        if whole.len() + fraction.len() > 400 || !(-400..=400).contains(&exponent) {
            return None;
        }
        let joined = [whole, fraction].concat();
        let point = i32::try_from(whole.len()).ok()? + exponent;
        let value = Self::from_digits(&joined, point)?;
        Some(if negative { value.negated() } else { value })
    }

    /// A value from the digits before and after the point.
    pub(super) fn from_parts(whole: &str, fraction: &str) -> Option<Self> {
        Self::from_digits(&[whole, fraction].concat(), i32::try_from(whole.len()).ok()?)
    }

    /// A value from its digits and the position of the point among them (may lie outside).
    fn from_digits(digits: &str, point: i32) -> Option<Self> {
        let mut mantissa: i128 = 0;
        let mut scale: u8 = 0;
        let mut whole_digits = 0_usize;
        let length = i32::try_from(digits.len()).ok()?;
        for at in point.min(0)..length.max(point) {
            let digit = usize::try_from(at)
                .ok()
                .and_then(|at| digits.as_bytes().get(at))
                .map_or(0, |byte| i128::from(byte - b'0'));
            if at < point {
                whole_digits += usize::from(mantissa != 0 || digit != 0);
                if whole_digits > MAX_INTEGER_DIGITS {
                    return None;
                }
            } else if scale == MAX_SCALE {
                break;
            } else {
                scale += 1;
            }
            mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
        }
        Some(Self { mantissa, scale })
    }

    /// The digits as one integer.
    pub fn mantissa(&self) -> i128 {
        self.mantissa
    }

    /// How many of them are after the point.
    pub fn scale(&self) -> u8 {
        self.scale
    }

    /// The value as an integer, if it is one.
    pub fn to_integer(&self) -> Option<i128> {
        let power = pow10(self.scale)?;
        (self.mantissa % power == 0).then_some(self.mantissa / power)
    }

    /// The value with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, scale: self.scale }
    }

    /// The value without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self { mantissa: self.mantissa.abs(), scale: self.scale }
    }

    /// The value times an integer, if it stays in range.
    pub fn times(self, factor: i128) -> Option<Self> {
        Self::new(self.mantissa.checked_mul(factor)?, self.scale)
    }

    /// Both mantissas at the larger of the two scales.
    pub(super) fn aligned(self, other: Self) -> Option<(i128, i128, u8)> {
        let scale = self.scale.max(other.scale);
        let left = self.mantissa.checked_mul(pow10(scale - self.scale)?)?;
        let right = other.mantissa.checked_mul(pow10(scale - other.scale)?)?;
        Some((left, right, scale))
    }
}

/// 10^`exponent`, within `i128`.
pub(super) fn pow10(exponent: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(exponent))
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.aligned(*other) {
            Some((left, right, _)) => left.cmp(&right),
            // Out of reach by construction (37 digits at most); ordered by size all the same.
            None => self.mantissa.signum().cmp(&other.mantissa.signum()),
        }
    }
}
