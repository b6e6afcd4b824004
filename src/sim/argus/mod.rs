//! A simulated Argus REST backend: every endpoint that the Argus server asks, over a
//! made-up world and plain HTTP, strict about what it is sent, with a clock that can
//! be set, faults by request, and data that can change between calls.
//!
//! Field names and envelopes are Argus's; people, firms and findings are fictional.
//! `route` lists the endpoints, with a file per family beside it; `data` makes what
//! they answer from. Any other path answers 404 in the envelope.

pub mod alarms;
pub mod asset_criteria;
pub mod asset_statistics;
pub mod assets;
pub mod bend;
pub mod call;
pub mod case_criteria;
pub mod cases;
pub mod control;
pub mod criteria;
pub mod customers;
pub mod data;
pub mod datastores;
pub mod event_criteria;
pub mod event_statistics;
pub mod events;
pub mod filter_criteria;
pub mod filters;
pub mod keys;
pub mod lineage;
pub mod metric_query;
pub mod metrics;
pub mod network;
pub mod pdns;
pub mod reader;
pub mod reply;
pub mod reputation;
pub mod route;
pub mod session;
pub mod time_range;
pub mod timeline;
pub mod times;
pub mod values;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::sim::argus::call::{Call, query_object};
use crate::sim::argus::data::{Data, patch};
use crate::sim::argus::keys::Key;
use crate::sim::argus::reply::{Answer, Reply, field_error};
use crate::sim::clock::{SimClock, Sleeper};
use crate::sim::faults::{FaultKind, FaultList, Fired};

/// Header that carries the key.
const KEY_HEADER: &str = "Argus-API-Key";
const MAX_BODY_BYTES: usize = 1 << 20;
const MAX_LOGGED: usize = 500;
const MAX_LOGGED_BODY_BYTES: usize = 16 << 10;

/// The seed of the shipped world.
pub const DEFAULT_SEED: u64 = 7;

/// The simulated backend; cloning gives another handle to the same one.
#[derive(Clone)]
pub struct ArgusSim {
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    start: Timestamp,
    clock: SimClock,
    sleeper: Sleeper,
    faults: FaultList,
    // A std lock: it is never held across an await.
    data: RwLock<Arc<Data>>,
    log: Mutex<VecDeque<Value>>,
    stop: CancellationToken,
}

impl ArgusSim {
    /// Builds the world from `seed` as it looks now by `clock`.
    #[must_use]
    pub fn new(seed: u64, clock: SimClock, sleeper: Sleeper) -> Self {
        let start = clock.now();
        Self {
            shared: Arc::new(Shared {
                seed,
                start,
                sleeper,
                faults: FaultList::default(),
                data: RwLock::new(Data::shared(seed, start)),
                log: Mutex::default(),
                stop: CancellationToken::new(),
                clock,
            }),
        }
    }

    /// All endpoints, to be nested or served.
    pub fn router(self) -> Router {
        Router::new().fallback(handle).with_state(self)
    }

    /// Serves until `cancel`; answers that hang by a fault end then as well.
    ///
    /// # Errors
    ///
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener, cancel: CancellationToken) -> std::io::Result<()> {
        let stop = self.shared.stop.clone();
        axum::serve(listener, self.router())
            .with_graceful_shutdown(async move {
                cancel.cancelled().await;
                stop.cancel();
            })
            .await
    }

    /// The clock of this world.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.shared.clock
    }

    /// The faults of this backend.
    #[must_use]
    pub fn faults(&self) -> &FaultList {
        &self.shared.faults
    }

    /// The last requests, oldest first: `{method, path, query, body, keyPrefix, at}`.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        let log = self.shared.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().cloned().collect()
    }

    /// One case as stored, with comments and tags.
    #[must_use]
    pub fn case(&self, id: u64) -> Option<Value> {
        let data = self.read();
        data.case(id).map(|case| json!({"case": case.object, "comments": case.comments, "tags": case.tags}))
    }

    /// Changes one case.
    ///
    /// # Errors
    ///
    /// What is wrong with the patch; nothing has changed then.
    pub fn patch_case(&self, id: u64, changes: &Value) -> Result<(), String> {
        patch::change_case(Arc::make_mut(&mut self.write()), id, changes, self.clock().now())
    }

    /// Adds a case made from another: `{copyOf, id?, …}`.
    ///
    /// # Errors
    ///
    /// What is wrong with the patch; nothing has changed then.
    pub fn add_case(&self, changes: &Value) -> Result<u64, String> {
        patch::add_case(Arc::make_mut(&mut self.write()), changes, self.clock().now())
    }

    /// Changes several objects: `{cases: {id: patch}, events: {uuid: patch}, newCases: […]}`.
    ///
    /// # Errors
    ///
    /// What is wrong with the patch; changes before the faulty one stay.
    pub fn patch(&self, changes: &Value) -> Result<(), String> {
        patch::apply(Arc::make_mut(&mut self.write()), changes, self.clock().now())
    }

    /// Clears log and faults, and restores the data as it was at the start; the clock stays.
    pub fn reset(&self) {
        self.shared.faults.clear();
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.write() = Data::shared(self.shared.seed, self.shared.start);
    }

    fn read(&self) -> RwLockReadGuard<'_, Arc<Data>> {
        self.shared.data.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Arc<Data>> {
        self.shared.data.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, parts: &Parts, body: &[u8]) {
        let shown = if body.len() > MAX_LOGGED_BODY_BYTES {
            json!(format!("{} bytes", body.len()))
        } else {
            serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
        };
        let entry = json!({
            "method": parts.method.as_str(), "path": parts.uri.path(),
            "query": parts.uri.query().unwrap_or_default(), "body": shown,
            "keyPrefix": key_text(&parts.headers).map(keys::shown).unwrap_or_default(),
            "at": self.clock().now().to_string(),
        });
        let mut log = self.shared.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == MAX_LOGGED {
            log.pop_front();
        }
        log.push_back(entry);
    }

    /// Waits for as long as the faults say; false when the simulator stops meanwhile.
    async fn wait(&self, fired: &Fired) -> bool {
        let stop = &self.shared.stop;
        if fired.has(FaultKind::Timeout) {
            stop.cancelled().await;
            return false;
        }
        let delay = fired.delay();
        if delay.is_zero() {
            return true;
        }
        tokio::select! {
            () = self.shared.sleeper.sleep(delay) => true,
            () = stop.cancelled() => false,
        }
    }

    /// Answers one request from the data, with faults that concern the content.
    fn answer(&self, parts: &Parts, body: &[u8], fired: &Fired) -> Reply {
        if let Some(changes) = fired.patch_before()
            && let Err(problem) = self.patch(changes)
        {
            return broken_patch(&problem);
        }
        let data = self.read();
        let reply = self.dispatch(&data, parts, body).unwrap_or_else(|early| early);
        let others = || {
            let others = self.others(&data, parts).map(|mut reply| reply.body["data"].take());
            match others {
                Ok(Value::Array(items)) => items,
                _ => Vec::new(),
            }
        };
        let reply = bend::bend(reply, fired, others);
        drop(data);
        if let Some(changes) = fired.patch_after()
            && let Err(problem) = self.patch(changes)
        {
            return broken_patch(&problem);
        }
        reply
    }

    fn call<'a>(&self, data: &'a Data, parts: &Parts, body: Value) -> Result<Call<'a>, Reply> {
        let key = Key::authenticate(key_text(&parts.headers))?;
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map(|Query(pairs)| pairs)
            .map_err(|_| Reply::invalid(vec![field_error("query", "is not readable", "invalid.query", "")]))?;
        Ok(Call { key, now: self.clock().now(), start: self.shared.start, query: query_object(pairs), body, data })
    }

    fn dispatch(&self, data: &Data, parts: &Parts, body: &[u8]) -> Answer {
        let mut call = self.call(data, parts, Value::Null)?;
        if parts.method == Method::POST {
            call.body = serde_json::from_slice(body).map_err(|_| {
                let error = field_error("body", "is not valid JSON", "invalid.json", "");
                Reply::invalid(vec![error])
            })?;
        }
        route::answer(&call, parts.method.as_str(), parts.uri.path())
    }

    /// Objects of the kind that a path looks up, for an ambiguous answer.
    fn others(&self, data: &Data, parts: &Parts) -> Answer {
        let (search, body) = route::others(parts.uri.path());
        let call = self.call(data, parts, body)?;
        route::answer(&call, "POST", &format!("{search}/search"))
    }
}

fn key_text(headers: &HeaderMap) -> Option<&str> {
    headers.get(KEY_HEADER)?.to_str().ok()
}

/// A fault whose patch makes no sense is an error of the scenario: say so loudly.
fn broken_patch(problem: &str) -> Reply {
    tracing::warn!(problem, "the patch of a mutate fault was refused");
    let mut reply = Reply::stock(StatusCode::INTERNAL_SERVER_ERROR);
    reply.body["messages"][0]["message"] = json!(format!("mutate fault refused: {problem}"));
    reply
}

async fn handle(State(sim): State<ArgusSim>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body): Result<Bytes, _> = to_bytes(body, MAX_BODY_BYTES).await else {
        return wire(&Fired::default(), Reply::stock(StatusCode::PAYLOAD_TOO_LARGE));
    };
    let path = parts.uri.path();
    if let Some(rest) = path.strip_prefix("/_sim/") {
        let (status, value) = control::answer(&sim, &parts.method, rest, &body);
        return Fired::default().respond(status, value.to_string().into_bytes());
    }
    sim.note(&parts, &body);
    let fired = sim.shared.faults.take(parts.method.as_str(), path, &body);
    if !sim.wait(&fired).await {
        return wire(&Fired::default(), Reply::stock(StatusCode::SERVICE_UNAVAILABLE));
    }
    let reply = sim.answer(&parts, &body, &fired);
    wire(&fired, reply)
}

fn wire(fired: &Fired, reply: Reply) -> Response<Body> {
    let mut response = fired.respond(reply.status, reply.body.to_string().into_bytes());
    if let Some((name, value)) = reply.header
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod consistency_tests;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod metric_tests;
#[cfg(test)]
mod request_tests;
#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod server_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tool_tests;
