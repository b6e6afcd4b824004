//! What a turn needs and does not get because its definition awaits approval. Rules and plans
//! know such a tool, so that no lesser one takes its place; it is neither offered nor called,
//! and the reply names it. What a model would have chosen cannot be known: where it makes no
//! call, every such tool that was in question is named.

use std::sync::Arc;

use crate::domain::event::TurnOutcome;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::plan::plan_calls;
use crate::domain::tool::ToolSpec;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;

/// Most tools that are named.
const NAMED_AT_MOST: usize = 5;

impl Turn {
    /// The plain statement that the question needs a tool which awaits approval.
    pub(crate) fn awaiting_reply(&self, ruling: &Ruling) -> Option<Reply> {
        self.awaiting(&self.needed(ruling))
    }

    /// The same where no call was made, for whatever could have been called.
    pub(crate) fn awaiting_instead(&self) -> Option<Reply> {
        let ruling = self.ruling.as_ref()?;
        self.awaiting(&self.in_question(ruling))
    }

    /// The same for the next step of a plan, to stand before what the earlier ones told.
    pub(crate) fn awaiting_step(&self, ruling: &Ruling) -> Option<Notice> {
        if self.catalog.waiting.is_empty() {
            return None;
        }
        let steps = self.steps_to_come(ruling, &self.catalog.known);
        let steps: Vec<_> = steps.iter().filter_map(|call| self.only_awaiting(&call.tool)).collect();
        (!steps.is_empty()).then(|| self.awaiting_notice(&steps))
    }

    fn needed(&self, ruling: &Ruling) -> Vec<Arc<ToolSpec>> {
        if self.catalog.waiting.is_empty() {
            return Vec::new();
        }
        let offered = self.offered(ruling);
        if offered.is_empty() {
            return self.in_question(ruling);
        }
        let changes = self.signals.as_ref().is_some_and(|signals| signals.changes);
        if changes && offered.iter().all(|spec| spec.read_only) {
            let mut changers = self.in_question(ruling);
            changers.retain(|spec| !spec.read_only);
            if !changers.is_empty() {
                return changers;
            }
        }
        let mut needed: Vec<Arc<ToolSpec>> = Vec::new();
        if let Some(signals) = &self.signals {
            let planned = plan_calls(&self.engine.router, signals, ruling, &self.shown, &self.catalog.known);
            needed.extend(planned.iter().filter_map(|call| self.only_awaiting(&call.tool)));
        }
        if ruling.decision == RouterDecision::Refresh {
            let behind = ruling.about.iter().filter_map(|id| self.ledger.get(*id));
            needed.extend(behind.filter_map(|entry| {
                let waiting = self.catalog.waiting.iter();
                waiting.filter(|spec| spec.server == entry.server).find(|spec| spec.tool == entry.tool).cloned()
            }));
        }
        needed
    }

    /// The tools that await approval among those of a ruling, or all where it names none.
    fn in_question(&self, ruling: &Ruling) -> Vec<Arc<ToolSpec>> {
        let policy = self.engine.router.policy();
        let named = |spec: &&Arc<ToolSpec>| ruling.tools.is_empty() || ruling.tools.contains(&spec.tool);
        self.catalog.waiting.iter().filter(named).filter(|spec| policy.allows(spec)).cloned().collect()
    }

    /// The tool of this name that awaits approval, unless one that is part of the program has the
    /// name: another server's tool of the same name must not take its place meanwhile.
    fn only_awaiting(&self, tool: &str) -> Option<Arc<ToolSpec>> {
        let policy = self.engine.router.policy();
        if self.catalog.by_tool(tool).any(|spec| policy.allows(spec) && self.catalog.is_embedded(spec)) {
            return None;
        }
        self.catalog.waiting.iter().find(|spec| spec.tool == tool && policy.allows(spec)).cloned()
    }

    fn awaiting(&self, specs: &[Arc<ToolSpec>]) -> Option<Reply> {
        (!specs.is_empty()).then(|| self.notice_reply(self.awaiting_notice(specs), TurnOutcome::ToolUnavailable))
    }

    /// Names are those towards models, plain letters: what a server calls its tool may itself be
    /// what awaits approval.
    fn awaiting_notice(&self, specs: &[Arc<ToolSpec>]) -> Notice {
        let mut names: Vec<String> = specs.iter().map(|spec| spec.name.to_string()).collect();
        names.dedup();
        if names.len() > NAMED_AT_MOST {
            names.truncate(NAMED_AT_MOST);
            names.push("…".to_owned());
        }
        Notice::new(NoticeKind::ToolAwaitsApproval, self.language(), names)
    }
}
