//! The `/_sim` endpoints, which no real Argus has: the request log, faults, reset,
//! the clock, and changes to the data between calls.
//!
//! Answers are plain JSON, not the envelope, so that nobody takes them for Argus.

use axum::http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sim::argus::ArgusSim;
use crate::sim::faults::Fault;

type Outcome = Result<Value, (StatusCode, String)>;

/// Answers one `/_sim` request; `path` is what follows `/_sim/`.
#[must_use]
pub fn answer(sim: &ArgusSim, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let outcome = match (method.as_str(), segments.as_slice()) {
        ("GET", ["requests"]) => Ok(json!({"requests": sim.requests()})),
        ("GET", ["faults"]) => Ok(json!({"faults": sim.faults().armed()})),
        ("POST", ["faults"]) => set_faults(sim, body),
        ("DELETE", ["faults"]) => {
            sim.faults().clear();
            Ok(json!({"faults": []}))
        }
        ("POST", ["reset"]) => {
            sim.reset();
            Ok(json!({"reset": true}))
        }
        ("GET", ["clock"]) => Ok(clock(sim)),
        ("POST", ["clock"]) => set_clock(sim, body),
        ("POST", ["cases"]) => parsed(body).and_then(|patch: Value| {
            let id = sim.add_case(&patch).map_err(refused)?;
            Ok(json!({"id": id}))
        }),
        ("GET", ["cases", id]) => number(id).and_then(|id| case(sim, id)),
        ("PATCH", ["cases", id]) => number(id).and_then(|id| {
            let patch: Value = parsed(body)?;
            sim.patch_case(id, &patch).map_err(refused)?;
            case(sim, id)
        }),
        ("PATCH", ["events", uuid]) => parsed(body).and_then(|patch: Value| {
            sim.patch(&json!({"events": {*uuid: patch}})).map_err(refused)?;
            Ok(json!({"uuid": uuid}))
        }),
        _ => Err((StatusCode::NOT_FOUND, "no such control".to_owned())),
    };
    match outcome {
        Ok(value) => (StatusCode::OK, value),
        Err((status, problem)) => (status, json!({"error": problem})),
    }
}

fn refused(problem: String) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, problem)
}

fn parsed<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| refused(error.to_string()))
}

fn number(id: &str) -> Result<u64, (StatusCode, String)> {
    id.parse().map_err(|_| refused(format!("{id} is not a case number")))
}

fn case(sim: &ArgusSim, id: u64) -> Outcome {
    sim.case(id).ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no case {id}")))
}

/// A list replaces the faults, a single fault is a list of one.
fn set_faults(sim: &ArgusSim, body: &[u8]) -> Outcome {
    let value: Value = parsed(body)?;
    let listed = match value {
        Value::Array(_) => value,
        Value::Object(mut members) if members.contains_key("faults") && members.len() == 1 => {
            members.shift_remove("faults").unwrap_or_default()
        }
        single => json!([single]),
    };
    let faults: Vec<Fault> = serde_json::from_value(listed).map_err(|error| refused(error.to_string()))?;
    sim.faults().set(faults);
    Ok(json!({"faults": sim.faults().armed()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClockChange {
    /// Stop at this instant.
    set: Option<Timestamp>,
    /// Move by this length, such as `PT90M` or `-1h 30m`.
    advance: Option<SignedDuration>,
    /// Move by this many seconds.
    advance_seconds: Option<i64>,
    /// Run along real time again.
    #[serde(default)]
    run: bool,
}

fn set_clock(sim: &ArgusSim, body: &[u8]) -> Outcome {
    let change: ClockChange = parsed(body)?;
    if change.run {
        sim.clock().run();
    }
    if let Some(at) = change.set {
        sim.clock().set(at);
    }
    if let Some(by) = change.advance {
        sim.clock().advance(by);
    }
    if let Some(seconds) = change.advance_seconds {
        sim.clock().advance(SignedDuration::from_secs(seconds));
    }
    Ok(clock(sim))
}

fn clock(sim: &ArgusSim) -> Value {
    let now = sim.clock().now();
    json!({"now": now.to_string(), "timestamp": now.as_millisecond()})
}
