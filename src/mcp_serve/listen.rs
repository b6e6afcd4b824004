//! A listener of its own for endpoints, and its end: nothing new is accepted, requests in
//! flight get a short while, then sessions and their streams end.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long requests in flight may take after the stop.
const GRACE: Duration = Duration::from_secs(2);
/// Then clients get so long to read the last bytes.
const LAST_BYTES: Duration = Duration::from_secs(3);

/// Serves until `stop`; cancels `sessions`, which all endpoints were built with, on the way out.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    stop: CancellationToken,
    sessions: CancellationToken,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Small writes of a stream must not wait for the client's acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %error, "TCP_NODELAY was not set");
        }
    });
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let ending = async {
        stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
        sessions.cancel();
        tokio::time::sleep(LAST_BYTES).await;
    };
    let served = tokio::select! {
        served = serving.into_future() => served,
        () = ending => Ok(()),
    };
    sessions.cancel();
    served
}
