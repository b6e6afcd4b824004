//! Keeps what a server was given in confidence out of what is told about it: its words on
//! standard error, its refusals, our own errors.

use std::sync::Arc;

use secrecy::ExposeSecret;
use secrecy::SecretString;

/// Shorter values are no secrets, and blotting them out would leave no text to read.
const SHORTEST: usize = 4;

/// Shorter lines of a longer secret are such as any text has.
const LINE: usize = 12;

/// The secrets of one server.
#[derive(Clone, Default)]
pub(crate) struct Mask(Arc<[SecretString]>);

impl Mask {
    /// A mask over these values; of "Bearer x" also over x alone.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut values: Vec<String> = Vec::new();
        for secret in secrets {
            let whole = secret.expose_secret().trim();
            let last = whole.split_once(' ').map(|(_, last)| last);
            // Of one in several lines each is a secret, since it may be told line by line.
            let lines = whole.lines().map(str::trim).filter(|line| line.len() >= LINE && *line != whole);
            values.extend([whole].into_iter().chain(last).chain(lines).map(str::to_owned));
        }
        values.retain(|value| value.len() >= SHORTEST);
        // The longest first: one may contain another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values.into_iter().map(SecretString::from).collect())
    }

    /// The text without secrets and control characters, of at most so many characters.
    pub(crate) fn clean(&self, text: &str, longest: usize) -> String {
        let mut text = text.to_owned();
        for secret in self.0.iter() {
            text = text.replace(secret.expose_secret(), "***");
        }
        text.chars().filter(|c| !c.is_control()).take(longest).collect()
    }

    /// Bytes of the longest secret.
    pub(crate) fn longest(&self) -> usize {
        self.0.first().map_or(0, |secret| secret.expose_secret().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blotted_out_with_and_without_their_scheme() {
        let secrets = [SecretString::from("Bearer abc-123"), SecretString::from("on")];
        let mask = Mask::of(&secrets);
        assert_eq!(mask.clean("Bearer abc-123 and abc-123\u{1b} on", 100), "*** and *** on");
        assert_eq!(mask.clean("abc-123 on", 4), "*** ");
    }
}
