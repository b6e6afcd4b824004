//! Logs: to standard error, in text or JSON, without message bodies and payloads.

use tracing_subscriber::EnvFilter;

use crate::config::telemetry::LogFormat;
use crate::config::telemetry::TelemetryConfig;

/// Sets up logging for the process. A second call changes nothing.
///
/// # Errors
/// A sentence when the filter cannot be read.
pub fn init(config: &TelemetryConfig) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.log).map_err(|error| format!("telemetry.log: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only when a subscriber is set already, as in tests.
    let _ = match config.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    Ok(())
}
