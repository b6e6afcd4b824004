//! `groundwire mcp argus`: over HTTP each request brings its own key, and a key in the
//! environment is not used.

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::app::argus_mcp;
use crate::commands::Variables;
use crate::commands::mcp;
use crate::commands::mcp::TransportArg;
use crate::commands::mcp::Ways;
use crate::commands::mcp::listener;
use crate::commands::mcp::listener::Listener;
use crate::commands::mcp::listener::names;
use crate::environment;
use crate::http::paths;
use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::sse;
use crate::mcp_serve::streamable;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::argus;
use crate::servers::argus::ArgusConfig;
use crate::servers::argus::KeyedArgus;

/// Where the server listens when nothing is said.
const LISTEN: &str = "127.0.0.1:8090";
/// Path that opens a stream, over HTTP+SSE.
const SSE: &str = "/argus/sse";
/// Path that takes messages, over HTTP+SSE.
const MESSAGES: &str = "/argus/messages";
/// What begins a line of ours.
const NAME: &str = "argus-mcp";

/// Serves until standard input closes, or until it is told to stop.
///
/// # Errors
/// When an argument, a setting or the address cannot be used.
pub(crate) async fn run(ways: &Ways, variables: &Variables) -> anyhow::Result<u8> {
    let transport = ways.transport.unwrap_or(TransportArg::Stdio);
    ways.check(transport)?;
    let read = |name: &str| environment::lookup(variables, name);
    mcp::log(&read("ARGUS_MCP_LOG").unwrap_or_else(|| "warn".to_owned()))?;
    let over_http = transport != TransportArg::Stdio;
    let permitted = |name: &str| if over_http && name == argus_mcp::OWN_KEY { None } else { read(name) };
    let config = ArgusConfig::from_lookup(&permitted, mcp::now());
    let server = match (config, over_http) {
        (Ok(config), false) => return Ok(code(argus::serve_stdio(config).await)),
        (config, _) => config.and_then(KeyedArgus::new),
    };
    let server = match server {
        Ok(server) => server,
        Err(error) => {
            listener::say(NAME, &error.to_string());
            return Ok(code(error.exit_code()));
        }
    };
    if read(argus_mcp::OWN_KEY).is_some_and(|key| !key.trim().is_empty()) {
        listener::say(NAME, "ARGUS_API_KEY is set and is not used: over HTTP every request brings its own key");
    }
    let wanted = ways.listen.as_deref().unwrap_or(LISTEN);
    let listener = Listener::bind(NAME, wanted).await?;
    let door =
        argus_mcp::door(Hosts::ThisMachineAnd { names: names(wanted, &ways.allow_host)?, told_by: "--allow-host" });
    let sessions = CancellationToken::new();
    let (path, router) = routes(ways, transport, &server, door, &sessions);
    listener.serve(path, router, sessions).await?;
    Ok(0)
}

fn code(code: i32) -> u8 {
    u8::try_from(code).unwrap_or(1)
}

fn routes(
    ways: &Ways,
    transport: TransportArg,
    server: &KeyedArgus,
    door: Door,
    sessions: &CancellationToken,
) -> (&'static str, Router) {
    let limits = Limits::default();
    if transport == TransportArg::Sse {
        let endpoints = sse::endpoints(server, door, MESSAGES, &limits, sessions);
        let router = Router::new().route(SSE, endpoints.stream.route()).route(MESSAGES, endpoints.messages.route());
        (SSE, router)
    } else {
        let keeping = if ways.stateless { Keeping::Nothing } else { Keeping::Sessions };
        let endpoint = streamable::endpoint(server, door, keeping, &limits, sessions);
        (paths::ARGUS_MCP, Router::new().route(paths::ARGUS_MCP, endpoint.route()))
    }
}
