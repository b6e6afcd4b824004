//! The sessions of a streamable HTTP endpoint: rmcp's own, with a bound on their number and
//! a note of who opened each. What others than their owner send with the id of one is for
//! `streamable` to decide.
//!
//! A session ends when for long nothing was asked in it and nobody read a stream of it; what it is told
//! counts for nothing, since nobody may hear it, and so does a stream that is open and not read. Its end waits for nobody either: rmcp's side of a
//! session stands still while it cannot hand over a message, so with the session end its streams,
//! whether their clients read or not.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use futures::Stream;
use futures::StreamExt;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::SessionId;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManagerError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Identity;
use crate::mcp_serve::door::Visitor;
use crate::mcp_serve::places::Places;
use crate::mcp_serve::places::Standing;

tokio::task_local! {
    /// Who sends the request at hand: rmcp makes sessions without saying for whom.
    static SENDER: Visitor;
}

/// Runs one request of a caller.
pub(crate) async fn serving<T>(sender: Visitor, request: impl Future<Output = T>) -> T {
    SENDER.scope(sender, request).await
}

/// Why a session cannot do what it should.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A session is opened outside of a request.
    #[error("a session is opened for nobody")]
    NoSender,
    /// What rmcp says.
    #[error(transparent)]
    Local(#[from] LocalSessionManagerError),
}

/// Messages on their way to a client.
type Messages = Pin<Box<dyn Stream<Item = ServerSseMessage> + Send>>;

/// An open session.
struct Open {
    /// Ends rmcp's side of it, and so its handler.
    ended: CancellationToken,
    // A std mutex: held for a moment, never across an await.
    audience: Mutex<Audience>,
}

struct Audience {
    numbers: u64,
    /// Of clients that have not left.
    streams: HashMap<u64, Messages>,
    /// When the last request came, or a stream was last read or ended.
    last: Instant,
}

impl Open {
    fn new(ended: CancellationToken) -> Self {
        let audience = Audience { numbers: 0, streams: HashMap::new(), last: Instant::now() };
        Self { ended, audience: Mutex::new(audience) }
    }

    fn audience(&self) -> MutexGuard<'_, Audience> {
        self.audience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came.
    fn touch(&self) {
        self.audience().last = Instant::now();
    }

    /// Hands over messages for as long as the session lasts and their client is there.
    fn listened(
        self: Arc<Self>,
        messages: impl Stream<Item = ServerSseMessage> + Send + 'static,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static {
        let mut audience = self.audience();
        audience.numbers += 1;
        let number = audience.numbers;
        if !self.ended.is_cancelled() {
            audience.streams.insert(number, Box::pin(messages));
        }
        drop(audience);
        let ended = self.ended.clone();
        Listened { session: self, number }.take_until(ended.cancelled_owned())
    }

    /// Ends it at once.
    fn end(&self) {
        self.ended.cancel();
        // Nothing waits for a client that does not read once there is no stream to it.
        let streams = std::mem::take(&mut self.audience().streams);
        drop(streams);
    }

    /// Returns when for so long no request came and nobody read a stream.
    async fn unused(&self, limit: Duration) {
        loop {
            let left = limit.saturating_sub(self.audience().last.elapsed());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }
}

/// What one client listens to.
struct Listened {
    session: Arc<Open>,
    number: u64,
}

impl Stream for Listened {
    type Item = ServerSseMessage;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<ServerSseMessage>> {
        let mut audience = self.session.audience();
        // Somebody reads: an HTTP server asks for more while what it has can be sent, at the latest when a sign of
        // life is due.
        audience.last = Instant::now();
        match audience.streams.get_mut(&self.number) {
            Some(messages) => messages.as_mut().poll_next(context),
            None => Poll::Ready(None),
        }
    }
}

impl Drop for Listened {
    fn drop(&mut self) {
        let mut audience = self.session.audience();
        audience.last = Instant::now();
        let over = audience.streams.remove(&self.number);
        drop(audience);
        drop(over);
    }
}

/// Open sessions.
pub struct Sessions {
    local: LocalSessionManager,
    open: Arc<Places<Arc<Open>>>,
    idle: Duration,
}

impl Sessions {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut local = LocalSessionManager::default();
        // It would count what a session is told as use of it.
        local.session_config.keep_alive = None;
        Self { local, open: Arc::new(Places::new(limits)), idle: limits.idle }
    }

    /// What a visitor is to a session; none if there is no such session.
    pub(crate) fn visit(&self, id: &str, visitor: Option<Identity>) -> Option<Standing> {
        let (standing, session) = self.open.visit(id, visitor)?;
        if standing != Standing::Stranger {
            session.touch();
        }
        Some(standing)
    }

    fn session(&self, id: &SessionId) -> Result<Arc<Open>, SessionError> {
        let session = self.open.get(id);
        Ok(session.ok_or_else(|| LocalSessionManagerError::SessionNotFound(Arc::clone(id)))?)
    }
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let sender = SENDER.try_with(|sender| *sender).map_err(|_| SessionError::NoSender)?;
        let (id, transport) = self.local.create_session().await?;
        let session = Arc::new(Open::new(transport.cancel_token()));
        if let Some((_, older)) = self.open.take(Arc::clone(&id), sender, Arc::clone(&session)) {
            older.end();
        }
        let (open, idle, of) = (Arc::clone(&self.open), self.idle, Arc::clone(&id));
        tokio::spawn(async move {
            // It ends by itself too, and then rmcp's side may wait for a client that does not read.
            tokio::select! {
                () = session.ended.cancelled() => {}
                () = session.unused(idle) => {}
            }
            open.remove(&of);
            session.end();
        });
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        Ok(self.local.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.local.has_session(id).await?)
    }

    /// Also called by rmcp when its side has ended. Waits for nobody: rmcp's own way of closing would
    /// put a message at the end of a queue that may be full for good.
    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        if let Some(session) = self.open.remove(id) {
            session.end();
        }
        self.local.sessions.write().await.remove(id);
        Ok(())
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let session = self.session(id)?;
        Ok(session.listened(self.local.create_stream(id, message).await?))
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), SessionError> {
        Ok(self.local.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let session = self.session(id)?;
        Ok(session.listened(self.local.create_standalone_stream(id).await?))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        let session = self.session(id)?;
        Ok(session.listened(self.local.resume(id, last_event_id).await?))
    }
}
