//! A listener of its own for endpoints, and its end: requests in flight get a short while,
//! then sessions and their streams end.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listener;

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
    let ending = async {
        tokio::time::sleep(GRACE).await;
        sessions.cancel();
        tokio::time::sleep(LAST_BYTES).await;
    };
    let served = listener::serve(router, listener, stop, ending).await;
    sessions.cancel();
    served
}
