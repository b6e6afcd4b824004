//! Finds the conversation behind a stateless client's history: a SHA-256 over the user
//! and assistant messages up to the last assistant one. It only finds our own ledger;
//! what the client sent is never evidence.

use sha2::Digest;
use sha2::Sha256;

use crate::domain::message::Role;

/// Fingerprint of a history; surrounding white space of messages does not count.
pub fn fingerprint<'a>(history: impl IntoIterator<Item = (Role, &'a str)>) -> String {
    let mut hash = Sha256::new();
    for (role, text) in history {
        let text = text.trim();
        hash.update(match role {
            Role::User => b"u",
            Role::Assistant => b"a",
        });
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// SHA-256 of bytes, lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
