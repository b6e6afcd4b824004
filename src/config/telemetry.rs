//! `[telemetry]`: logs.

use serde::Deserialize;
use serde::Serialize;

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs. They go to standard error and hold no message bodies and no payloads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Filter in the form of `tracing-subscriber`, e.g. `info,rmcp=warn,groundwire=debug`.
    pub log: String,
    /// Form of log lines.
    pub format: LogFormat,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        // The MCP library tells at `info` what servers say of themselves.
        Self { log: "info,rmcp=warn".to_owned(), format: LogFormat::Text }
    }
}
