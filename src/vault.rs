//! Credentials of users for MCP servers: sealed before they are stored, opened for one call.
//! Sealed with XChaCha20-Poly1305 under the operator's key, bound to their owner and server, so
//! that a row moved to another owner or server opens for nobody. Fails closed: what cannot be
//! opened is no credential, never an empty one. Knows no HTTP and no MCP; time and randomness
//! are passed in.

use std::collections::BTreeMap;
use std::sync::Arc;

use chacha20poly1305::Key;
use chacha20poly1305::KeyInit;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::aead::Payload;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use sha2::Digest;
use sha2::Sha256;

use crate::engine::ports::StoreError;
use crate::store::Store;
use crate::store::credentials::SealedCredential;

/// Bytes of a nonce; at this length random ones never meet.
pub const NONCE_BYTES: usize = 24;
/// Bytes of a sealing key.
const KEY_BYTES: usize = 32;

/// A credential by the names of its fields.
pub type Fields = BTreeMap<String, SecretString>;

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The sealing key has another form.
    #[error("must be {} hexadecimal digits, such as `openssl rand -hex {KEY_BYTES}` prints", KEY_BYTES * 2)]
    BadKey,
    /// It was sealed with another key, or was changed at rest.
    #[error("the stored credential cannot be opened; it has to be entered again")]
    Unreadable,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The operator's key.
pub struct SealingKey {
    cipher: XChaCha20Poly1305,
    /// Tells keys apart without telling anything of them.
    id: String,
}

impl SealingKey {
    /// From 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`VaultError::BadKey`].
    pub fn from_hex(text: &SecretString) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
        hex::decode_to_slice(text.expose_secret().trim(), bytes.as_mut()).map_err(|_| VaultError::BadKey)?;
        let mut named = Sha256::new();
        named.update(b"groundwire sealing key\n");
        named.update(bytes.as_slice());
        let id = hex::encode(&named.finalize()[..8]);
        Ok(Self { cipher: XChaCha20Poly1305::new(&Key::from(*bytes)), id })
    }

    fn seal(&self, context: &[u8], plain: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, VaultError> {
        let payload = Payload { msg: plain, aad: context };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| VaultError::Unreadable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Unreadable)?;
        let payload = Payload { msg: sealed, aad: context };
        let plain = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError::Unreadable)?;
        Ok(Zeroizing::new(plain))
    }
}

/// What a sealed credential is bound to. Lengths, so that no two pairs read alike.
fn context(owner: &str, server: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [owner, server] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// A credential that is kept, without what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Names of its fields.
    pub fields: Vec<String>,
    /// When it was kept.
    pub kept_at: Timestamp,
    /// Whether it is sealed with the key in use.
    pub opens: bool,
}

/// Keeps and opens credentials.
pub struct Vault {
    key: SealingKey,
    store: Arc<Store>,
}

impl Vault {
    /// Over a store.
    pub fn new(key: SealingKey, store: Arc<Store>) -> Self {
        Self { key, store }
    }

    /// Keeps a credential instead of the one before.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub async fn keep(
        &self,
        owner: &str,
        server: &str,
        fields: &Fields,
        nonce: [u8; NONCE_BYTES],
        now: Timestamp,
    ) -> Result<Kept, VaultError> {
        let exposed: BTreeMap<&str, &str> =
            fields.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        let plain = serde_json::to_vec(&exposed).map(Zeroizing::new).map_err(|_| VaultError::Unreadable)?;
        let credential = SealedCredential {
            server: server.to_owned(),
            fields: fields.keys().cloned().collect(),
            key_id: self.key.id.clone(),
            sealed: self.key.seal(&context(owner, server), &plain, nonce)?,
            kept_at: now,
        };
        self.store.keep_credential(owner, &credential).await?;
        Ok(self.kept(&credential))
    }

    /// Opens the owner's credential for a server, read anew each time: one that was taken back or
    /// replaced at another gateway counts from the next call on.
    ///
    /// # Errors
    /// [`VaultError::Unreadable`], [`VaultError::Store`].
    pub async fn open(&self, owner: &str, server: &str) -> Result<Option<Fields>, VaultError> {
        let Some(credential) = self.store.credential(owner, server).await? else { return Ok(None) };
        if credential.key_id != self.key.id {
            return Err(VaultError::Unreadable);
        }
        let plain = self.key.open(&context(owner, server), &credential.sealed)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| VaultError::Unreadable)
    }

    /// The owner's credentials by server, without what they hold.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub async fn list(&self, owner: &str) -> Result<BTreeMap<String, Kept>, VaultError> {
        let all = self.store.credentials(owner).await?;
        Ok(all.into_iter().map(|credential| (credential.server.clone(), self.kept(&credential))).collect())
    }

    /// Forgets the owner's credential for a server; false when there was none.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub async fn forget(&self, owner: &str, server: &str) -> Result<bool, VaultError> {
        Ok(self.store.forget_credential(owner, server).await?)
    }

    fn kept(&self, credential: &SealedCredential) -> Kept {
        let opens = credential.key_id == self.key.id;
        Kept { fields: credential.fields.clone(), kept_at: credential.kept_at, opens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: &str) -> SealingKey {
        SealingKey::from_hex(&SecretString::from(digit.repeat(64))).unwrap()
    }

    #[test]
    fn a_key_has_64_hexadecimal_digits_and_nothing_else() {
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(62), &"a".repeat(66)] {
            assert!(SealingKey::from_hex(&SecretString::from(text.to_owned())).is_err(), "{text}");
        }
        assert_ne!(key("a").id, key("b").id);
        assert_eq!(key("a").id, key("A").id);
    }

    #[test]
    fn what_is_sealed_opens_for_its_owner_and_server_alone_and_unchanged() {
        let sealed = key("a").seal(&context("ann", "sysdig"), b"secret", [7; NONCE_BYTES]).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(key("a").open(&context("ann", "sysdig"), &sealed).unwrap().as_slice(), b"secret");
        for (key, owner, server) in [
            (key("b"), "ann", "sysdig"),
            (key("a"), "bob", "sysdig"),
            (key("a"), "ann", "argus"),
            (key("a"), "anns", "ysdig"),
        ] {
            assert!(key.open(&context(owner, server), &sealed).is_err(), "{owner} {server}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key("a").open(&context("ann", "sysdig"), &changed).is_err(), "byte {at}");
            assert!(key("a").open(&context("ann", "sysdig"), &sealed[..at]).is_err(), "cut at {at}");
        }
    }
}
