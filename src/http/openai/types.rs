//! The wire shapes of chat completions, as OpenAI's clients know them, and the extra
//! object `groundwire`.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::event;
use crate::engine::record::TurnRecord;
use crate::http::native::types::BasisItem;
use crate::http::native::types::Citation;
use crate::http::native::types::Question;
use crate::http::native::types::Stopped;

/// A plain response.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatCompletion {
    /// Id.
    pub id: String,
    /// Always `chat.completion`.
    pub object: &'static str,
    /// Seconds since 1970.
    pub created: i64,
    /// The model asked for.
    pub model: String,
    /// Exactly one.
    pub choices: Vec<ChatChoice>,
    /// Tokens.
    pub usage: ChatUsage,
    /// What the reply rests on.
    pub groundwire: Extra,
}

/// The one choice.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatChoice {
    /// Always 0.
    pub index: u32,
    /// The reply.
    pub message: ChatReply,
    /// Always null.
    pub logprobs: Option<()>,
    /// Always `stop`.
    pub finish_reason: &'static str,
}

/// The reply.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatReply {
    /// Always `assistant`.
    pub role: &'static str,
    /// Text.
    pub content: String,
    /// Always null.
    pub refusal: Option<()>,
}

/// Tokens.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ChatUsage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
}

impl From<&event::Usage> for ChatUsage {
    fn from(usage: &event::Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens + usage.completion_tokens,
        }
    }
}

/// What an OpenAI response has no place for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Extra {
    /// The turn.
    pub turn_id: Uuid,
    /// Its conversation.
    pub conversation_id: Uuid,
    /// Router decision.
    pub decision: Option<&'static str>,
    /// How the turn ended.
    pub outcome: &'static str,
    /// Verdict of the reply.
    pub verdict: &'static str,
    /// What the reply rests on.
    #[schema(value_type = Vec<BasisItem>)]
    pub basis: std::sync::Arc<[BasisItem]>,
    /// Evidence of each value.
    #[schema(value_type = Vec<Citation>)]
    pub citations: std::sync::Arc<[Citation]>,
    /// What was stopped on the way.
    #[schema(value_type = Vec<Stopped>)]
    pub stopped: std::sync::Arc<[Stopped]>,
    /// A question back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Question>)]
    pub question: Option<std::sync::Arc<Question>>,
}

impl From<&TurnRecord> for Extra {
    fn from(record: &TurnRecord) -> Self {
        Self {
            turn_id: record.id.0,
            conversation_id: record.conversation_id.0,
            decision: record.ruling.as_ref().map(|ruling| ruling.decision.as_str()),
            outcome: record.outcome.as_str(),
            verdict: record.verdict.as_str(),
            basis: record.basis.iter().map(BasisItem::from).collect(),
            citations: record.citations.iter().map(Citation::from).collect(),
            stopped: record.stopped.iter().map(Stopped::from).collect(),
            question: record.question.as_ref().map(|question| Question::from(question).into()),
        }
    }
}

/// One chunk of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChatChunk {
    /// Id of the completion.
    pub id: String,
    /// Always `chat.completion.chunk`.
    pub object: &'static str,
    /// Seconds since 1970.
    pub created: i64,
    /// The model asked for.
    pub model: String,
    /// One; none in the usage chunk.
    pub choices: Vec<ChunkChoice>,
    /// Tokens; in the usage chunk alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<ChatUsage>,
    /// What the reply rests on; in the last chunk that has content of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groundwire: Option<Extra>,
}

/// The one choice of a chunk.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChunkChoice {
    /// Always 0.
    pub index: u32,
    /// What is new.
    pub delta: Delta,
    /// Always null.
    pub logprobs: Option<()>,
    /// `stop` at the end.
    pub finish_reason: Option<&'static str>,
}

/// What is new in a chunk.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Delta {
    /// In the first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Approved text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Progress, for clients of one generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// The same, for clients of the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
}
