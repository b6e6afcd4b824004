//! `groundwire mcp argus` over HTTP: paths, listener and what is said at the start. Each
//! request brings its own key; a key in the environment is not used.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::Router;
use axum::routing::get;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::argus_mcp;
use crate::commands::mcp::McpArgs;
use crate::commands::mcp::TransportArg;
use crate::commands::serve::stop_signal;
use crate::commands::terminal;
use crate::http::paths;
use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::listen;
use crate::mcp_serve::refusal::Refusal;
use crate::mcp_serve::sse;
use crate::mcp_serve::streamable;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::argus::ArgusConfig;
use crate::servers::argus::KeyedArgus;
use crate::servers::argus::config::Clock;
use crate::web_origin;

/// Where the server listens when nothing is said.
const LISTEN: &str = "127.0.0.1:8090";
/// Path that opens a stream, over HTTP+SSE.
const SSE: &str = "/argus/sse";
/// Path that takes messages, over HTTP+SSE.
const MESSAGES: &str = "/argus/messages";

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// When a setting or the address cannot be used.
pub(crate) async fn run(args: &McpArgs, read: &dyn Fn(&str) -> Option<String>, now: Clock) -> anyhow::Result<u8> {
    let keyless = |name: &str| if name == argus_mcp::OWN_KEY { None } else { read(name) };
    let server = match ArgusConfig::from_lookup(&keyless, now).and_then(KeyedArgus::new) {
        Ok(server) => server,
        Err(error) => {
            say(&error.to_string());
            return Ok(u8::try_from(error.exit_code()).unwrap_or(1));
        }
    };
    if read(argus_mcp::OWN_KEY).is_some_and(|key| !key.trim().is_empty()) {
        say("ARGUS_API_KEY is set and is not used: over HTTP every request brings its own key");
    }
    let wanted = args.listen.as_deref().unwrap_or(LISTEN);
    let (listener, address) = bind(wanted).await.with_context(|| {
        format!("cannot listen on {wanted}; give --listen as HOST:PORT with a free port, such as {LISTEN}")
    })?;
    if !address.ip().is_loopback() {
        say("keys travel unencrypted to this address; put a proxy with TLS in front of it");
    }
    let names = names(args, wanted)?;
    let stop = stop_signal();
    let sessions = CancellationToken::new();
    let door = argus_mcp::door(Hosts::ThisMachineAnd(names));
    let (path, router) = routes(args, &server, door, &sessions);
    say(&format!("listening on http://{address}{path}"));
    listen::serve(router, listener, stop, sessions).await?;
    Ok(0)
}

async fn bind(address: &str) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Names by which clients may reach us: the one we listen on and those given.
fn names(args: &McpArgs, listen: &str) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = web_origin::name(listen).into_iter().collect();
    for given in &args.allow_host {
        let name = web_origin::name(given).filter(|name| !name.is_empty() && !name.contains('*'));
        names.push(name.with_context(|| format!("--allow-host {given:?} is no host name, such as argus.example.com"))?);
    }
    Ok(names)
}

fn routes(args: &McpArgs, server: &KeyedArgus, door: Door, sessions: &CancellationToken) -> (&'static str, Router) {
    let limits = Limits::default();
    let (path, router) = if args.transport == TransportArg::Sse {
        let endpoints = sse::endpoints(server, door, MESSAGES, &limits, sessions);
        let router = Router::new().route(SSE, endpoints.stream.route()).route(MESSAGES, endpoints.messages.route());
        (SSE, router)
    } else {
        let keeping = if args.stateless { Keeping::Nothing } else { Keeping::Sessions };
        let endpoint = streamable::endpoint(server, door, keeping, &limits, sessions);
        (paths::ARGUS_MCP, Router::new().route(paths::ARGUS_MCP, endpoint.route()))
    };
    let nowhere: Arc<str> = format!("there is no such path; the server is at {path}").into();
    let router = router
        .route(paths::HEALTH, get(async || Json(json!({ "status": "ok" }))))
        .fallback(async move || Refusal::new(StatusCode::NOT_FOUND, "route_not_found", nowhere.as_ref()));
    (path, router)
}

fn say(text: &str) {
    terminal::error_line(&format!("argus-mcp: {text}"));
}
