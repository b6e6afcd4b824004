//! `groundwire mcp argus|sysdig|proxy`: an embedded MCP server by itself, or all servers of a
//! configuration as one. Over stdio, standard
//! output carries protocol frames and nothing else; over HTTP (`listener`), standard error
//! says where the server listens.

pub(crate) mod argus;
pub(crate) mod by_name;
pub(crate) mod env_file;
pub(crate) mod listener;
pub(crate) mod proxy;
pub(crate) mod sysdig;

use std::sync::Arc;

use clap::Args;
use clap::ValueEnum;
use jiff::Timestamp;

use crate::clock::SystemClock;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::config::telemetry::TelemetryConfig;
use crate::engine::ports::Clock;
use crate::telemetry;

/// What `--help` shows at its end.
pub const EXAMPLES: &str = "\
Example:
  ARGUS_API_KEY=… groundwire mcp argus
  groundwire mcp argus --transport streamable-http --listen 127.0.0.1:8090
  groundwire mcp argus --transport sse --listen 0.0.0.0:8090 --allow-host argus-mcp.example.org
  SYSDIG_MCP_API_HOST=… SYSDIG_MCP_API_TOKEN=… groundwire mcp sysdig
  groundwire mcp proxy --config groundwire.toml
  groundwire mcp sysdig --transport streamable-http --listen 127.0.0.1:8080

Over HTTP each request brings its caller's credential, and a configured one is not used; to the proxy it
brings a token of the gateway where auth.mode is token. Paths, and /healthz:
  argus   /argus/mcp (streamable-http) or /argus/sse and /argus/messages (sse); header Argus-API-Key
  sysdig  /sysdig-mcp-server/mcp and, with sse, /sysdig-mcp-server/sse; headers X-Sysdig-Token or
          Authorization, and X-Sysdig-Host
  proxy   /mcp (streamable-http), /sse and /messages (sse); `groundwire serve` has them too
What is not given here, the sysdig server reads from SYSDIG_MCP_* variables and, where none of them holds a
token, from a .env file.";

/// Arguments of `mcp`.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// Which server
    #[arg(value_enum)]
    pub server: ServerArg,
    /// How clients reach it.
    #[command(flatten)]
    pub ways: Ways,
    /// Which servers the proxy has.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// How clients reach a server.
#[derive(Debug, Args)]
pub struct Ways {
    /// How clients reach it [default: stdio]
    #[arg(long, value_enum)]
    pub transport: Option<TransportArg>,
    /// Address to listen on over HTTP; port 0 lets the system choose [default: 127.0.0.1:8090, sysdig: localhost:8080]
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// A name, besides those of this machine, by which clients reach the server; may be given several times
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Keep no sessions over streamable HTTP: every request stands by itself, as behind a load balancer
    #[arg(long)]
    pub stateless: bool,
}

/// A server on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ServerArg {
    /// Argus: cases, events, alarms, assets and more
    Argus,
    /// Sysdig: runtime events, SysQL, Kubernetes metrics, scanning
    Sysdig,
    /// All servers of the configuration as one
    Proxy,
}

/// A transport on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TransportArg {
    /// Standard input and output
    Stdio,
    /// HTTP, as MCP has it today
    StreamableHttp,
    /// HTTP with server-sent events, for older clients
    Sse,
}

/// Serves until standard input closes, or over HTTP until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
/// When the arguments do not fit together, or the settings of the server cannot be used.
pub async fn run(args: &McpArgs, variables: &Variables) -> anyhow::Result<u8> {
    anyhow::ensure!(
        args.server == ServerArg::Proxy || args.config.config.is_none(),
        "--config is for the proxy; the embedded servers take their settings from variables"
    );
    match args.server {
        ServerArg::Argus => argus::run(&args.ways, variables).await,
        ServerArg::Sysdig => sysdig::run(&args.ways, variables).await,
        // A whole gateway; boxed as in `commands::run`.
        ServerArg::Proxy => Box::pin(proxy::run(&args.ways, &args.config, variables)).await,
    }
}

impl Ways {
    /// Refuses options that mean nothing with the transport in force.
    fn check(&self, transport: TransportArg) -> anyhow::Result<()> {
        let for_http = [("--listen", self.listen.is_some()), ("--allow-host", !self.allow_host.is_empty())];
        let given = for_http.iter().find(|(_, given)| *given).map(|(flag, _)| flag);
        if let (TransportArg::Stdio, Some(flag)) = (transport, given) {
            anyhow::bail!("{flag} has no meaning over stdio; add --transport streamable-http or --transport sse");
        }
        anyhow::ensure!(
            !self.stateless || transport == TransportArg::StreamableHttp,
            "--stateless is for --transport streamable-http alone; stdio and sse have a session by nature"
        );
        Ok(())
    }
}

/// Sets up the logs of a server.
fn log(filter: &str) -> anyhow::Result<()> {
    let config = TelemetryConfig { log: filter.to_lowercase(), ..TelemetryConfig::default() };
    telemetry::init(&config).map_err(anyhow::Error::msg)
}

/// The time of this machine.
fn now() -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    let clock = SystemClock::new();
    Arc::new(move || clock.now())
}
