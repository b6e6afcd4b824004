//! The server on standard input and output, up to the exit code.
//!
//! The one place that offers the scanner: its clients can start programs on this machine
//! anyway. Standard output carries JSON-RPC frames and nothing else.

use tokio_util::sync::CancellationToken;

use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::server::serve;

/// Serves until standard input ends or a termination signal arrives (0), or
/// fails to greet its client (1). Ends the process with this code rather than letting
/// the runtime wait for a blocked read of standard input.
pub async fn serve_stdio(server: SysdigServer) -> u8 {
    let scanner = Scanner::default();
    let server = server.with_scanner(scanner.clone());
    let (read, write) = rmcp::transport::stdio();
    let cancel = CancellationToken::new();
    let terminated = termination();
    let code = tokio::select! {
        outcome = serve(server, read, write, cancel.clone()) => match outcome {
            Ok(()) => 0,
            Err(error) => {
                tracing::error!(%error, "the stdio server could not start");
                1
            }
        },
        () = terminated => {
            cancel.cancel();
            0
        }
    };
    // The process ends next, and with it nobody would be left to end a scan.
    scanner.end().await;
    code
}

/// Resolves at SIGINT, SIGTERM or SIGHUP; never if none can be listened for. They are caught from
/// the call on: whoever is greeted may end us at once.
#[cfg(unix)]
fn termination() -> impl Future<Output = ()> {
    use tokio::signal::unix::SignalKind;
    use tokio::signal::unix::signal;
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
    async move {
        if signals.is_empty() {
            return std::future::pending().await;
        }
        futures::future::select_all(signals.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
    }
}

/// Resolves at Ctrl-C; never if it cannot be listened for.
#[cfg(not(unix))]
async fn termination() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
