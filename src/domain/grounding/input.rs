//! What the checker is given: a text, the results it may rest on, the results it
//! may not, and what really happened in the turn.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerEntry;
use crate::domain::ledger::Page;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;

/// One tool result as evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceResult {
    /// Id that claims refer to.
    pub id: String,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent: the filter that scope claims must match.
    pub arguments: Value,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// What became of the call.
    pub outcome: Outcome,
    /// The whole payload, of any shape; a plain text is a JSON string.
    pub content: Arc<Value>,
    /// Page data when known; otherwise read off the payload.
    pub page: Option<Page>,
    /// Message of a failed call.
    pub error: Option<String>,
}

impl From<&LedgerEntry> for EvidenceResult {
    fn from(entry: &LedgerEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            tool: entry.tool.clone(),
            arguments: entry.arguments.clone(),
            observed_at: entry.observed_at,
            outcome: entry.outcome,
            content: Arc::clone(&entry.content),
            page: entry.page.clone(),
            error: entry.error.clone(),
        }
    }
}

/// How a text stands to the work of the turn; decides freshness claims and what must be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Stance {
    /// Nothing is known about the turn (stateless validation): results count as the latest calls.
    #[default]
    Stateless,
    /// A turn of the gateway with this decision.
    Turn(RouterDecision),
}

/// Everything one check needs.
#[derive(Clone, Debug)]
pub struct CheckInput<'a> {
    /// The user's message: its own values may be repeated, its dates and numbers are no claims.
    pub user_message: &'a str,
    /// The text to check.
    pub draft: &'a str,
    /// The moment that relative times and "now" refer to.
    pub now: Timestamp,
    /// Zone of times without a label.
    pub zone: TimeZone,
    /// Results the text may rest on. For `use_shown` these are the shown ones, as of their time.
    pub results: &'a [EvidenceResult],
    /// Stale or superseded results: never support; a value found only here is `stale_as_fresh`.
    pub stale: &'a [EvidenceResult],
    /// What kind of turn the text belongs to.
    pub stance: Stance,
    /// Language of the user's message.
    pub language: Lang,
}
