//! Tools, calls and what comes back, as the rest of the domain sees them. Names
//! towards models are `server__tool`; how a server is reached is not known here.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::OnceLock;

use jiff::Timestamp;
use jsonschema::Validator;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::Given;
use crate::domain::ids::CallId;

/// Qualified tool name: `server__tool`, at most 64 of `[A-Za-z0-9_-]`, unique in the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolName(Arc<str>);

impl ToolName {
    /// Longest name that model servers accept, in bytes.
    pub const MAX: usize = 64;

    /// Joins server and tool; other characters become `_`, the end is cut at 64.
    /// Clashes are the catalog's matter.
    pub fn qualify(server: &str, tool: &str) -> Self {
        let mut name: String = format!("{server}__{tool}")
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
            .collect();
        name.truncate(Self::MAX);
        Self(name.into())
    }

    /// Takes a name that is already qualified, as it stands.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One tool of the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Unique name towards models.
    pub name: ToolName,
    /// Configured server name.
    pub server: String,
    /// Name at the server.
    pub tool: String,
    /// What the tool says about itself; untrusted text.
    pub description: String,
    /// JSON Schema 2020-12 of the arguments.
    pub input_schema: InputSchema,
    /// JSON Schema of `structuredContent`, if declared.
    pub output_schema: Option<Value>,
    /// It runs without being confirmed: it is said to change nothing, and the operator does not
    /// want to be asked all the same.
    pub read_only: bool,
    /// Its server (`readOnlyHint: true`) or the operator says that it changes nothing.
    pub hinted: bool,
}

/// The schema of a tool's arguments. It cannot be changed, so that what was compiled of it holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputSchema {
    schema: Value,
    /// Compiled at its first use; none: it is no valid schema.
    #[serde(skip)]
    compiled: OnceLock<Option<Validator>>,
}

impl InputSchema {
    /// What arguments are checked with; `None` where the schema cannot be used. References to other
    /// documents are not followed.
    pub fn validator(&self) -> Option<&Validator> {
        self.compiled.get_or_init(|| jsonschema::validator_for(&self.schema).ok()).as_ref()
    }
}

impl From<Value> for InputSchema {
    fn from(schema: Value) -> Self {
        Self { schema, compiled: OnceLock::new() }
    }
}

impl Deref for InputSchema {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.schema
    }
}

impl PartialEq for InputSchema {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema
    }
}

/// Who decided on a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeBy {
    /// The model asked for it.
    Model,
    /// The gateway made it itself (ladder step 5, or a refresh).
    Gateway,
}

/// One request to a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Id of this call.
    pub id: CallId,
    /// Qualified name.
    pub name: ToolName,
    /// Configured server name.
    pub server: String,
    /// Name at the server.
    pub tool: String,
    /// A JSON object.
    pub arguments: Value,
    /// Who decided on it.
    pub made_by: MadeBy,
    /// 1 for the first try in the turn.
    pub attempt: u32,
    /// The user has said yes to this very call. It is made once, whatever happens; a tool that
    /// is not read-only is called in no other way.
    pub confirmed: bool,
    /// Answers to what its server asked when it was made before.
    pub given: Option<Given>,
}

/// What a server sent back, before anything was made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawToolResult {
    /// MCP `isError`.
    pub is_error: bool,
    /// MCP `structuredContent`.
    pub structured: Option<Arc<Value>>,
    /// The content blocks of all kinds, in order, each as MCP writes it: `{type, …}`.
    pub blocks: Vec<Value>,
    /// MCP `_meta`, an object.
    pub meta: Option<Value>,
    /// When the answer arrived.
    pub received_at: Timestamp,
}

impl RawToolResult {
    /// A success with this structured content and nothing else.
    pub fn structured(content: Value, received_at: Timestamp) -> Self {
        Self { is_error: false, structured: Some(Arc::new(content)), blocks: Vec::new(), meta: None, received_at }
    }

    /// The texts of the text blocks, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.blocks.iter().filter(|block| block["type"] == "text").filter_map(|block| block["text"].as_str())
    }
}

/// A text block as MCP writes it. The text is moved, since it may be long.
pub fn text_block(text: String) -> Value {
    let kind = ("type".to_owned(), Value::String("text".to_owned()));
    Value::Object(serde_json::Map::from_iter([kind, ("text".to_owned(), Value::String(text))]))
}

/// Why a call brought no answer at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ToolFailure {
    /// No answer in time.
    #[error("{server} did not answer within {limit_ms} ms")]
    Timeout {
        /// Configured server name.
        server: String,
        /// The limit that passed.
        limit_ms: u64,
    },
    /// Not reachable, not started, or gone in the middle.
    #[error("{server} is not available: {reason}")]
    Unavailable {
        /// Configured server name.
        server: String,
        /// Short cause without secrets.
        reason: String,
    },
    /// The caller has given no credential for it, or none that can be used.
    #[error("{server} is not available: {reason}")]
    NoCredential {
        /// Configured server name.
        server: String,
        /// A sentence for the caller, without secrets.
        reason: String,
    },
    /// The arguments do not fit the tool's schema.
    #[error("arguments refused: {}", problems.join("; "))]
    InvalidArguments {
        /// Every problem found, each naming its place.
        problems: Vec<String>,
    },
    /// Not on the allow-list, off limits by policy, or not the caller's right.
    #[error("not allowed: {reason}")]
    Denied {
        /// Short cause.
        reason: String,
    },
    /// The answer was larger than the configured limit or no valid protocol answer.
    #[error("{server} sent an answer that cannot be used: {reason}")]
    BadAnswer {
        /// Configured server name.
        server: String,
        /// Short cause.
        reason: String,
    },
    /// The server refused the request with an error of the protocol.
    #[error("{server} refused the request: {reason}")]
    Refused {
        /// Configured server name.
        server: String,
        /// JSON-RPC error code.
        code: i32,
        /// The server's words, bounded.
        reason: String,
    },
    /// The turn was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// It asks its user something first; until that is answered the call counts as not made.
    #[error("{server} asks its user a question before it answers")]
    AsksUser {
        /// Configured server name.
        server: String,
        /// What it asks.
        asking: Box<Asking>,
    },
    /// It asked something that cannot be answered, and was told so.
    #[error("{server} asked a question in the middle of the call: {why}{}", after_that(*may_have_changed))]
    Unanswered {
        /// Configured server name.
        server: String,
        /// Why nobody was asked, or why there is no answer.
        why: Unasked,
        /// The call may have changed something before it asked.
        may_have_changed: bool,
    },
    /// The tool's definition is not the accepted one, so it was not called.
    #[error("{server} is not available: {tool} is not offered, its definition awaits approval")]
    AwaitsApproval {
        /// Configured server name.
        server: String,
        /// Name at the server.
        tool: String,
    },
    /// A call that is made once at most, and was not sent.
    #[error("{server} is not available: {reason}; it was not sent")]
    NotSent {
        /// Configured server name.
        server: String,
        /// Short cause without secrets.
        reason: String,
    },
}

/// Why nobody was asked what a server wants to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unasked {
    /// There is no way to ask this call's user, though there are ways to ask users.
    #[error("its user cannot be asked")]
    NoWay,
    /// The answer is wanted while the call waits, and this call's user can only be asked after it.
    #[error("its user cannot be asked while the call waits")]
    NotWhileItWaits,
    /// Another reason, in a few words without secrets.
    #[error("{0}")]
    Because(String),
}

fn after_that(may_have_changed: bool) -> &'static str {
    if may_have_changed { "; it may have changed something before that, so it is not made again" } else { "" }
}

/// What a reply says of a failed call beyond its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The tool's definition is not the accepted one; nothing was called.
    AwaitsApproval,
    /// Its server asked what could not be answered.
    AskedInVain,
    /// The same, and the call may have changed something before that.
    AskedTooLate,
    /// It was not sent, so it did not run.
    NotSent,
}

impl ToolFailure {
    /// Why, without the server's name where that can be told apart.
    pub fn reason(&self) -> String {
        match self {
            ToolFailure::Unavailable { reason, .. } | ToolFailure::NoCredential { reason, .. } => reason.clone(),
            other => other.to_string(),
        }
    }

    /// What a reply says of it beyond its outcome.
    pub fn known_cause(&self) -> Option<Cause> {
        match self {
            Self::AwaitsApproval { .. } => Some(Cause::AwaitsApproval),
            Self::Unanswered { may_have_changed: true, .. } => Some(Cause::AskedTooLate),
            Self::Unanswered { .. } => Some(Cause::AskedInVain),
            Self::NotSent { .. } => Some(Cause::NotSent),
            _ => None,
        }
    }

    /// The same failure of a call that was not sent.
    #[must_use]
    pub fn before_sending(self) -> Self {
        match self {
            Self::Unavailable { server, reason } => Self::NotSent { server, reason },
            other => other,
        }
    }
}
