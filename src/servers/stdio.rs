//! Any MCP handler over a pair of byte streams such as standard input and output: when the input
//! closes, requests in flight get a short while to finish.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use rmcp::ServerHandler;
use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::sync::Notify;

/// How long requests in flight may take after the input has closed.
const GRACE: Duration = Duration::from_secs(2);

/// Why a client was not served to its end.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// It said something else than a client does first.
    #[error("the client could not be served: {0}")]
    Greeting(#[from] Box<ServerInitializeError>),
    /// A defect.
    #[error("the server ended unexpectedly: {0}")]
    Ended(#[from] tokio::task::JoinError),
}

/// Serves until the input closes; a client that leaves before it says anything is a normal end.
///
/// # Errors
/// [`StdioError`].
pub async fn serve<S, R, W>(server: S, input: R, output: W) -> Result<(), StdioError>
where
    S: ServerHandler,
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let closed = Arc::new(Notify::new());
    let input = Watched { input, closed: Arc::clone(&closed) };
    let running = match server.serve((input, output)).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(Box::new(error).into()),
    };
    let grace = async {
        closed.notified().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = running.waiting() => Ok(ended.map(drop)?),
        () = grace => Ok(()),
    }
}

/// An input that tells when it has come to its end.
struct Watched<R> {
    input: R,
    closed: Arc<Notify>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Watched<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let room = buffer.remaining() > 0;
        let polled = Pin::new(&mut self.input).poll_read(context, buffer);
        if room && matches!(polled, Poll::Ready(Ok(()))) && buffer.filled().len() == before {
            self.closed.notify_one();
        }
        polled
    }
}
