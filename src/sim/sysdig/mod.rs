//! A simulated Sysdig REST backend: permissions of tokens, security events
//! with filter and paging, process trees, SysQL over a small graph, and the
//! metrics of clusters and pods.
//!
//! One world, made from a seed and a start time, told by the shared tables of
//! `sim::world`; `story` says what happened, `build` makes events of it,
//! `feed` holds and pages them, `sysql` and `metrics` know the same pods,
//! `http` answers. It refuses what the real backend would refuse, and unknown
//! parameters too, so that every test also checks our requests.

pub mod build;
pub mod chain;
pub mod content;
pub mod control;
pub mod cursor;
pub mod detections;
pub mod feed;
pub mod filter;
pub mod http;
pub mod metrics;
pub mod pods;
pub mod query;
pub mod reply;
pub mod requests;
pub mod seed;
pub mod story;
pub mod syntax;
pub mod sysql;
pub mod tokens;
pub mod work;

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::serve::ListenerExt;
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::sim::clock::SimClock;
use crate::sim::clock::Sleeper;
use crate::sim::faults::FaultList;
use crate::sim::sysdig::feed::Feed;
use crate::sim::sysdig::metrics::Metrics;
use crate::sim::sysdig::requests::LoggedRequest;
use crate::sim::sysdig::requests::RequestLog;
use crate::sim::sysdig::seed::Seed;
use crate::sim::sysdig::sysql::graph::Graph;

/// The seed of the shipped world.
pub const DEFAULT_SEED: u64 = 7;

/// The simulated backend; cloning gives another handle to the same one.
#[derive(Clone)]
pub struct SysdigSim(Arc<Shared>);

struct Shared {
    clock: SimClock,
    start: Timestamp,
    sleeper: Sleeper,
    seed: Seed,
    faults: FaultList,
    requests: RequestLog,
    /// A std lock: it is never held across an await.
    feed: Mutex<Feed>,
    graph: Graph,
    metrics: Metrics,
    strict_sysql: AtomicBool,
    /// Ends answers that a fault lets hang.
    stop: CancellationToken,
}

impl SysdigSim {
    /// Builds the world from `seed` as it looks now by `clock`.
    #[must_use]
    pub fn new(seed: u64, clock: SimClock, sleeper: Sleeper) -> Self {
        let seed = Seed(seed);
        let start = clock.now();
        Self(Arc::new(Shared {
            clock,
            start,
            sleeper,
            seed,
            faults: FaultList::default(),
            requests: RequestLog::default(),
            feed: Mutex::new(Feed::new(seed, start)),
            graph: Graph::new(seed),
            metrics: Metrics::new(seed),
            strict_sysql: AtomicBool::new(false),
            stop: CancellationToken::new(),
        }))
    }

    /// The clock of this world.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.0.clock
    }

    /// The faults of this backend.
    #[must_use]
    pub fn faults(&self) -> &FaultList {
        &self.0.faults
    }

    /// The requests answered since the last reset, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.0.requests.all()
    }

    /// Refuses SysQL that the real backend would refuse, or takes what people
    /// write; the latter at first.
    pub fn set_strict_sysql(&self, strict: bool) {
        self.0.strict_sysql.store(strict, Ordering::Relaxed);
    }

    /// Begins again: the data as they were at the start, no faults, no
    /// requests, lenient SysQL. The clock stays.
    pub fn reset(&self) {
        self.set_strict_sysql(false);
        self.0.faults.clear();
        self.0.requests.clear();
        *self.feed() = Feed::new(self.0.seed, self.0.start);
    }

    /// Changes the data: `{events: {id: merge patch or null}}`.
    ///
    /// # Errors
    /// A text naming the fault of the patch; nothing is changed then.
    pub fn patch(&self, patch: &Value) -> Result<(), String> {
        let now = self.now();
        self.feed().patch(patch, now)
    }

    /// One event as stored, if it has happened.
    #[must_use]
    pub fn event(&self, id: &str) -> Option<Value> {
        let now = self.now();
        self.feed().get(id, now).map(|event| event.json.clone())
    }

    /// All endpoints, those under `/_sim` included, to be nested or served.
    pub fn router(self) -> Router {
        http::router(self)
    }

    /// Serves until `cancel`; answers that hang by a fault end then as well.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener, cancel: CancellationToken) -> std::io::Result<()> {
        let listener = listener.tap_io(|stream| {
            // Only costs latency when it fails.
            let _ = stream.set_nodelay(true);
        });
        let stop = self.0.stop.clone();
        axum::serve(listener, self.router())
            .with_graceful_shutdown(async move {
                cancel.cancelled().await;
                stop.cancel();
            })
            .await
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.0.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strict_sysql(&self) -> bool {
        self.0.strict_sysql.load(Ordering::Relaxed)
    }

    /// The time now, in nanoseconds since the epoch.
    fn now(&self) -> i64 {
        i64::try_from(self.0.clock.now().as_nanosecond()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests;
