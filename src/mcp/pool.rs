//! One server to which each user brings credentials of their own: a connection for each user and
//! credential, made at the first use. A credential goes into the connection that was made with it
//! and nowhere else; a user with another or without one finds no connection of anybody. What was
//! not used for longest makes room. A credential that was taken back ends its connection, and the
//! calls on it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::domain::caller::Caller;
use crate::domain::tool::ToolFailure;
use crate::engine::ports::BreakerState;
use crate::engine::ports::Clock;
use crate::engine::ports::ServerState;
use crate::engine::ports::WhoseCredentials;
use crate::mcp::credentials::Credentials;
use crate::mcp::credentials::Fields;
use crate::mcp::credentials::Key;
use crate::mcp::credentials::NoCredential;
use crate::mcp::limits::UpstreamLimits;
use crate::mcp::transport::Transport;
use crate::mcp::upstream::Upstream;

/// Connections of one server at once; one more ends the one that was not used for longest.
const MOST: usize = 256;

/// How long a list waits for the connection of one user.
const A_MOMENT: Duration = Duration::from_secs(5);

/// A transport with a user's values filled in.
pub type Fill = Arc<dyn Fn(&Fields) -> Result<Transport, String> + Send + Sync>;

/// The connections of all users to one server.
pub struct Pool {
    name: String,
    groups: Vec<String>,
    transport: &'static str,
    fill: Fill,
    credentials: Arc<dyn Credentials>,
    limits: UpstreamLimits,
    clock: Arc<dyn Clock>,
    // A std mutex: held for map operations, never across an await.
    held: Mutex<Held>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Held {
    /// Counts uses.
    uses: u64,
    /// Nobody gets a connection any more.
    closed: bool,
    by_key: HashMap<Key, Place>,
}

struct Place {
    upstream: Arc<Upstream>,
    last_used: u64,
}

impl Pool {
    /// A pool without connections. `transport` names what `fill` makes.
    pub fn new(
        name: &str,
        groups: Vec<String>,
        transport: &'static str,
        fill: Fill,
        credentials: Arc<dyn Credentials>,
        limits: UpstreamLimits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (name, held, tasks) = (name.to_owned(), Mutex::default(), TaskTracker::new());
        Self { name, groups, transport, fill, credentials, limits, clock, held, tasks }
    }

    /// Configured name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server as it is for nobody in particular.
    pub fn state(&self) -> ServerState {
        self.state_with(true, None, WhoseCredentials::EachUser)
    }

    /// The server as it is for a caller who has no credential that can be used.
    pub fn closed(&self, failure: &ToolFailure) -> ServerState {
        let reason = match failure {
            ToolFailure::Unavailable { reason, .. } => reason.clone(),
            other => other.to_string(),
        };
        self.state_with(false, Some(reason), WhoseCredentials::NoneOfThisUser)
    }

    fn state_with(&self, up: bool, error: Option<String>, credentials: WhoseCredentials) -> ServerState {
        ServerState {
            name: self.name.clone(),
            up,
            transport: self.transport.to_owned(),
            protocol: None,
            era: None,
            breaker: BreakerState::Closed,
            error,
            restarts: 0,
            groups: self.groups.clone(),
            schema_mismatches: Vec::new(),
            credentials,
        }
    }

    /// The caller's own connection, which may not be connected yet. The credential is read anew: one
    /// that was taken back or replaced closes the connection that was made with it.
    ///
    /// # Errors
    /// [`ToolFailure::Unavailable`] when the caller has no credential that can be used.
    pub async fn of(&self, caller: &Caller) -> Result<Arc<Upstream>, ToolFailure> {
        let unavailable = |reason: String| ToolFailure::Unavailable { server: self.name.clone(), reason };
        let fields = match self.credentials.of(caller, &self.name).await {
            Ok(fields) => fields,
            Err(none) => {
                if matches!(none, NoCredential::Missing(_)) {
                    self.forget(caller.subject(), None);
                }
                return Err(unavailable(none.to_string()));
            }
        };
        let key = Key::new(caller, &fields);
        self.forget(caller.subject(), Some(&key));
        if let Some(upstream) = self.found(&key) {
            return Ok(upstream);
        }
        let transport = (self.fill)(&fields).map_err(unavailable)?;
        let upstream =
            Upstream::new(&self.name, self.groups.clone(), transport, self.limits.clone(), Arc::clone(&self.clock));
        Ok(self.put(key, upstream))
    }

    /// Connects, if it is not, and waits for that a moment: what takes longer goes on by itself.
    pub(crate) async fn look(&self, upstream: &Arc<Upstream>) {
        if upstream.state().up {
            return;
        }
        let connecting = Arc::clone(upstream);
        let connecting = self.tasks.spawn(async move { connecting.look().await });
        drop(tokio::time::timeout(A_MOMENT, connecting).await);
    }

    /// Ends all connections, and waits for it.
    pub async fn close(&self) {
        self.stop();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends all connections.
    pub fn stop(&self) {
        let mut held = self.held();
        held.closed = true;
        for (_, place) in held.by_key.drain() {
            place.upstream.stop();
        }
    }

    fn found(&self, key: &Key) -> Option<Arc<Upstream>> {
        let mut held = self.held();
        held.uses += 1;
        let now = held.uses;
        let place = held.by_key.get_mut(key)?;
        place.last_used = now;
        Some(Arc::clone(&place.upstream))
    }

    /// Somebody may have put the same one there in the meantime: the first stays.
    fn put(&self, key: Key, upstream: Arc<Upstream>) -> Arc<Upstream> {
        let mut held = self.held();
        held.uses += 1;
        let last_used = held.uses;
        if held.closed {
            upstream.stop();
            return upstream;
        }
        let place = held.by_key.entry(key).or_insert_with(|| {
            self.tasks.spawn(Arc::clone(&upstream).attend());
            Place { upstream, last_used }
        });
        let upstream = Arc::clone(&place.upstream);
        if held.by_key.len() > MOST {
            let oldest = held.by_key.iter().min_by_key(|(_, place)| place.last_used).map(|(key, _)| key.clone());
            if let Some(place) = oldest.and_then(|key| held.by_key.remove(&key)) {
                place.upstream.stop();
            }
        }
        upstream
    }

    /// Gives up the owner's connections, but for the one that stays.
    pub(crate) fn forget(&self, owner: &str, stays: Option<&Key>) {
        self.held().by_key.retain(|key, place| {
            let kept = key.owner != owner || Some(key) == stays;
            if !kept {
                place.upstream.stop();
            }
            kept
        });
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
