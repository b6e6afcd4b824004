//! The basis line: which calls a reply rests on, when, how many rows, which filter,
//! and what it replaces. Written from the ledger alone, so it is always true.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::grounding::report::Basis;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notice::NoticeKind;
use crate::domain::outcome::Outcome;
use crate::domain::phrases::phrase;

/// Longest filter text shown per call, in characters.
const FILTER_CHARS: usize = 240;

/// Basis of a reply resting on `entries`; `shown_earlier` for results of an earlier turn.
pub fn basis(entries: &[&LedgerEntry], ledger: &Ledger, language: Lang, shown_earlier: bool) -> Basis {
    Basis::from_entries(entries, |entries| {
        let lines: Vec<String> = entries.iter().map(|entry| line(entry, ledger, language, shown_earlier)).collect();
        lines.join("  \n")
    })
}

fn line(entry: &LedgerEntry, ledger: &Ledger, language: Lang, shown_earlier: bool) -> String {
    let word = |kind| phrase(kind, language);
    let lead = if shown_earlier { NoticeKind::BasisShown } else { NoticeKind::BasisLatest };
    let mut parts = vec![format!("{} {} ({}), {}", word(lead), entry.tool, entry.server, time(entry.observed_at))];
    parts.push(extent(entry, language));
    if let Some(filter) = filter_text(&entry.arguments) {
        parts.push(format!("{}: `{filter}`", word(NoticeKind::Filter)));
    }
    if let Some(old) = ledger.entries().iter().rev().find(|old| old.superseded_by == Some(entry.id)) {
        parts.push(format!("{} {}", word(NoticeKind::Replaces), time(old.observed_at)));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

fn extent(entry: &LedgerEntry, language: Lang) -> String {
    match entry.outcome {
        Outcome::Empty => return phrase(NoticeKind::NothingMatched, language).to_owned(),
        outcome if !outcome.answered() => return entry.outcome.as_str().to_owned(),
        _ => {}
    }
    let Some(page) = &entry.page else { return String::new() };
    match (page.rows, page.total) {
        (Some(rows), Some(total)) if total > rows => {
            phrase(NoticeKind::RowsOf, language).replace("{n}", &rows.to_string()).replace("{m}", &total.to_string())
        }
        (Some(rows), None) if page.more => format!("{rows}+ {}", phrase(NoticeKind::Rows, language)),
        (Some(rows), _) => format!("{rows} {}", phrase(NoticeKind::Rows, language)),
        _ => String::new(),
    }
}

fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Arguments as `name=value` pairs, nested objects flattened; `None` when there are none.
fn filter_text(arguments: &Value) -> Option<String> {
    let mut pairs = Vec::new();
    flatten("", arguments, &mut pairs);
    if pairs.is_empty() {
        return None;
    }
    let text = pairs.join(", ").replace(['`', '\n', '\r'], " ");
    Some(if text.chars().count() > FILTER_CHARS {
        text.chars().take(FILTER_CHARS).chain("…".chars()).collect()
    } else {
        text
    })
}

fn flatten(path: &str, value: &Value, pairs: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                // The wrapper object carries no meaning of its own.
                let path = if path.is_empty() || path == "request" { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, pairs);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(scalar).collect();
            pairs.push(format!("{path}={}", items.join("|")));
        }
        Value::Null => {}
        other => pairs.push(format!("{path}={}", scalar(other))),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
