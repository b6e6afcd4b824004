//! One tool call by hand, outside of any turn: to see what a tool answers. Only tools that
//! change nothing, with arguments that fit their schema, a bounded number at once. What was
//! tried is written down before it is shown: no record, no result. Evidence of nothing.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Caller;
use crate::domain::ledger::Page;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolSpec;
use crate::engine::Engine;
use crate::engine::ports::StoreError;
use crate::engine::ready_call::schema_problems;
use crate::engine::record::ToolTrial;
use crate::engine::tool_call::sort_answer;

/// What a tried call brought.
#[derive(Clone, Debug)]
pub struct Tried {
    /// What was written down.
    pub trial: ToolTrial,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// Page data, when the content is a list.
    pub page: Option<Page>,
    /// The whole payload.
    pub content: Arc<Value>,
}

/// Why a call was not tried, or what came of it is not shown.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// Not in the catalog.
    #[error("no tool {tool} of a server {server} is connected")]
    UnknownTool {
        /// Server asked for, shortened.
        server: String,
        /// Tool asked for, shortened.
        tool: String,
    },
    /// It may change something, or policy keeps it off limits.
    #[error("{tool} is not known to change nothing, or is off limits by policy")]
    NotAllowed {
        /// The tool.
        tool: String,
    },
    /// The arguments do not fit.
    #[error("arguments refused: {}", problems.join("; "))]
    Arguments {
        /// Every problem found, each naming its place.
        problems: Vec<String>,
    },
    /// As many are tried as may be at once.
    #[error("as many calls are tried as may be at once")]
    Busy,
    /// It could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A defect of ours.
    #[error("the call broke off")]
    BrokeOff,
}

impl Engine {
    /// Makes one call. It is made to its end and written down even when nobody waits any more.
    ///
    /// # Errors
    /// [`TrialError`]. A tool that fails is no error but an outcome.
    pub async fn try_tool(
        self: &Arc<Self>,
        caller: Caller,
        server: &str,
        tool: &str,
        arguments: Value,
    ) -> Result<Tried, TrialError> {
        let catalog = self.tools.catalog(&caller).await;
        let spec = catalog.by_tool(tool).find(|spec| spec.server == server).ok_or_else(|| TrialError::UnknownTool {
            server: server.chars().take(80).collect(),
            tool: tool.chars().take(80).collect(),
        })?;
        if !spec.read_only || !self.router.policy().allows(spec) {
            return Err(TrialError::NotAllowed { tool: spec.tool.clone() });
        }
        let problems = schema_problems(spec, &arguments);
        if !problems.is_empty() {
            return Err(TrialError::Arguments { problems });
        }
        let place = Arc::clone(&self.trials).try_acquire_owned().map_err(|_| TrialError::Busy)?;
        let (sender, tried) = oneshot::channel();
        let (engine, spec) = (Arc::clone(self), Arc::clone(spec));
        self.running.spawn(async move {
            drop(sender.send(engine.make(caller, &spec, arguments, place).await));
        });
        tried.await.unwrap_or(Err(TrialError::BrokeOff))
    }

    async fn make(
        &self,
        caller: Caller,
        spec: &ToolSpec,
        arguments: Value,
        _place: OwnedSemaphorePermit,
    ) -> Result<Tried, TrialError> {
        let call = ToolCall {
            id: self.clock.call_id(),
            name: spec.name.clone(),
            server: spec.server.clone(),
            tool: spec.tool.clone(),
            arguments,
            made_by: MadeBy::Gateway,
            attempt: 1,
            confirmed: false,
        };
        let started_at = self.clock.now();
        let cancel = CancellationToken::new();
        let limit = self.settings.turn_time;
        let answer = self.tools.call(&call, &caller, Arc::new(|_, _, _| ()), &cancel);
        let answer = tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| {
            let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            Err(ToolFailure::Timeout { server: call.server.clone(), limit_ms })
        });
        let (sorted, digest) = sort_answer(answer, call.arguments.clone()).await;
        let finished_at = self.clock.now();
        let trial = ToolTrial {
            id: call.id,
            owner: caller.subject().to_owned(),
            server: call.server,
            tool: call.tool,
            arguments: call.arguments,
            outcome: sorted.outcome,
            digest,
            error: sorted.error,
            started_at,
            finished_at,
        };
        self.store.record_trial(&trial).await?;
        let observed_at = sorted.observed_at.unwrap_or(finished_at);
        Ok(Tried { trial, observed_at, page: sorted.page, content: sorted.content })
    }
}
