//! What became of a call, read off what the server sent. One place decides, so that
//! an error page inside a success, a cut list or an empty page past the end never
//! passes for data or for "nothing found".
//!
//! Relies on shapes, not on tool names: envelopes, error objects, page data, totals.
//! Deliberately does not know which server answered or what the user asked.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use crate::domain::ledger::Page;
use crate::domain::outcome::Outcome;
use crate::domain::tool::RawToolResult;

/// Wrapper objects looked through when searching for an error.
const MAX_WRAPPERS: usize = 4;

/// Longest error message kept, in characters.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// A source time this far ahead of our clock is not believed.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Rows that SysQL returns when the statement has no `LIMIT`.
const SYSQL_DEFAULT_LIMIT: u64 = 50;

/// Default sizes of metric lists: exactly so many rows without a limit of ours may be a cut.
const METRIC_DEFAULT_LIMITS: [u64; 2] = [10, 20];

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
            error: Some(cut(&fault.message)),
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
    for text in &raw.texts {
        if let Some(value) = parse_container(text) {
            return Arc::new(value);
        }
    }
    match raw.texts.as_slice() {
        [] => Arc::new(Value::Null),
        texts => Arc::new(Value::String(texts.join("\n"))),
    }
}

/// JSON objects and arrays, also when they come as a JSON string. The parser bounds the depth.
fn parse_container(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    match serde_json::from_str::<Value>(text).ok()? {
        Value::String(inner) if inner.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(inner.trim()).ok()
        }
        value @ (Value::Object(_) | Value::Array(_)) => Some(value),
        _ => None,
    }
}

/// An error found in a payload.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fault {
    kind: String,
    status: Option<u64>,
    message: String,
    /// The body is a web page, so a 404 speaks of a path and not of an object.
    page: bool,
}

impl Fault {
    fn outcome(&self, arguments: &Value) -> Outcome {
        let by_kind = outcome_of_kind(&self.kind);
        let by_status = self.status.and_then(outcome_of_status);
        let found = by_kind.or(by_status).or_else(|| outcome_of_text(&self.message));
        match found {
            Some(Found::Missing) if !self.page && is_lookup(arguments) => Outcome::Empty,
            Some(Found::Missing) | None => Outcome::Error,
            Some(Found::Outcome(outcome)) => outcome,
        }
    }
}

/// What an error kind stands for. "Not found" is an empty answer only to a lookup by id.
enum Found {
    Outcome(Outcome),
    Missing,
}

fn outcome_of_kind(kind: &str) -> Option<Found> {
    let plain: String = kind.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let outcome = match plain.as_str() {
        "notfound" | "resourcenotfound" | "nosuchobject" => return Some(Found::Missing),
        "invalidarguments" | "invalidargument" | "validationfailed" | "validationerror" | "unprocessable"
        | "badrequest" | "invalidrequest" | "invalidparams" => Outcome::InvalidArguments,
        "accessdenied" | "authenticationfailed" | "unauthorized" | "unauthenticated" | "forbidden"
        | "permissiondenied" | "denied" => Outcome::Denied,
        "timeout" | "deadlineexceeded" | "gatewaytimeout" | "timedout" => Outcome::Timeout,
        "networkerror" | "serviceunavailable" | "unavailable" | "connectionerror" | "badgateway"
        | "connectionrefused" => Outcome::Unavailable,
        "ambiguous" | "multiplematches" | "multiplechoices" => Outcome::Ambiguous,
        "badresponse" | "servererror" | "internalerror" | "internalservererror" | "ratelimited"
        | "toomanyrequests" | "resourcelimit" => Outcome::Error,
        _ => return None,
    };
    Some(Found::Outcome(outcome))
}

fn outcome_of_status(status: u64) -> Option<Found> {
    Some(Found::Outcome(match status {
        404 | 410 => return Some(Found::Missing),
        300 => Outcome::Ambiguous,
        400 | 412 | 422 => Outcome::InvalidArguments,
        401 | 403 => Outcome::Denied,
        408 | 504 => Outcome::Timeout,
        502 | 503 => Outcome::Unavailable,
        402..=599 => Outcome::Error,
        _ => return None,
    }))
}

/// Plain error texts: a status code they name, else a word that settles it.
fn outcome_of_text(text: &str) -> Option<Found> {
    let lower: String = text.chars().take(MAX_MESSAGE_CHARS).collect::<String>().to_lowercase();
    if let Some(found) = status_in_text(&lower).and_then(outcome_of_status) {
        return Some(found);
    }
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["timed out", "timeout", "deadline exceeded"]) {
        Some(Found::Outcome(Outcome::Timeout))
    } else if has(&["multiple matches", "ambiguous", "more than one match"]) {
        Some(Found::Outcome(Outcome::Ambiguous))
    } else if has(&["permission", "forbidden", "unauthorized", "access denied", "unable to authenticate"]) {
        Some(Found::Outcome(Outcome::Denied))
    } else if has(&["connection refused", "could not connect", "no such host", "unavailable", "network error"]) {
        Some(Found::Outcome(Outcome::Unavailable))
    } else if has(&[" is required", "invalid argument", "must be between", "validation failed"]) {
        Some(Found::Outcome(Outcome::InvalidArguments))
    } else if has(&["not found", "does not exist", "no such "]) {
        Some(Found::Missing)
    } else {
        None
    }
}

/// `status code: 404`, `HTTP 503`, `http/1.1 502`, `(403)`.
fn status_in_text(lower: &str) -> Option<u64> {
    for lead in ["status code: ", "status code ", "status code=", "status: ", "http/1.1 ", "http/2 ", "http/1.0 ", "http ", "("] {
        for (at, _) in lower.match_indices(lead) {
            let rest = &lower[at + lead.len()..];
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let closed = lead != "(" || rest[digits.len()..].starts_with(')');
            if digits.len() == 3 && closed && let Ok(status) = digits.parse::<u64>() && (300..600).contains(&status) {
                return Some(status);
            }
        }
    }
    None
}

/// An error that the payload itself states, whatever the protocol flag says.
fn find_fault(content: &Value, depth: usize) -> Option<Fault> {
    match content {
        Value::String(text) => fault_in_text(text),
        Value::Object(object) => {
            fault_in_object(object).or_else(|| {
                if depth >= MAX_WRAPPERS {
                    return None;
                }
                ["result", "response", "body", "payload", "output"]
                    .iter()
                    .filter_map(|key| object.get(*key))
                    .find_map(|inner| nested_fault(inner, depth + 1))
                    .or_else(|| {
                        ["data", "results"]
                            .iter()
                            .filter_map(|key| object.get(*key).and_then(Value::as_object))
                            .filter(|inner| only_error_keys(inner))
                            .find_map(fault_in_object)
                    })
            })
        }
        Value::Array(items) => match items.as_slice() {
            // MCP content blocks passed on as they are, or a lone error object in a list.
            [Value::Object(only)] if only_error_keys(only) => fault_in_object(only),
            _ => None,
        },
        _ => None,
    }
}

fn nested_fault(inner: &Value, depth: usize) -> Option<Fault> {
    match inner {
        Value::String(text) => match parse_container(text) {
            Some(parsed) => find_fault(&parsed, depth),
            None => fault_in_text(text).filter(|fault| fault.page),
        },
        other => find_fault(other, depth),
    }
}

fn only_error_keys(object: &Map<String, Value>) -> bool {
    const KEYS: [&str; 12] = [
        "error", "errors", "message", "code", "status", "details", "statusCode", "status_code", "httpStatus", "reason",
        "isError", "responseCode",
    ];
    !object.is_empty() && object.keys().all(|key| KEYS.contains(&key.as_str()))
}

fn fault_in_text(text: &str) -> Option<Fault> {
    let head: String = text.trim_start().chars().take(200).collect::<String>().to_lowercase();
    let page = ["<!doctype html", "<html", "<head", "<body"].iter().any(|lead| head.starts_with(lead));
    if page {
        let title = between(text, "<title>", "</title>").or_else(|| between(text, "<h1>", "</h1>"));
        let title = title.unwrap_or_default().trim().to_owned();
        let status = title.split_whitespace().next().and_then(|word| word.parse().ok());
        let message = if title.is_empty() {
            "a web page came instead of data".to_owned()
        } else {
            format!("a web page came instead of data: {title}")
        };
        return Some(Fault { status, message, page: true, ..Fault::default() });
    }
    let leads = ["error:", "error calling", "error retrieving", "error executing", "error triggering", "exception:",
        "fatal:", "traceback (most recent call last)", "http/1.1 4", "http/1.1 5", "http/2 4", "http/2 5"];
    leads
        .iter()
        .any(|lead| head.starts_with(lead))
        .then(|| Fault { message: text.trim().to_owned(), page: head.starts_with("http/"), ..Fault::default() })
}

/// Text between two ASCII markers, whatever their case.
fn between(text: &str, open: &str, close: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let start = lower.find(open)? + open.len();
    let end = start + lower[start..].find(close)?;
    Some(text[start..end].to_owned())
}

fn fault_in_object(object: &Map<String, Value>) -> Option<Fault> {
    let status = status_of(object);
    if let Some(error) = object.get("error").filter(|error| states_error(error)) {
        return Some(fault_of_error(error, object, status));
    }
    if let Some(status) = status.filter(|status| *status >= 400) {
        return Some(Fault {
            status: Some(status),
            message: message_of(object).unwrap_or_else(|| format!("the source answered with status {status}")),
            page: body_is_page(object),
            kind: text_of(object, &["kind", "type"]).unwrap_or_default(),
        });
    }
    let flagged = ["isError", "is_error"].iter().any(|key| object.get(*key) == Some(&Value::Bool(true)))
        || ["success", "ok"].iter().any(|key| object.get(*key) == Some(&Value::Bool(false)));
    if flagged || says_failed(object) || bad_exit(object) || error_list(object) || error_messages(object) {
        return Some(Fault {
            kind: text_of(object, &["kind", "errorType", "errorCode"]).unwrap_or_default(),
            status,
            message: message_of(object).unwrap_or_else(|| "the source reported an error without a message".to_owned()),
            page: false,
        });
    }
    None
}

fn states_error(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(inner) => !inner.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(true) => true,
    }
}

fn fault_of_error(error: &Value, outer: &Map<String, Value>, status: Option<u64>) -> Fault {
    let Some(inner) = error.as_object() else {
        let said = error.as_str().map(str::to_owned);
        let message = message_of(outer).or_else(|| said.clone()).unwrap_or_else(|| error.to_string());
        return Fault { kind: said.unwrap_or_default(), status, message, page: body_is_page(outer) };
    };
    Fault {
        kind: text_of(inner, &["kind", "code", "type", "status", "errorCode"]).unwrap_or_default(),
        status: status_of(inner).or(status),
        message: message_of(inner)
            .or_else(|| message_of(outer))
            .unwrap_or_else(|| "the source reported an error without a message".to_owned()),
        page: body_is_page(inner) || body_is_page(outer),
    }
}

/// A status code of the envelope. A bare numeric `status` or `code` counts only in the range of errors.
fn status_of(object: &Map<String, Value>) -> Option<u64> {
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    let direct = ["responseCode", "response_code", "status_code", "statusCode", "httpStatus", "http_status"]
        .iter()
        .find_map(|key| object.get(*key).and_then(number));
    let meta = ["meta", "metaData", "metadata"]
        .iter()
        .filter_map(|key| object.get(*key).and_then(Value::as_object))
        .find_map(|meta| ["responseCode", "statusCode", "status_code"].iter().find_map(|key| meta.get(*key).and_then(number)));
    let bare = ["status", "code"]
        .iter()
        .find_map(|key| object.get(*key).and_then(number))
        .filter(|code| (400..600).contains(code) && !has_rows(object));
    direct.or(meta).or(bare)
}

fn has_rows(object: &Map<String, Value>) -> bool {
    ["data", "results", "items"].iter().any(|key| object.get(*key).is_some_and(|value| !value.is_null()))
}

/// `"status": "error"` and the like, where the object is an envelope and not a record.
fn says_failed(object: &Map<String, Value>) -> bool {
    let failed = object
        .get("status")
        .and_then(Value::as_str)
        .is_some_and(|status| ["error", "failed", "failure", "fail"].contains(&status.to_ascii_lowercase().as_str()));
    failed && !has_rows(object) && !object.contains_key("id")
}

/// Exit codes of a scanner: 0 and 1 are verdicts, the rest says that it did not run.
fn bad_exit(object: &Map<String, Value>) -> bool {
    object.get("exit_code").and_then(Value::as_i64).is_some_and(|code| code != 0 && code != 1)
}

fn error_list(object: &Map<String, Value>) -> bool {
    object.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty()) && !has_rows(object)
}

fn error_messages(object: &Map<String, Value>) -> bool {
    object.get("messages").and_then(Value::as_array).is_some_and(|messages| {
        messages.iter().any(|message| {
            message.get("type").and_then(Value::as_str).is_some_and(|kind| kind.to_ascii_uppercase().contains("ERROR"))
        })
    })
}

fn body_is_page(object: &Map<String, Value>) -> bool {
    ["body", "content", "message"]
        .iter()
        .filter_map(|key| object.get(*key).and_then(Value::as_str))
        .any(|text| fault_in_text(text).is_some_and(|fault| fault.page))
}

fn text_of(object: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| object.get(*key).and_then(Value::as_str)).map(str::to_owned)
}

fn message_of(object: &Map<String, Value>) -> Option<String> {
    if let Some(text) = text_of(object, &["message", "detail", "details", "reason", "error_description", "output", "title"])
        .filter(|text| !text.trim().is_empty())
    {
        return Some(text);
    }
    for key in ["messages", "errors"] {
        let Some(items) = object.get(key).and_then(Value::as_array) else { continue };
        let said: Vec<String> = items
            .iter()
            .take(10)
            .filter_map(|item| item.as_str().map(str::to_owned).or_else(|| text_of(item.as_object()?, &["message", "detail"])))
            .collect();
        if !said.is_empty() {
            return Some(said.join("; "));
        }
    }
    text_of(object, &["error", "body"]).filter(|text| !text.trim().is_empty())
}

/// The protocol says error and the payload has no shape of its own for it.
fn told_fault(content: &Value) -> Fault {
    let message = match content {
        Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
        Value::Object(object) => message_of(object).unwrap_or_else(|| content.to_string()),
        Value::Null | Value::String(_) => "the tool reported an error without a message".to_owned(),
        other => other.to_string(),
    };
    Fault { message, ..Fault::default() }
}

/// Whether the arguments name one object: an id, an identifier or a short name, and no search request.
fn is_lookup(arguments: &Value) -> bool {
    let Some(object) = arguments.as_object() else { return false };
    !object.contains_key("request")
        && object.iter().any(|(key, value)| {
            let key = key.to_ascii_lowercase();
            !value.is_null() && (key.ends_with("id") || key.contains("identifier") || key.contains("shortname"))
        })
}

/// Where the rows of a payload are, looking through the usual envelopes.
pub fn find_list(content: &Value) -> Option<&Vec<Value>> {
    const DIRECT: [&str; 12] = [
        "data", "results", "items", "result", "rows", "records", "hits", "events", "cases", "alerts", "entries", "values",
    ];
    let mut at = content;
    for _ in 0..MAX_WRAPPERS {
        match at {
            Value::Array(rows) => return Some(rows),
            Value::Object(object) => {
                // A record with an id of its own is one object, whatever lists it holds.
                if object.contains_key("id") && !object.contains_key("items") && !object.contains_key("data") {
                    return None;
                }
                at = DIRECT.iter().filter_map(|key| object.get(*key)).find(|v| v.is_array() || v.is_object())?;
            }
            _ => return None,
        }
    }
    None
}

fn page_of(content: &Value, rows: u64, arguments: &Value) -> Option<Page> {
    let holders = page_holders(content);
    let number = |keys: &[&str]| {
        holders.iter().find_map(|holder| keys.iter().find_map(|key| holder.get(*key).and_then(Value::as_u64)))
    };
    let flag = |keys: &[&str]| {
        holders.iter().find_map(|holder| keys.iter().find_map(|key| holder.get(*key).and_then(Value::as_bool)))
    };
    let offset = number(&["offset"]).or_else(|| argument_number(arguments, "offset"));
    let limit = number(&["limit", "pageSize", "page_size"]).or_else(|| argument_number(arguments, "limit"));
    let total = total_of(content, &holders);
    let seen = offset.unwrap_or(0) + rows;
    let next = holders.iter().any(|holder| {
        ["nextOffset", "next", "nextCursor", "next_cursor", "nextPage", "next_page", "nextPageToken", "next_page_token"]
            .iter()
            .any(|key| holder.get(*key).is_some_and(points_on))
    });
    let said_more = flag(&["has_more", "hasMore", "more", "truncated", "isTruncated", "is_truncated", "incomplete", "partial"]);
    let stop = flag(&["stop", "last", "isLast", "is_last"]);
    let window = holders.iter().any(|holder| holder.get("reason").and_then(Value::as_str) == Some("SEARCH_WINDOW_LIMIT"));
    let mut more = stop == Some(false) || next || said_more == Some(true) || window || total.is_some_and(|total| total > seen);
    // The limit was hit exactly and nothing says that this was all.
    let unknown = total.is_none() && stop != Some(true) && said_more != Some(false) && rows > 0;
    if unknown && cut_at(content, arguments, limit).is_some_and(|limits| limits.contains(&rows)) {
        more = true;
    }
    let known = offset.is_some() || limit.is_some() || total.is_some() || more || stop.is_some();
    known.then_some(Page { offset, limit, rows: Some(rows), total, more })
}

/// The sizes at which a list without a total may have been cut.
fn cut_at(content: &Value, arguments: &Value, limit: Option<u64>) -> Option<Vec<u64>> {
    if let Some(limit) = limit {
        return Some(vec![limit]);
    }
    if let Some(query) = arguments.get("sysql_query").and_then(Value::as_str) {
        let limit = query.to_ascii_lowercase().rsplit_once("limit").and_then(|(_, rest)| {
            rest.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        return Some(vec![limit.unwrap_or(SYSQL_DEFAULT_LIMIT), 1_000]);
    }
    let metric = content.pointer("/data/resultType").is_some();
    metric.then(|| METRIC_DEFAULT_LIMITS.to_vec())
}

fn points_on(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn argument_number(arguments: &Value, key: &str) -> Option<u64> {
    let read = |value: &Value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    arguments.get(key).or_else(|| arguments.get("request").and_then(|request| request.get(key))).and_then(read)
}

/// Objects that may carry page data, most specific first.
fn page_holders(content: &Value) -> Vec<&Map<String, Value>> {
    let mut holders = Vec::new();
    let layers = [Some(content), content.get("results"), content.get("result"), content.get("data"), content.get("hits")];
    for layer in layers.into_iter().flatten() {
        for key in ["page", "pagination", "paging", "page_info", "pageInfo", "metaData", "meta", "metadata"] {
            if let Some(holder) = layer.get(key).and_then(Value::as_object) {
                holders.push(holder);
            }
        }
        if let Some(holder) = layer.as_object() {
            holders.push(holder);
        }
    }
    holders
}

fn total_of(content: &Value, holders: &[&Map<String, Value>]) -> Option<u64> {
    let keys = ["total", "totalCount", "total_count", "totalResults", "total_results", "count", "matched"];
    let said = holders.iter().find_map(|holder| keys.iter().find_map(|key| holder.get(*key).and_then(Value::as_u64)));
    said.or_else(|| content.pointer("/hits/total/value").and_then(Value::as_u64))
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
            if object.contains_key("metadata") && object.get("text").and_then(Value::as_str).is_some_and(|t| t.trim().is_empty()) {
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
        "/meta/retrievedAt", "/meta/observedAt", "/metadata/timestamp", "/metadata/retrievedAt", "/_meta/observed_at",
        "/retrievedAt", "/observed_at",
    ];
    PLACES
        .iter()
        .filter_map(|place| content.pointer(place).and_then(Value::as_str))
        .find_map(|text| text.parse::<Timestamp>().ok())
        .filter(|at| at.duration_since(received_at) <= MAX_SKEW)
}

fn cut(message: &str) -> String {
    message.chars().take(MAX_MESSAGE_CHARS).collect()
}

#[cfg(test)]
mod tests;
