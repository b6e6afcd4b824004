//! What the embedded servers have in common where the gateway serves them by themselves, to
//! callers who bring their own credentials: which one of a configuration it is, its settings
//! without the gateway's own credential, and which of its tools are served.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::app::AppError;
use crate::app::upstreams::read_settings;
use crate::config::Config;
use crate::config::Lookup;
use crate::config::mcp::Embedded;
use crate::config::mcp::McpServerOptions;
use crate::config::mcp::TransportConfig;
use crate::domain::policy::settings::matches_any;
use crate::mcp_serve::Limits;

/// An embedded server of a configuration.
pub(crate) struct Chosen<'a> {
    name: &'a str,
    options: &'a McpServerOptions,
    off_limits: &'a Vec<String>,
    settings: BTreeMap<String, SecretString>,
}

impl<'a> Chosen<'a> {
    /// The first server of a kind, by name; `credentials` are the settings that it is read without.
    ///
    /// # Errors
    /// When another of its settings refers to a secret that cannot be read.
    pub(crate) fn first(
        config: &'a Config,
        kind: Embedded,
        credentials: &[&str],
        lookup: Lookup<'_>,
    ) -> Result<Option<Self>, AppError> {
        let mut embedded = config.mcp.servers.iter().filter_map(|(name, server)| match &server.transport {
            TransportConfig::Embedded { server: known, settings } if *known == kind => {
                Some((name, settings, &server.options))
            }
            _ => None,
        });
        let Some((name, settings, options)) = embedded.next() else { return Ok(None) };
        if embedded.next().is_some() {
            tracing::warn!(server = name, "several embedded servers of a kind; this one is served by itself");
        }
        let mut settings = settings.clone();
        settings.retain(|setting, _| !credentials.contains(&setting.as_str()));
        let settings = read_settings(name, &settings, lookup)?;
        Ok(Some(Self { name, options, off_limits: &config.policy.off_limits, settings }))
    }

    /// One of its settings.
    pub(crate) fn read(&self, name: &str) -> Option<String> {
        self.settings.get(name).map(|value| value.expose_secret().to_owned())
    }

    /// Whether a tool of these names is served: what the operator keeps from chat is kept from
    /// here, and nobody is asked for a yes here.
    pub(crate) fn serves(&self, names: &[&str]) -> bool {
        let named = |list: &Vec<String>| names.iter().any(|name| matches_any(list, name));
        let kept = [&self.options.deny, &self.options.confirm, self.off_limits];
        self.options.allow.as_ref().is_none_or(named) && !kept.into_iter().any(named)
    }

    /// Says that its settings cannot be used.
    pub(crate) fn wrong(&self, error: &impl ToString) -> AppError {
        AppError::Server { name: self.name.to_owned(), reason: error.to_string() }
    }
}

/// What an endpoint in the gateway may use up.
pub(crate) fn limits(config: &Config) -> Limits {
    Limits { body_bytes: config.limits.body_bytes, ..Limits::default() }
}
