//! The ledger of a conversation: every result with the call that brought it, when,
//! and what became of it. Freshness is arithmetic here: every entry becomes stale
//! at the next user message, and inside a turn once older than its `max_age`. A
//! newer answered entry for the same call supersedes the older one; a failure
//! supersedes nothing.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::domain::ids::CallId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::outcome::Outcome;
use crate::domain::tool::Cause;
use crate::domain::tool::MadeBy;

/// Page data of a result, as the tool gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Page {
    /// Offset of the first row, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Page size asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Rows in this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// All matches, when the tool knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// More rows exist or may exist.
    #[serde(default)]
    pub more: bool,
}

/// Whether an entry may stand for "now".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Fetched in the running turn and not past its `max_age`.
    Fresh,
    /// A user message came after it, or it is older than its `max_age`.
    Stale,
}

/// One result of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Id of the result.
    pub id: ResultId,
    /// The call that brought it.
    pub call_id: CallId,
    /// The turn that made the call.
    pub turn_id: TurnId,
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent; a JSON object.
    pub arguments: Value,
    /// Who decided on the call.
    pub made_by: MadeBy,
    /// When the fact held at the source; if the source is silent, when we received it.
    pub observed_at: Timestamp,
    /// What became of the call.
    pub outcome: Outcome,
    /// SHA-256 of the compact payload, lower-case hex.
    pub digest: String,
    /// The whole payload; never cut.
    pub content: Arc<Value>,
    /// Page data, when the payload is a list.
    pub page: Option<Page>,
    /// A message of the tool or of ours when the outcome is no success.
    pub error: Option<String>,
    /// What the reply of its turn says of it beyond that. Not stored: replies to later messages rest
    /// on no failed call.
    #[serde(skip)]
    pub cause: Option<Cause>,
    /// Longest time this result may count as now, inside its turn.
    pub max_age_ms: Option<u64>,
    /// Whether it may support a claim about live data; false for translators, whose result is a query.
    pub evidence: bool,
    /// Its content has appeared in an approved reply.
    pub shown: bool,
    /// Set when a user message came after it.
    pub stale: bool,
    /// A newer answered entry for the same call.
    pub superseded_by: Option<ResultId>,
}

impl LedgerEntry {
    /// Freshness at `now`.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        let aged = self.max_age_ms.is_some_and(|limit| {
            let limit = SignedDuration::from_millis(i64::try_from(limit).unwrap_or(i64::MAX));
            now.duration_since(self.observed_at) > limit
        });
        if self.stale || aged { Freshness::Stale } else { Freshness::Fresh }
    }

    /// Whether this entry answers the same question as a call to `tool` of `server` with `arguments`.
    pub fn same_call(&self, server: &str, tool: &str, arguments: &Value) -> bool {
        self.server == server && self.tool == tool && &self.arguments == arguments
    }
}

/// All results of a conversation, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    entries: Vec<LedgerEntry>,
}

impl Ledger {
    /// A ledger of stored entries, oldest first.
    pub fn from_entries(entries: Vec<LedgerEntry>) -> Self {
        Self { entries }
    }

    /// A user message came in: everything known so far is stale. Returns the ids that changed.
    pub fn next_message(&mut self) -> Vec<ResultId> {
        let mut staled = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| !entry.stale) {
            entry.stale = true;
            staled.push(entry.id);
        }
        staled
    }

    /// Adds an entry. An answered one supersedes earlier entries of the same call; their ids are returned.
    pub fn record(&mut self, entry: LedgerEntry) -> Vec<ResultId> {
        let mut superseded = Vec::new();
        if entry.outcome.answered() {
            for old in &mut self.entries {
                if old.superseded_by.is_none() && old.same_call(&entry.server, &entry.tool, &entry.arguments) {
                    old.superseded_by = Some(entry.id);
                    superseded.push(old.id);
                }
            }
        }
        self.entries.push(entry);
        superseded
    }

    /// Marks entries whose content an approved reply has shown.
    pub fn mark_shown(&mut self, ids: &[ResultId]) {
        for entry in self.entries.iter_mut().filter(|entry| ids.contains(&entry.id)) {
            entry.shown = true;
        }
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// One entry.
    pub fn get(&self, id: ResultId) -> Option<&LedgerEntry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Entries of one turn, in order of arrival.
    pub fn of_turn(&self, turn: TurnId) -> impl Iterator<Item = &LedgerEntry> {
        self.entries.iter().filter(move |entry| entry.turn_id == turn)
    }

    /// Entries that may be evidence for "now" in `turn`: made there, fresh, not superseded.
    pub fn fresh(&self, turn: TurnId, now: Timestamp) -> impl Iterator<Item = &LedgerEntry> {
        self.of_turn(turn).filter(move |entry| {
            entry.evidence && entry.superseded_by.is_none() && entry.freshness(now) == Freshness::Fresh
        })
    }

    /// Earlier entries that an approved reply has shown and nothing newer replaces, oldest first.
    pub fn shown(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.entries.iter().filter(|entry| entry.shown && entry.superseded_by.is_none())
    }

    /// Entries of the latest turn that showed something: what "it" and "the first one" refer to.
    pub fn latest_shown(&self) -> Vec<&LedgerEntry> {
        let Some(turn) = self.shown().last().map(|entry| entry.turn_id) else { return Vec::new() };
        self.shown().filter(|entry| entry.turn_id == turn).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn entry(turn: u8, tool: u8, outcome: Outcome, id: u128) -> LedgerEntry {
        LedgerEntry {
            id: ResultId(Uuid::from_u128(id)),
            call_id: CallId(Uuid::from_u128(id)),
            turn_id: TurnId(Uuid::from_u128(u128::from(turn))),
            server: "s".to_owned(),
            tool: format!("t{tool}"),
            arguments: json!({}),
            made_by: MadeBy::Model,
            observed_at: Timestamp::UNIX_EPOCH,
            outcome,
            digest: String::new(),
            content: Arc::new(json!({})),
            page: None,
            error: None,
            cause: None,
            max_age_ms: None,
            evidence: true,
            shown: false,
            stale: false,
            superseded_by: None,
        }
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop::sample::select(vec![Outcome::Ok, Outcome::Empty, Outcome::Partial, Outcome::Error, Outcome::Timeout])
    }

    proptest! {
        #[test]
        fn every_entry_is_stale_after_the_next_user_message(calls in prop::collection::vec((0u8..4, outcome()), 0..40)) {
            let mut ledger = Ledger::default();
            for (index, (tool, outcome)) in calls.into_iter().enumerate() {
                ledger.record(entry(1, tool, outcome, index as u128 + 1));
            }
            ledger.next_message();
            prop_assert!(ledger.entries().iter().all(|entry| entry.stale));
            let turn = TurnId(Uuid::from_u128(1));
            prop_assert_eq!(ledger.fresh(turn, Timestamp::UNIX_EPOCH).count(), 0);
        }

        #[test]
        fn of_answered_entries_for_one_call_only_the_newest_is_not_superseded(
            calls in prop::collection::vec((0u8..3, outcome()), 0..40)
        ) {
            let mut ledger = Ledger::default();
            for (index, (tool, outcome)) in calls.into_iter().enumerate() {
                ledger.record(entry(1, tool, outcome, index as u128 + 1));
            }
            for tool in 0..3u8 {
                let name = format!("t{tool}");
                let answered: Vec<&LedgerEntry> =
                    ledger.entries().iter().filter(|entry| entry.tool == name && entry.outcome.answered()).collect();
                let current = answered.iter().filter(|entry| entry.superseded_by.is_none()).count();
                prop_assert_eq!(current, usize::from(!answered.is_empty()));
                prop_assert!(answered.last().is_none_or(|entry| entry.superseded_by.is_none()));
            }
        }
    }

    #[test]
    fn a_failure_supersedes_nothing() {
        let mut ledger = Ledger::default();
        ledger.record(entry(1, 0, Outcome::Ok, 1));
        ledger.record(entry(2, 0, Outcome::Error, 2));
        assert_eq!(ledger.entries()[0].superseded_by, None);
    }

    #[test]
    fn an_entry_past_its_max_age_is_stale_inside_its_turn() {
        let mut aged = entry(1, 0, Outcome::Ok, 1);
        aged.max_age_ms = Some(1000);
        let later = |ms| Timestamp::UNIX_EPOCH + SignedDuration::from_millis(ms);
        assert_eq!(aged.freshness(later(1000)), Freshness::Fresh);
        assert_eq!(aged.freshness(later(1001)), Freshness::Stale);
    }
}
