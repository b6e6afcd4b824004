//! `groundwire mcp argus|sysdig`: an embedded MCP server by itself. Over stdio, standard
//! output carries protocol frames and nothing else; over HTTP (`argus_http`), standard error
//! says where the server listens.

use std::sync::Arc;

use clap::Args;
use clap::ValueEnum;

use crate::clock::SystemClock;
use crate::commands::Variables;
use crate::commands::argus_http;
use crate::commands::terminal;
use crate::config::telemetry::TelemetryConfig;
use crate::engine::ports::Clock;
use crate::environment;
use crate::servers::argus;
use crate::servers::argus::config::Clock as Now;
use crate::servers::sysdig;
use crate::telemetry;

/// What `--help` shows at its end.
pub const EXAMPLES: &str = "\
Example:
  ARGUS_API_KEY=… groundwire mcp argus
  groundwire mcp argus --transport streamable-http --listen 127.0.0.1:8090
  groundwire mcp argus --transport sse --listen 0.0.0.0:8090 --allow-host argus-mcp.example.org

Over HTTP the paths are /argus/mcp (streamable-http) or /argus/sse and /argus/messages (sse), and
/healthz. Every request brings its caller's key in the header Argus-API-Key; ARGUS_API_KEY is not used.";

/// Arguments of `mcp`.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// Which server
    #[arg(value_enum)]
    pub server: ServerArg,
    /// How clients reach it; over HTTP each request brings its own key in the header Argus-API-Key
    #[arg(long, value_enum, default_value = "stdio")]
    pub transport: TransportArg,
    /// Address to listen on over HTTP; port 0 lets the system choose [default: 127.0.0.1:8090]
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

/// Serves until standard input closes, or over HTTP until SIGINT or SIGTERM.
///
/// # Errors
/// When the arguments do not fit together, or the settings of the server cannot be used.
pub async fn run(args: &McpArgs, variables: &Variables) -> anyhow::Result<u8> {
    check(args)?;
    let read = |name: &str| environment::lookup(variables, name);
    let log = read("ARGUS_MCP_LOG").or_else(|| read("SYSDIG_MCP_LOGLEVEL")).unwrap_or_else(|| "warn".to_owned());
    telemetry::init(&TelemetryConfig { log: log.to_lowercase(), ..TelemetryConfig::default() })
        .map_err(anyhow::Error::msg)?;
    let clock = Arc::new(SystemClock::new());
    let now: Now = Arc::new(move || clock.now());
    let code = match args.server {
        ServerArg::Argus if args.transport != TransportArg::Stdio => return argus_http::run(args, &read, now).await,
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

fn check(args: &McpArgs) -> anyhow::Result<()> {
    let stdio = args.transport == TransportArg::Stdio;
    let for_http = [("--listen", args.listen.is_some()), ("--allow-host", !args.allow_host.is_empty())];
    let given = for_http.iter().find(|(_, given)| *given).map(|(flag, _)| flag);
    anyhow::ensure!(
        args.server == ServerArg::Argus || (stdio && given.is_none() && !args.stateless),
        "the Sysdig server is served over stdio only; give it neither --transport nor an option for HTTP"
    );
    if let (true, Some(flag)) = (stdio, given) {
        anyhow::bail!("{flag} has no meaning over stdio; add --transport streamable-http or --transport sse");
    }
    anyhow::ensure!(
        !args.stateless || args.transport == TransportArg::StreamableHttp,
        "--stateless is for --transport streamable-http alone; stdio and sse have a session by nature"
    );
    Ok(())
}
