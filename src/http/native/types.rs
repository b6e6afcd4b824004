//! The shapes of a turn in the native API and the conversions into them; other shapes stand
//! beside their routes. Written out field by field: what stands here is a promise to
//! strangers, and the domain may change behind it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::event;
use crate::domain::grounding::claim;
use crate::domain::policy::decision::DecidedBy;
use crate::engine::ports::ModelRole;
use crate::engine::record;
use crate::engine::record::TurnRecord;
use crate::http::native::events;
use crate::http::native::feedback::Feedback;
use crate::http::native::results::ToolResult;
use crate::http::native::turns::Contents;
use crate::http::time::Time;

/// A finished turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct FinishedTurn {
    /// Id.
    pub id: Uuid,
    /// Its conversation.
    pub conversation_id: Uuid,
    /// Router decision; null when the turn ended before it.
    pub decision: Option<&'static str>,
    /// Id of the rule; `model` or `default` where no rule decided.
    pub rule: Option<String>,
    /// `rule`, `model` or `default`.
    pub decided_by: Option<&'static str>,
    /// How it ended.
    pub outcome: &'static str,
    /// The reply; empty when there is none.
    pub text: String,
    /// Verdict of the reply.
    pub verdict: &'static str,
    /// What the reply rests on.
    pub basis: Vec<BasisItem>,
    /// Evidence of each value.
    pub citations: Vec<Citation>,
    /// What was stopped on the way.
    pub stopped: Vec<Stopped>,
    /// A question back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// Tokens.
    pub usage: Usage,
    /// When the message was accepted.
    pub started_at: Time,
    /// When the reply was committed.
    pub finished_at: Time,
    /// Where the time went, in milliseconds.
    pub timings_ms: Timings,
}

impl From<&TurnRecord> for FinishedTurn {
    fn from(record: &TurnRecord) -> Self {
        let ruling = record.ruling.as_ref();
        Self {
            id: record.id.0,
            conversation_id: record.conversation_id.0,
            decision: ruling.map(|ruling| ruling.decision.as_str()),
            rule: ruling.map(|ruling| ruling.rule.clone()),
            decided_by: ruling.map(|ruling| decided_by(ruling.decided_by)),
            outcome: record.outcome.as_str(),
            text: record.text.clone(),
            verdict: record.verdict.as_str(),
            basis: record.basis.iter().map(BasisItem::from).collect(),
            citations: record.citations.iter().map(Citation::from).collect(),
            stopped: record.stopped.iter().map(Stopped::from).collect(),
            question: record.question.as_ref().map(Question::from),
            usage: Usage::from(&record.usage),
            started_at: Time(record.started_at),
            finished_at: Time(record.finished_at),
            timings_ms: Timings::from(&record.timings_ms),
        }
    }
}

/// Name of who settled a decision.
pub fn decided_by(by: DecidedBy) -> &'static str {
    match by {
        DecidedBy::Rule => "rule",
        DecidedBy::Model => "model",
        DecidedBy::Default => "default",
    }
}

/// One call that a reply rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct BasisItem {
    /// The result.
    pub result_id: Uuid,
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// When it was observed.
    pub observed_at: Time,
    /// What became of the call.
    pub outcome: &'static str,
}

impl From<&event::BasisItem> for BasisItem {
    fn from(item: &event::BasisItem) -> Self {
        Self {
            result_id: item.result_id.0,
            server: item.server.clone(),
            tool: item.tool.clone(),
            arguments: item.arguments.clone(),
            observed_at: Time(item.observed_at),
            outcome: item.outcome.as_str(),
        }
    }
}

/// Pointer from a place in the reply to its evidence.
#[derive(Debug, Serialize, ToSchema)]
pub struct Citation {
    /// Unicode code points, end excluded.
    pub span: [usize; 2],
    /// The result.
    pub result_id: Uuid,
    /// JSON Pointer into the result's content.
    pub pointer: String,
}

impl From<&event::Citation> for Citation {
    fn from(citation: &event::Citation) -> Self {
        Self { span: citation.span, result_id: citation.result_id.0, pointer: citation.pointer.clone() }
    }
}

/// A statement that was not let out.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stopped {
    /// Its text.
    pub text: String,
    /// Violation code.
    pub code: String,
    /// Why.
    pub reason: String,
}

impl From<&event::Stopped> for Stopped {
    fn from(stopped: &event::Stopped) -> Self {
        Self { text: stopped.text.clone(), code: stopped.code.clone(), reason: stopped.reason.clone() }
    }
}

/// A question back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Question {
    /// `clarification`, `confirmation` or `elicitation`.
    pub kind: &'static str,
    /// Text.
    pub text: String,
    /// Choices; may be empty. Of a confirmation: to run it, and not to run it.
    pub choices: Vec<Choice>,
    /// What would run on a yes, in order; of an elicitation the call that asks; empty for a clarification.
    pub calls: Vec<AskedCall>,
}

/// A call that waits for the user's yes.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedCall {
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// The arguments, exactly.
    pub arguments: Value,
}

impl From<&event::AskedCall> for AskedCall {
    fn from(call: &event::AskedCall) -> Self {
        Self { server: call.server.clone(), tool: call.tool.clone(), arguments: call.arguments.clone() }
    }
}

/// One choice of a question.
#[derive(Debug, Serialize, ToSchema)]
pub struct Choice {
    /// Shown text.
    pub label: String,
    /// What to send as the next message for this choice.
    pub message: String,
}

impl From<&event::Question> for Question {
    fn from(question: &event::Question) -> Self {
        let choices = question.choices.iter();
        Self {
            kind: question.kind.as_str(),
            text: question.text.clone(),
            choices: choices
                .map(|choice| Choice { label: choice.label.clone(), message: choice.message.clone() })
                .collect(),
            calls: question.calls.iter().map(AskedCall::from).collect(),
        }
    }
}

/// Tokens of all model calls of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Model calls.
    pub model_calls: u64,
}

impl From<&event::Usage> for Usage {
    fn from(usage: &event::Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            model_calls: usage.model_calls,
        }
    }
}

/// Where the time of a turn went, in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timings {
    /// The whole turn.
    pub total: f64,
    /// Waiting for models.
    pub model: f64,
    /// Waiting for tools.
    pub tools: f64,
    /// Everything else.
    pub own: f64,
}

impl From<&record::TurnTimings> for Timings {
    fn from(timings: &record::TurnTimings) -> Self {
        Self { total: timings.total, model: timings.model, tools: timings.tools, own: timings.own }
    }
}

/// The whole record of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeTurn {
    /// The finished turn.
    #[serde(flatten)]
    pub turn: FinishedTurn,
    /// The user's message.
    pub message: String,
    /// Why the router decided so.
    pub reason: Option<String>,
    /// Code when the turn failed.
    pub failure: Option<String>,
    /// Claims of the reply with their verdicts.
    pub claims: Vec<Claim>,
    /// Results of this turn, oldest first.
    pub results: Vec<ToolResult>,
    /// Earlier results that this turn made stale.
    pub staled: Vec<Uuid>,
    /// Results whose content the reply shows.
    pub shown: Vec<Uuid>,
    /// Events in order.
    pub events: Vec<Event>,
    /// Model calls in order.
    pub exchanges: Vec<Exchange>,
    /// Digest of the tool catalog.
    pub catalog_digest: String,
    /// Digest of the configuration, secrets left out.
    pub config_digest: String,
    /// The earlier turn that this one was to take the place of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uuid>,
    /// The turn that has taken the place of this one; it is no part of its conversation any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Uuid>,
    /// What its owner thinks of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}

impl From<&TurnRecord> for WholeTurn {
    fn from(record: &TurnRecord) -> Self {
        Self {
            turn: FinishedTurn::from(record),
            message: record.message.clone(),
            reason: record.ruling.as_ref().map(|ruling| ruling.reason.clone()),
            failure: record.failure.clone(),
            claims: record.claims.iter().map(Claim::from).collect(),
            results: record.results.iter().map(ToolResult::from).collect(),
            staled: record.staled.iter().map(|id| id.0).collect(),
            shown: record.shown.iter().map(|id| id.0).collect(),
            events: record.events.iter().map(Event::from).collect(),
            exchanges: record.exchanges.iter().map(Exchange::from).collect(),
            catalog_digest: record.catalog_digest.clone(),
            config_digest: record.config_digest.clone(),
            replaces: record.replaces.map(|id| id.0),
            replaced_by: None,
            feedback: None,
        }
    }
}

impl WholeTurn {
    /// The record with the content of its results, or with null in its place.
    pub fn with(record: &TurnRecord, contents: Contents) -> Self {
        let mut whole = Self::from(record);
        if contents == Contents::None {
            for result in &mut whole.results {
                result.answer.content = Arc::default();
            }
        }
        whole
    }
}

/// One event of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Time,
    /// Name.
    pub event: &'static str,
    /// Facts; the same as in the event stream.
    pub data: Value,
}

impl From<&event::JournalEntry> for Event {
    fn from(entry: &event::JournalEntry) -> Self {
        Self { seq: entry.seq, at: Time(entry.at), event: entry.event.name(), data: events::data(&entry.event) }
    }
}

/// One model call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Exchange {
    /// What it was for.
    pub step: String,
    /// Role whose profile was used.
    #[schema(value_type = String)]
    pub role: ModelRole,
    /// Digest of the prompt.
    pub prompt_digest: String,
    /// The answer; null when the call failed.
    pub answer: Option<Value>,
    /// Error when it failed.
    pub error: Option<String>,
    /// Wall time in milliseconds.
    pub duration_ms: f64,
}

impl From<&record::ModelExchange> for Exchange {
    fn from(exchange: &record::ModelExchange) -> Self {
        Self {
            step: exchange.step.clone(),
            role: exchange.role,
            prompt_digest: exchange.prompt_digest.clone(),
            answer: exchange.answer.clone(),
            error: exchange.error.clone(),
            duration_ms: exchange.duration_ms,
        }
    }
}

/// One claim with its verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claim {
    /// Its text.
    pub text: String,
    /// Unicode code points, end excluded.
    pub span: [usize; 2],
    /// What kind of statement it is.
    #[schema(value_type = String)]
    pub kind: claim::ClaimKind,
    /// `supported`, `contradicted`, `unsupported` or `not_checkable`.
    #[schema(value_type = String)]
    pub verdict: claim::Verdict,
    /// The places that support or contradict it.
    pub evidence: Vec<Evidence>,
    /// Why.
    pub reason: String,
    /// Violation code; set unless supported or not checkable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

impl From<&claim::Claim> for Claim {
    fn from(claim: &claim::Claim) -> Self {
        let evidence = claim.evidence.iter();
        Self {
            text: claim.text.clone(),
            span: claim.span,
            kind: claim.kind,
            verdict: claim.verdict,
            evidence: evidence
                .map(|place| Evidence {
                    result_id: place.result_id.clone(),
                    pointer: place.pointer.clone(),
                    value: place.value.clone(),
                })
                .collect(),
            reason: claim.reason.clone(),
            code: claim.code.map(claim::ViolationCode::as_str),
        }
    }
}

/// A place in a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// The result.
    pub result_id: String,
    /// JSON Pointer into its content.
    pub pointer: String,
    /// The value there.
    pub value: Value,
}
