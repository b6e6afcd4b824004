//! Tool calls of a turn: those that may run (`ready_call`) run side by side, each result is
//! classified and written to the ledger. A call that was already made in the turn with the
//! same arguments is not repeated.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream;
use serde_json::Value;

use crate::domain::classify::Classified;
use crate::domain::classify::classify;
use crate::domain::elicitation::Asking;
use crate::domain::event::TurnEvent;
use crate::domain::ids::ResultId;
use crate::domain::ledger::LedgerEntry;
use crate::domain::outcome::Outcome;
use crate::domain::tool::Cause;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolSpec;
use crate::domain::tool::Unasked;
use crate::engine::fingerprint::digest;
use crate::engine::ports::Askable;
use crate::engine::ports::Follow;
use crate::engine::ports::ProgressFn;
use crate::engine::ready_call::ReadyCall;
use crate::engine::turn::Turn;

impl Turn {
    /// Whether this call was already made in the turn.
    pub(crate) fn already_made(&self, spec: &ToolSpec, arguments: &Value) -> bool {
        self.ledger.of_turn(self.id).any(|entry| entry.same_call(&spec.server, &spec.tool, arguments))
    }

    /// Runs calls side by side within the budget. Returns the new ledger entries in the order of the calls.
    pub(crate) async fn run_calls(&mut self, ready: Vec<ReadyCall>) -> Vec<ResultId> {
        let mut fresh: Vec<ReadyCall> = Vec::new();
        for call in ready {
            if !fresh.iter().any(|other| other.same(&call)) && !self.already_made(call.spec(), call.arguments()) {
                fresh.push(call);
            }
        }
        let granted = self.budget.take_calls(fresh.len());
        fresh.truncate(granted);
        let started = self.engine.clock.monotonic_ms();
        let mut running = Vec::new();
        for call in fresh {
            running.push(self.run_one(call));
        }
        let finished: Vec<Finished> =
            stream::iter(running).buffered(self.engine.settings.calls_at_once.max(1)).collect().await;
        self.timings.tools += self.engine.clock.monotonic_ms() - started;
        finished.into_iter().map(|finished| self.enter(finished)).collect()
    }

    /// Runs one call with nothing beside it. Returns its ledger entry.
    pub(crate) async fn run_alone(&mut self, call: ReadyCall) -> ResultId {
        let started = self.engine.clock.monotonic_ms();
        let finished = self.run_one(call).await;
        self.timings.tools += self.engine.clock.monotonic_ms() - started;
        self.enter(finished)
    }

    /// The future of one call; holds no borrow of the turn, so several run side by side.
    fn run_one(&self, ready: ReadyCall) -> impl Future<Output = Finished> + use<> {
        let engine = Arc::clone(&self.engine);
        let journal = Arc::clone(&self.journal);
        let caller = self.caller.clone();
        let cancel = self.cancel.clone();
        let call = ready.call(engine.clock.call_id());
        async move {
            journal.add(TurnEvent::ToolRequested {
                call_id: call.id,
                server: call.server.clone(),
                tool: call.tool.clone(),
                arguments: call.arguments.clone(),
                made_by: call.made_by,
                attempt: call.attempt,
            });
            let progress: ProgressFn = {
                let journal = Arc::clone(&journal);
                let call_id = call.id;
                Arc::new(move |progress, total, message| {
                    journal.add(TurnEvent::ToolProgress { call_id, progress, total, message });
                })
            };
            let started = engine.clock.monotonic_ms();
            let follow = Follow { progress, askable: Askable::Later };
            let answer = engine.tools.call(&call, &caller, follow, &cancel).await;
            let duration_ms = engine.clock.monotonic_ms() - started;
            let asking = match &answer {
                Err(ToolFailure::AsksUser { asking, .. }) => Some((**asking).clone()),
                _ => None,
            };
            let cause = answer.as_ref().err().and_then(ToolFailure::known_cause);
            let (sorted, digest) = sort_answer(answer.map(Arc::new), call.arguments.clone()).await;
            Finished { call, asking, cause, sorted, digest, duration_ms, received_at: engine.clock.now() }
        }
    }

    /// Writes a finished call to the ledger and the journal.
    fn enter(&mut self, finished: Finished) -> ResultId {
        let Finished { call, asking, mut cause, mut sorted, digest, duration_ms, received_at } = finished;
        // What only asked counts as not made; what asked and is not put to the user has failed.
        let kept = asking.map(|asking| self.keep_open(&call, asking));
        if let Some(Err(reason)) = kept {
            let (server, why) = (call.server.clone(), Unasked::Because(reason.to_owned()));
            let failure = ToolFailure::Unanswered { server, why, may_have_changed: false };
            (sorted, cause) = (failed_answer(&failure).0, failure.known_cause());
        }
        let id = self.engine.clock.result_id();
        let max_age = self.engine.tools.max_age(&call.server, &call.tool);
        let entry = LedgerEntry {
            id,
            call_id: call.id,
            turn_id: self.id,
            server: call.server.clone(),
            tool: call.tool.clone(),
            arguments: call.arguments.clone(),
            made_by: call.made_by,
            observed_at: sorted.observed_at.unwrap_or(received_at),
            outcome: sorted.outcome,
            digest: digest.clone(),
            content: sorted.content,
            page: sorted.page,
            error: sorted.error.clone(),
            cause,
            max_age_ms: max_age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            // What was run for its own sake is told, whatever it serves otherwise.
            evidence: kept != Some(Ok(()))
                && (call.confirmed
                    || self.engine.router.yields_data(&call.tool)
                    || self.asks_for_result_of(&call.tool)),
            shown: false,
            stale: false,
            superseded_by: None,
        };
        let observed_at = entry.observed_at;
        let outcome = entry.outcome;
        let supersedes = self.ledger.record(entry);
        self.superseded.extend(supersedes.iter().map(|old| (*old, id)));
        self.journal.add(TurnEvent::ToolFinished {
            call_id: call.id,
            result_id: id,
            outcome,
            duration_ms: duration_ms.round() as u64,
            observed_at,
            rows: sorted.rows,
            total: sorted.total,
            digest,
            supersedes,
            error: sorted.error,
        });
        id
    }
}

struct Finished {
    call: ToolCall,
    asking: Option<Asking>,
    cause: Option<Cause>,
    sorted: Classified,
    digest: String,
    duration_ms: f64,
    received_at: jiff::Timestamp,
}

/// Payloads above this many bytes are classified and hashed off the async threads.
const LARGE: usize = 256 * 1024;

pub(crate) async fn sort_answer(
    answer: Result<Arc<RawToolResult>, ToolFailure>,
    arguments: Value,
) -> (Classified, String) {
    match answer {
        Ok(raw) => {
            let size: usize = raw.texts().map(str::len).sum();
            if size < LARGE {
                return sort(&raw, &arguments);
            }
            tokio::task::spawn_blocking(move || sort(&raw, &arguments))
                .await
                .unwrap_or_else(|_| (failed(Outcome::Error, "the result could not be read".to_owned()), String::new()))
        }
        Err(failure) => failed_answer(&failure),
    }
}

/// The outcome of a call that brought no answer, and the digest of none.
pub(crate) fn failed_answer(failure: &ToolFailure) -> (Classified, String) {
    let outcome = match failure {
        ToolFailure::Timeout { .. } => Outcome::Timeout,
        ToolFailure::Unavailable { .. }
        | ToolFailure::AwaitsApproval { .. }
        | ToolFailure::NotSent { .. }
        | ToolFailure::NoCredential { .. }
        | ToolFailure::Cancelled
        | ToolFailure::AsksUser { .. } => Outcome::Unavailable,
        ToolFailure::InvalidArguments { .. } => Outcome::InvalidArguments,
        ToolFailure::Denied { .. } => Outcome::Denied,
        ToolFailure::BadAnswer { .. } | ToolFailure::Refused { .. } | ToolFailure::Unanswered { .. } => Outcome::Error,
    };
    (failed(outcome, failure.to_string()), digest(b"null"))
}

fn sort(raw: &RawToolResult, arguments: &Value) -> (Classified, String) {
    let sorted = classify(raw, arguments);
    // The text that `to_string` gives, in a third of the time.
    let digest = digest(&serde_json::to_vec(&*sorted.content).expect("a value is JSON"));
    (sorted, digest)
}

fn failed(outcome: Outcome, error: String) -> Classified {
    Classified {
        content: Arc::new(Value::Null),
        outcome,
        page: None,
        rows: None,
        total: None,
        error: Some(error),
        observed_at: None,
    }
}
