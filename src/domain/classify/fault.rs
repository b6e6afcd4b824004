//! Errors that a payload itself states, whatever the protocol flag says: error
//! objects, HTTP-like envelopes, web pages, error messages beside the data, texts
//! that open with an error. Says which outcome each stands for. Looks at envelopes
//! only, so that a record with a field named "error" stays a record.

use serde_json::Map;
use serde_json::Value;

use crate::domain::classify::parse_container;
use crate::domain::outcome::Outcome;

/// Wrapper objects looked through when searching for an error.
const MAX_WRAPPERS: usize = 4;

/// Longest error message kept, in characters.
const MAX_MESSAGE_CHARS: usize = 1_000;

/// An error found in a payload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fault {
    /// Kind or code as the source names it; may be empty.
    pub kind: String,
    /// HTTP-like status.
    pub status: Option<u64>,
    /// What the source says.
    pub message: String,
    /// The body is a web page, so a 404 speaks of a path and not of an object.
    pub page: bool,
}

impl Fault {
    /// The message within bounds.
    pub fn text(&self) -> String {
        self.message.chars().take(MAX_MESSAGE_CHARS).collect()
    }

    /// What the fault means for the call that was made with these arguments.
    pub fn outcome(&self, arguments: &Value) -> Outcome {
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
        "accessdenied"
        | "authenticationfailed"
        | "unauthorized"
        | "unauthenticated"
        | "forbidden"
        | "permissiondenied"
        | "denied" => Outcome::Denied,
        "timeout" | "deadlineexceeded" | "gatewaytimeout" | "timedout" => Outcome::Timeout,
        "networkerror" | "serviceunavailable" | "unavailable" | "connectionerror" | "badgateway"
        | "connectionrefused" => Outcome::Unavailable,
        "ambiguous" | "multiplematches" | "multiplechoices" => Outcome::Ambiguous,
        "badresponse"
        | "servererror"
        | "internalerror"
        | "internalservererror"
        | "ratelimited"
        | "toomanyrequests"
        | "resourcelimit" => Outcome::Error,
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
    for lead in
        ["status code: ", "status code ", "status code=", "status: ", "http/1.1 ", "http/2 ", "http/1.0 ", "http ", "("]
    {
        for (at, _) in lower.match_indices(lead) {
            let rest = &lower[at + lead.len()..];
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let closed = lead != "(" || rest[digits.len()..].starts_with(')');
            if digits.len() == 3
                && closed
                && let Ok(status) = digits.parse::<u64>()
                && (300..600).contains(&status)
            {
                return Some(status);
            }
        }
    }
    None
}

/// An error that the payload itself states, whatever the protocol flag says.
pub fn find_fault(content: &Value, depth: usize) -> Option<Fault> {
    match content {
        Value::String(text) => fault_in_text(text),
        Value::Object(object) => fault_in_object(object).or_else(|| {
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
        }),
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
        "error",
        "errors",
        "message",
        "code",
        "status",
        "details",
        "statusCode",
        "status_code",
        "httpStatus",
        "reason",
        "isError",
        "responseCode",
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
    let leads = [
        "error:",
        "error calling",
        "error retrieving",
        "error executing",
        "error triggering",
        "exception:",
        "fatal:",
        "traceback (most recent call last)",
        "http/1.1 4",
        "http/1.1 5",
        "http/2 4",
        "http/2 5",
    ];
    leads.iter().any(|lead| head.starts_with(lead)).then(|| Fault {
        message: text.trim().to_owned(),
        page: head.starts_with("http/"),
        ..Fault::default()
    })
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
    let meta =
        ["meta", "metaData", "metadata"].iter().filter_map(|key| object.get(*key).and_then(Value::as_object)).find_map(
            |meta| ["responseCode", "statusCode", "status_code"].iter().find_map(|key| meta.get(*key).and_then(number)),
        );
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
    if let Some(text) =
        text_of(object, &["message", "detail", "details", "reason", "error_description", "output", "title"])
            .filter(|text| !text.trim().is_empty())
    {
        return Some(text);
    }
    for key in ["messages", "errors"] {
        let Some(items) = object.get(key).and_then(Value::as_array) else { continue };
        let said: Vec<String> = items
            .iter()
            .take(10)
            .filter_map(|item| {
                item.as_str().map(str::to_owned).or_else(|| text_of(item.as_object()?, &["message", "detail"]))
            })
            .collect();
        if !said.is_empty() {
            return Some(said.join("; "));
        }
    }
    text_of(object, &["error", "body"]).filter(|text| !text.trim().is_empty())
}

/// The protocol says error and the payload has no shape of its own for it.
pub fn told_fault(content: &Value) -> Fault {
    let message = match content {
        Value::String(text) if !text.trim().is_empty() => text.trim().to_owned(),
        Value::Object(object) => message_of(object).unwrap_or_else(|| content.to_string()),
        Value::Null | Value::String(_) => "the tool reported an error without a message".to_owned(),
        other => other.to_string(),
    };
    Fault { message, ..Fault::default() }
}

/// Whether the arguments name one object: an id, an identifier, a short name, the name of a store, an
/// indicator by its value; and no search request.
fn is_lookup(arguments: &Value) -> bool {
    let Some(object) = arguments.as_object() else { return false };
    !object.contains_key("request")
        && object.iter().any(|(key, value)| {
            let key = key.to_ascii_lowercase();
            let names = key.ends_with("id") || key == "value" || key.ends_with("storename");
            !value.is_null() && (names || key.contains("identifier") || key.contains("shortname"))
        })
}
