//! What became of a call, read off what the server sent. One place decides, so that
//! an error page inside a success, a cut list or an empty page past the end never
//! passes for data or for "nothing found".
//!
//! Relies on shapes, not on tool names: envelopes, error objects, page data, totals.
//! Deliberately does not know which server answered or what the user asked.

pub mod fault;
pub mod page;

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::domain::classify::fault::find_fault;
use crate::domain::classify::fault::told_fault;
use crate::domain::classify::page::page_of;
use crate::domain::ledger::Page;
use crate::domain::outcome::Outcome;
use crate::domain::tool::RawToolResult;

pub use page::find_list;

/// A source time this far ahead of our clock is not believed.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A result with its outcome and what could be read off it.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// The payload: structured content, else text parsed as JSON, else text as a JSON string.
    pub content: Arc<Value>,
    /// What became of the call.
    pub outcome: Outcome,
    /// Page data, when the payload is a list.
    pub page: Option<Page>,
    /// Rows in the payload, when it is a list.
    pub rows: Option<u64>,
    /// All matches, when the source says so.
    pub total: Option<u64>,
    /// Message when the outcome is no success, or when "not found" was read as empty.
    pub error: Option<String>,
    /// When the fact held at the source, if it says so.
    pub observed_at: Option<Timestamp>,
}

/// Decides what became of a call, from the answer and the arguments as sent.
pub fn classify(raw: &RawToolResult, arguments: &Value) -> Classified {
    let content = payload(raw);
    let observed_at = source_time(&content, raw.received_at);
    let fault = find_fault(&content, 0).or_else(|| raw.is_error.then(|| told_fault(&content)));
    if let Some(fault) = fault {
        let outcome = fault.outcome(arguments);
        return Classified {
            content,
            outcome,
            page: None,
            rows: None,
            total: None,
            error: Some(fault.text()),
            observed_at,
        };
    }
    let list = find_list(&content);
    let rows = list.map(|rows| rows.len() as u64);
    let page = rows.and_then(|rows| page_of(&content, rows, arguments));
    let total = page.as_ref().and_then(|page| page.total);
    let (outcome, error) = success_outcome(&content, list, page.as_ref(), arguments);
    Classified { content, outcome, page, rows, total, error, observed_at }
}

fn payload(raw: &RawToolResult) -> Arc<Value> {
    if let Some(structured) = &raw.structured {
        return Arc::clone(structured);
    }
    // A server may add plain sentences after its JSON block, so the first block that is JSON counts.
    for text in raw.texts() {
        if let Some(value) = parse_container(text) {
            return Arc::new(value);
        }
    }
    match raw.texts().collect::<Vec<_>>().as_slice() {
        [] => Arc::new(Value::Null),
        texts => Arc::new(Value::String(texts.join("\n"))),
    }
}

/// JSON objects and arrays, also when they come as a JSON string. The parser bounds the depth.
pub(crate) fn parse_container(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    match serde_json::from_str::<Value>(text).ok()? {
        Value::String(inner) if inner.trim_start().starts_with(['{', '[']) => serde_json::from_str(inner.trim()).ok(),
        value @ (Value::Object(_) | Value::Array(_)) => Some(value),
        _ => None,
    }
}

fn success_outcome(
    content: &Value,
    list: Option<&Vec<Value>>,
    page: Option<&Page>,
    arguments: &Value,
) -> (Outcome, Option<String>) {
    if says_ambiguous(content, list, arguments) {
        return (Outcome::Ambiguous, Some("several objects match where one was asked for".to_owned()));
    }
    let Some(rows) = list else { return single_outcome(content) };
    let offset = page.and_then(|page| page.offset).unwrap_or(0);
    let total = page.and_then(|page| page.total);
    if rows.is_empty() {
        return match total {
            Some(total) if total > 0 && offset < total => {
                (Outcome::Error, Some(format!("the source reports {total} matches and sent none of them")))
            }
            // A page past the end says nothing about the pages before it.
            _ if offset > 0 => (Outcome::Partial, None),
            _ if page.is_some_and(|page| page.more) => (Outcome::Partial, None),
            _ => (Outcome::Empty, None),
        };
    }
    if rows.len() == 1 && is_empty_statistic(&rows[0]) {
        return (Outcome::Empty, None);
    }
    let flawed = content.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty());
    if flawed || offset > 0 || page.is_some_and(|page| page.more) {
        return (Outcome::Partial, None);
    }
    (Outcome::Ok, None)
}

/// The root of an aggregation tree that counted nothing.
fn is_empty_statistic(row: &Value) -> bool {
    let Some(object) = row.as_object() else { return false };
    let bare = !object.contains_key("id") && !object.contains_key("shortName") && !object.contains_key("name");
    bare && object.get("count").and_then(Value::as_u64) == Some(0)
        && object.get("buckets").and_then(Value::as_array).is_none_or(Vec::is_empty)
        && object.get("rawEventCount").and_then(Value::as_u64).unwrap_or(0) == 0
}

fn says_ambiguous(content: &Value, list: Option<&Vec<Value>>, arguments: &Value) -> bool {
    let flag = content.get("ambiguous") == Some(&Value::Bool(true));
    let candidates = ["candidates", "matches"]
        .iter()
        .any(|key| content.get(*key).and_then(Value::as_array).is_some_and(|found| found.len() > 1))
        && content.get("data").is_none_or(Value::is_null);
    let by_name = arguments.get("idOrShortName").is_some()
        && arguments.as_object().is_some_and(|object| !object.contains_key("limit") && !object.contains_key("section"))
        && list.is_some_and(|rows| rows.len() > 1 && rows.iter().all(|row| row.get("id").is_some()));
    flag || candidates || by_name
}

fn single_outcome(content: &Value) -> (Outcome, Option<String>) {
    match content {
        Value::Null => (Outcome::Empty, None),
        Value::String(text) if text.trim().is_empty() => (Outcome::Empty, None),
        Value::Object(object) => {
            let body = ["data", "results", "result"].iter().find_map(|key| object.get(*key));
            let blank = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
            let tree = object.get("tree").is_some_and(blank) && object.get("branches").is_some_and(blank);
            if object.is_empty() || tree || body.is_some_and(blank) {
                return (Outcome::Empty, None);
            }
            if object.contains_key("metadata")
                && object.get("text").and_then(Value::as_str).is_some_and(|t| t.trim().is_empty())
            {
                return (Outcome::Error, Some("the tool could not make a query from the question".to_owned()));
            }
            if ["truncated", "isTruncated", "partial"].iter().any(|key| object.get(*key) == Some(&Value::Bool(true))) {
                return (Outcome::Partial, None);
            }
            (Outcome::Ok, None)
        }
        _ => (Outcome::Ok, None),
    }
}

fn source_time(content: &Value, received_at: Timestamp) -> Option<Timestamp> {
    const PLACES: [&str; 7] = [
        "/meta/retrievedAt",
        "/meta/observedAt",
        "/metadata/timestamp",
        "/metadata/retrievedAt",
        "/_meta/observed_at",
        "/retrievedAt",
        "/observed_at",
    ];
    PLACES
        .iter()
        .filter_map(|place| content.pointer(place).and_then(Value::as_str))
        .find_map(|text| text.parse::<Timestamp>().ok())
        .filter(|at| at.duration_since(received_at) <= MAX_SKEW)
}

#[cfg(test)]
mod tests;
