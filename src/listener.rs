//! Serves a router on a TCP listener, and ends it: nothing new is accepted, what is in flight
//! may end, and clients that do not read to the end are cut off. How long that takes, and what
//! has to end besides, is the caller's.

use std::io;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until `stop`; then `ending` runs, and with it ends whatever still goes on.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    stop: CancellationToken,
    ending: impl Future<Output = ()>,
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
        ending.await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = ending => {
            tracing::warn!("clients that did not read to the end were cut off");
            Ok(())
        }
    }
}
