//! The `/_sim` endpoints of the simulated Sysdig: those of every backend, changes to
//! events between calls, and how strict SysQL is.

use axum::http::Method;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::sim::clock::SimClock;
use crate::sim::control;
use crate::sim::control::Controlled;
use crate::sim::control::Outcome;
use crate::sim::control::parsed;
use crate::sim::control::refused;
use crate::sim::faults::FaultList;
use crate::sim::sysdig::SysdigSim;

impl Controlled for SysdigSim {
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
pub fn answer(sim: &SysdigSim, method: &Method, path: &str, body: &[u8]) -> (StatusCode, Value) {
    control::answer(sim, method, path, body, |method, segments| {
        let outcome = match (method, segments) {
            ("GET", ["events", id]) => event(sim, id),
            ("PATCH", ["events", id]) => parsed(body).and_then(|change: Value| {
                sim.patch(&json!({"events": {*id: change}})).map_err(refused)?;
                event(sim, id)
            }),
            ("DELETE", ["events", id]) => {
                let removal = json!({"events": {*id: null}});
                sim.patch(&removal).map_err(refused).map(|()| json!({"removed": id}))
            }
            ("POST", ["sysql"]) => parsed(body).map(|Sysql { strict }| {
                sim.set_strict_sysql(strict);
                json!({ "strict": strict })
            }),
            _ => return None,
        };
        Some(outcome)
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sysql {
    strict: bool,
}

fn event(sim: &SysdigSim, id: &str) -> Outcome {
    sim.event(id).ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no event {id}")))
}
