//! The `/_sim` endpoints of the simulated Argus: those of every backend, and changes to
//! cases and events between calls.

use axum::http::Method;
use axum::http::StatusCode;
use serde_json::Value;
use serde_json::json;

use crate::sim::argus::ArgusSim;
use crate::sim::clock::SimClock;
use crate::sim::control;
use crate::sim::control::Controlled;
use crate::sim::control::Outcome;
use crate::sim::control::parsed;
use crate::sim::control::refused;
use crate::sim::faults::FaultList;

impl Controlled for ArgusSim {
    fn log(&self) -> Value {
        json!(self.requests())
    }

    fn fault_list(&self) -> &FaultList {
        self.faults()
    }

    fn sim_clock(&self) -> &SimClock {
        self.clock()
    }

    fn begin_again(&self) {
        self.reset();
    }
}

/// Answers one `/_sim` request; `path` is what follows `/_sim/`.
#[must_use]
pub fn answer(sim: &ArgusSim, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    control::answer(sim, method, path, body, |method, segments| {
        let outcome = match (method, segments) {
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
            _ => return None,
        };
        Some(outcome)
    })
}

fn number(id: &str) -> Result<u64, (StatusCode, String)> {
    id.parse().map_err(|_| refused(format!("{id} is not a case number")))
}

fn case(sim: &ArgusSim, id: u64) -> Outcome {
    sim.case(id).ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no case {id}")))
}
