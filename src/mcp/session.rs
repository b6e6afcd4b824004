//! Our end of an MCP connection: tells who we are and what may be asked of us, knows who watches the
//! progress of calls (which `in_order` tells), and notes when a server changes one of its lists.
#![expect(deprecated, reason = "servers of older revisions still ask for roots, and are refused")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use rmcp::ClientHandler;
use rmcp::ErrorData;
use rmcp::model::ClientCapabilities;
use rmcp::model::ClientConfig;
use rmcp::model::ElicitRequestParams;
use rmcp::model::ElicitResult;
use rmcp::model::ElicitationAction;
use rmcp::model::ElicitationCapability;
use rmcp::model::FormElicitationCapability;
use rmcp::model::Implementation;
use rmcp::model::ListRootsRequestMethod;
use rmcp::model::ListRootsResult;
use rmcp::model::ProgressNotificationParam;
use rmcp::model::ProgressToken;
use rmcp::model::ProtocolVersion;
use rmcp::service::ClientInitializeError;
use rmcp::service::ClientLifecycleMode;
use rmcp::service::ClientServiceExt;
use rmcp::service::NotificationContext;
use rmcp::service::RequestContext;
use rmcp::service::RoleClient;
use rmcp::transport::Transport;
use tokio::sync::Notify;
use tokio::sync::watch;

use crate::domain::elicitation::Said;
use crate::engine::ports::ProgressFn;
use crate::mcp::asks::UnderWay;
use crate::mcp::asks::form_of;
use crate::mcp::in_order::InOrder;
use crate::mcp::subscriptions::Subscriptions;
use crate::mcp::transport::Connection;

/// Shared between a connection and whoever calls through it.
#[derive(Default)]
pub(crate) struct Shared {
    // A std mutex: held for a map operation, never across an await.
    progress: Mutex<Watched>,
    /// The calls that a question of the server could belong to.
    pub(crate) under_way: Arc<UnderWay>,
    /// Notified when the server says, or may have said, that one of its lists changed.
    pub(crate) tools_changed: Notify,
    /// Who wants to hear of single resources.
    pub(crate) subscriptions: Arc<Subscriptions>,
    /// Whether what belongs to no request is heard.
    pub(crate) hearing: watch::Sender<Hearing>,
    /// That stream did not come again: the session may be over.
    pub(crate) doubtful: Notify,
}

/// Calls whose progress is watched.
#[derive(Default)]
struct Watched {
    by_token: HashMap<ProgressToken, ProgressFn>,
    /// Steps of calls that nobody watches, the newest last: a server may tell the first one before the
    /// token of its request is known here.
    early: Vec<Step>,
}

struct Step {
    token: ProgressToken,
    progress: f64,
    total: Option<f64>,
    message: Option<String>,
}

/// Most steps that wait for somebody to watch their call.
const EARLY: usize = 64;
/// Most characters of a step's message.
const STEP_CHARS: usize = 500;

/// Whether what belongs to no request is heard over a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// As everything else, or on a stream that came once.
    #[default]
    Yes,
    /// A stream is to come for it, and what is told before may be lost.
    NotYet,
    /// The stream did not come yet, and is asked for again.
    Failing,
    /// No stream comes.
    No,
}

/// How the stream fares that brings what belongs to no request (2025-11-25, basic/transports). Where one goes on
/// that ended it may also be an answer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// It begins, for the first time or again.
    Begun,
    /// It goes on where it ended, if the server kept what came since.
    Resumed,
    /// It did not come.
    Failed,
    /// It did not go on where it ended.
    NotResumed,
    /// The server has none, or none for whoever asks.
    NotOffered,
}

impl Shared {
    /// For a connection to a server with these subscriptions.
    pub(crate) fn with(subscriptions: &Arc<Subscriptions>) -> Self {
        Self { subscriptions: Arc::clone(subscriptions), ..Self::default() }
    }

    /// A stream came, or did not.
    pub(crate) fn stream_came(&self, stream: Stream) {
        let mut before = Hearing::Yes;
        self.hearing.send_if_modified(|hearing| {
            before = *hearing;
            *hearing = match (before, stream) {
                (Hearing::Yes, _) => Hearing::Yes,
                (_, Stream::Begun) => Hearing::Yes,
                (_, Stream::Failed) => Hearing::Failing,
                (_, Stream::NotOffered) => Hearing::No,
                // An answer may go on like this before the stream came for what belongs to no request.
                (before, Stream::Resumed | Stream::NotResumed) => before,
            };
            *hearing != before
        });
        match stream {
            // A server may replay what was missed, and need not.
            Stream::Begun | Stream::Resumed if before != Hearing::NotYet => self.subscriptions.missed(),
            Stream::Failed | Stream::NotResumed => self.doubtful.notify_one(),
            _ => {}
        }
    }

    /// Has the steps of a call told, those before that too.
    pub(crate) fn watch(&self, token: ProgressToken, progress: ProgressFn) {
        let mut watched = self.lock();
        // Told under the lock, so that no later one comes first.
        for step in watched.early.extract_if(.., |step| step.token == token) {
            progress(step.progress, step.total, step.message);
        }
        watched.by_token.insert(token, progress);
    }

    pub(crate) fn unwatch(&self, token: &ProgressToken) {
        self.lock().by_token.remove(token);
    }

    /// Tells whoever watches a call of a step of it.
    pub(crate) fn progressed(&self, step: &ProgressNotificationParam) {
        let message = step.message.as_ref().map(|text| text.chars().take(STEP_CHARS).collect());
        let mut watched = self.lock();
        if let Some(tell) = watched.by_token.get(&step.progress_token).cloned() {
            drop(watched);
            return tell(step.progress, step.total, message);
        }
        if watched.early.len() >= EARLY {
            watched.early.remove(0);
        }
        let (token, progress, total) = (step.progress_token.clone(), step.progress, step.total);
        watched.early.push(Step { token, progress, total, message });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Watched> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client side of one connection.
#[derive(Clone)]
pub(crate) struct ClientEnd {
    pub(crate) shared: Arc<Shared>,
}

impl ClientEnd {
    /// Greets the server.
    pub(crate) async fn connect<T: Transport<RoleClient> + 'static>(
        self,
        transport: T,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Connection, ClientInitializeError> {
        let transport = InOrder::new(transport, &self.shared);
        self.serve_with_lifecycle(transport, lifecycle).await
    }
}

impl ClientHandler for ClientEnd {
    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.shared.tools_changed.notify_one();
    }

    // These lists are not kept, but clients of the proxy are told that they changed: as for tools.
    async fn on_prompt_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.shared.tools_changed.notify_one();
    }

    async fn on_resource_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.shared.tools_changed.notify_one();
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if form_of(&request).is_none() {
            return Err(ErrorData::invalid_params("only forms are offered to users", None));
        }
        Ok(elicit_result(self.shared.under_way.said(&context.id).await))
    }

    async fn list_roots(&self, _context: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListRootsRequestMethod>())
    }

    fn get_info(&self) -> ClientConfig {
        // The newest revision that has an `initialize`: the default one has none.
        ClientConfig::new(capabilities(), Implementation::new("groundwire", env!("CARGO_PKG_VERSION")))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }
}

/// What servers may ask of us: forms that a user fills in; and that a call may go on as a task.
pub(crate) fn capabilities() -> ClientCapabilities {
    let mut capabilities = ClientCapabilities::builder().enable_tasks().build();
    capabilities.elicitation = Some(ElicitationCapability::new().with_form(FormElicitationCapability::default()));
    capabilities
}

/// An answer as the protocol has it.
pub(crate) fn elicit_result(said: Said) -> ElicitResult {
    match said {
        Said::Accept(content) => ElicitResult::new(ElicitationAction::Accept).with_content(content),
        Said::Decline => ElicitResult::new(ElicitationAction::Decline),
        Said::Cancel => ElicitResult::new(ElicitationAction::Cancel),
    }
}

/// The same the other way.
pub(crate) fn said_of(result: ElicitResult) -> Said {
    match result.action {
        ElicitationAction::Accept => Said::Accept(result.content.unwrap_or_else(|| serde_json::json!({}))),
        ElicitationAction::Decline => Said::Decline,
        _ => Said::Cancel,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::NumberOrString;

    use super::*;

    #[test]
    fn a_step_that_comes_before_its_call_is_watched_is_told_first_and_few_are_kept() {
        let token = |number| ProgressToken(NumberOrString::Number(number));
        let step = |number, progress| ProgressNotificationParam::new(token(number), progress);
        let shared = Shared::default();
        shared.progressed(&step(1, 0.0));
        shared.progressed(&step(2, 7.0));
        let told = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        let tell: ProgressFn = Arc::new(move |progress, _, _| hears.lock().expect("whole").push(progress));
        shared.watch(token(1), Arc::clone(&tell));
        shared.progressed(&step(1, 50.0));
        assert_eq!(*told.lock().expect("whole"), [0.0, 50.0], "no other call's");
        for _ in 0..2 * EARLY {
            shared.progressed(&step(3, 1.0));
        }
        assert_eq!(shared.lock().early.len(), EARLY);
        shared.watch(token(2), tell);
        assert_eq!(told.lock().expect("whole").len(), 2, "it was too old");
    }
}
