//! The sessions of a streamable HTTP endpoint: rmcp's own, with a bound on their number and
//! a note of who opened each. A session serves its owner alone; what others send with its id
//! is for `streamable` to decide.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use futures::Stream;
use rmcp::model::ClientJsonRpcMessage;
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
    /// Who sends the request at hand: rmcp makes sessions without saying for whom.
    static SENDER: Identity;
    /// Set when the request at hand was refused a session: rmcp tells that from a defect by
    /// the words of its answer alone.
    static REFUSED: Arc<AtomicBool>;
}

/// Runs one request of a caller; also says whether it was refused a session for want of room.
pub(crate) async fn serving<T>(sender: Identity, request: impl Future<Output = T>) -> (T, bool) {
    let refused = Arc::new(AtomicBool::new(false));
    let answered = SENDER.scope(sender, REFUSED.scope(Arc::clone(&refused), request)).await;
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

/// Open sessions. Beyond a bound the one that was not used for longest makes room, the caller's
/// own where it is the caller who has too many: nobody locks others out, and what is in use stays.
pub struct Sessions {
    local: LocalSessionManager,
    limits: Limits,
    /// Counts uses.
    uses: AtomicU64,
    room: Arc<Semaphore>,
    // A std mutex: held for a map operation, never across an await.
    open: Mutex<HashMap<SessionId, Open>>,
}

struct Open {
    owner: Identity,
    last_used: u64,
    _place: OwnedSemaphorePermit,
}

impl Sessions {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(limits.idle);
        let (limits, uses) = (limits.clone(), AtomicU64::new(0));
        Self {
            local,
            limits: limits.clone(),
            uses,
            room: Arc::new(Semaphore::new(limits.sessions)),
            open: Mutex::default(),
        }
    }

    /// Whether a session is somebody's; none if there is no such session.
    pub(crate) fn belongs(&self, id: &str, identity: Identity) -> Option<bool> {
        let now = self.uses.fetch_add(1, Ordering::Relaxed);
        self.open().get_mut(id).map(|open| {
            let own = open.owner == identity;
            if own {
                open.last_used = now;
            }
            own
        })
    }

    /// The session that has to end before this caller may open another.
    fn in_the_way(&self, sender: Identity) -> Option<SessionId> {
        let open = self.open();
        let own = |open: &&(&SessionId, &Open)| open.1.owner == sender;
        let oldest = |least: Option<(&SessionId, &Open)>| least.map(|(id, _)| id.clone());
        let sessions: Vec<(&SessionId, &Open)> = open.iter().collect();
        let last_used = |open: &(&SessionId, &Open)| open.1.last_used;
        if sessions.iter().filter(own).count() >= self.limits.sessions_each {
            return oldest(sessions.iter().filter(own).copied().min_by_key(last_used));
        }
        (sessions.len() >= self.limits.sessions).then(|| oldest(sessions.iter().copied().min_by_key(last_used)))?
    }

    fn open(&self) -> MutexGuard<'_, HashMap<SessionId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let owner = SENDER.try_with(|sender| *sender).map_err(|_| SessionError::Full)?;
        if let Some(id) = self.in_the_way(owner) {
            self.close_session(&id).await?;
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            let _ = REFUSED.try_with(|refused| refused.store(true, Ordering::Relaxed));
            return Err(SessionError::Full);
        };
        let (id, transport) = self.local.create_session().await?;
        let last_used = self.uses.fetch_add(1, Ordering::Relaxed);
        self.open().insert(id.clone(), Open { owner, last_used, _place: place });
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
