//! What faults do to a finished answer, where that depends on the Argus envelope.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sim::argus::reply::Reply;
use crate::sim::faults::{Fault, FaultKind, Fired, inject_text, status_of};

/// Free text that outsiders write, as it occurs in cases and events.
const FREE_TEXT: &[&str] = &["description", "comment"];
/// Where there is none of it, what an outsider can still influence.
const OTHER_TEXT: &[&str] = &["subject", "uri", "answer"];

/// Changes the answer as the faults say. `others` gives more objects of the same kind.
#[must_use]
pub fn bend(mut reply: Reply, fired: &Fired, others: impl FnOnce() -> Vec<Value>) -> Reply {
    if let Some(fault) = fired.get(FaultKind::Status) {
        return with_body(Reply::stock(status_of(fault, StatusCode::INTERNAL_SERVER_ERROR)), fault);
    }
    if let Some(fault) = fired.get(FaultKind::ErrorIn200) {
        let status = status_of(fault, StatusCode::INTERNAL_SERVER_ERROR);
        let mut error = with_body(Reply::stock(status), fault);
        error.status = StatusCode::OK;
        return error;
    }
    if fired.has(FaultKind::Ambiguous) {
        reply = ambiguous(reply, others());
    }
    if reply.status != StatusCode::OK {
        return reply;
    }
    if fired.has(FaultKind::Empty) {
        empty(&mut reply.body);
    }
    if fired.has(FaultKind::CutPage)
        && let Some(items) = reply.body["data"].as_array_mut()
    {
        items.truncate(items.len() / 2);
    }
    if fired.has(FaultKind::CountSkip) && reply.body["data"].is_array() {
        reply.body["count"] = json!(-1);
    }
    if let Some(text) = fired.injected_text() {
        let data = &mut reply.body["data"];
        if inject_text(data, FREE_TEXT, &text) == 0 {
            inject_text(data, OTHER_TEXT, &text);
        }
    }
    reply
}

/// A text in the fault's body becomes the message, anything else the whole answer.
fn with_body(mut reply: Reply, fault: &Fault) -> Reply {
    match &fault.body {
        Some(Value::String(text)) => reply.body["messages"][0]["message"] = json!(text),
        Some(body) => reply.body = body.clone(),
        None => {}
    }
    reply
}

fn empty(body: &mut Value) {
    body["data"] = if body["data"].is_array() { json!([]) } else { Value::Null };
    body["count"] = json!(0);
    body["size"] = json!(0);
}

/// A look-up of one object then gives this one and another; pages stay as they are.
fn ambiguous(reply: Reply, others: Vec<Value>) -> Reply {
    let own = &reply.body["data"];
    if own.is_array() {
        return reply;
    }
    let mut items: Vec<Value> = Vec::new();
    if own.is_object() {
        items.push(own.clone());
    }
    let identity = |object: &Value| (object["id"].clone(), object["uuid"].clone());
    for other in others {
        if items.len() < 2 && items.iter().all(|item| identity(item) != identity(&other)) {
            items.push(other);
        }
    }
    let count = items.len();
    if count == 0 { reply } else { Reply::page(0, 0, count, items) }
}
