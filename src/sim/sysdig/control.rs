//! The `/_sim` endpoints, which no real Sysdig has: the request log, faults,
//! reset, the clock, and changes to events between calls. The same words as
//! in the simulated Argus where both have a thing.

use axum::http::Method;
use axum::http::StatusCode;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::sim::faults::Fault;
use crate::sim::sysdig::SysdigSim;

type Outcome = Result<Value, (StatusCode, String)>;

/// Answers one `/_sim` request; `path` is what follows `/_sim/`.
#[must_use]
pub fn answer(sim: &SysdigSim, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
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
        ("GET", ["events", id]) => event(sim, id),
        ("PATCH", ["events", id]) => parsed(body).and_then(|change: Value| {
            sim.patch(&json!({"events": {*id: change}})).map_err(refused)?;
            event(sim, id)
        }),
        ("DELETE", ["events", id]) => {
            let removal = json!({"events": {*id: null}});
            sim.patch(&removal).map_err(refused).map(|()| json!({"removed": id}))
        }
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

fn event(sim: &SysdigSim, id: &str) -> Outcome {
    sim.event(id).ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no event {id}")))
}

/// A list replaces the faults, a single fault is a list of one.
fn set_faults(sim: &SysdigSim, body: &[u8]) -> Outcome {
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

fn set_clock(sim: &SysdigSim, body: &[u8]) -> Outcome {
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

fn clock(sim: &SysdigSim) -> Value {
    let now = sim.clock().now();
    json!({"now": now.to_string(), "timestamp": now.as_millisecond()})
}
