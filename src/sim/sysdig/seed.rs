//! Names and numbers that look random and never change: functions of the seed
//! and of what they are for. Nothing depends on the order of asking, and
//! nothing here is meant to be secret.

/// The seed of a simulated backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// This many lower-case hex digits for this purpose.
    #[must_use]
    pub fn hex(self, purpose: &[&str], digits: usize) -> String {
        let mut state = self.state(purpose);
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            text.push_str(&format!("{:016x}", next(&mut state)));
        }
        text.truncate(digits);
        text
    }

    /// A number below `below` for this purpose; 0 if `below` is 0.
    #[must_use]
    pub fn number(self, purpose: &[&str], below: u64) -> u64 {
        next(&mut self.state(purpose)).checked_rem(below).unwrap_or(0)
    }

    /// One of these, by purpose.
    ///
    /// # Panics
    /// When `choices` is empty.
    #[must_use]
    pub fn choice<T>(self, purpose: &[&str], choices: &[T]) -> T
    where
        T: Copy,
    {
        let at = self.number(purpose, choices.len() as u64);
        choices[usize::try_from(at).expect("below a length")]
    }

    /// FNV-1a over the purpose, its parts kept apart.
    fn state(self, purpose: &[&str]) -> u64 {
        let parts = purpose.iter().flat_map(|part| part.bytes().chain([0xff]));
        parts.fold(0xcbf2_9ce4_8422_2325 ^ self.0, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

/// `SplitMix64`: spreads states that differ little.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_seeds_differ_and_repeat() {
        let hex = |seed, purpose: &[&str]| Seed(seed).hex(purpose, 32);
        assert_eq!(hex(7, &["a", "b"]), hex(7, &["a", "b"]));
        assert_ne!(hex(7, &["a", "b"]), hex(7, &["ab"]));
        assert_ne!(hex(7, &["a"]), hex(8, &["a"]));
        assert_eq!(Seed(7).hex(&[], 64).len(), 64);
        assert_eq!(Seed(7).number(&["x"], 0), 0);
        assert!((0..100).all(|n| Seed(n).number(&["x"], 10) < 10));
    }
}
