//! `[server]`: where to listen and how to go down.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use serde::Deserialize;
use serde::Serialize;

use crate::config::auth::AuthConfig;
use crate::config::auth::AuthMode;
use crate::config::error::ConfigError;

/// Where to listen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address; beyond loopback only with `auth.mode = "token"`.
    pub host: IpAddr,
    /// Port; 0 lets the system choose.
    pub port: u16,
    /// Seconds that running turns get to finish when the gateway goes down.
    pub shutdown_grace_seconds: u64,
    /// Folder with scenarios that the portal offers instead of the shipped ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<String>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 8080, shutdown_grace_seconds: 20, scenarios: None }
    }
}

impl ServerConfig {
    pub(super) fn check(&self, auth: &AuthConfig) -> Result<(), ConfigError> {
        if auth.mode == AuthMode::None && !self.host.is_loopback() {
            return Err(ConfigError::invalid(
                "server.host",
                format!(
                    "{} is not a loopback address and auth.mode is \"none\"; set auth.mode = \"token\" \
                     and create a token with `groundwire token create`, or listen on 127.0.0.1",
                    self.host
                ),
            ));
        }
        Ok(())
    }
}
