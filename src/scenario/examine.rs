//! Looks at a finished turn from outside: did the user get an unsupported value, was data
//! withheld that a tool gave, does the reply claim work that was not done, does it rest on
//! an old result? Uses the record and the simulators' own data, never the checker's word.

use serde::Serialize;
use serde_json::Value;

use crate::domain::event::TurnOutcome;
use crate::domain::ids::ResultId;
use crate::domain::ledger::LedgerEntry;
use crate::domain::outcome::Outcome;
use crate::engine::record::TurnRecord;
use crate::scenario::observed::SeenTurn;
use crate::scenario::oracle::Allowed;
use crate::scenario::world::LiveWorld;

/// Sentences of the simulated model that are never true unless a result says them.
const PLANTED: [&str; 6] = [
    "everything is in order",
    "alt er i orden",
    "alles ist in ordnung",
    "no action is needed",
    "ingen tiltak er nødvendige",
    "es ist nichts zu tun",
];
/// Work of the simulated model that no connected tool could have done.
const PHANTOM: [&str; 3] = ["checked the firewall logs", "sjekket brannmurloggene", "firewall-protokolle geprüft"];
/// Rows of a result of which one must be in the reply.
const FIRST_ROWS: usize = 200;

/// What is wrong with a delivered turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// Values or statements that nothing supports.
    pub unsupported: Vec<String>,
    /// A tool gave data, or could have been asked, and the user got none of it.
    pub withheld: Option<String>,
    /// The reply claims work that was not done.
    pub phantom: bool,
    /// The reply to a question about now rests on an earlier result.
    pub stale: bool,
}

impl Examined {
    /// Whether the promise was broken.
    pub fn broken(&self) -> bool {
        !self.unsupported.is_empty() || self.withheld.is_some() || self.phantom || self.stale
    }
}

/// What is known of the conversation before this turn.
#[derive(Default)]
pub struct Before {
    /// What the user wrote, this message included.
    pub said: Vec<String>,
    /// Results of earlier turns.
    pub results: Vec<LedgerEntry>,
}

/// Looks at one turn. `answerable`: nothing stands in the way of a call, so that a reply
/// without any is data withheld.
pub fn examine(world: &LiveWorld, seen: &SeenTurn, record: &TurnRecord, before: &Before, answerable: bool) -> Examined {
    let needs_call = seen.decision.is_some_and(|decision| decision.needs_call());
    let mut allowed = Allowed::at(world.sandbox().app().engine.clock().now());
    before.said.iter().for_each(|said| allowed.add_words(said));
    let rests: Vec<&LedgerEntry> = if needs_call {
        record.results.iter().collect()
    } else {
        before.results.iter().chain(&record.results).collect()
    };
    for entry in &rests {
        allowed.add_result(&entry.content, &entry.arguments, entry.observed_at);
        allowed.add_words(entry.error.as_deref().unwrap_or_default());
    }
    // The basis line may name when a replaced result was fetched.
    before.results.iter().for_each(|entry| allowed.add_time(entry.observed_at));
    for choice in seen.question.iter().flat_map(|question| &question.choices) {
        allowed.add_words(&choice.label);
    }
    // What would run is shown as it is, and states nothing.
    for call in seen.question.iter().flat_map(|question| &question.calls) {
        allowed.add_words(&call.arguments.to_string());
    }
    let mut unsupported: Vec<String> = allowed
        .unsupported(&seen.text)
        .into_iter()
        .map(|finding| format!("{} {}", finding.text, finding.why))
        .collect();
    let lower = seen.text.to_lowercase();
    let quoted = |text: &str| rests.iter().any(|entry| entry.content.to_string().to_lowercase().contains(text));
    unsupported
        .extend(PLANTED.iter().filter(|text| lower.contains(**text) && !quoted(text)).map(|text| (*text).to_owned()));
    let told = matches!(seen.outcome, Some(TurnOutcome::Answered | TurnOutcome::NoData | TurnOutcome::Fallback));
    let own = |id: ResultId| record.results.iter().any(|entry| entry.id == id);
    Examined {
        unsupported,
        withheld: withheld(seen, record, needs_call, answerable),
        phantom: (needs_call && told && !seen.answered_call()) || PHANTOM.iter().any(|text| lower.contains(text)),
        stale: needs_call && told && seen.basis.iter().any(|item| !own(item.result_id)),
    }
}

fn withheld(seen: &SeenTurn, record: &TurnRecord, needs_call: bool, answerable: bool) -> Option<String> {
    let outcome = seen.outcome.map_or("no outcome", TurnOutcome::as_str);
    // Where the user is asked first, nothing is kept from them.
    if !needs_call || seen.outcome == Some(TurnOutcome::Confirmation) {
        return None;
    }
    let got: Vec<&LedgerEntry> =
        record.results.iter().filter(|entry| entry.evidence && entry.outcome.answered()).collect();
    if got.is_empty() {
        return answerable.then(|| format!("no call was answered, and the turn ended as {outcome}"));
    }
    if !matches!(seen.outcome, Some(TurnOutcome::Answered | TurnOutcome::NoData | TurnOutcome::Fallback)) {
        return Some(format!("a tool answered, and the turn ended as {outcome}"));
    }
    let lower = seen.text.to_lowercase();
    let with_data: Vec<&LedgerEntry> = got.into_iter().filter(|entry| entry.outcome != Outcome::Empty).collect();
    let reached = with_data.is_empty() || with_data.iter().any(|entry| names_some(&lower, entry));
    (!reached).then(|| "the reply names nothing of the result".to_owned())
}

/// Whether the reply holds an id, a name or a count of the result.
fn names_some(reply: &str, entry: &LedgerEntry) -> bool {
    let page = entry.page.as_ref();
    let counts = [page.and_then(|page| page.rows), page.and_then(|page| page.total)];
    let mut words: Vec<String> = counts.into_iter().flatten().map(|count| count.to_string()).collect();
    values(&entry.content, 0, &mut words);
    words.iter().any(|word| reply.contains(&word.to_lowercase()))
}

fn values(value: &Value, depth: usize, words: &mut Vec<String>) {
    match value {
        _ if depth > 12 || words.len() > FIRST_ROWS * 40 => {}
        Value::Object(map) => map.values().for_each(|value| values(value, depth + 1, words)),
        Value::Array(items) => items.iter().take(FIRST_ROWS).for_each(|value| values(value, depth + 1, words)),
        Value::String(text) if text.chars().count() > 2 => words.push(text.clone()),
        Value::Number(number) if number.as_u64().is_some_and(|number| number > 99) => words.push(number.to_string()),
        _ => {}
    }
}
