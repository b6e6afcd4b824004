//! The `/_sim` endpoints that every simulated backend has and no real one: the request
//! log, faults, reset, the clock. What a backend adds of its own is not known here.
//!
//! Answers are plain JSON, not a backend's envelope, so that nobody takes them for its own.

use axum::http::Method;
use axum::http::StatusCode;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::sim::clock::SimClock;
use crate::sim::faults::Fault;
use crate::sim::faults::FaultList;

/// What an endpoint answers: JSON, or a status with what is wrong.
pub type Outcome = Result<Value, (StatusCode, String)>;

/// The parts of a backend that are controlled the same way everywhere.
pub trait Controlled {
    /// The requests answered since the last reset, oldest first, as JSON.
    fn log(&self) -> Value;
    /// Its faults.
    fn fault_list(&self) -> &FaultList;
    /// Its clock.
    fn sim_clock(&self) -> &SimClock;
    /// Begins again.
    fn begin_again(&self);
}

/// Answers one `/_sim` request; `path` is what follows `/_sim/`, `own` are the backend's own endpoints.
#[must_use]
pub fn answer(
    sim: &impl Controlled,
    method: &Method,
    path: &str,
    body: &[u8],
    own: impl FnOnce(&str, &[&str]) -> Option<Outcome>,
) -> (StatusCode, Value) {
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let outcome = match (method.as_str(), segments.as_slice()) {
        ("GET", ["requests"]) => Ok(json!({"requests": sim.log()})),
        ("GET", ["faults"]) => Ok(json!({"faults": sim.fault_list().armed()})),
        ("POST", ["faults"]) => set_faults(sim.fault_list(), body),
        ("DELETE", ["faults"]) => {
            sim.fault_list().clear();
            Ok(json!({"faults": []}))
        }
        ("POST", ["reset"]) => {
            sim.begin_again();
            Ok(json!({"reset": true}))
        }
        ("GET", ["clock"]) => Ok(time_of(sim.sim_clock())),
        ("POST", ["clock"]) => set_clock(sim.sim_clock(), body),
        (method, segments) => {
            own(method, segments).unwrap_or_else(|| Err((StatusCode::NOT_FOUND, "no such control".to_owned())))
        }
    };
    match outcome {
        Ok(value) => (StatusCode::OK, value),
        Err((status, problem)) => (status, json!({"error": problem})),
    }
}

/// A request that makes no sense.
pub fn refused(problem: String) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, problem)
}

/// A body as what it should be.
///
/// # Errors
/// Status 400 with what is wrong with it.
pub fn parsed<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| refused(error.to_string()))
}

/// A list replaces the faults, a single fault is a list of one.
fn set_faults(faults: &FaultList, body: &[u8]) -> Outcome {
    let value: Value = parsed(body)?;
    let listed = match value {
        Value::Array(_) => value,
        Value::Object(mut members) if members.contains_key("faults") && members.len() == 1 => {
            members.shift_remove("faults").unwrap_or_default()
        }
        single => json!([single]),
    };
    let listed: Vec<Fault> = serde_json::from_value(listed).map_err(|error| refused(error.to_string()))?;
    faults.set(listed);
    Ok(json!({"faults": faults.armed()}))
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

fn set_clock(clock: &SimClock, body: &[u8]) -> Outcome {
    let change: ClockChange = parsed(body)?;
    if change.run {
        clock.run();
    }
    if let Some(at) = change.set {
        clock.set(at);
    }
    if let Some(by) = change.advance {
        clock.advance(by);
    }
    if let Some(seconds) = change.advance_seconds {
        clock.advance(SignedDuration::from_secs(seconds));
    }
    Ok(time_of(clock))
}

fn time_of(clock: &SimClock) -> Value {
    let now = clock.now();
    json!({"now": now.to_string(), "timestamp": now.as_millisecond()})
}
