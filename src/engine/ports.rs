//! The four places where the engine touches the world. Each has two sides from the
//! first day: a real model and a simulated one, MCP servers and scripted tools,
//! SQLite and PostgreSQL, the system clock and a settable one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::domain::caller::Caller;
use crate::domain::elicitation::Said;
use crate::domain::event::JournalEntry;
use crate::domain::event::Usage;
use crate::domain::form::Form;
use crate::domain::ids::CallId;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Conversation;
use crate::domain::message::Message;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolSpec;
use crate::engine::fingerprint::digest;
use crate::engine::record::CallQuestion;
use crate::engine::record::Confirmation;
use crate::engine::record::Feedback;
use crate::engine::record::LoneCall;
use crate::engine::record::TakenQuestion;
use crate::engine::record::TurnRecord;

/// What a model call is for; profiles are chosen per role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelRole {
    /// Router, where rules leave it open.
    Route,
    /// Tool calls and the draft.
    Draft,
    /// The second pass.
    Judge,
}

/// One message towards a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptMessage {
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// Text.
    pub content: String,
    /// Calls of an assistant message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ProposedCall>,
    /// The call a `tool` message answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl PromptMessage {
    /// A message without calls.
    pub fn new(role: &str, content: impl Into<String>) -> Self {
        Self { role: role.to_owned(), content: content.into(), tool_calls: Vec::new(), tool_call_id: None }
    }
}

/// A call as a model wrote it: nothing is checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedCall {
    /// The model's own id for it; empty when recovered from text.
    pub id: String,
    /// Qualified tool name, as written.
    pub name: String,
    /// Argument text, as written.
    pub arguments: String,
}

/// How strongly a call is asked for. The client turns it into what the profile honours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// The model may call or write.
    Auto,
    /// It must call one of the tools.
    Required,
    /// It must call this one (the client sends only this tool).
    Named(String),
}

/// One request to a model.
#[derive(Clone, Debug)]
pub struct ModelRequest {
    /// The conversation with the model, system first.
    pub messages: Vec<PromptMessage>,
    /// Tools offered; empty: none are sent.
    pub tools: Vec<Arc<ToolSpec>>,
    /// Meaningful only with tools.
    pub tool_choice: ToolChoice,
    /// Constrained output: a name and a JSON Schema. Excludes tools.
    pub response_schema: Option<(String, Value)>,
    /// Upper bound of the answer.
    pub max_tokens: u32,
    /// Profile name to use instead of the one for the role (`model` of a chat request).
    pub profile: Option<String>,
}

/// One answer of a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelAnswer {
    /// Text.
    pub content: String,
    /// Thinking, under whatever name the server sent it.
    pub reasoning: String,
    /// Calls in the proper place.
    pub calls: Vec<ProposedCall>,
    /// `stop`, `tool_calls`, `length`, …; absent when the server sent none.
    pub finish_reason: Option<String>,
    /// Tokens, when the server told.
    pub usage: Usage,
    /// Model name as the server gave it.
    pub model: String,
    /// Profile that answered (a fallback profile's own name, if it stepped in).
    pub profile: String,
}

/// Why a model gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Cannot be reached after all retries.
    #[error("model server of profile {profile} cannot be reached: {reason}")]
    Unreachable {
        /// Profile name.
        profile: String,
        /// Short cause without secrets.
        reason: String,
    },
    /// The server refused the request.
    #[error("model server of profile {profile} answered {status}: {reason}")]
    Refused {
        /// Profile name.
        profile: String,
        /// HTTP status.
        status: u16,
        /// The server's words, bounded, without secrets.
        reason: String,
    },
    /// The answer breaks the protocol, or the stream ended before its finish reason.
    #[error("model server of profile {profile} sent an answer that cannot be used: {reason}")]
    Malformed {
        /// Profile name.
        profile: String,
        /// Short cause.
        reason: String,
    },
    /// No answer in time.
    #[error("model server of profile {profile} did not answer within {limit:?}")]
    Timeout {
        /// Profile name.
        profile: String,
        /// The limit that passed.
        limit: Duration,
    },
    /// No profile of that name or for that role.
    #[error("no model profile {profile}")]
    UnknownProfile {
        /// What was asked for.
        profile: String,
    },
    /// The prompt is larger than the profile's context.
    #[error("prompt of about {tokens} tokens does not fit into the {limit} of profile {profile}")]
    ContextTooSmall {
        /// Profile name.
        profile: String,
        /// Estimated prompt tokens.
        tokens: u64,
        /// Context of the profile.
        limit: u64,
    },
    /// The turn was cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl ModelError {
    /// Low-cardinality name for metrics and error codes.
    pub fn kind(&self) -> &'static str {
        match self {
            ModelError::Unreachable { .. } => "model_unreachable",
            ModelError::Refused { .. } => "model_refused",
            ModelError::Malformed { .. } => "model_malformed",
            ModelError::Timeout { .. } => "model_timeout",
            ModelError::UnknownProfile { .. } => "model_not_found",
            ModelError::ContextTooSmall { .. } => "model_context_too_small",
            ModelError::Cancelled => "cancelled",
        }
    }
}

/// What the engine needs to know about a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFacts {
    /// Profile name.
    pub profile: String,
    /// Context size in tokens.
    pub context_tokens: u64,
    /// Upper bound for an answer in tokens.
    pub max_tokens: u32,
    /// `required` or named choice is worth sending.
    pub honours_tool_choice: bool,
    /// JSON Schema output is worth sending.
    pub honours_schema: bool,
}

/// A model server.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// Facts of the profile that would serve `role` (or of the named profile).
    ///
    /// # Errors
    /// [`ModelError::UnknownProfile`].
    fn facts(&self, role: ModelRole, profile: Option<&str>) -> Result<ModelFacts, ModelError>;

    /// One answer. Retries and fallback profiles are the implementation's matter.
    ///
    /// # Errors
    /// See [`ModelError`]; a [`ModelError::Malformed`] is never retried silently into an answer.
    async fn complete(
        &self,
        role: ModelRole,
        request: ModelRequest,
        cancel: &CancellationToken,
    ) -> Result<ModelAnswer, ModelError>;
}

/// Whose credentials an MCP server gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoseCredentials {
    /// The gateway's, for everybody.
    #[default]
    Gateway,
    /// Each user's own.
    EachUser,
    /// Each user's own, and this user has given none that can be used.
    NoneOfThisUser,
    /// Those of each request.
    EachRequest,
    /// Those of each request, and this one has brought none that can be used.
    NoneOfThisRequest,
}

/// Transport of a server that is part of the program.
pub const EMBEDDED: &str = "embedded";

/// State of one MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerState {
    /// Configured name.
    pub name: String,
    /// Answers requests.
    pub up: bool,
    /// What it is: `embedded`, `stdio`, `streamable_http`, `sse`.
    pub transport: String,
    /// The protocol version agreed on with it at last.
    pub protocol: Option<String>,
    /// The era that this version is of.
    pub era: Option<ProtocolEra>,
    /// Whether it is tried at all.
    pub breaker: BreakerState,
    /// Last failure, without secrets.
    pub error: Option<String>,
    /// Starts after the first one.
    pub restarts: u64,
    /// Policy groups this server is expected to serve; used to say "unavailable" when it is down.
    pub groups: Vec<String>,
    /// Tools whose results did not fit the output schema that they declare.
    pub schema_mismatches: Vec<String>,
    /// Whose credentials it gets.
    pub credentials: WhoseCredentials,
    /// Headers in which a request brings them, if they come that way.
    pub headers: Vec<String>,
}

/// The two kinds of MCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolEra {
    /// 2024-11-05 to 2025-11-25: a handshake, and a session after it.
    WithSessions,
    /// From 2026-07-28: each request stands by itself.
    Sessionless,
}

impl ProtocolEra {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            ProtocolEra::WithSessions => "with_sessions",
            ProtocolEra::Sessionless => "sessionless",
        }
    }
}

/// Whether a server that failed over and over is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// It is tried.
    Closed,
    /// It is left alone for a while.
    Open,
    /// The next try decides.
    HalfOpen,
}

impl BreakerState {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half_open",
        }
    }
}

/// All tools of all servers at one moment.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Tools that may be offered and called, sorted by qualified name.
    pub tools: Vec<Arc<ToolSpec>>,
    /// Tools whose definition awaits approval, sorted by qualified name: never offered, never called.
    pub waiting: Vec<Arc<ToolSpec>>,
    /// Both, for rules and plans: what would be called if it could be.
    pub known: Vec<Arc<ToolSpec>>,
    /// Servers, sorted by name.
    pub servers: Vec<ServerState>,
    digest: OnceLock<String>,
}

impl Catalog {
    /// The catalog of these tools.
    pub fn new(mut tools: Vec<Arc<ToolSpec>>, mut waiting: Vec<Arc<ToolSpec>>, servers: Vec<ServerState>) -> Self {
        let mut known: Vec<Arc<ToolSpec>> = tools.iter().chain(&waiting).cloned().collect();
        for specs in [&mut tools, &mut waiting, &mut known] {
            specs.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Self { tools, waiting, known, servers, digest: OnceLock::new() }
    }

    /// SHA-256 over names, descriptions and schemas.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| digest(serde_json::to_string(&self.tools).unwrap_or_default().as_bytes()))
    }

    /// Groups that a server is expected to serve while it is down or lists no tool.
    pub fn groups_down(&self) -> Vec<String> {
        self.servers.iter().filter(|server| self.is_missing(server)).flat_map(|server| server.groups.clone()).collect()
    }

    /// Whether a server is down or lists no tool at all.
    pub fn is_missing(&self, server: &ServerState) -> bool {
        !server.up || !self.known.iter().any(|spec| spec.server == server.name)
    }

    /// Whether this tool of this server awaits approval.
    pub fn awaits(&self, server: &str, tool: &str) -> bool {
        self.waiting.iter().any(|spec| spec.server == server && spec.tool == tool)
    }

    /// Why there is nothing of a server, if there is not.
    pub fn missing_because(&self, server: &str) -> Option<&str> {
        let state = self.servers.iter().find(|state| state.name == server && !state.up)?;
        state.error.as_deref()
    }

    /// The tool with this qualified name.
    pub fn by_name(&self, name: &str) -> Option<&Arc<ToolSpec>> {
        self.tools.iter().find(|spec| spec.name.as_str() == name)
    }

    /// Whether the tool's server is part of the program.
    pub fn is_embedded(&self, spec: &ToolSpec) -> bool {
        self.servers.iter().any(|server| server.name == spec.server && server.transport == EMBEDDED)
    }

    /// The tools whose name at the server is this one, those of servers that are part of the program
    /// first: the shipped policy means theirs, whatever others call their own.
    pub fn by_tool<'a>(&'a self, tool: &'a str) -> impl Iterator<Item = &'a Arc<ToolSpec>> {
        let named = self.tools.iter().filter(move |spec| spec.tool == tool);
        let (first, then): (Vec<_>, Vec<_>) = named.partition(|spec| self.is_embedded(spec));
        first.into_iter().chain(then)
    }
}

/// Progress of a running call: done, total, message.
pub type ProgressFn = Arc<dyn Fn(f64, Option<f64>, Option<String>) + Send + Sync>;

/// Puts a form of a server to the user while the call waits; what was said. Bounded in time.
pub type AskFn = Arc<dyn Fn(Form) -> BoxFuture<'static, Said> + Send + Sync>;

/// Whether the user of a call can be asked what its server wants to know.
#[derive(Clone)]
pub enum Askable {
    /// Not at all; servers that can do without are told so.
    No,
    /// After the call: it ends in the question, and is made again with the answer.
    Later,
    /// While the call waits.
    Now(AskFn),
}

/// Who follows a call while it runs.
#[derive(Clone)]
pub struct Follow {
    /// Is told of progress.
    pub progress: ProgressFn,
    /// Whether its user can be asked.
    pub askable: Askable,
}

impl Follow {
    /// Nobody, and nobody can be asked.
    pub fn nobody() -> Self {
        Self { progress: Arc::new(|_, _, _| ()), askable: Askable::No }
    }
}

/// The tools.
#[async_trait]
pub trait Tools: Send + Sync {
    /// What is there now for this caller: servers may show each of their users something else.
    async fn catalog(&self, caller: &Caller) -> Arc<Catalog>;

    /// One call. Time limit, size limit and allow-list are the implementation's matter;
    /// dropping the future or cancelling stops the call at the server.
    ///
    /// # Errors
    /// See [`ToolFailure`]. A tool that answers with an error is `Ok` with `is_error`.
    async fn call(
        &self,
        call: &ToolCall,
        caller: &Caller,
        follow: Follow,
        cancel: &CancellationToken,
    ) -> Result<RawToolResult, ToolFailure>;

    /// Longest time a result of this tool may count as now, if configured.
    fn max_age(&self, server: &str, tool: &str) -> Option<Duration>;
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing with this id, or not this owner's.
    #[error("no {what} {id}")]
    NotFound {
        /// `conversation`, `turn`, `result`, `token`.
        what: &'static str,
        /// The id asked for.
        id: String,
    },
    /// Another turn of this conversation is running.
    #[error("a turn of conversation {conversation} is running")]
    TurnRunning {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Another turn has taken the place of this one.
    #[error("turn {turn} was replaced")]
    Replaced {
        /// The turn that was named.
        turn: TurnId,
    },
    /// Locked, read-only, full or gone; nothing was written.
    #[error("database {kind}")]
    Database {
        /// `locked`, `read_only`, `full`, `unreachable`, `broken`.
        kind: &'static str,
        /// The driver's error.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What is stored cannot be read back.
    #[error("stored {what} cannot be read: {reason}")]
    Corrupt {
        /// What.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

impl StoreError {
    /// Low-cardinality name for metrics and error codes.
    pub fn kind(&self) -> &'static str {
        match self {
            StoreError::NotFound { .. } => "not_found",
            StoreError::TurnRunning { .. } => "turn_running",
            StoreError::Replaced { .. } => "turn_replaced",
            StoreError::Database { kind, .. } => kind,
            StoreError::Corrupt { .. } => "corrupt",
        }
    }
}

/// A conversation as a turn needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredConversation {
    /// Head.
    pub conversation: Conversation,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
    /// Results, oldest first.
    pub ledger: Ledger,
    /// Whether its last turn ended in a question.
    pub asks: bool,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// Items of this page.
    pub items: Vec<T>,
    /// Pass it back for the next page; absent on the last.
    pub next_cursor: Option<String>,
}

/// The store. Owner checks are made here: another owner's object is `NotFound`.
#[async_trait]
pub trait TurnStore: Send + Sync {
    /// Creates an empty conversation.
    async fn create_conversation(&self, conversation: &Conversation) -> Result<(), StoreError>;

    /// Head of one conversation of this owner.
    async fn conversation(&self, owner: &str, id: ConversationId) -> Result<Conversation, StoreError>;

    /// Head, messages and ledger.
    async fn load(&self, owner: &str, id: ConversationId) -> Result<StoredConversation, StoreError>;

    /// The same as it was before this turn of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the turn is none of this conversation,
    /// [`StoreError::Replaced`] when it is hidden already.
    async fn load_before(
        &self,
        owner: &str,
        id: ConversationId,
        turn: TurnId,
    ) -> Result<StoredConversation, StoreError>;

    /// Conversations of the owner, newest first; `query` matches title and messages, case-insensitively.
    async fn list_conversations(
        &self,
        owner: &str,
        query: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<Conversation>, StoreError>;

    /// New title.
    async fn rename_conversation(&self, owner: &str, id: ConversationId, title: &str) -> Result<(), StoreError>;

    /// Removes the conversation with everything in it.
    async fn delete_conversation(&self, owner: &str, id: ConversationId) -> Result<(), StoreError>;

    /// The conversation of this owner whose history has this fingerprint, newest first.
    async fn find_by_fingerprint(&self, owner: &str, fingerprint: &str) -> Result<Option<ConversationId>, StoreError>;

    /// Takes the one place for a running turn of the conversation. A place whose holder is
    /// gone (its lease passed) is taken over.
    ///
    /// # Errors
    /// [`StoreError::TurnRunning`].
    async fn begin_turn(
        &self,
        conversation: ConversationId,
        turn: TurnId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), StoreError>;

    /// Writes the whole turn in one transaction and frees the place: messages, results,
    /// stale, shown and superseded marks, claims, events, raw model answers. All or nothing.
    /// A turn with a reply that replaces another hides that one and all later ones.
    async fn commit_turn(&self, record: &TurnRecord) -> Result<(), StoreError>;

    /// Frees the place without a record.
    async fn abandon_turn(&self, conversation: ConversationId, turn: TurnId) -> Result<(), StoreError>;

    /// The whole record of a finished turn.
    async fn turn(&self, owner: &str, id: TurnId) -> Result<TurnRecord, StoreError>;

    /// Turns of a conversation, oldest first.
    async fn turns(&self, owner: &str, conversation: ConversationId) -> Result<Vec<TurnId>, StoreError>;

    /// Events of a finished turn after `after` (0: all).
    async fn events(&self, owner: &str, id: TurnId, after: u64) -> Result<Vec<JournalEntry>, StoreError>;

    /// One ledger entry.
    async fn result(&self, owner: &str, id: ResultId) -> Result<LedgerEntry, StoreError>;

    /// The turn that has taken the place of this one.
    async fn replaced_by(&self, owner: &str, id: TurnId) -> Result<Option<TurnId>, StoreError>;

    /// Keeps what the owner thinks of a turn, instead of what was kept before.
    async fn give_feedback(&self, owner: &str, id: TurnId, feedback: &Feedback) -> Result<(), StoreError>;

    /// What the owner thinks of a turn.
    async fn feedback(&self, owner: &str, id: TurnId) -> Result<Option<Feedback>, StoreError>;

    /// Writes down a call outside of any turn.
    async fn record_call(&self, call: &LoneCall) -> Result<(), StoreError>;

    /// Writes down a question whether to make a call.
    async fn ask_about_call(&self, question: &CallQuestion) -> Result<(), StoreError>;

    /// Takes the one answer to such a question, durably and for good; what it asked, or `None`
    /// when it is not this owner's, was answered before, or is too old.
    async fn answer_about_call(
        &self,
        owner: &str,
        id: CallId,
        yes: bool,
        at: Timestamp,
    ) -> Result<Option<TakenQuestion>, StoreError>;

    /// What a finished turn asked before something runs; `None` when it asked nothing of that kind.
    async fn confirmation(&self, owner: &str, id: TurnId) -> Result<Option<Confirmation>, StoreError>;

    /// Takes the answer to that question for the turn `by`, durably and for good; false when
    /// it was taken before, or when another turn came after the question. Turns that `by` takes
    /// the place of, from `replaces` on, do not count.
    async fn claim_confirmation(
        &self,
        owner: &str,
        turn: TurnId,
        by: TurnId,
        replaces: Option<TurnId>,
        at: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Whether the database takes writes now.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// Time and new ids, so that runs repeat.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// A new UUIDv7 for this moment.
    fn new_uuid(&self) -> Uuid;
    /// Milliseconds of a clock that never goes back, for durations.
    fn monotonic_ms(&self) -> f64;

    /// A new turn id.
    fn turn_id(&self) -> TurnId {
        TurnId(self.new_uuid())
    }
    /// A new call id.
    fn call_id(&self) -> CallId {
        CallId(self.new_uuid())
    }
    /// A new result id.
    fn result_id(&self) -> ResultId {
        ResultId(self.new_uuid())
    }
    /// A new conversation id.
    fn conversation_id(&self) -> ConversationId {
        ConversationId(self.new_uuid())
    }
}

/// Free-form numbers of a step, for the record (`model_ms`, `checker_ms`, …).
pub type Timings = BTreeMap<String, f64>;
