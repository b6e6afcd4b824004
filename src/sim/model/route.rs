//! The simulated router: which kind of turn a message asks for, by small word lists.
//! When nothing speaks for another decision it is `call_tool`.

use serde_json::Value;
use serde_json::json;

use crate::sim::model::job::Job;
use crate::sim::model::words::Reading;

const RULE_BREAKING: &[&str] = &[
    "make up",
    "invent ",
    "ignore your rules",
    "ignore the rules",
    "pretend",
    "dikt opp",
    "finn på",
    "ignorer",
    "erfinde",
    "ausdenken",
    "ignoriere",
];
const FRESH: &[&str] = &[
    "still",
    "any news",
    "update",
    "now",
    "latest",
    "changed",
    "fortsatt",
    "ennå",
    "nytt",
    "oppdater",
    "endret",
    "nå",
    "immer noch",
    "noch ",
    "jetzt",
    "neues",
    "aktualisier",
    "geändert",
];
const REWORK: &[&str] = &[
    "explain",
    "summar",
    "translate",
    "table",
    "compare",
    "what does",
    "mean",
    "why",
    "forklar",
    "oppsummer",
    "oversett",
    "tabell",
    "sammenlign",
    "hva betyr",
    "hvorfor",
    "erklär",
    "zusammen",
    "übersetz",
    "tabelle",
    "vergleich",
    "was bedeutet",
    "warum",
];
const TALK: &[&str] = &[
    "hello",
    "hi ",
    "hi!",
    "thank",
    "good morning",
    "who are you",
    "what can you",
    "hei",
    "takk",
    "hva kan du",
    "hvem er du",
    "hallo",
    "danke",
    "was kannst du",
    "wer bist du",
];
const UNNAMED: &[&str] = &["the case", "that case", "the event", "saken", "hendelsen", "den fall", "das ereignis"];

/// The router's answer: {decision, reason}.
pub(super) fn answer(job: &Job) -> Value {
    let reading = Reading::of(&job.message, &job.hints);
    let shown = !job.earlier.is_empty();
    let (decision, reason) = if reading.says(RULE_BREAKING) {
        ("refuse", "asks to make data up or to skip the rules")
    } else if shown && !reading.names_something() && reading.says(REWORK) {
        ("use_shown", "reworks what was shown")
    } else if shown && !reading.names_something() && reading.says(FRESH) {
        ("refresh", "asks for the state of what was shown, now")
    } else if reading.names_something() {
        ("call_tool", "names operational data")
    } else if reading.says(TALK) {
        ("converse", "no operational data involved")
    } else if !shown && reading.says(UNNAMED) {
        ("clarify", "the object is not named")
    } else {
        ("call_tool", "may need operational data")
    };
    json!({"decision": decision, "reason": reason})
}
