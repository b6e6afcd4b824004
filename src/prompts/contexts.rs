//! What each prompt is given: plain data, made by the engine's steps from ledger,
//! catalogue and report. How it is written into a prompt is not known here.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;

/// A tool result as a prompt shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultView {
    /// Number of the result in the prompt, e.g. `1`: no text that a model could take for the id of a row.
    pub id: String,
    /// Tool name.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// What became of the call.
    pub outcome: Outcome,
    /// Rows in `content`, when it is a list.
    pub rows_shown: Option<u64>,
    /// All rows of the result, when known.
    pub rows_total: Option<u64>,
    /// The projected payload as JSON text; empty when there is none.
    pub content: String,
    /// Message of a failed call.
    pub error: Option<String>,
}

/// What stands for a stale result: the call, never its values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StubView {
    /// Tool name.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// What it was about, in a few words without values.
    pub about: String,
}

/// Name and description of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolLine {
    /// Qualified name.
    pub name: String,
    /// The tool's own words; untrusted.
    pub description: String,
}

/// A tool with its schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToolView {
    /// Qualified name.
    pub name: String,
    /// The tool's own words; untrusted.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
}

/// A past message as a prompt shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryLine {
    /// `user` or `assistant`.
    pub role: String,
    /// Text, already bounded.
    pub text: String,
}

/// What policy read off the message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// Qualified tool names in the order to use them; may be empty.
    pub tools: Vec<String>,
    /// Arguments by policy argument name; may be empty.
    pub arguments: Map<String, Value>,
}

/// A claim as the judge sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimView {
    /// Index into the report's claims.
    pub index: usize,
    /// Text of the claim.
    pub text: String,
    /// What kind it is.
    pub kind: ClaimKind,
    /// What the checker found.
    pub verdict: Verdict,
    /// The facts nearest to it, as short texts.
    pub nearest: Vec<String>,
}

/// Inputs of the router prompt.
#[derive(Clone, Debug)]
pub struct RouteContext {
    /// The user's message.
    pub message: String,
    /// Its language.
    pub language: Lang,
    /// Past messages, oldest first, already bounded.
    pub history: Vec<HistoryLine>,
    /// Results already shown.
    pub shown: Vec<StubView>,
    /// The catalogue.
    pub tools: Vec<ToolLine>,
}

/// Inputs of the gathering prompt.
#[derive(Clone, Debug)]
pub struct GatherContext {
    /// The user's message.
    pub message: String,
    /// Its language.
    pub language: Lang,
    /// Now.
    pub now: Timestamp,
    /// Past messages, oldest first, already bounded.
    pub history: Vec<HistoryLine>,
    /// Stale results.
    pub stubs: Vec<StubView>,
    /// What policy read off the message.
    pub hints: Hints,
    /// Schema errors of the last try; empty on the first.
    pub notes: Vec<String>,
}

/// Inputs of the constrained choice of tool and arguments.
#[derive(Clone, Debug)]
pub struct ArgumentsContext {
    /// The user's message.
    pub message: String,
    /// Now.
    pub now: Timestamp,
    /// Tools to choose from; never empty.
    pub tools: Vec<ToolView>,
    /// Schema errors of the last try; may be empty.
    pub errors: Vec<String>,
    /// What policy read off the message.
    pub hints: Hints,
}

/// Inputs of the draft.
#[derive(Clone, Debug)]
pub struct DraftContext {
    /// The user's message.
    pub message: String,
    /// What kind of turn this is.
    pub decision: RouterDecision,
    /// Language of the reply.
    pub language: Lang,
    /// Now.
    pub now: Timestamp,
    /// Results the reply may rest on.
    pub results: Vec<ResultView>,
    /// Stale results.
    pub stubs: Vec<StubView>,
    /// Calls that brought no data, one sentence each.
    pub failures: Vec<String>,
}

/// Inputs of the judge.
#[derive(Clone, Debug)]
pub struct JudgeContext {
    /// The user's message.
    pub message: String,
    /// The draft.
    pub draft: String,
    /// What kind of turn this is.
    pub decision: RouterDecision,
    /// Now.
    pub now: Timestamp,
    /// The evidence.
    pub results: Vec<ResultView>,
    /// The claims put to it.
    pub claims: Vec<ClaimView>,
}
