//! The six router decisions and the ruling that carries one.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::ids::ResultId;
use crate::domain::lang::Lang;

/// What kind of turn this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouterDecision {
    /// Needs new facts: at least one tool call must really run in this turn.
    CallTool,
    /// Asks for the current state of something already shown: its calls are repeated.
    Refresh,
    /// Only reworks what was shown; rests on results as of their time.
    UseShown,
    /// Facts are missing or several targets match: ask back.
    Clarify,
    /// No operational data involved.
    Converse,
    /// Not possible here, or not allowed.
    Refuse,
}

impl RouterDecision {
    /// All six, in the order of the design.
    pub const ALL: [RouterDecision; 6] = [
        RouterDecision::CallTool,
        RouterDecision::Refresh,
        RouterDecision::UseShown,
        RouterDecision::Clarify,
        RouterDecision::Converse,
        RouterDecision::Refuse,
    ];

    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            RouterDecision::CallTool => "call_tool",
            RouterDecision::Refresh => "refresh",
            RouterDecision::UseShown => "use_shown",
            RouterDecision::Clarify => "clarify",
            RouterDecision::Converse => "converse",
            RouterDecision::Refuse => "refuse",
        }
    }

    /// Whether an answer needs a call record of this turn.
    pub fn needs_call(self) -> bool {
        matches!(self, RouterDecision::CallTool | RouterDecision::Refresh)
    }
}

/// Who settled the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A rule of the table.
    Rule,
    /// The model, asked because rules left it open.
    Model,
    /// Neither was sure: `call_tool`.
    Default,
}

/// A choice offered back to the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Shown text, e.g. `4120771 – Beacon-like traffic from NFK-WS-0417`.
    pub label: String,
    /// What answering with this choice means as a user message, e.g. `Show me case 4120771`.
    pub message: String,
}

/// A call that policy could make by itself: server tool name and full arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// Tool name at the server (not qualified), e.g. `executeSearchArgusCase`.
    pub tool: String,
    /// A JSON object.
    pub arguments: Value,
    /// The shown result this repeats, on refresh.
    pub repeats: Option<ResultId>,
}

/// Decision, rule and what was read off the message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ruling {
    /// What kind of turn this is.
    pub decision: RouterDecision,
    /// Id of the rule; `model` or `default` where no rule decided.
    pub rule: String,
    /// Who settled it.
    pub decided_by: DecidedBy,
    /// Tool groups that can serve the question, best first; may be empty.
    pub groups: Vec<String>,
    /// Tool names at the server (not qualified) to offer, in the order of the group; empty: all of the catalog.
    pub tools: Vec<String>,
    /// Arguments read off the message (ids, customer, severity, time), by policy argument name.
    pub arguments: Map<String, Value>,
    /// Required facts that the message does not give.
    pub missing: Vec<String>,
    /// Choices when `clarify`.
    pub choices: Vec<Choice>,
    /// Shown results this turn speaks of (`refresh`, `use_shown`), oldest first.
    pub about: Vec<ResultId>,
    /// One line for people.
    pub reason: String,
    /// Language of the message.
    pub language: Lang,
}
