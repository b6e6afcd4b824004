//! Tools, calls and what comes back, as the rest of the domain sees them. Names
//! towards models are `server__tool`; how a server is reached is not known here.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
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
    pub input_schema: Value,
    /// JSON Schema of `structuredContent`, if declared.
    pub output_schema: Option<Value>,
    /// It runs without being confirmed: it is said to change nothing, and the operator does not
    /// want to be asked all the same.
    pub read_only: bool,
    /// Its server (`readOnlyHint: true`) or the operator says that it changes nothing.
    pub hinted: bool,
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
    #[error("{server} asked a question in the middle of the call: {reason}")]
    Unanswered {
        /// Configured server name.
        server: String,
        /// Why nobody was asked, or why there is no answer.
        reason: String,
    },
}

/// What the text of a failure says whose server asked what could not be answered.
const ASKED: &str = "asked a question in the middle of the call";

/// How the text of a failure ends whose call may have changed something before it asked.
const MAY_HAVE_CHANGED: &str = "it may have changed something before that, so it is not made again";

/// How the text of such a failure ends.
const AWAITS_APPROVAL: &str = "its definition awaits approval";

impl ToolFailure {
    /// Why, without the server's name where that can be told apart.
    pub fn cause(&self) -> String {
        match self {
            ToolFailure::Unavailable { reason, .. } | ToolFailure::NoCredential { reason, .. } => reason.clone(),
            other => other.to_string(),
        }
    }

    /// The tool's definition is not the one that was accepted.
    pub fn awaits_approval(server: &str, tool: &str) -> Self {
        Self::Unavailable { server: server.to_owned(), reason: format!("{tool} is not offered, {AWAITS_APPROVAL}") }
    }

    /// The call may have changed something before it asked, and could not be answered.
    pub fn asked_too_late(server: &str) -> Self {
        Self::Unanswered { server: server.to_owned(), reason: format!("nobody can answer it here; {MAY_HAVE_CHANGED}") }
    }

    /// Whether the text of a failure is that of a call that asked in vain.
    pub fn is_unanswered(error: &str) -> bool {
        error.split_once(' ').is_some_and(|(_server, rest)| rest.starts_with(ASKED))
    }

    /// Whether the text of a failure is that of such a one.
    pub fn is_asked_too_late(error: &str) -> bool {
        error.ends_with(MAY_HAVE_CHANGED)
    }

    /// Whether it is one of a tool that awaits approval.
    pub fn is_for_approval(&self) -> bool {
        matches!(self, Self::Unavailable { reason, .. } if Self::is_awaiting_approval(reason))
    }

    /// Whether the text of a failure is that of such a one.
    pub fn is_awaiting_approval(error: &str) -> bool {
        error.ends_with(AWAITS_APPROVAL)
    }
}
