//! Where a user's own credentials for a server come from, and what they are to the hub: values to
//! fill into a transport. Where they are kept is not known here.

use std::collections::BTreeMap;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use sha2::Digest;
use sha2::Sha256;

use crate::domain::caller::Caller;

/// Values by the names of variables or headers.
pub type Fields = BTreeMap<String, SecretString>;

/// Why a caller's credential cannot be used: a sentence for that caller, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum NoCredential {
    /// There is none, or it is none any more.
    #[error("{0}")]
    Missing(String),
    /// It cannot be found out now.
    #[error("{0}")]
    Unknown(String),
}

/// Users' own credentials.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// What this caller has given for this server, as it is now.
    ///
    /// # Errors
    /// [`NoCredential`] also when it cannot be found out: nothing else stands in for it.
    async fn of(&self, caller: &Caller, server: &str) -> Result<Fields, NoCredential>;
}

/// Tells connections apart: whose it is and what it was made with. The secrets are not kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) owner: String,
    digest: [u8; 32],
}

impl Key {
    pub(crate) fn new(caller: &Caller, fields: &Fields) -> Self {
        let mut hash = Sha256::new();
        for text in fields.iter().flat_map(|(name, value)| [name.as_str(), value.expose_secret()]) {
            // Lengths, so that no two lists of texts read alike.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Self { owner: caller.subject().to_owned(), digest: hash.finalize().into() }
    }
}
