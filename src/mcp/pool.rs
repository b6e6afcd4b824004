//! One server to which users or requests bring credentials of their own: a connection for each
//! owner and credential, made at the first use. A credential goes into the connection that was made
//! with it and nowhere else; whoever comes with another or without one finds no connection of
//! anybody. A connection that nobody uses for long ends, and the next request makes it anew; where
//! there are too many, of one owner or of all, the one that was not used for longest makes room, and
//! none that is in use.
//!
//! Of a user there is one credential, the one that is kept: taken back or replaced, its connection
//! ends, and the calls on it. Requests of one owner may bring many at once, each with its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
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

/// Connections of one server at once.
const MOST: usize = 256;
/// Of these, connections of one owner: whoever brings ever new credentials takes nobody else's place.
const MOST_OF_ONE: usize = 16;

/// How long a list waits for the connection of one user.
const A_MOMENT: Duration = Duration::from_secs(5);

/// A transport with somebody's values filled in.
pub type Fill = Arc<dyn Fn(&Fields) -> Result<Transport, String> + Send + Sync>;

/// How credentials come to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bringing {
    /// Each user's is kept: there is one at a time.
    Kept,
    /// With each request, in these headers.
    WithRequests(Vec<String>),
}

/// What a pool is made of.
pub struct PoolSettings {
    /// Configured name of the server.
    pub name: String,
    /// Policy groups it is expected to serve.
    pub groups: Vec<String>,
    /// Names what `fill` makes.
    pub transport: &'static str,
    /// Makes a transport.
    pub fill: Fill,
    /// How credentials come.
    pub bringing: Bringing,
    /// How long a connection stays that nobody uses.
    pub idle: Duration,
    /// What a connection may take and give.
    pub limits: UpstreamLimits,
}

/// The connections of all owners to one server.
pub struct Pool {
    settings: PoolSettings,
    credentials: Arc<dyn Credentials>,
    clock: Arc<dyn Clock>,
    // A std mutex: held for map operations, never across an await.
    held: Arc<Mutex<Held>>,
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
    /// A pool without connections.
    pub fn new(settings: PoolSettings, credentials: Arc<dyn Credentials>, clock: Arc<dyn Clock>) -> Self {
        Self { settings, credentials, clock, held: Arc::default(), tasks: TaskTracker::new() }
    }

    /// Configured name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// The server as it is for nobody in particular.
    pub fn state(&self) -> ServerState {
        let state = ServerState {
            name: self.settings.name.clone(),
            up: true,
            transport: self.settings.transport.to_owned(),
            protocol: None,
            era: None,
            breaker: BreakerState::Closed,
            error: None,
            restarts: 0,
            groups: self.settings.groups.clone(),
            schema_mismatches: Vec::new(),
            credentials: WhoseCredentials::default(),
            headers: Vec::new(),
        };
        self.marked(state)
    }

    /// The server as it is over one of the connections.
    pub(crate) fn state_over(&self, upstream: &Upstream) -> ServerState {
        self.marked(upstream.state())
    }

    /// The server as it is for a caller who has no credential that can be used.
    pub(crate) fn closed(&self, failure: &ToolFailure) -> ServerState {
        let missing = matches!(failure, ToolFailure::NoCredential { .. });
        let state = ServerState { up: false, error: Some(failure.reason()), ..self.state() };
        match self.settings.bringing {
            _ if !missing => state,
            Bringing::Kept => ServerState { credentials: WhoseCredentials::NoneOfThisUser, ..state },
            Bringing::WithRequests(_) => ServerState { credentials: WhoseCredentials::NoneOfThisRequest, ..state },
        }
    }

    /// The state with how credentials come.
    fn marked(&self, state: ServerState) -> ServerState {
        let (credentials, headers) = match &self.settings.bringing {
            Bringing::Kept => (WhoseCredentials::EachUser, Vec::new()),
            Bringing::WithRequests(headers) => (WhoseCredentials::EachRequest, headers.clone()),
        };
        ServerState { credentials, headers, ..state }
    }

    /// The caller's own connection, which may not be connected yet. A credential that is kept is
    /// read anew: one that was taken back or replaced closes the connection that was made with it.
    ///
    /// # Errors
    /// [`ToolFailure::NoCredential`] when the caller has none that can be used,
    /// [`ToolFailure::Unavailable`] when that cannot be found out or every connection that may be
    /// there is in use.
    pub async fn of(&self, caller: &Caller) -> Result<Arc<Upstream>, ToolFailure> {
        let kept = self.settings.bringing == Bringing::Kept;
        let fields = match self.credentials.of(caller, self.name()).await {
            Ok(fields) => fields,
            Err(none) => {
                let NoCredential::Missing(reason) = none else { return Err(self.unavailable(none.to_string())) };
                if kept {
                    self.forget(caller.subject(), None);
                }
                return Err(ToolFailure::NoCredential { server: self.name().to_owned(), reason });
            }
        };
        let key = Key::new(caller, &fields);
        if kept {
            self.forget(caller.subject(), Some(&key));
        }
        if let Some(upstream) = self.held().found(&key) {
            return Ok(upstream);
        }
        let PoolSettings { name, groups, fill, limits, .. } = &self.settings;
        let transport = fill(&fields).map_err(|reason| self.unavailable(reason))?;
        let upstream = Upstream::new(name, groups.clone(), transport, limits.clone(), Arc::clone(&self.clock));
        self.put(key, upstream)
    }

    fn unavailable(&self, reason: String) -> ToolFailure {
        ToolFailure::Unavailable { server: self.settings.name.clone(), reason }
    }

    /// Connects, if it is not, and waits for that a moment: what takes longer goes on by itself.
    pub(crate) async fn look(&self, upstream: &Arc<Upstream>) {
        if upstream.state().up {
            return;
        }
        let connecting = Arc::clone(upstream);
        let connecting = self.tasks.spawn(async move {
            let _use = connecting.uses.begin();
            connecting.look().await;
        });
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

    /// Somebody may have put the same one there in the meantime: the first stays.
    fn put(&self, key: Key, upstream: Arc<Upstream>) -> Result<Arc<Upstream>, ToolFailure> {
        let mut held = self.held();
        if let Some(upstream) = held.found(&key) {
            return Ok(upstream);
        }
        if held.closed {
            upstream.stop();
            return Ok(upstream);
        }
        let of_owner = held.by_key.keys().filter(|other| other.owner == key.owner).count();
        if of_owner >= MOST_OF_ONE && !held.makes_room(|other| other.owner == key.owner) {
            let reason = format!("{MOST_OF_ONE} connections of yours to it are in use, and no more may be at once");
            return Err(self.unavailable(reason));
        }
        if held.by_key.len() >= MOST && !held.makes_room(|_| true) {
            return Err(self.unavailable(format!("{MOST} connections to it are in use, and no more may be at once")));
        }
        let place = Place { upstream: Arc::clone(&upstream), last_used: held.uses };
        held.by_key.insert(key.clone(), place);
        self.tasks.spawn(Arc::clone(&upstream).attend());
        self.tasks.spawn(rest(Arc::clone(&self.held), key, Arc::clone(&upstream), self.settings.idle));
        Ok(upstream)
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

    fn held(&self) -> MutexGuard<'_, Held> {
        locked(&self.held)
    }
}

fn locked(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    fn found(&mut self, key: &Key) -> Option<Arc<Upstream>> {
        self.uses += 1;
        let now = self.uses;
        let place = self.by_key.get_mut(key)?;
        place.last_used = now;
        place.upstream.uses.touch();
        Some(Arc::clone(&place.upstream))
    }

    /// Ends that of these connections which was not used for longest, if there is one that nobody uses now.
    fn makes_room(&mut self, of: impl Fn(&Key) -> bool) -> bool {
        let unused = |(key, place): &(&Key, &Place)| of(key) && place.upstream.uses.unused_for().is_some();
        let unused = self.by_key.iter().filter(unused);
        let Some(oldest) = unused.min_by_key(|(_, place)| place.last_used).map(|(key, _)| key.clone()) else {
            return false;
        };
        if let Some(place) = self.by_key.remove(&oldest) {
            place.upstream.stop();
        }
        true
    }
}

/// Ends a connection once nobody has used it for so long.
async fn rest(held: Arc<Mutex<Held>>, key: Key, upstream: Arc<Upstream>, idle: Duration) {
    loop {
        let left = {
            let mut held = locked(&held);
            match upstream.uses.unused_for() {
                Some(unused) if unused >= idle => {
                    // The place may be that of another one by now.
                    if held.by_key.get(&key).is_some_and(|place| Arc::ptr_eq(&place.upstream, &upstream)) {
                        held.by_key.remove(&key);
                    }
                    upstream.stop();
                    return;
                }
                Some(unused) => idle - unused,
                None => idle,
            }
        };
        tokio::select! {
            () = upstream.stop.cancelled() => return,
            () = tokio::time::sleep(left) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_trait::async_trait;
    use secrecy::SecretString;

    use super::*;
    use crate::clock::SystemClock;
    use crate::domain::caller::AccessRole;
    use crate::domain::caller::Brought;
    use crate::mcp::child::Program;

    const IDLE: Duration = Duration::from_secs(60);

    /// What the header `x` of the request says.
    struct Told;

    #[async_trait]
    impl Credentials for Told {
        async fn of(&self, caller: &Caller, _server: &str) -> Result<Fields, NoCredential> {
            match caller.brought().values("X").first() {
                Some(value) => Ok(Fields::from([("x".to_owned(), value.clone())])),
                None => Err(NoCredential::Missing("there is none".to_owned())),
            }
        }
    }

    fn pool(bringing: Bringing) -> Pool {
        let nothing = Program {
            command: "false".to_owned(),
            args: Vec::new(),
            env: BTreeMap::new(),
            secrets: Vec::new(),
            cwd: None,
        };
        let settings = PoolSettings {
            name: "s".to_owned(),
            groups: Vec::new(),
            transport: "stdio",
            fill: Arc::new(move |_| Ok(Transport::Stdio(nothing.clone()))),
            bringing,
            idle: IDLE,
            limits: UpstreamLimits::new(IDLE, IDLE, 1024),
        };
        Pool::new(settings, Arc::new(Told), Arc::new(SystemClock::new()))
    }

    fn caller(name: &str, credential: &str) -> Caller {
        let values = vec![SecretString::from(credential)];
        Caller::new(name, AccessRole::Analyst).bringing(Brought::new(BTreeMap::from([("x".to_owned(), values)])))
    }

    fn count(pool: &Pool) -> usize {
        pool.held().by_key.len()
    }

    #[tokio::test(start_paused = true)]
    async fn owner_and_credential_tell_connections_apart() {
        for (bringing, of_ann) in [(Bringing::Kept, 1), (Bringing::WithRequests(Vec::new()), 2)] {
            let pool = pool(bringing);
            let first = pool.of(&caller("ann", "a")).await.unwrap();
            let other = pool.of(&caller("bob", "a")).await.unwrap();
            assert!(!Arc::ptr_eq(&first, &other), "nobody gets another owner's");
            assert!(Arc::ptr_eq(&first, &pool.of(&caller("ann", "a")).await.unwrap()));
            let second = pool.of(&caller("ann", "b")).await.unwrap();
            assert!(!Arc::ptr_eq(&first, &second));
            assert_eq!(count(&pool), of_ann + 1);
            // A user has one credential; of requests each has its own.
            assert_eq!(first.stop.is_cancelled(), of_ann == 1);
            assert!(pool.of(&Caller::new("ann", AccessRole::Analyst)).await.is_err());
            assert_eq!(count(&pool), if of_ann == 1 { 1 } else { 3 });
            pool.close().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_never_more_than_may_be_and_none_goes_that_is_in_use() {
        let pool = pool(Bringing::WithRequests(Vec::new()));
        let used = pool.of(&caller("ann", "used")).await.unwrap();
        let running = used.uses.begin();
        for n in 0..2 * MOST_OF_ONE {
            pool.of(&caller("ann", &n.to_string())).await.unwrap();
            assert!(count(&pool) <= MOST_OF_ONE);
        }
        assert!(!used.stop.is_cancelled());
        let bobs = pool.of(&caller("bob", "b")).await.unwrap();
        let all: Vec<Arc<Upstream>> = pool.held().by_key.values().map(|place| Arc::clone(&place.upstream)).collect();
        let uses: Vec<_> = all.iter().map(|upstream| upstream.uses.begin()).collect();
        let failure = pool.of(&caller("ann", "one more")).await.err().expect("there is no room").to_string();
        assert!(failure.contains("of yours") && failure.contains("in use"), "{failure}");
        assert!(!bobs.stop.is_cancelled(), "nobody else makes room");
        for n in 0..2 * MOST {
            pool.of(&caller(&n.to_string(), "c")).await.unwrap();
            assert!(count(&pool) <= MOST);
        }
        drop((running, uses));
        assert!(pool.of(&caller("ann", "one more")).await.is_ok());
        drop(all);
        pool.close().await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_uses_ends_and_what_is_used_stays() {
        let pool = pool(Bringing::Kept);
        let (ann, bob) = (caller("ann", "a"), caller("bob", "b"));
        let (anns, bobs) = (pool.of(&ann).await.unwrap(), pool.of(&bob).await.unwrap());
        let running = anns.uses.begin();
        bobs.stop.cancelled().await;
        assert_eq!(count(&pool), 1, "only hers, which is in use");
        drop(running);
        anns.stop.cancelled().await;
        assert_eq!(count(&pool), 0);
        assert!(!Arc::ptr_eq(&anns, &pool.of(&ann).await.unwrap()), "another one");
        pool.close().await;
    }
}
