//! All MCP servers together: the `Tools` port of the engine. Each server is kept by a task
//! of its own; the catalog is rebuilt when one of them changes, or the pins of their tools do.

use std::collections::BTreeMap;
use std::sync::Arc;
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
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl Hub {
    /// A hub whose servers are not connected yet.
    pub fn new(members: Vec<Member>, pins: Arc<Pins>) -> Arc<Self> {
        let members: BTreeMap<String, Member> =
            members.into_iter().map(|member| (member.upstream.name().to_owned(), member)).collect();
        let (catalog, tasks, cancel) = (watch::Sender::default(), TaskTracker::new(), CancellationToken::new());
        let hub = Arc::new(Self { members, pins, catalog, tasks, cancel });
        for member in hub.members.values() {
            let hub = Arc::downgrade(&hub);
            member.upstream.on_change(move || {
                if let Some(hub) = hub.upgrade() {
                    hub.rebuild();
                }
            });
        }
        hub.rebuild();
        hub
    }

    /// Starts a keeper for each server, and one for the pins of their tools.
    pub fn start(self: &Arc<Self>) {
        for member in self.members.values() {
            self.tasks.spawn(Arc::clone(&member.upstream).keep());
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
        let settled = futures::future::join_all(self.members.values().map(|member| member.upstream.settled()));
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

    /// The catalog as it changes: with each tool list, and each server that comes or goes.
    pub fn catalogs(&self) -> watch::Receiver<Arc<Catalog>> {
        self.catalog.subscribe()
    }

    /// Ends all connections and children.
    pub async fn close(&self) {
        self.cancel.cancel();
        futures::future::join_all(self.members.values().map(|member| member.upstream.close())).await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn rebuild(&self) {
        // Under the lock of the catalog, so that no older one replaces a newer.
        self.catalog.send_modify(|catalog| {
            let states = self.members.values().map(|member| member.upstream.state()).collect();
            let lists = self.members.iter().map(|(name, member)| {
                let tools = member.upstream.tools();
                let waiting = self.pins.look(name, &tools);
                (name.as_str(), &member.rules, tools, waiting)
            });
            *catalog = Arc::new(merge(states, lists));
        });
    }
}

impl Drop for Hub {
    /// A hub that is dropped without being closed leaves nothing running either.
    fn drop(&mut self) {
        self.cancel.cancel();
        for member in self.members.values() {
            member.upstream.stop();
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
        member.upstream.call(&call.tool, &call.arguments, tries, &permits, progress, cancel).await
    }

    fn max_age(&self, server: &str, _tool: &str) -> Option<Duration> {
        self.members.get(server).and_then(|member| member.max_age)
    }
}
