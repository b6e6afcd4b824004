//! Numbers for repeated runs: how often a thing passed, how likely it passes every time,
//! and how far such a share can be trusted.

use serde::Serialize;

/// Quantile of the normal distribution for a two-sided interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The Wilson score interval of a share, 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower bound, 0 to 1.
    pub low: f64,
    /// Upper bound, 0 to 1.
    pub high: f64,
}

/// The interval for `passed` of `tried`; from 0 to 1 when nothing was tried.
pub fn wilson(passed: u32, tried: u32) -> Interval {
    if tried == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let n = f64::from(tried);
    let share = f64::from(passed.min(tried)) / n;
    let z2 = Z * Z;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// The chance that `k` runs all pass, estimated from `passed` of `tried` runs: C(passed, k) / C(tried, k).
pub fn pass_hat(passed: u32, tried: u32, k: u32) -> f64 {
    if k > tried || passed > tried {
        return 0.0;
    }
    (0..k).map(|i| f64::from(passed.saturating_sub(i)) / f64::from(tried - i)).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-4
    }

    #[test]
    fn wilson_gives_the_published_values() {
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (passed, tried, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let interval = wilson(passed, tried);
            assert!(near(interval.low, low) && near(interval.high, high), "{passed} of {tried}: {interval:?}");
        }
        assert_eq!(wilson(0, 0), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn pass_hat_falls_with_k() {
        assert!(near(pass_hat(4, 5, 1), 0.8) && near(pass_hat(4, 5, 2), 0.6) && near(pass_hat(4, 5, 5), 0.0));
        assert!(near(pass_hat(5, 5, 5), 1.0) && near(pass_hat(0, 0, 1), 0.0));
    }
}
