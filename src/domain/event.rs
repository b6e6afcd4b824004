//! The one vocabulary of a turn. SSE, audit, metrics, scenarios and the portal all
//! read these; a new fact becomes a field here, not another log format. The wire
//! names are those of `TurnEvent::name`; `id` on the wire is the sequence number.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::domain::ids::CallId;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::Choice;
use crate::domain::policy::decision::DecidedBy;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::tool::MadeBy;

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnOutcome {
    /// Answered from calls of this turn.
    Answered,
    /// Answered from results shown earlier, as of their time.
    AnsweredFromShown,
    /// The calls succeeded and matched nothing.
    NoData,
    /// The tool answered with an error.
    ToolFailed,
    /// No tool could be reached or no call could be made.
    ToolUnavailable,
    /// A question back.
    Clarification,
    /// Calls wait for the user's yes; none of them has run.
    Confirmation,
    /// Talk without operational data.
    Conversed,
    /// Not possible, not allowed, or declined by the user.
    Refused,
    /// The gateway rendered the result itself, since no draft was approved.
    Fallback,
    /// Stopped by the user.
    Cancelled,
    /// We ourselves failed.
    Failed,
}

impl TurnOutcome {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            TurnOutcome::Answered => "answered",
            TurnOutcome::AnsweredFromShown => "answered_from_shown",
            TurnOutcome::NoData => "no_data",
            TurnOutcome::ToolFailed => "tool_failed",
            TurnOutcome::ToolUnavailable => "tool_unavailable",
            TurnOutcome::Clarification => "clarification",
            TurnOutcome::Confirmation => "confirmation",
            TurnOutcome::Conversed => "conversed",
            TurnOutcome::Refused => "refused",
            TurnOutcome::Fallback => "fallback",
            TurnOutcome::Cancelled => "cancelled",
            TurnOutcome::Failed => "failed",
        }
    }
}

/// Verdict of a whole reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyVerdict {
    /// Every claim is supported.
    Grounded,
    /// Nothing to check: a question back, a greeting, a plain statement of failure.
    NothingToCheck,
    /// Drafts were stopped; the reply is rendered from the result itself.
    Replaced,
    /// No reply.
    None,
}

impl ReplyVerdict {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            ReplyVerdict::Grounded => "grounded",
            ReplyVerdict::NothingToCheck => "nothing_to_check",
            ReplyVerdict::Replaced => "replaced",
            ReplyVerdict::None => "none",
        }
    }
}

/// One line of the basis: which call the reply rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BasisItem {
    /// The ledger entry.
    pub result_id: ResultId,
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
}

/// Pointer from a place in the reply to its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// Unicode code points `[start, end)` in the reply text.
    pub span: [usize; 2],
    /// The ledger entry.
    pub result_id: ResultId,
    /// JSON Pointer (RFC 6901) into the entry's content.
    pub pointer: String,
}

/// A claim or statement that was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The text that was not let out.
    pub text: String,
    /// Verdict code, e.g. `invented_value`.
    pub code: String,
    /// Why, for people.
    pub reason: String,
}

/// What a question back is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Something is missing or several things match. Records without a kind are of this one.
    #[default]
    Clarification,
    /// Calls wait for the user's yes.
    Confirmation,
    /// A tool asks, in its own words.
    Elicitation,
}

impl QuestionKind {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            QuestionKind::Clarification => "clarification",
            QuestionKind::Confirmation => "confirmation",
            QuestionKind::Elicitation => "elicitation",
        }
    }
}

/// A call that waits for the user's yes: exactly what would run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AskedCall {
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// A JSON object.
    pub arguments: Value,
}

/// A question back: clarification, confirmation, elicitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What it is about.
    #[serde(default)]
    pub kind: QuestionKind,
    /// The text.
    pub text: String,
    /// Choices; may be empty.
    pub choices: Vec<Choice>,
    /// What would run on a yes, in order; of an elicitation the call that asks; empty for a clarification.
    #[serde(default)]
    pub calls: Vec<AskedCall>,
}

/// Tokens of the model calls of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Model calls.
    pub model_calls: u64,
}

/// One thing that happened in a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data")]
pub enum TurnEvent {
    /// The message was accepted.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// The turn.
        turn_id: TurnId,
        /// Its conversation.
        conversation_id: ConversationId,
        /// The user's message.
        message: String,
    },
    /// Earlier results became stale.
    #[serde(rename = "results.staled")]
    ResultsStaled {
        /// Which.
        result_ids: Vec<ResultId>,
    },
    /// The router decided.
    #[serde(rename = "turn.routed")]
    TurnRouted {
        /// What kind of turn.
        decision: RouterDecision,
        /// Rule id.
        rule: String,
        /// Who settled it.
        decided_by: DecidedBy,
        /// Qualified names of the tools offered.
        tools: Vec<String>,
        /// One line.
        reason: String,
    },
    /// A call starts.
    #[serde(rename = "tool.requested")]
    ToolRequested {
        /// The call.
        call_id: CallId,
        /// Configured server name.
        server: String,
        /// Tool name at the server.
        tool: String,
        /// Arguments as sent.
        arguments: Value,
        /// Who decided on it.
        made_by: MadeBy,
        /// 1 for the first try.
        attempt: u32,
    },
    /// The tool says how far it is.
    #[serde(rename = "tool.progress")]
    ToolProgress {
        /// The call.
        call_id: CallId,
        /// Done so far, in the tool's own unit.
        progress: f64,
        /// The whole, if the tool knows.
        total: Option<f64>,
        /// The tool's words; untrusted.
        message: Option<String>,
    },
    /// A call ended.
    #[serde(rename = "tool.finished")]
    ToolFinished {
        /// The call.
        call_id: CallId,
        /// The ledger entry.
        result_id: ResultId,
        /// What became of it.
        outcome: Outcome,
        /// Wall time.
        duration_ms: u64,
        /// When it was observed.
        observed_at: Timestamp,
        /// Rows in the result, when it is a list.
        rows: Option<u64>,
        /// All matches, when known.
        total: Option<u64>,
        /// SHA-256 of the payload.
        digest: String,
        /// Earlier results this one replaces.
        supersedes: Vec<ResultId>,
        /// Message of the failure, if any.
        error: Option<String>,
    },
    /// The model writes.
    #[serde(rename = "draft.started")]
    DraftStarted {
        /// 1 or 2.
        attempt: u32,
    },
    /// A draft is there.
    #[serde(rename = "draft.finished")]
    DraftFinished {
        /// 1 or 2.
        attempt: u32,
    },
    /// The checker is done.
    #[serde(rename = "check.finished")]
    CheckFinished {
        /// Whether every checkable claim is supported.
        verdict: String,
        /// Number of claims found.
        claims: u32,
        /// Codes of the violations, in order of their place.
        violations: Vec<String>,
    },
    /// The judge is done.
    #[serde(rename = "judge.finished")]
    JudgeFinished {
        /// `approved`, `rejected`, `unavailable`.
        verdict: String,
        /// The judge's words.
        reason: String,
    },
    /// The draft failed; one redraft follows.
    #[serde(rename = "repair.started")]
    RepairStarted {
        /// What was wrong.
        stopped: Vec<Stopped>,
    },
    /// Approved and committed text.
    #[serde(rename = "answer.text")]
    AnswerText {
        /// The text.
        text: String,
    },
    /// The turn ended with a reply.
    #[serde(rename = "answer.finished")]
    AnswerFinished {
        /// How it ended.
        outcome: TurnOutcome,
        /// The whole reply.
        text: String,
        /// What it rests on.
        basis: Vec<BasisItem>,
        /// Evidence of each value.
        citations: Vec<Citation>,
        /// Verdict of the reply.
        verdict: ReplyVerdict,
        /// Tokens.
        usage: Usage,
        /// Claims that were stopped on the way.
        stopped: Vec<Stopped>,
        /// A question back, if any.
        question: Option<Question>,
    },
    /// We ourselves failed.
    #[serde(rename = "turn.failed")]
    TurnFailed {
        /// Stable code.
        code: String,
        /// For people.
        message: String,
    },
    /// The user stopped it.
    #[serde(rename = "turn.cancelled")]
    TurnCancelled {},
}

impl TurnEvent {
    /// The wire name.
    pub fn name(&self) -> &'static str {
        match self {
            TurnEvent::TurnStarted { .. } => "turn.started",
            TurnEvent::ResultsStaled { .. } => "results.staled",
            TurnEvent::TurnRouted { .. } => "turn.routed",
            TurnEvent::ToolRequested { .. } => "tool.requested",
            TurnEvent::ToolProgress { .. } => "tool.progress",
            TurnEvent::ToolFinished { .. } => "tool.finished",
            TurnEvent::DraftStarted { .. } => "draft.started",
            TurnEvent::DraftFinished { .. } => "draft.finished",
            TurnEvent::CheckFinished { .. } => "check.finished",
            TurnEvent::JudgeFinished { .. } => "judge.finished",
            TurnEvent::RepairStarted { .. } => "repair.started",
            TurnEvent::AnswerText { .. } => "answer.text",
            TurnEvent::AnswerFinished { .. } => "answer.finished",
            TurnEvent::TurnFailed { .. } => "turn.failed",
            TurnEvent::TurnCancelled {} => "turn.cancelled",
        }
    }

    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, TurnEvent::AnswerFinished { .. } | TurnEvent::TurnFailed { .. } | TurnEvent::TurnCancelled {})
    }
}

/// An event with its place in the turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: TurnEvent,
}
