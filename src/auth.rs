//! From a credential to a [`Caller`]: nobody else makes one. Modes are `none` (every
//! request is the local user; the configuration refuses that beyond loopback) and
//! `token`. A token is `gw_` and 256 random bits in hex; only its SHA-256 is stored,
//! and it is found by that hash, so no comparison runs over the secret. Fails closed.
//! Knows no HTTP; time and randomness are passed in.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::Digest;
use sha2::Sha256;
use uuid::Uuid;

use crate::domain::caller::AccessRole;
use crate::domain::caller::Caller;
use crate::store::Store;
use crate::store::tokens::StoredToken;

/// What every token begins with, so that secret scanners know it.
pub const PREFIX: &str = "gw_";

/// Longest name of a token, in characters.
pub const NAME_CHARS: usize = 100;

/// `last_used_at` is written at most this often.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Everybody, as the local user.
    None,
    /// Whoever has a token.
    Token,
}

/// Why a credential is worth nothing. None of these tells more than the caller knows.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// There is none.
    #[error("no API token given")]
    Missing,
    /// Not a token of ours.
    #[error("unknown API token")]
    Unknown,
    /// Its time is over.
    #[error("API token has expired")]
    Expired,
    /// It was taken back.
    #[error("API token was revoked")]
    Revoked,
    /// The name of a new token is empty, too long, or has control characters.
    #[error("name of a token needs 1 to {NAME_CHARS} characters without control characters")]
    BadName,
    /// The tokens cannot be read or written now; nobody is let in.
    #[error("API tokens are not available")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl AuthError {
    /// Low-cardinality name for metrics and error codes.
    pub fn kind(&self) -> &'static str {
        match self {
            AuthError::Missing => "token_missing",
            AuthError::Unknown => "token_unknown",
            AuthError::Expired => "token_expired",
            AuthError::Revoked => "token_revoked",
            AuthError::BadName => "token_name_invalid",
            AuthError::Store(_) => "auth_unavailable",
        }
    }
}

/// Turns credentials into callers.
#[derive(Clone, Debug)]
pub struct Authenticator {
    mode: Auth,
    store: Arc<Store>,
}

impl Authenticator {
    /// For requests of one gateway.
    pub fn new(mode: Auth, store: Arc<Store>) -> Self {
        Self { mode, store }
    }

    /// Who is let in.
    pub fn mode(&self) -> Auth {
        self.mode
    }

    /// The caller behind a bearer token.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn caller(&self, bearer: Option<&str>, now: Timestamp) -> Result<Caller, AuthError> {
        if self.mode == Auth::None {
            return Ok(Caller::local());
        }
        let secret = bearer.map(str::trim).filter(|text| !text.is_empty()).ok_or(AuthError::Missing)?;
        if !looks_like_a_token(secret) {
            return Err(AuthError::Unknown);
        }
        let found = self.store.token_by_hash(&hash(secret)).await.map_err(|e| AuthError::Store(e.into()))?;
        let token = valid(found, now)?;
        let noted = token.last_used_at.is_some_and(|last| now.duration_since(last) < USE_NOTED_EVERY);
        if !noted {
            // Fails open: when it was last used is for housekeeping, and no reason to turn anybody away.
            if let Err(error) = self.store.touch_token(token.id, now).await {
                tracing::debug!(token.id = %token.id, error.kind = error.kind(), "use of an API token was not noted");
            }
        }
        Ok(Caller::new(token.name, token.role).by_token(token.id))
    }

    /// Whether a caller would be let in now by what let it in before.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn still(&self, caller: &Caller, now: Timestamp) -> Result<(), AuthError> {
        if self.mode == Auth::None {
            return Ok(());
        }
        let id = caller.token().ok_or(AuthError::Missing)?;
        let found = self.store.token_by_id(id).await.map_err(|e| AuthError::Store(e.into()))?;
        valid(found, now).map(drop)
    }
}

/// A token that lets somebody in now.
fn valid(found: Option<StoredToken>, now: Timestamp) -> Result<StoredToken, AuthError> {
    let token = found.ok_or(AuthError::Unknown)?;
    if token.revoked_at.is_some() {
        return Err(AuthError::Revoked);
    }
    if token.expires_at.is_some_and(|end| end <= now) {
        return Err(AuthError::Expired);
    }
    Ok(token)
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Subject of the caller.
    pub name: String,
    /// What the caller may do.
    pub role: AccessRole,
    /// From then on it is worth nothing.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token. The secret is returned this once and never stored.
///
/// # Errors
/// [`AuthError::BadName`], [`AuthError::Store`].
pub async fn create_token(
    store: &Store,
    new: NewToken,
    id: Uuid,
    random: [u8; 32],
    now: Timestamp,
) -> Result<(StoredToken, SecretString), AuthError> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        return Err(AuthError::BadName);
    }
    let secret = format!("{PREFIX}{}", hex::encode(random));
    let token = StoredToken {
        id,
        name: name.to_owned(),
        role: new.role,
        created_at: now,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    store.insert_token(&token, &hash(&secret)).await.map_err(|e| AuthError::Store(e.into()))?;
    Ok((token, SecretString::from(secret)))
}

/// All tokens, oldest first.
///
/// # Errors
/// [`AuthError::Store`].
pub async fn list_tokens(store: &Store) -> Result<Vec<StoredToken>, AuthError> {
    store.tokens().await.map_err(|e| AuthError::Store(e.into()))
}

/// Takes a token back for good.
///
/// # Errors
/// [`AuthError::Unknown`] without such a token, [`AuthError::Store`].
pub async fn revoke_token(store: &Store, id: Uuid, now: Timestamp) -> Result<(), AuthError> {
    store.revoke_token(id, now).await.map_err(|error| match error.kind() {
        "not_found" => AuthError::Unknown,
        _ => AuthError::Store(error.into()),
    })
}

/// Spares the database what cannot be one.
fn looks_like_a_token(text: &str) -> bool {
    text.len() == PREFIX.len() + 64
        && text.strip_prefix(PREFIX).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_of_the_right_shape_is_looked_up() {
        let good = format!("{PREFIX}{}", "0f".repeat(32));
        assert!(looks_like_a_token(&good));
        for bad in ["", "gw_", &good[1..], &good.replace('f', "g"), &format!("{good}0"), &"é".repeat(33)] {
            assert!(!looks_like_a_token(bad), "{bad}");
        }
    }
}
