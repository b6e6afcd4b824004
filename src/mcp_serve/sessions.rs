//! The sessions of a streamable HTTP endpoint: rmcp's own, with a bound on their number and
//! a note of who opened each. A session serves its owner alone; what others send with its id
//! is for `streamable` to decide.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use futures::Stream;
use http::request::Parts;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::GetExtensions;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::SessionId;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManagerError;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Identity;

tokio::task_local! {
    /// Set when the request at hand was refused a session: rmcp tells that from a defect by
    /// the words of its answer alone.
    static REFUSED: Arc<AtomicBool>;
}

/// Runs one request; also says whether it was refused a session for want of room.
pub(crate) async fn noting_refusal<T>(request: impl Future<Output = T>) -> (T, bool) {
    let refused = Arc::new(AtomicBool::new(false));
    let answered = REFUSED.scope(Arc::clone(&refused), request).await;
    (answered, refused.load(Ordering::Relaxed))
}

/// Why a session cannot do what it should.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No room for another.
    #[error("as many sessions are open as may be")]
    Full,
    /// What rmcp says.
    #[error(transparent)]
    Local(#[from] LocalSessionManagerError),
}

/// Open sessions.
pub struct Sessions {
    local: LocalSessionManager,
    room: Arc<Semaphore>,
    // A std mutex: held for a map operation, never across an await.
    open: Mutex<HashMap<SessionId, Open>>,
}

struct Open {
    /// Known as soon as the first message was there.
    owner: Option<Identity>,
    _place: OwnedSemaphorePermit,
}

impl Sessions {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(limits.idle);
        Self { local, room: Arc::new(Semaphore::new(limits.sessions)), open: Mutex::default() }
    }

    /// Whether a session is somebody's; none if there is no such session.
    pub(crate) fn belongs(&self, id: &str, identity: Identity) -> Option<bool> {
        self.open().get(id).map(|open| open.owner == Some(identity))
    }

    fn open(&self) -> MutexGuard<'_, HashMap<SessionId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sender(message: &ClientJsonRpcMessage) -> Option<Identity> {
    let ClientJsonRpcMessage::Request(request) = message else { return None };
    request.request.extensions().get::<Parts>()?.extensions.get::<Identity>().copied()
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            let _ = REFUSED.try_with(|refused| refused.store(true, Ordering::Relaxed));
            return Err(SessionError::Full);
        };
        let (id, transport) = self.local.create_session().await?;
        self.open().insert(id.clone(), Open { owner: None, _place: place });
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, SessionError> {
        if let Some(open) = self.open().get_mut(id) {
            open.owner = sender(&message);
        }
        Ok(self.local.initialize_session(id, message).await?)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, SessionError> {
        Ok(self.local.has_session(id).await?)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), SessionError> {
        self.open().remove(id);
        Ok(self.local.close_session(id).await?)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.local.create_stream(id, message).await?)
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), SessionError> {
        Ok(self.local.accept_message(id, message).await?)
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.local.create_standalone_stream(id).await?)
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, SessionError> {
        Ok(self.local.resume(id, last_event_id).await?)
    }
}
