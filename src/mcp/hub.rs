//! All MCP servers together: the `Tools` port of the engine. Each server is kept by a task
//! of its own; the catalog is rebuilt when one of them changes, or the pins of their tools do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use rmcp::model::Tool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::caller::Caller;
use crate::domain::pin::Acceptance;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::engine::ports::Catalog;
use crate::engine::ports::ProgressFn;
use crate::engine::ports::StoreError;
use crate::engine::ports::Tools;
use crate::mcp::catalog::ToolRules;
use crate::mcp::catalog::merge;
use crate::mcp::pins::Pins;
use crate::mcp::upstream::Tries;
use crate::mcp::upstream::Upstream;

/// One server with the rules for its tools.
pub struct Member {
    /// The server.
    pub upstream: Arc<Upstream>,
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
    // A std mutex: so that of two rebuilds at once the later one has the last word.
    rebuilding: Mutex<()>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Hub {
    /// A hub whose servers are not connected yet.
    pub fn new(members: Vec<Member>, pins: Arc<Pins>) -> Arc<Self> {
        let members: BTreeMap<String, Member> =
            members.into_iter().map(|member| (member.upstream.name().to_owned(), member)).collect();
        let hub = Arc::new(Self {
            members,
            pins,
            catalog: watch::Sender::default(),
            rebuilding: Mutex::default(),
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        });
        hub.rebuild();
        hub
    }

    /// Starts a keeper for each server, and one for the pins of their tools.
    pub fn start(self: &Arc<Self>) {
        for member in self.members.values() {
            let hub = Arc::downgrade(self);
            let changed: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
                if let Some(hub) = hub.upgrade() {
                    hub.rebuild();
                }
            });
            self.tasks.spawn(Arc::clone(&member.upstream).keep(changed, self.cancel.clone()));
        }
        let (hub, pins, cancel) = (Arc::downgrade(self), Arc::clone(&self.pins), self.cancel.clone());
        self.tasks.spawn(async move {
            while cancel.run_until_cancelled(pins.due()).await.is_some() {
                let Some(hub) = hub.upgrade() else { return };
                cancel.run_until_cancelled(hub.sync_pins()).await;
            }
        });
        self.tasks.close();
    }

    /// Waits until every server has been up once or failed once, at most `limit`.
    pub async fn settled(&self, limit: Duration) {
        let settled = async {
            loop {
                let states = self.members.values().map(|member| member.upstream.state());
                if states.into_iter().all(|state| state.up || state.error.is_some()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
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

    /// Accepts the definition of a tool that has this hash; it is offered from then on.
    ///
    /// # Errors
    /// [`StoreError`], `NotFound` when no such tool was ever seen.
    pub async fn accept_tool(&self, server: &str, tool: &str, hash: &str, by: &str) -> Result<Acceptance, StoreError> {
        let accepted = self.pins.accept(server, tool, hash, by).await?;
        self.sync_pins().await;
        Ok(accepted)
    }

    /// The catalog, and every one that takes its place.
    pub fn catalogs(&self) -> watch::Receiver<Arc<Catalog>> {
        self.catalog.subscribe()
    }

    /// The servers, by name.
    pub(crate) fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.members.values().map(|member| &member.upstream)
    }

    /// One server.
    pub(crate) fn upstream(&self, name: &str) -> Option<&Arc<Upstream>> {
        self.members.get(name).map(|member| &member.upstream)
    }

    /// How the definitions of tools stand.
    pub fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Ends all connections and children.
    pub async fn close(&self) {
        self.cancel.cancel();
        self.tasks.wait().await;
    }

    fn rebuild(&self) {
        let _one = self.rebuilding.lock().unwrap_or_else(PoisonError::into_inner);
        let states = self.members.values().map(|member| member.upstream.state()).collect();
        let lists = self.members.iter().map(|(name, member)| {
            let tools = member.upstream.tools();
            let waiting = self.pins.look(name, &tools);
            (name.as_str(), &member.rules, tools, waiting)
        });
        self.catalog.send_replace(Arc::new(merge(states, lists)));
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
    async fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.catalog.borrow())
    }

    async fn call(
        &self,
        call: &ToolCall,
        _caller: &Caller,
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
        let permits =
            |tools: &[Tool]| permitted(call, &member.rules, tools).and_then(|()| self.pins.permit(call, tools));
        let answer = member.upstream.call(&call.tool, &call.arguments, tries, &permits, progress, cancel).await;
        if matches!(answer, Err(ToolFailure::Unavailable { .. })) {
            self.rebuild();
        }
        answer
    }

    fn max_age(&self, server: &str, _tool: &str) -> Option<Duration> {
        self.members.get(server).and_then(|member| member.max_age)
    }
}
