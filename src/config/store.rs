//! `[store]`: which database.

use serde::Deserialize;
use serde::Serialize;

use crate::config::Lookup;
use crate::config::error::ConfigError;
use crate::config::secret::SecretRef;

/// Which database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://…`; a URL with a password belongs into `url_secret`.
    pub url: String,
    /// Where the URL is, when it holds a password; wins over `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_secret: Option<SecretRef>,
    /// Connections at most.
    pub connections: u32,
    /// Where the key is that users' credentials are sealed with: 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealing_key: Option<SecretRef>,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: "sqlite:groundwire.db".to_owned(), url_secret: None, connections: 8, sealing_key: None }
    }
}

impl StoreConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let authority = self.url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
        let has_password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
        if has_password {
            return Err(ConfigError::invalid(
                "store.url",
                "holds a password; put the URL into the environment or a file and set store.url_secret",
            ));
        }
        Ok(())
    }

    /// The URL to connect to.
    ///
    /// # Errors
    /// [`ConfigError::Secret`].
    pub fn url(&self, lookup: Lookup<'_>) -> Result<String, ConfigError> {
        match &self.url_secret {
            Some(secret) => {
                use secrecy::ExposeSecret;
                Ok(secret.read("store.url_secret", lookup)?.expose_secret().to_owned())
            }
            None => Ok(self.url.clone()),
        }
    }
}
