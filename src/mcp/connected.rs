//! One live connection. Ends when the server ends it, when it is given up, and when nobody holds
//! it any more; whoever waits on it then knows at once, however long the closing takes.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rmcp::model::CancelledNotification;
use rmcp::model::CancelledNotificationParam;
use rmcp::model::ClientRequest;
use rmcp::model::DiscoverRequest;
use rmcp::model::DiscoverRequestParams;
use rmcp::model::ErrorCode;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::PingRequest;
use rmcp::model::RequestId;
use rmcp::model::SubscriptionFilter;
use rmcp::model::Tool;
use rmcp::service::ClientCacheConfig;
use rmcp::service::Peer;
use rmcp::service::RoleClient;
use rmcp::service::ServiceError;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;
use tokio_util::task::TaskTracker;

use crate::engine::ports::ProtocolEra;
use crate::mcp::child::Obituary;
use crate::mcp::session::Shared;
use crate::mcp::transport::Opened;
use crate::mcp::upstream::bytes_within;

/// Most tools that one server may list.
const TOOLS: usize = 10_000;
/// Most bytes of its tool list, and most pages.
const LIST_BYTES: usize = 16 * 1024 * 1024;
const PAGES: usize = 1_000;

/// A live connection.
pub(crate) struct Connected {
    /// To send requests with.
    pub(crate) connection: Peer<RoleClient>,
    /// What passes between the connection and those who call through it.
    pub(crate) shared: Arc<Shared>,
    /// Version agreed on.
    pub(crate) version: String,
    /// Its era.
    pub(crate) era: ProtocolEra,
    /// Over.
    pub(crate) gone: CancellationToken,
    /// Somebody is finding out whether the server still answers.
    pub(crate) doubted: AtomicBool,
    obituary: Option<Obituary>,
    _end: DropGuard,
}

impl Connected {
    /// Takes over an opened connection; its end is a task of `tasks`.
    pub(crate) async fn new(opened: Opened, shared: Arc<Shared>, tasks: &TaskTracker) -> Self {
        let Opened { running, obituary } = opened;
        let connection = running.peer().clone();
        // A tool list is as old as its answer, and nothing stale is served when asking fails.
        connection.set_response_cache_config(ClientCacheConfig::disabled().with_serve_stale_on_error(false)).await;
        let version = connection.peer_info().map(|info| info.protocol_version.clone()).unwrap_or_default();
        let era = if version.has_initialize() { ProtocolEra::WithSessions } else { ProtocolEra::Sessionless };
        let gone = CancellationToken::new();
        let given_up = gone.clone();
        tasks.spawn(async move {
            let closing = running.cancellation_token();
            let mut waiting = std::pin::pin!(running.waiting());
            tokio::select! {
                _ = &mut waiting => given_up.cancel(),
                () = given_up.cancelled() => {
                    closing.cancel();
                    drop(waiting.await);
                }
            }
        });
        let end = gone.clone().drop_guard();
        let version = version.to_string();
        Self { connection, shared, version, era, gone, doubted: AtomicBool::new(false), obituary, _end: end }
    }

    /// Whether nothing can be sent over it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.gone.is_cancelled() || self.connection.is_transport_closed()
    }

    /// The lists that the server says may change, so that there is something to subscribe to.
    pub(crate) fn lists_that_change(&self) -> SubscriptionFilter {
        let all = SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().resources_list_changed();
        let info = self.connection.peer_info();
        info.map_or_else(SubscriptionFilter::new, |info| all.build().supported_by(&info.capabilities))
    }

    /// Whether the server tells when single resources change.
    pub(crate) fn has_subscriptions(&self) -> bool {
        let info = self.connection.peer_info();
        let resources = info.and_then(|info| info.capabilities.resources.clone());
        resources.is_some_and(|resources| resources.subscribe == Some(true))
    }

    /// All tools, page by page.
    pub(crate) async fn list_tools(&self) -> Result<Vec<Tool>, String> {
        let mut tools: Vec<Tool> = Vec::new();
        let mut cursor: Option<String> = None;
        let mut room = LIST_BYTES;
        for _ in 0..PAGES {
            let params = PaginatedRequestParams::default().with_cursor(cursor.clone());
            let page = match self.connection.list_tools(Some(params)).await {
                Ok(page) => page,
                // A server of resources or prompts alone.
                Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => return Ok(tools),
                Err(error) => return Err(format!("the tools could not be listed: {error}")),
            };
            let bytes = bytes_within(&page.tools, room);
            room -= bytes.ok_or_else(|| format!("the server lists more than {LIST_BYTES} bytes of tools"))?;
            tools.extend(page.tools);
            if tools.len() > TOOLS {
                return Err(format!("the server lists more than {TOOLS} tools"));
            }
            match page.next_cursor {
                None => return Ok(tools),
                Some(next) if Some(&next) == cursor.as_ref() => {
                    return Err("the server lists the same page of tools over and over".to_owned());
                }
                next => cursor = next,
            }
        }
        Err(format!("the server lists its tools on more than {PAGES} pages"))
    }

    /// Whether the server answers within the limit.
    pub(crate) async fn answers(&self, limit: Duration) -> bool {
        let request = match self.era {
            ProtocolEra::WithSessions => ClientRequest::PingRequest(PingRequest::default()),
            // This era has no ping.
            ProtocolEra::Sessionless => ClientRequest::DiscoverRequest(DiscoverRequest::new(DiscoverRequestParams {})),
        };
        let answer = tokio::select! {
            () = self.gone.cancelled() => return false,
            answer = tokio::time::timeout(limit, self.connection.send_request(request)) => answer,
        };
        matches!(answer, Ok(Ok(_) | Err(ServiceError::McpError(_) | ServiceError::UnexpectedResponse)))
    }

    /// How the server's process ended, if it is one.
    pub(crate) async fn obituary(&self) -> Option<String> {
        self.obituary.clone()?.told().await
    }
}

/// A request that is not answered yet. Dropped before that, the server is told that nobody waits.
pub(crate) struct Pending {
    waiting: Option<(Peer<RoleClient>, RequestId)>,
    tasks: TaskTracker,
}

impl Pending {
    pub(crate) fn new(peer: &Peer<RoleClient>, id: RequestId, tasks: &TaskTracker) -> Self {
        Self { waiting: Some((peer.clone(), id)), tasks: tasks.clone() }
    }

    /// It was answered, or never will be.
    pub(crate) fn over(mut self) {
        self.waiting = None;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some((peer, id)) = self.waiting.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let params = CancelledNotificationParam::new(Some(id), Some("nobody waits for the answer".to_owned()));
        let sending = async move {
            if let Err(error) = peer.send_notification(CancelledNotification::new(params).into()).await {
                tracing::debug!(error = %error, "a cancellation was not passed on");
            }
        };
        self.tasks.spawn_on(sending, &runtime);
    }
}
