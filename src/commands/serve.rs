//! `groundwire serve`: the gateway, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use futures::FutureExt;
use tokio::net::TcpListener;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::clock::SystemClock;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::environment;
use crate::http;
use crate::scenario::runs::Bounds;
use crate::scenario::runs::ScenarioRuns;
use crate::telemetry;

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// When the configuration, the database or the port cannot be used.
pub async fn run(args: &ConfigArgs, variables: &Variables) -> anyhow::Result<u8> {
    let config = args.load(variables)?;
    telemetry::init(&config.telemetry).map_err(anyhow::Error::msg)?;
    let address = SocketAddr::new(config.server.host, config.server.port);
    let lookup = |name: &str| environment::lookup(variables, name);
    let app = App::build(config, &lookup, Arc::new(SystemClock::new())).await?;
    let runs = scenario_runs(&app, variables)?;
    let listener = listen(address).await?;
    terminal::line(&format!("groundwire listens on http://{}", listener.local_addr()?));
    serve(app, runs, listener, stop_signal(&INTERRUPT_AND_TERMINATE)).await?;
    Ok(0)
}

/// The scenarios that an app offers: those of its configuration, or the shipped ones.
///
/// # Errors
/// Names the file that cannot be used.
pub fn scenario_runs(app: &App, variables: &Variables) -> anyhow::Result<Arc<ScenarioRuns>> {
    let opened =
        ScenarioRuns::open(&app.config, variables, app.engine.router(), Arc::clone(&app.clock), Bounds::default());
    opened.map_err(|error| anyhow::anyhow!("server.scenarios: {error}"))
}

/// Binds the port.
///
/// # Errors
/// Names the address and the way out when it is taken.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another port with server.port or --port"))
}

/// Serves an app until `stop`, then lets running turns finish, stops scenarios and closes
/// everything.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: App,
    runs: Arc<ScenarioRuns>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let app = Arc::new(app);
    http::serve(Arc::clone(&app), Arc::clone(&runs), listener, stop).await?;
    runs.close().await;
    app.close().await;
    Ok(())
}

/// Signals that stop a gateway.
pub const INTERRUPT_AND_TERMINATE: [SignalKind; 2] = [SignalKind::interrupt(), SignalKind::terminate()];
/// Signals that stop an MCP server, whose client may be a terminal that goes away.
pub const HANGUP_TOO: [SignalKind; 3] = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];

/// A token that any of these signals cancels, from now on.
pub fn stop_signal(kinds: &[SignalKind]) -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    // Caught before this returns: whoever is told that we listen may stop us at once.
    let caught: Vec<_> = kinds
        .iter()
        .filter_map(|kind| signal(*kind).inspect_err(|error| tracing::warn!(%error, "a signal cannot be caught")).ok())
        .collect();
    tokio::spawn(async move {
        let waits = caught.into_iter().map(|mut signals| async move { signals.recv().await }.boxed());
        let waits: Vec<_> = waits.collect();
        if !waits.is_empty() {
            futures::future::select_all(waits).await;
            signalled.cancel();
        }
    });
    stop
}
