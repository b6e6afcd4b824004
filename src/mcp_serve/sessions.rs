//! The sessions of a streamable HTTP endpoint: rmcp's own, with a bound on their number and
//! a note of who opened each. What others than their owner send with the id of one is for
//! `streamable` to decide.

use std::sync::Arc;

use futures::Stream;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::SessionId;
use rmcp::transport::streamable_http_server::session::SessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManagerError;

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

/// Open sessions.
pub struct Sessions {
    local: LocalSessionManager,
    open: Places<()>,
}

impl Sessions {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(limits.idle);
        Self { local, open: Places::new(limits) }
    }

    /// What a visitor is to a session; none if there is no such session.
    pub(crate) fn visit(&self, id: &str, visitor: Option<Identity>) -> Option<Standing> {
        Some(self.open.visit(id, visitor)?.0)
    }
}

impl SessionManager for Sessions {
    type Error = SessionError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), SessionError> {
        let sender = SENDER.try_with(|sender| *sender).map_err(|_| SessionError::NoSender)?;
        let (id, transport) = self.local.create_session().await?;
        if let Some((ended, ())) = self.open.take(Arc::clone(&id), sender, ()) {
            self.local.close_session(&ended).await?;
        }
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
        self.open.remove(id);
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
