//! `groundwire mcp proxy`: all MCP servers of a configuration as one. Over stdio it serves whoever
//! has started it; over HTTP it lets in whom the gateway would, by the same paths. No model is
//! needed: what a client asks for goes to the servers.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::app::mcp_proxy;
use crate::clock::SystemClock;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::mcp::TransportArg;
use crate::commands::mcp::Ways;
use crate::commands::mcp::listener::say;
use crate::commands::serve::HANGUP_TOO;
use crate::commands::serve::listen;
use crate::commands::serve::scenario_runs;
use crate::commands::serve::stop_signal;
use crate::environment;
use crate::http;
use crate::http::paths;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::stdio;
use crate::telemetry;

/// Where it listens when nothing is said.
const LISTEN: &str = "127.0.0.1:8090";
/// What begins a line of ours.
const NAME: &str = "proxy-mcp";

/// Serves until standard input closes, or until it is told to stop.
///
/// # Errors
/// When an argument, the configuration, the database or the address cannot be used.
pub(crate) async fn run(ways: &Ways, file: &ConfigArgs, variables: &Variables) -> anyhow::Result<u8> {
    let transport = ways.transport.unwrap_or(TransportArg::Stdio);
    ways.check(transport)?;
    anyhow::ensure!(
        ways.allow_host.is_empty(),
        "--allow-host is not for the proxy: with auth.mode = \"token\" it answers to any name, else to this machine's"
    );
    let mut config = file.load(variables)?;
    let wanted = ways.listen.as_deref().unwrap_or(LISTEN);
    if transport != TransportArg::Stdio {
        let address: SocketAddr =
            wanted.parse().with_context(|| format!("{wanted:?} of --listen is no address such as 127.0.0.1:8090"))?;
        (config.server.host, config.server.port) = (address.ip(), address.port());
        config.check()?;
    }
    telemetry::init(&config.telemetry).map_err(anyhow::Error::msg)?;
    // Caught from now on: whoever is greeted may stop us at once.
    let stop = stop_signal(&HANGUP_TOO);
    let lookup = |name: &str| environment::lookup(variables, name);
    let app = App::build_without_turns(config, &lookup, Arc::new(SystemClock::new())).await?;
    match transport {
        TransportArg::Stdio => Box::pin(over_stdio(app, stop)).await,
        _ => Box::pin(over_http(app, transport, ways.stateless, variables, stop)).await,
    }
}

async fn over_stdio(app: App, stop: CancellationToken) -> anyhow::Result<u8> {
    let proxy = mcp_proxy::of_one(&app.config, &app.engine, &app.hub);
    let (input, output) = rmcp::transport::stdio();
    let served = tokio::select! {
        served = stdio::serve(proxy, input, output) => served,
        () = stop.cancelled() => Ok(()),
    };
    app.close().await;
    match served {
        Ok(()) => Ok(0),
        Err(error) => {
            say(NAME, &error.to_string());
            Ok(1)
        }
    }
}

async fn over_http(
    mut app: App,
    transport: TransportArg,
    stateless: bool,
    variables: &Variables,
    stop: CancellationToken,
) -> anyhow::Result<u8> {
    if stateless {
        let tokens = mcp_proxy::Tokens { auth: Arc::clone(&app.auth), clock: Arc::clone(&app.clock) };
        let proxy = mcp_proxy::of_gateway(&app.config, &app.engine, &app.hub, tokens);
        app.mcp_proxy = mcp_proxy::endpoints(&app.config, &proxy, Keeping::Nothing, &app.mcp_sessions);
    }
    let listener = listen(SocketAddr::new(app.config.server.host, app.config.server.port)).await?;
    let path = if transport == TransportArg::Sse { paths::MCP_STREAM } else { paths::MCP };
    let runs = scenario_runs(&app, variables)?;
    let app = Arc::new(app);
    let router = http::proxy_router(Arc::clone(&app), runs);
    say(NAME, &format!("listening on http://{}{path}", listener.local_addr()?));
    http::serve_router(router, Arc::clone(&app), listener, stop).await?;
    app.close().await;
    Ok(0)
}
