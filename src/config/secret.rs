//! References to secrets: the configuration names where a secret is, never the secret.

use secrecy::SecretString;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error;

use crate::config::Lookup;
use crate::config::error::ConfigError;

/// Where a secret is: `{ env = "NAME" }` or `{ file = "/path" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file; white space around the secret is dropped.
    File(String),
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What stands here instead may be the secret itself, so serde's own words, which
        // quote the value, must not reach a terminal or a log.
        let wrong = || D::Error::custom("says where the secret is: { env = \"NAME\" } or { file = \"PATH\" }");
        let table = toml::Table::deserialize(deserializer).map_err(|_| wrong())?;
        match (table.len(), table.get("env"), table.get("file")) {
            (1, Some(toml::Value::String(name)), None) => Ok(Self::Env(name.clone())),
            (1, None, Some(toml::Value::String(path))) => Ok(Self::File(path.clone())),
            _ => Err(wrong()),
        }
    }
}

impl SecretRef {
    /// Reads the secret; `key` is named in errors.
    ///
    /// # Errors
    /// [`ConfigError::Secret`] when it is missing, empty or cannot be read.
    pub fn read(&self, key: &str, lookup: Lookup<'_>) -> Result<SecretString, ConfigError> {
        let (source_name, found) = match self {
            SecretRef::Env(name) => {
                (format!("environment variable {name}"), lookup(name).ok_or_else(|| "it is not set".to_owned()))
            }
            SecretRef::File(path) => {
                (format!("file {path}"), std::fs::read_to_string(path).map_err(|error| error.to_string()))
            }
        };
        let found = found.and_then(|text| match text.trim() {
            "" => Err("it is empty".to_owned()),
            text => Ok(SecretString::from(text.to_owned())),
        });
        found.map_err(|reason| ConfigError::Secret { key: key.to_owned(), source_name, reason })
    }
}
