//! What a turn commits: enough to show it, audit it and run it again. Written by the
//! step that releases the reply: no record, no reply.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::FormAnswer;
use crate::domain::elicitation::OpenCall;
use crate::domain::event::AskedCall;
use crate::domain::event::BasisItem;
use crate::domain::event::Citation;
use crate::domain::event::JournalEntry;
use crate::domain::event::Question;
use crate::domain::event::ReplyVerdict;
use crate::domain::event::Stopped;
use crate::domain::event::TurnOutcome;
use crate::domain::event::Usage;
use crate::domain::grounding::claim::Claim;
use crate::domain::ids::CallId;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notice::NoticeKind;
use crate::domain::outcome::Outcome;
use crate::domain::phrases::phrase;
use crate::domain::policy::decision::Ruling;
use crate::engine::ports::ModelRole;

/// One model call as it went over the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelExchange {
    /// What it was for: `route`, `gather`, `arguments`, `draft`, `repair`, `judge`.
    pub step: String,
    /// Role whose profile was used.
    pub role: ModelRole,
    /// SHA-256 of the rendered messages and tools, lower-case hex.
    pub prompt_digest: String,
    /// The answer; absent when the call failed.
    pub answer: Option<Value>,
    /// Error kind when it failed.
    pub error: Option<String>,
    /// Wall time.
    pub duration_ms: f64,
}

/// Where the time of a turn went, in milliseconds; `own` = total minus model and tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnTimings {
    /// From accepting the message to the committed reply.
    pub total: f64,
    /// Waiting for models.
    pub model: f64,
    /// Waiting for tools.
    pub tools: f64,
    /// Everything else.
    pub own: f64,
}

/// One finished turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TurnRecord {
    /// Id.
    pub id: TurnId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Owner: the caller's subject.
    pub owner: String,
    /// The user's message.
    pub message: String,
    /// The message that it answers where its own is a plain yes, or the answer to a tool.
    #[serde(default)]
    pub asked: Option<String>,
    /// Decision and rule; absent when the turn failed before routing.
    pub ruling: Option<Ruling>,
    /// How it ended.
    pub outcome: TurnOutcome,
    /// The reply; empty when there is none.
    pub text: String,
    /// Verdict of the reply.
    pub verdict: ReplyVerdict,
    /// What it rests on.
    pub basis: Vec<BasisItem>,
    /// Evidence of each value.
    pub citations: Vec<Citation>,
    /// Every claim of the reply.
    pub claims: Vec<Claim>,
    /// What was stopped on the way.
    pub stopped: Vec<Stopped>,
    /// A question back.
    pub question: Option<Question>,
    /// Tokens.
    pub usage: Usage,
    /// When the message was accepted.
    pub started_at: Timestamp,
    /// When the reply was committed.
    pub finished_at: Timestamp,
    /// Where the time went.
    pub timings_ms: TurnTimings,
    /// Results of this turn, oldest first.
    pub results: Vec<LedgerEntry>,
    /// Earlier results that this turn made stale.
    pub staled: Vec<ResultId>,
    /// Results whose content the reply shows (of this turn or earlier).
    pub shown: Vec<ResultId>,
    /// Earlier results that a result of this turn replaces: (old, new).
    pub superseded: Vec<(ResultId, ResultId)>,
    /// Events in order.
    pub events: Vec<JournalEntry>,
    /// Model calls in order.
    pub exchanges: Vec<ModelExchange>,
    /// Digest of the tool catalog.
    pub catalog_digest: String,
    /// Digest of the configuration, secrets left out.
    pub config_digest: String,
    /// Fingerprint of the history up to and including this reply, for stateless clients.
    pub fingerprint: String,
    /// Error code when the turn failed.
    pub failure: Option<String>,
    /// The turn that this one takes the place of, once it has a reply.
    #[serde(default)]
    pub replaces: Option<TurnId>,
    /// The call that waits for an answer to the question.
    #[serde(default)]
    pub open_call: Option<OpenCall>,
}

/// What a turn asked before something runs, as far as its answer needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmation {
    /// The turn that asked.
    pub turn_id: TurnId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// When it asked.
    pub asked_at: Timestamp,
    /// The message that led to it.
    pub message: String,
    /// Language of that message.
    pub language: Lang,
    /// What would run, in order.
    pub calls: Vec<AskedCall>,
    /// The call whose server asks, where that is the question.
    pub open: Option<OpenCall>,
}

impl Confirmation {
    /// The plain yes or no of its language, as a user would write it.
    pub fn reply(&self, yes: bool) -> &'static str {
        phrase(if yes { NoticeKind::Yes } else { NoticeKind::No }, self.language)
    }
}

/// What somebody thinks of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// Good.
    Up,
    /// Bad.
    Down,
}

/// A rating with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// Good or bad.
    pub rating: Rating,
    /// Why.
    pub comment: Option<String>,
    /// When.
    pub given_at: Timestamp,
}

/// On whose behalf a call outside of any turn was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOrigin {
    /// Somebody tried a tool by hand.
    Trial,
    /// A client of the MCP proxy asked for it.
    Mcp {
        /// The question whose yes it is the one call of.
        question: Option<CallId>,
    },
}

impl CallOrigin {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            CallOrigin::Trial => "trial",
            CallOrigin::Mcp { .. } => "mcp",
        }
    }

    /// The question whose yes it is the one call of.
    pub fn question(self) -> Option<CallId> {
        match self {
            CallOrigin::Trial => None,
            CallOrigin::Mcp { question } => question,
        }
    }
}

/// A question to a client of the MCP proxy about one call: whether to make it, or what its server
/// asks before it goes on. It is answered once.
#[derive(Clone, Debug, PartialEq)]
pub struct CallQuestion {
    /// Id.
    pub id: CallId,
    /// Who asked for the call: the caller's subject.
    pub owner: String,
    /// What would run.
    pub call: AskedCall,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// An answer after that is too late.
    pub expires_at: Timestamp,
    /// What its server asks; `None` where the question is whether to make the call.
    pub open: Option<OpenForClient>,
}

/// A call of a client that waits for answers to its server's question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenForClient {
    /// The user had said yes to the call.
    pub confirmed: bool,
    /// What is asked.
    pub asking: Asking,
    /// What was asked and answered before.
    pub earlier: Vec<FormAnswer>,
    /// How often the call has asked.
    pub round: u32,
}

/// A question of this kind whose one answer was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenQuestion {
    /// The call.
    pub call: AskedCall,
    /// What its server asked; `None` where the question was whether to make the call.
    pub open: Option<OpenForClient>,
}

/// A call outside of any turn: part of no conversation, evidence of nothing. The payload is
/// shown once; what is kept is its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoneCall {
    /// Id.
    pub id: CallId,
    /// On whose behalf.
    pub origin: CallOrigin,
    /// Who asked for it: the caller's subject.
    pub owner: String,
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// What became of it.
    pub outcome: Outcome,
    /// SHA-256 of the payload, lower-case hex.
    pub digest: String,
    /// Message when it was no success.
    pub error: Option<String>,
    /// When the call was made.
    pub started_at: Timestamp,
    /// When its answer was there.
    pub finished_at: Timestamp,
}
