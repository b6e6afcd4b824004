//! All MCP servers together: the `Tools` port of the engine. Each server is kept by a task
//! of its own; the catalog is rebuilt when one of them changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;

use async_trait::async_trait;
use rmcp::model::Tool;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::caller::Caller;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::engine::ports::Catalog;
use crate::engine::ports::ProgressFn;
use crate::engine::ports::ServerState;
use crate::engine::ports::Tools;
use crate::engine::ports::WhoseCredentials;
use crate::mcp::catalog::ToolRules;
use crate::mcp::catalog::merge;
use crate::mcp::pool::Pool;
use crate::mcp::upstream::Tries;
use crate::mcp::upstream::Upstream;

/// How a server is reached.
pub enum Reach {
    /// By one connection for everybody.
    Shared(Arc<Upstream>),
    /// By a connection for each user.
    OfUsers(Arc<Pool>),
}

impl Reach {
    fn name(&self) -> &str {
        match self {
            Reach::Shared(upstream) => upstream.name(),
            Reach::OfUsers(pool) => pool.name(),
        }
    }

    /// Its state for nobody in particular.
    fn state(&self) -> ServerState {
        match self {
            Reach::Shared(upstream) => upstream.state(),
            Reach::OfUsers(pool) => pool.state(),
        }
    }
}

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
    catalog: RwLock<Arc<Catalog>>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Hub {
    /// A hub whose servers are not connected yet.
    pub fn new(members: Vec<Member>) -> Arc<Self> {
        let members: BTreeMap<String, Member> =
            members.into_iter().map(|member| (member.reach.name().to_owned(), member)).collect();
        let hub = Arc::new(Self {
            members,
            catalog: RwLock::default(),
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        });
        hub.rebuild();
        hub
    }

    /// Starts a keeper for each server.
    pub fn start(self: &Arc<Self>) {
        for member in self.members.values() {
            let Reach::Shared(upstream) = &member.reach else { continue };
            let hub = Arc::downgrade(self);
            let changed: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
                if let Some(hub) = hub.upgrade() {
                    hub.rebuild();
                }
            });
            self.tasks.spawn(Arc::clone(upstream).keep(changed, self.cancel.clone()));
        }
        self.tasks.close();
    }

    /// Waits until every server has been up once or failed once, at most `limit`.
    pub async fn settled(&self, limit: Duration) {
        let settled = async {
            loop {
                let states = self.members.values().map(|member| member.reach.state());
                if states.into_iter().all(|state| state.up || state.error.is_some()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        drop(tokio::time::timeout(limit, settled).await);
        self.rebuild();
    }

    /// Ends all connections and children.
    pub async fn close(&self) {
        self.cancel.cancel();
        self.tasks.wait().await;
        for member in self.members.values() {
            if let Reach::OfUsers(pool) = &member.reach {
                pool.close().await;
            }
        }
    }

    /// What is there for nobody in particular: of a server to which each user brings credentials of
    /// their own there are no tools.
    pub fn shared(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A server's list as this caller may see it, and its state for them.
    async fn seen_by(&self, caller: &Caller, reach: &Reach) -> (ServerState, Arc<Vec<Tool>>) {
        let pool = match reach {
            Reach::Shared(upstream) => return (upstream.state(), upstream.tools()),
            Reach::OfUsers(pool) => pool,
        };
        match pool.of(caller).await {
            Ok(upstream) => {
                // Its state tells why, if it cannot be reached.
                upstream.look().await;
                let state = ServerState { credentials: WhoseCredentials::EachUser, ..upstream.state() };
                (state, upstream.tools())
            }
            Err(failure) => (pool.closed(&failure), Arc::default()),
        }
    }

    fn rebuild(&self) {
        let states = self.members.values().map(|member| member.reach.state()).collect();
        let lists = self.members.iter().filter_map(|(name, member)| match &member.reach {
            Reach::Shared(upstream) => Some((name.as_str(), &member.rules, upstream.tools())),
            Reach::OfUsers(_) => None,
        });
        let catalog = Arc::new(merge(states, lists));
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = catalog;
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
        if self.members.values().all(|member| matches!(member.reach, Reach::Shared(_))) {
            return self.shared();
        }
        let seen = self.members.values().map(|member| self.seen_by(caller, &member.reach));
        let seen = futures::future::join_all(seen).await;
        let states = seen.iter().map(|(state, _)| state.clone()).collect();
        let lists = self.members.iter().zip(seen);
        Arc::new(merge(states, lists.map(|((name, member), (_, tools))| (name.as_str(), &member.rules, tools))))
    }

    async fn call(
        &self,
        call: &ToolCall,
        caller: &Caller,
        progress: ProgressFn,
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
        let permits = |tools: &[Tool]| permitted(call, &member.rules, tools);
        let upstream = match &member.reach {
            Reach::Shared(upstream) => Arc::clone(upstream),
            Reach::OfUsers(pool) => pool.of(caller).await?,
        };
        let answer = upstream.call(&call.tool, &call.arguments, tries, &permits, progress, cancel).await;
        if matches!(answer, Err(ToolFailure::Unavailable { .. })) {
            self.rebuild();
        }
        answer
    }

    fn max_age(&self, server: &str, _tool: &str) -> Option<Duration> {
        self.members.get(server).and_then(|member| member.max_age)
    }
}
