//! What prompts are shown of a turn: projected results, stubs for stale ones, a bounded
//! history. A stale result never enters a prompt as more than its stub, so a model cannot
//! copy from it.

use serde_json::Value;

use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Role;
use crate::domain::outcome::Outcome;
use crate::engine::project::project;
use crate::engine::turn::Turn;
use crate::prompts::HistoryLine;
use crate::prompts::ResultView;
use crate::prompts::StubView;

/// Messages of the history that prompts show.
const HISTORY_MESSAGES: usize = 6;
/// Characters kept of each of them.
const HISTORY_CHARS: usize = 600;
/// Stubs that prompts show, newest last.
const STUBS: usize = 6;

/// The first JSON object in a text, whatever stands around it.
pub(crate) fn object_in(text: &str) -> Option<Value> {
    text.match_indices('{').take(8).find_map(|(start, _)| {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        values.next()?.ok().filter(Value::is_object)
    })
}

impl Turn {
    /// The last messages, shortened. Earlier replies are left out: they hold values of stale
    /// results, and what the user asked is enough to read a follow-up.
    pub(crate) fn recent_history(&self) -> Vec<HistoryLine> {
        let from = self.history.len().saturating_sub(HISTORY_MESSAGES);
        self.history[from..]
            .iter()
            .filter(|message| message.role == Role::User)
            .map(|message| HistoryLine {
                role: "user".to_owned(),
                text: message.content.chars().take(HISTORY_CHARS).collect(),
            })
            .collect()
    }

    /// Stubs of earlier results that were shown.
    pub(crate) fn stubs(&self) -> Vec<StubView> {
        let shown: Vec<&LedgerEntry> = self.ledger.shown().filter(|entry| entry.turn_id != self.id).collect();
        shown[shown.len().saturating_sub(STUBS)..].iter().map(|entry| stub(entry)).collect()
    }

    /// Views of results for a prompt, within the byte budget of the turn's model.
    pub(crate) fn views(&self, entries: &[&LedgerEntry]) -> Vec<ResultView> {
        let each = self.prompt_bytes() / entries.len().max(1);
        entries.iter().enumerate().map(|(index, entry)| view(index, entry, each)).collect()
    }

    /// Bytes of results that fit a prompt: what is configured, and at most half the context.
    fn prompt_bytes(&self) -> usize {
        let configured = self.engine.settings.prompt_result_bytes;
        let role = crate::engine::ports::ModelRole::Draft;
        match self.engine.model.facts(role, self.profile.as_deref()) {
            // About three bytes a token, measured on JSON with the tokenizers of the field.
            Ok(facts) => configured.min(usize::try_from(facts.context_tokens).unwrap_or(usize::MAX) / 2 * 3),
            Err(_) => configured,
        }
    }
}

fn stub(entry: &LedgerEntry) -> StubView {
    let rows = entry.page.as_ref().and_then(|page| page.rows);
    let about = match (entry.outcome, rows) {
        (Outcome::Empty, _) => "matched nothing".to_owned(),
        (_, Some(rows)) => format!("{rows} rows"),
        _ => "one object".to_owned(),
    };
    StubView { tool: entry.tool.clone(), arguments: entry.arguments.clone(), observed_at: entry.observed_at, about }
}

fn view(index: usize, entry: &LedgerEntry, bytes: usize) -> ResultView {
    let projection = project(entry, bytes);
    ResultView {
        id: (index + 1).to_string(),
        tool: entry.tool.clone(),
        arguments: entry.arguments.clone(),
        observed_at: entry.observed_at,
        outcome: match (projection.cut, entry.outcome) {
            (true, Outcome::Ok) => Outcome::Truncated,
            (_, outcome) => outcome,
        },
        rows_shown: projection.rows_shown,
        rows_total: projection.rows_total,
        content: projection.json,
        error: entry.error.clone(),
    }
}
