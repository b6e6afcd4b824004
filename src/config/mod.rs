//! Configuration: defaults < file < environment, read once. Every key can be set by
//! `GROUNDWIRE__SECTION__KEY`; unknown keys are errors that name the nearest known one;
//! secrets come only from the environment or a file.

pub mod auth;
pub mod credentials;
pub mod engine;
pub mod error;
pub mod limits;
pub mod mcp;
pub mod models;
pub mod openai;
pub mod secret;
pub mod server;
pub mod store;
pub mod telemetry;

use std::path::Path;

use serde::Deserialize;
use serde::Serialize;
use toml::Table;
use toml::Value;

use crate::config::auth::AuthConfig;
use crate::config::engine::GroundingConfig;
use crate::config::error::ConfigError;
use crate::config::limits::LimitsConfig;
use crate::config::mcp::McpConfig;
use crate::config::models::ModelsConfig;
use crate::config::openai::OpenAiConfig;
use crate::config::server::ServerConfig;
use crate::config::store::StoreConfig;
use crate::config::telemetry::TelemetryConfig;
use crate::domain::policy::settings::PolicyExtension;

/// Prefix of environment keys.
pub const PREFIX: &str = "GROUNDWIRE__";

/// Looks a name up in the environment (or, in tests, in a map).
pub type Lookup<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The whole configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub server: ServerConfig,
    /// Which database.
    pub store: StoreConfig,
    /// Who may come in.
    pub auth: AuthConfig,
    /// Model profiles.
    pub models: ModelsConfig,
    /// Additions to the shipped policy.
    pub policy: PolicyExtension,
    /// How drafts are judged.
    pub grounding: GroundingConfig,
    /// The OpenAI-compatible side.
    pub openai: OpenAiConfig,
    /// MCP servers.
    pub mcp: McpConfig,
    /// Limits on input, time and numbers.
    pub limits: LimitsConfig,
    /// Logs.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads the file (if any) and lays the environment over it.
    ///
    /// # Errors
    /// [`ConfigError`], naming the file and the key.
    pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut table = match file {
            Some(path) => {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Unreadable { path: name.clone(), source })?;
                text.parse::<Table>().map_err(|source| ConfigError::Syntax { path: name, source: Box::new(source) })?
            }
            None => Table::new(),
        };
        for (name, value) in environment {
            if let Some(path) = name.strip_prefix(PREFIX) {
                set(&mut table, name, path, value)?;
            }
        }
        Self::from_table(table)
    }

    /// Reads a text as [`Config::load`] reads a file.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn from_text(text: &str) -> Result<Self, ConfigError> {
        let table = text
            .parse::<Table>()
            .map_err(|source| ConfigError::Syntax { path: "the text".to_owned(), source: Box::new(source) })?;
        Self::from_table(table)
    }

    fn from_table(table: Table) -> Result<Self, ConfigError> {
        let config: Self = serde_path_to_error::deserialize(Value::Table(table)).map_err(ConfigError::from_path)?;
        config.check()?;
        Ok(config)
    }

    /// What the parts cannot see alone.
    ///
    /// # Errors
    /// [`ConfigError`], naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.server.check(&self.auth)?;
        self.store.check()?;
        self.models.check()?;
        self.mcp.check()?;
        if let (Some((name, _)), None) = (self.mcp.of_users().next(), &self.store.sealing_key) {
            let problem = format!(
                "is needed, since users bring credentials of their own to mcp.servers.{name}: say where 64 \
                 hexadecimal digits are, such as `openssl rand -hex 32` prints, {{ env = \"NAME\" }} or {{ file = \"PATH\" }}"
            );
            return Err(ConfigError::invalid("store.sealing_key", problem));
        }
        self.limits.check()
    }

    /// The effective configuration as TOML. Secrets are references, so nothing secret is in it.
    ///
    /// # Errors
    /// [`ConfigError::Unprintable`] when a value has no TOML form.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|source| ConfigError::Unprintable { source })
    }
}

/// Sets `SECTION__KEY` to a value: TOML where it reads as TOML, else a string.
fn set(table: &mut Table, name: &str, path: &str, value: &str) -> Result<(), ConfigError> {
    let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
    let Some((last, sections)) = keys.split_last().filter(|(last, _)| !last.is_empty()) else {
        return Err(ConfigError::Environment { name: name.to_owned() });
    };
    let mut at = table;
    for section in sections {
        at = at
            .entry(section.clone())
            .or_insert_with(|| Value::Table(Table::new()))
            .as_table_mut()
            .ok_or_else(|| ConfigError::Environment { name: name.to_owned() })?;
    }
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    at.insert(last.clone(), parsed.unwrap_or_else(|| Value::String(value.to_owned())));
    Ok(())
}
