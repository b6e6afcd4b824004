//! `[auth]`: who may come in.

use serde::Deserialize;
use serde::Serialize;

/// How callers prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// Nobody proves anything; loopback only.
    #[default]
    None,
    /// API tokens, made with `groundwire token create`.
    Token,
}

/// Who may come in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// How callers prove who they are.
    pub mode: AuthMode,
}
