//! All MCP servers together: the `Tools` port of the engine. Each server is kept by a task
//! of its own; the catalog is rebuilt when one of them changes, or the pins of their tools do.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rmcp::model::Tool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::caller::Caller;
use crate::domain::pin::Acceptance;
use crate::domain::pin::Standing;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolName;
use crate::domain::tool::ToolSpec;
use crate::engine::ports::Catalog;
use crate::engine::ports::Follow;
use crate::engine::ports::ServerState;
use crate::engine::ports::StoreError;
use crate::engine::ports::Tools;
use crate::mcp::catalog::ToolRules;
use crate::mcp::catalog::merge;
use crate::mcp::pins::Pins;
use crate::mcp::pins::SeenBy;
use crate::mcp::pool::Pool;
use crate::mcp::upstream::Tries;
use crate::mcp::upstream::Upstream;
use crate::mcp::upstream::Worth;

/// How a server is reached.
pub enum Reach {
    /// By one connection for everybody.
    Shared(Arc<Upstream>),
    /// By a connection for each user, or for each credential that requests bring.
    OfUsers(Arc<Pool>),
}

impl Reach {
    fn name(&self) -> &str {
        match self {
            Reach::Shared(upstream) => upstream.name(),
            Reach::OfUsers(pool) => pool.name(),
        }
    }

    /// Who sees what it lists.
    fn seen(&self) -> SeenBy {
        match self {
            Reach::Shared(_) => SeenBy::Everybody,
            Reach::OfUsers(_) => SeenBy::OneUser,
        }
    }

    /// Its state and tools for nobody in particular: where each user brings credentials of their
    /// own there are no tools.
    fn for_nobody(&self) -> Seen {
        match self {
            Reach::Shared(upstream) => (upstream.state(), upstream.tools()),
            Reach::OfUsers(pool) => (pool.state(), Arc::default()),
        }
    }

    /// Its state and tools as this caller may see them.
    async fn seen_by(&self, caller: &Caller) -> Seen {
        let Reach::OfUsers(pool) = self else { return self.for_nobody() };
        match pool.of(caller).await {
            Ok(upstream) => {
                // Its state tells why, if it cannot be reached.
                pool.look(&upstream).await;
                (pool.state_over(&upstream), upstream.tools())
            }
            Err(failure) => (pool.closed(&failure), Arc::default()),
        }
    }

    /// The connection for this caller, which may not be there yet.
    async fn upstream(&self, caller: &Caller) -> Result<Arc<Upstream>, ToolFailure> {
        match self {
            Reach::Shared(upstream) => Ok(Arc::clone(upstream)),
            Reach::OfUsers(pool) => pool.of(caller).await,
        }
    }
}

/// State and tools of a server at one moment.
type Seen = (ServerState, Arc<Vec<Tool>>);

/// The tools of each server as it describes them, by its name.
pub(crate) type Lists<'a> = HashMap<&'a str, Arc<Vec<Tool>>>;

/// One server with the rules for its tools.
pub struct Member {
    /// The server.
    pub reach: Reach,
    /// Which of its tools are used, and how.
    pub rules: ToolRules,
    /// How long its results count as now, inside their turn.
    pub max_age: Option<Duration>,
}

/// All MCP servers.
pub struct Hub {
    members: BTreeMap<String, Member>,
    pins: Arc<Pins>,
    catalog: watch::Sender<Arc<Catalog>>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Hub {
    /// A hub whose servers are not connected yet.
    pub fn new(members: Vec<Member>, pins: Arc<Pins>) -> Arc<Self> {
        let members: BTreeMap<String, Member> =
            members.into_iter().map(|member| (member.reach.name().to_owned(), member)).collect();
        let (catalog, tasks, cancel) = (watch::Sender::default(), TaskTracker::new(), CancellationToken::new());
        let hub = Arc::new(Self { members, pins, catalog, tasks, cancel });
        for upstream in hub.shared_upstreams() {
            let hub = Arc::downgrade(&hub);
            upstream.on_change(move |worth| {
                if let Some(hub) = hub.upgrade() {
                    hub.note(worth);
                }
            });
        }
        hub.rebuild();
        hub
    }

    /// Starts a keeper for each server, and one for the pins of their tools.
    pub fn start(self: &Arc<Self>) {
        for upstream in self.shared_upstreams() {
            self.tasks.spawn(Arc::clone(upstream).keep());
        }
        let (hub, pins, cancel) = (Arc::downgrade(self), Arc::clone(&self.pins), self.cancel.clone());
        self.tasks.spawn(async move {
            while cancel.run_until_cancelled(pins.due()).await.is_some() {
                let Some(hub) = hub.upgrade() else { return };
                cancel.run_until_cancelled(hub.sync_pins()).await;
            }
        });
    }

    /// Waits until every server has been up once or failed once, at most `limit`.
    pub async fn settled(&self, limit: Duration) {
        let settled = futures::future::join_all(self.shared_upstreams().map(|upstream| upstream.settled()));
        drop(tokio::time::timeout(limit, settled).await);
        self.rebuild();
        // A tool that was never seen is offered once it is written down.
        drop(tokio::time::timeout(limit, self.sync_pins()).await);
    }

    /// Writes down which tools are new, and takes over what was accepted, wherever it was.
    pub async fn sync_pins(&self) {
        if self.pins.sync().await {
            self.rebuild();
        }
    }

    /// Ends the connection that was made with a user's credential, which is another one now or none.
    pub fn drop_connection(&self, owner: &str, server: &str) {
        if let Some(Reach::OfUsers(pool)) = self.members.get(server).map(|member| &member.reach) {
            pool.forget(owner, None);
        }
    }

    /// Accepts the definition of a tool that has this hash; it is offered from then on.
    ///
    /// # Errors
    /// [`StoreError`], `NotFound` when no such tool was ever seen.
    pub async fn accept_tool(&self, server: &str, tool: &str, hash: &str, by: &str) -> Result<Acceptance, StoreError> {
        let accepted = self.pins.accept(server, tool, hash, by).await?;
        self.sync_pins().await;
        Ok(accepted)
    }

    fn shared_upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.members.values().filter_map(|member| match &member.reach {
            Reach::Shared(upstream) => Some(upstream),
            Reach::OfUsers(_) => None,
        })
    }

    /// Whether everybody sees the same.
    fn is_shared(&self) -> bool {
        self.members.values().all(|member| matches!(member.reach, Reach::Shared(_)))
    }

    /// What is there for nobody in particular: of a server to which each user brings credentials of
    /// their own there are no tools.
    pub fn shared(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.borrow())
    }

    /// What a server lists that shows everybody the same.
    pub(crate) fn shared_tools(&self, name: &str) -> Option<Arc<Vec<Tool>>> {
        match &self.members.get(name)?.reach {
            Reach::Shared(upstream) => Some(upstream.tools()),
            Reach::OfUsers(_) => None,
        }
    }

    /// The servers for this caller, by name, connected where they can be; one for which there is no
    /// credential with the reason.
    pub(crate) async fn upstreams(&self, caller: &Caller) -> Vec<(&str, Result<Arc<Upstream>, ToolFailure>)> {
        let all = self.members.iter().map(async |(name, member)| {
            let upstream = member.reach.upstream(caller).await;
            if let (Reach::OfUsers(pool), Ok(upstream)) = (&member.reach, &upstream) {
                // Nobody keeps this one but those who ask.
                pool.look(upstream).await;
            }
            (name.as_str(), upstream)
        });
        futures::future::join_all(all).await
    }

    /// One server for this caller.
    pub(crate) async fn upstream(&self, caller: &Caller, name: &str) -> Option<Result<Arc<Upstream>, ToolFailure>> {
        Some(self.members.get(name)?.reach.upstream(caller).await)
    }

    /// The definitions of tools.
    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// What this caller sees, with what the servers list themselves, from one look at them.
    pub(crate) async fn seen(&self, caller: &Caller) -> (Arc<Catalog>, Lists<'_>) {
        let seen = self.members.values().map(|member| member.reach.seen_by(caller));
        let seen = futures::future::join_all(seen).await;
        let lists = self.members.keys().zip(&seen).map(|(name, (_, tools))| (name.as_str(), Arc::clone(tools)));
        let lists = lists.collect();
        if self.is_shared() {
            return (self.shared(), lists);
        }
        let catalog = self.merged(seen.clone());
        if catalog.waiting.is_empty() {
            return (Arc::new(catalog), lists);
        }
        // A tool that was never seen is offered once it is written down, whoever does that.
        if self.pins.has_news() {
            self.sync_pins().await;
        }
        (Arc::new(self.merged(seen)), lists)
    }

    /// What this caller sees, with how each tool stands, by qualified name.
    pub async fn standings(&self, caller: &Caller) -> (Arc<Catalog>, HashMap<ToolName, Standing>) {
        let (catalog, lists) = self.seen(caller).await;
        let none = Arc::default();
        let list = |spec: &ToolSpec| lists.get(spec.server.as_str()).unwrap_or(&none);
        let standings = catalog.known.iter();
        let standings = standings.map(|spec| (spec.name.clone(), self.pins.standing(spec, list(spec)))).collect();
        (catalog, standings)
    }

    /// The catalog as it changes: with each tool list, and each server that comes or goes.
    pub fn catalogs(&self) -> watch::Receiver<Arc<Catalog>> {
        self.catalog.subscribe()
    }

    /// Ends all connections and children.
    pub async fn close(&self) {
        self.cancel.cancel();
        let closing = self.members.values().map(async |member| match &member.reach {
            Reach::Shared(upstream) => upstream.close().await,
            Reach::OfUsers(pool) => pool.close().await,
        });
        futures::future::join_all(closing).await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn rebuild(&self) {
        self.note(Worth::Telling);
    }

    /// Makes the catalog anew, and tells those who wait for changes, if there is something to tell.
    fn note(&self, worth: Worth) {
        // Under the lock of the catalog, so that no older one replaces a newer.
        self.catalog.send_if_modified(|catalog| {
            let seen = self.members.values().map(|member| member.reach.for_nobody()).collect();
            *catalog = Arc::new(self.merged(seen));
            worth == Worth::Telling
        });
    }

    /// The catalog of what was seen of the servers, in their order.
    fn merged(&self, seen: Vec<Seen>) -> Catalog {
        let (states, lists): (Vec<ServerState>, Vec<Arc<Vec<Tool>>>) = seen.into_iter().unzip();
        let lists = self.members.iter().zip(lists).map(|((name, member), tools)| {
            // Where each user sees another list, that of nobody says nothing.
            let nobodys = tools.is_empty() && matches!(member.reach, Reach::OfUsers(_));
            let look = || self.pins.look(name, &tools, member.reach.seen());
            let waiting = if nobodys { HashSet::new() } else { look() };
            (name.as_str(), &member.rules, tools, waiting)
        });
        merge(states, lists)
    }
}

impl Drop for Hub {
    /// A hub that is dropped without being closed leaves nothing running either.
    fn drop(&mut self) {
        self.cancel.cancel();
        for member in self.members.values() {
            match &member.reach {
                Reach::Shared(upstream) => upstream.stop(),
                Reach::OfUsers(pool) => pool.stop(),
            }
        }
    }
}

/// Whether a server with these tools may get the call: a tool that it does not list is not known
/// to change nothing.
fn permitted(call: &ToolCall, rules: &ToolRules, tools: &[Tool]) -> Result<(), ToolFailure> {
    let Some(tool) = tools.iter().find(|tool| tool.name == call.tool) else {
        let reason = format!("the server does not offer {} now", call.tool);
        return Err(ToolFailure::Unavailable { server: call.server.clone(), reason });
    };
    if call.confirmed || rules.runs_by_itself(tool) {
        return Ok(());
    }
    Err(ToolFailure::Denied { reason: format!("{} runs only when the user has confirmed it", call.tool) })
}

#[async_trait]
impl Tools for Hub {
    async fn catalog(&self, caller: &Caller) -> Arc<Catalog> {
        if self.is_shared() { self.shared() } else { self.seen(caller).await.0 }
    }

    async fn call(
        &self,
        call: &ToolCall,
        caller: &Caller,
        follow: Follow,
        cancel: &CancellationToken,
    ) -> Result<RawToolResult, ToolFailure> {
        let Some(member) = self.members.get(&call.server) else {
            return Err(ToolFailure::Unavailable {
                server: call.server.clone(),
                reason: "no such server is configured".to_owned(),
            });
        };
        // The catalog leaves such tools out already; checked again here, since this is the gate.
        if !member.rules.allows(&call.tool) {
            return Err(ToolFailure::Denied { reason: format!("{} is not on the allow-list", call.tool) });
        }
        // What may change something is sent once: a second try could do it twice.
        let tries = if call.confirmed { Tries::Once } else { Tries::AgainOnNewConnection };
        let permits =
            |tools: &Arc<Vec<Tool>>| permitted(call, &member.rules, tools).and_then(|()| self.pins.permit(call, tools));
        let upstream = member.reach.upstream(caller).await?;
        let _use = upstream.uses.begin();
        let send = || upstream.call(call, tries, &permits, &follow, cancel);
        match send().await {
            // Nothing was sent. A tool that nobody has seen before this connection was made is
            // offered once it is written down.
            Err(ToolFailure::AwaitsApproval { .. }) if tries == Tries::AgainOnNewConnection => {
                self.pins.look(&call.server, &upstream.tools(), member.reach.seen());
                self.sync_pins().await;
                send().await
            }
            answer => answer,
        }
    }

    fn max_age(&self, server: &str, _tool: &str) -> Option<Duration> {
        self.members.get(server).and_then(|member| member.max_age)
    }
}
