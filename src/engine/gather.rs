//! Gathering for `call_tool` and `refresh`: no answer without a call that really ran in
//! this turn. On refresh the gateway repeats the calls behind the shown results itself;
//! otherwise the ladder of `force` brings the model to a call or policy makes it. Failures
//! are told in the gateway's own words, so there is no draft that could hide them. As soon as
//! a call is wanted that needs the user's yes, the turn ends in that question (`confirm`).

use std::sync::Arc;

use serde_json::Value;

use crate::domain::event::TurnOutcome;
use crate::domain::ids::ResultId;
use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::notice::RightName;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::tool::Cause;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolSpec;
use crate::engine::error::TurnError;
use crate::engine::ports::ServerState;
use crate::engine::ports::WhoseCredentials;
use crate::engine::ready_call::PendingCall;
use crate::engine::ready_call::ReadyCall;
use crate::engine::ready_call::Sorted;
use crate::engine::ready_call::apart;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;

/// Most tools offered when the router names none.
const OFFERED_AT_MOST: usize = 24;

/// Most steps of a plan after its first.
const MAX_FURTHER_STEPS: usize = 3;

impl Turn {
    /// The turn of a question about live data.
    pub(crate) async fn answer_from_calls(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        if let Some(reply) = self.awaiting_reply(ruling).or_else(|| self.missing_group(ruling)) {
            return Ok(reply);
        }
        if ruling.decision == RouterDecision::Refresh {
            let (mut repeats, pending) = self.calls_behind(ruling);
            // What may change something is not proposed again just because it was done once.
            self.hold(pending.into_iter().filter(PendingCall::only_looks).collect());
            if self.pending.is_empty() {
                repeats.extend(self.planned_calls(ruling));
                self.run_calls(repeats).await;
            }
        }
        if !self.has_data_call() && self.pending.is_empty() && self.open_call.is_none() {
            self.gather(ruling).await?;
        }
        self.reply_from_calls(ruling).await
    }

    /// The reply over what was gathered, or what stands in its way.
    pub(crate) async fn reply_from_calls(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        if let Some(reply) = self.confirmation_reply(ruling).or_else(|| self.tool_asks_reply()) {
            return Ok(reply);
        }
        if let Some(reply) = self.failure_reply() {
            return Ok(reply);
        }
        if let Some(lead) = self.awaiting_step(ruling)
            && let Some(reply) = self.rendered_behind(lead)
        {
            return Ok(reply);
        }
        if self.stopped_on_the_way(ruling) {
            let lead = Notice::new(NoticeKind::NoNextStep, self.language(), Vec::new());
            if let Some(reply) = self.rendered_behind(lead) {
                return Ok(reply);
            }
        }
        self.draft_from_fresh(ruling).await
    }

    /// The turn that repeats the call behind one result, and makes no other.
    pub(crate) async fn answer_by_repeating(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        if let Some(reply) = self.awaiting_reply(ruling).or_else(|| self.missing_group(ruling)) {
            return Ok(reply);
        }
        let (repeats, _) = self.calls_behind(ruling);
        self.run_calls(repeats).await;
        if let Some(reply) = self.tool_asks_reply().or_else(|| self.failure_reply()) {
            return Ok(reply);
        }
        self.draft_from_fresh(ruling).await
    }

    /// Tools of the routed groups, in the order of the group. Where the router names none, only
    /// such as run by themselves.
    pub(crate) fn offered(&self, ruling: &Ruling) -> Vec<Arc<ToolSpec>> {
        if !ruling.decision.needs_call() {
            return Vec::new();
        }
        let allowed = |spec: &&Arc<ToolSpec>| self.engine.router.policy().allows(spec);
        if ruling.tools.is_empty() {
            let harmless = self.catalog.tools.iter().filter(|spec| spec.read_only);
            return harmless.filter(allowed).take(OFFERED_AT_MOST).cloned().collect();
        }
        ruling.tools.iter().flat_map(|tool| self.catalog.by_tool(tool).filter(allowed)).cloned().collect()
    }

    /// Brings the turn to calls that yield data, or that the user is to be asked about: first by
    /// the model, then by policy.
    async fn gather(&mut self, ruling: &Ruling) -> Result<(), TurnError> {
        let offered = self.offered(ruling);
        let ready = self.force_calls(ruling, &offered, Vec::new()).await?;
        self.run_calls(ready).await;
        self.follow_up(ruling).await
    }

    /// What follows from the calls that the model chose: what they left out, further steps of a plan;
    /// where they brought no data the calls that policy plans, or the model's once more.
    pub(crate) async fn follow_up(&mut self, ruling: &Ruling) -> Result<(), TurnError> {
        if !self.pending.is_empty() || self.open_call.is_some() {
            return Ok(());
        }
        if self.has_data_call() {
            let left_out = self.left_out(ruling);
            self.run_calls(left_out).await;
            self.go_on(ruling).await;
            return Ok(());
        }
        let (mut ready, mut pending) = self.planned(ruling);
        if ready.is_empty() && pending.is_empty() {
            (ready, pending) = self.executed_translations();
        }
        self.hold(pending);
        if self.pending.is_empty() {
            self.run_calls(ready).await;
            self.go_on(ruling).await;
        }
        if self.has_data_call()
            || !self.pending.is_empty()
            || self.open_call.is_some()
            || self.ledger.of_turn(self.id).next().is_none()
        {
            return Ok(());
        }
        // Value lists or translators ran, or the tool refused the arguments, and policy cannot
        // fill a call: once more, with only the tools that yield data and what was refused. The
        // words of a tool are in that prompt, so nothing is offered that could change anything.
        let data = |spec: &Arc<ToolSpec>| spec.read_only && self.engine.router.is_data_tool(&spec.tool);
        let data: Vec<Arc<ToolSpec>> = self.offered(ruling).into_iter().filter(data).collect();
        let ready = self.force_calls(ruling, &data, self.refusals()).await?;
        self.run_calls(ready).await;
        Ok(())
    }

    /// The same where the steps on the way are behind, since a call that was asked about holds what they
    /// told: they are not made again, which could lead to another call than that one.
    pub(crate) async fn follow_up_with_data(&mut self, ruling: &Ruling) {
        let left_out = self.left_out(ruling);
        self.run_data_calls(left_out).await;
        for _ in 0..MAX_FURTHER_STEPS {
            let next = if self.open_call.is_some() { Vec::new() } else { self.next_steps(ruling) };
            if self.run_data_calls(next).await.is_empty() {
                return;
            }
        }
    }

    async fn run_data_calls(&mut self, mut calls: Vec<ReadyCall>) -> Vec<ResultId> {
        calls.retain(|call| self.engine.router.is_data_tool(&call.spec().tool));
        self.run_calls(calls).await
    }

    /// The further steps of a plan whose later calls need what the earlier ones told.
    async fn go_on(&mut self, ruling: &Ruling) {
        for _ in 0..MAX_FURTHER_STEPS {
            let next = if self.open_call.is_some() { Vec::new() } else { self.next_steps(ruling) };
            if self.run_calls(next).await.is_empty() {
                return;
            }
        }
    }

    /// Calls that policy would make and the model did not: for further targets of a tool that
    /// it called, and for the question itself when other tools of its choice found nothing.
    fn left_out(&self, ruling: &Ruling) -> Vec<ReadyCall> {
        let made: Vec<&LedgerEntry> =
            self.ledger.of_turn(self.id).filter(|entry| self.engine.router.is_data_tool(&entry.tool)).collect();
        let called = |call: &ReadyCall| made.iter().any(|entry| entry.tool == call.spec().tool);
        let planned = self.planned_calls(ruling);
        if made.iter().all(|entry| entry.outcome == Outcome::Empty) {
            return if planned.iter().any(called) { Vec::new() } else { planned };
        }
        // One tool is planned several times only where the message names several targets.
        let targets = |tool: &str| planned.iter().filter(|call| call.spec().tool == tool).count();
        planned.iter().filter(|call| called(call) && targets(&call.spec().tool) > 1).cloned().collect()
    }

    /// What tools said about arguments they refused in this turn.
    fn refusals(&self) -> Vec<String> {
        self.ledger
            .of_turn(self.id)
            .filter(|entry| entry.outcome == Outcome::InvalidArguments)
            .map(|entry| {
                let said: String = entry.error.as_deref().unwrap_or("arguments refused").chars().take(600).collect();
                format!("{}: {said}", entry.tool)
            })
            .collect()
    }

    /// The calls behind the results that a ruling speaks of, with their arguments: those that
    /// may run, and those that would need the user's yes again.
    fn calls_behind(&self, ruling: &Ruling) -> (Vec<ReadyCall>, Vec<PendingCall>) {
        let entries = ruling.about.iter().filter_map(|id| self.ledger.get(*id));
        apart(entries.filter_map(|entry| {
            let spec = self.catalog.by_tool(&entry.tool).find(|spec| spec.server == entry.server)?;
            let spec = Some(spec).filter(|spec| self.engine.router.policy().allows(spec))?;
            Some(Sorted::of(spec, entry.arguments.clone(), MadeBy::Gateway, 1))
        }))
    }

    /// A translated request stands for the call it was made for: the same intent, executed.
    fn executed_translations(&self) -> (Vec<ReadyCall>, Vec<PendingCall>) {
        let entries = self.ledger.of_turn(self.id).filter(|entry| entry.outcome.answered());
        apart(entries.filter_map(|entry| {
            let tool = self.engine.router.executes(&entry.tool)?;
            let spec = self.catalog.by_tool(tool).find(|spec| spec.server == entry.server)?;
            let spec = Some(spec).filter(|spec| self.engine.router.policy().allows(spec))?;
            Some(Sorted::of(spec, entry.arguments.clone(), MadeBy::Gateway, 1))
        }))
    }

    /// Whether a call for data ended in this turn, in whatever way but for refused arguments:
    /// those say nothing about the question. A list of allowed values, or a query, is data where
    /// the message asks for just that.
    pub(crate) fn has_data_call(&self) -> bool {
        let mut ended = self.ledger.of_turn(self.id).filter(|entry| entry.outcome != Outcome::InvalidArguments);
        ended.any(|entry| self.engine.router.is_data_tool(&entry.tool) || self.asks_for_list(&entry.tool))
    }

    /// Whether the message asks for just this list of allowed values.
    fn asks_for_list(&self, tool: &str) -> bool {
        self.engine.router.yields_data(tool)
            && self.ruling.iter().any(|ruling| self.planned_calls(ruling).iter().any(|call| call.spec().tool == tool))
            || self.asks_for_result_of(tool)
    }

    /// The plain statement when no server of the routed group is there.
    fn missing_group(&self, ruling: &Ruling) -> Option<Reply> {
        if !self.offered(ruling).is_empty() {
            return None;
        }
        let expected = |server: &&ServerState| {
            self.catalog.is_missing(server)
                && (ruling.groups.is_empty() || server.groups.iter().any(|group| ruling.groups.contains(group)))
        };
        let down: Vec<&ServerState> = self.catalog.servers.iter().filter(expected).collect();
        if !down.is_empty() {
            let notice = missing_notice(&down, ruling.language);
            return Some(self.notice_reply(notice, TurnOutcome::ToolUnavailable));
        }
        let notice = Notice::new(NoticeKind::RefuseNoTool, ruling.language, self.group_labels());
        Some(self.notice_reply(notice, TurnOutcome::Refused))
    }

    /// The plain statement when no call was made or none was answered.
    pub(crate) fn failure_reply(&self) -> Option<Reply> {
        let mut calls: Vec<&LedgerEntry> = self.ledger.of_turn(self.id).filter(|entry| entry.evidence).collect();
        if calls.is_empty() {
            // A step on the way failed, and nothing came after it.
            calls = self.ledger.of_turn(self.id).filter(|entry| !entry.outcome.answered()).collect();
        }
        if calls.iter().any(|entry| entry.outcome.answered() || entry.outcome == Outcome::Ambiguous) {
            return None;
        }
        let language = self.language();
        let Some(last) = calls.last() else {
            if let Some(reply) = self.awaiting_instead().filter(|_| !self.model_failed()) {
                return Some(reply);
            }
            let (kind, outcome) = if self.model_failed() {
                (NoticeKind::ModelUnavailable, TurnOutcome::Failed)
            } else {
                (NoticeKind::NoCallMade, TurnOutcome::ToolUnavailable)
            };
            return Some(self.notice_reply(Notice::new(kind, language, Vec::new()), outcome));
        };
        let (kind, outcome) = match last.outcome {
            Outcome::Timeout => (NoticeKind::ToolTimedOut, TurnOutcome::ToolUnavailable),
            _ if last.cause == Some(Cause::AwaitsApproval) => {
                (NoticeKind::ToolAwaitsApproval, TurnOutcome::ToolUnavailable)
            }
            Outcome::Unavailable => (NoticeKind::ToolUnavailable, TurnOutcome::ToolUnavailable),
            Outcome::Denied => (NoticeKind::ToolDenied, TurnOutcome::ToolFailed),
            Outcome::InvalidArguments => (NoticeKind::ArgumentsRefused, TurnOutcome::ToolFailed),
            _ if last.cause.is_some() => (NoticeKind::CannotBeAsked, TurnOutcome::ToolFailed),
            _ => (NoticeKind::ToolFailed, TurnOutcome::ToolFailed),
        };
        let mut names: Vec<String> = calls.iter().map(|entry| format!("{} ({})", entry.tool, entry.server)).collect();
        names.dedup();
        let right = last.error.as_deref().filter(|_| last.outcome == Outcome::Denied).and_then(RightName::in_error);
        Some(self.notice_reply(Notice::new(kind, language, names).missing_right(right), outcome))
    }

    fn model_failed(&self) -> bool {
        !self.exchanges.is_empty() && self.exchanges.iter().all(|exchange| exchange.answer.is_none())
    }

    /// Results of this turn that may support an answer.
    pub(crate) fn fresh_entries(&self) -> Vec<&LedgerEntry> {
        self.ledger.fresh(self.id, self.engine.clock.now()).collect()
    }
}

/// Whether a payload says nothing.
pub(crate) fn is_blank(content: &Value) -> bool {
    match content {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// The plain statement that these servers are missing, and what would bring them.
pub(crate) fn missing_notice(down: &[&ServerState], language: Lang) -> Notice {
    let all = |whose| down.iter().all(|server| server.credentials == whose);
    let names = down.iter().map(|server| server.name.clone());
    if all(WhoseCredentials::NoneOfThisRequest) {
        let names = down.iter().map(|server| format!("{} ({})", server.name, server.headers.join(", ")));
        return Notice::new(NoticeKind::HeaderMissing, language, names.collect());
    }
    let own = all(WhoseCredentials::NoneOfThisUser);
    let kind = if own { NoticeKind::CredentialMissing } else { NoticeKind::ToolUnavailable };
    Notice::new(kind, language, names.collect())
}
