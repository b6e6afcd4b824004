//! `groundwire mcp argus|sysdig`: an embedded MCP server by itself, over stdio. Standard
//! output carries protocol frames and nothing else.

use std::sync::Arc;

use clap::Args;
use clap::ValueEnum;

use crate::clock::SystemClock;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::config::telemetry::TelemetryConfig;
use crate::engine::ports::Clock;
use crate::environment;
use crate::servers::argus;
use crate::servers::sysdig;
use crate::telemetry;

/// Arguments of `mcp`.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// Which server
    #[arg(value_enum)]
    pub server: ServerArg,
    /// How clients reach it; stdio is the only way so far
    #[arg(long, value_enum, default_value = "stdio")]
    pub transport: TransportArg,
}

/// A server on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ServerArg {
    /// Argus: cases and events
    Argus,
    /// Sysdig: runtime events and process trees
    Sysdig,
}

/// A transport on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TransportArg {
    /// Standard input and output
    Stdio,
}

/// Serves until standard input closes.
///
/// # Errors
/// When the settings of the server cannot be used.
pub async fn run(args: &McpArgs, variables: &Variables) -> anyhow::Result<u8> {
    let TransportArg::Stdio = args.transport;
    let read = |name: &str| environment::lookup(variables, name);
    let log = read("ARGUS_MCP_LOG").or_else(|| read("SYSDIG_MCP_LOGLEVEL")).unwrap_or_else(|| "warn".to_owned());
    telemetry::init(&TelemetryConfig { log: log.to_lowercase(), ..TelemetryConfig::default() })
        .map_err(anyhow::Error::msg)?;
    let clock = Arc::new(SystemClock::new());
    let now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync> = Arc::new(move || clock.now());
    let code = match args.server {
        ServerArg::Argus => match argus::ArgusConfig::from_lookup(&read, now) {
            Ok(config) => argus::serve_stdio(config).await,
            Err(error) => {
                terminal::error_line(&format!("argus-mcp: {error}"));
                error.exit_code()
            }
        },
        ServerArg::Sysdig => match sysdig::config::SysdigConfig::from_lookup(&read) {
            Ok(config) => i32::from(sysdig::stdio::serve_stdio(config, now).await),
            Err(error) => anyhow::bail!("sysdig-mcp: {error}"),
        },
    };
    Ok(u8::try_from(code).unwrap_or(1))
}
