//! What happened in a turn, gathered from its events: the view that expectations, counts
//! and reports share. Made from a journal in process or from a stream over HTTP alike.

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::domain::event::BasisItem;
use crate::domain::event::Citation;
use crate::domain::event::Question;
use crate::domain::event::ReplyVerdict;
use crate::domain::event::Stopped;
use crate::domain::event::TurnEvent;
use crate::domain::event::TurnOutcome;
use crate::domain::event::Usage;
use crate::domain::ids::CallId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::tool::MadeBy;

/// One call of the turn.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenCall {
    id: CallId,
    /// Name at the server.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// Who decided on it.
    pub made_by: MadeBy,
    /// What became of it, once it ended.
    pub outcome: Option<Outcome>,
    /// Its ledger entry.
    pub result_id: Option<ResultId>,
    /// When it was observed.
    pub observed_at: Option<Timestamp>,
    /// Earlier results that it replaces.
    pub supersedes: Vec<ResultId>,
}

/// A finished turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenTurn {
    /// Its id.
    pub id: Option<TurnId>,
    /// Names of the events in order.
    pub events: Vec<&'static str>,
    /// The router's decision.
    pub decision: Option<RouterDecision>,
    /// The rule.
    pub rule: String,
    /// Calls in order.
    pub calls: Vec<SeenCall>,
    /// How it ended.
    pub outcome: Option<TurnOutcome>,
    /// The reply.
    pub text: String,
    /// Verdict of the reply.
    pub verdict: Option<ReplyVerdict>,
    /// What the reply rests on.
    pub basis: Vec<BasisItem>,
    /// Evidence of its values.
    pub citations: Vec<Citation>,
    /// What was stopped.
    pub stopped: Vec<Stopped>,
    /// A question back.
    pub question: Option<Question>,
    /// Tokens and model calls.
    pub usage: Usage,
    /// Code and message when the turn failed.
    pub failure: Option<(String, String)>,
    /// One line per event, for people.
    pub trace: Vec<String>,
}

impl SeenTurn {
    /// The view of these events.
    pub fn of(events: &[TurnEvent]) -> Self {
        let mut seen = Self::default();
        for event in events {
            seen.take(event);
        }
        seen
    }

    /// Adds the next event.
    pub fn take(&mut self, event: &TurnEvent) {
        self.events.push(event.name());
        self.trace.push(line(event));
        match event {
            TurnEvent::TurnStarted { turn_id, .. } => self.id = Some(*turn_id),
            TurnEvent::TurnRouted { decision, rule, .. } => {
                self.decision = Some(*decision);
                self.rule.clone_from(rule);
            }
            TurnEvent::ToolRequested { call_id, tool, arguments, made_by, .. } => self.calls.push(SeenCall {
                id: *call_id,
                tool: tool.clone(),
                arguments: arguments.clone(),
                made_by: *made_by,
                outcome: None,
                result_id: None,
                observed_at: None,
                supersedes: Vec::new(),
            }),
            TurnEvent::ToolFinished { call_id, result_id, outcome, observed_at, supersedes, .. } => {
                if let Some(call) = self.calls.iter_mut().rev().find(|call| call.id == *call_id) {
                    call.outcome = Some(*outcome);
                    call.result_id = Some(*result_id);
                    call.observed_at = Some(*observed_at);
                    call.supersedes.clone_from(supersedes);
                }
            }
            TurnEvent::AnswerFinished { outcome, text, basis, citations, verdict, usage, stopped, question } => {
                self.outcome = Some(*outcome);
                self.text.clone_from(text);
                self.basis.clone_from(basis);
                self.citations.clone_from(citations);
                self.verdict = Some(*verdict);
                self.usage = *usage;
                self.stopped.clone_from(stopped);
                self.question.clone_from(question);
            }
            TurnEvent::TurnFailed { code, message } => {
                self.outcome = Some(TurnOutcome::Failed);
                self.failure = Some((code.clone(), message.clone()));
            }
            TurnEvent::TurnCancelled {} => self.outcome = Some(TurnOutcome::Cancelled),
            _ => {}
        }
    }

    /// Whether any call of this turn brought an answer.
    pub fn answered_call(&self) -> bool {
        self.calls.iter().any(|call| call.outcome.is_some_and(Outcome::answered))
    }

    /// The text that a citation points at.
    pub fn cited(&self, citation: &Citation) -> String {
        let [start, end] = citation.span;
        self.text.chars().skip(start).take(end.saturating_sub(start)).collect()
    }
}

/// An event as it came over the wire: its name and its data.
///
/// # Errors
/// When it is none of ours.
pub fn event_of(name: &str, data: &Value) -> Result<TurnEvent, String> {
    serde_json::from_value(json!({"event": name, "data": data}))
        .map_err(|error| format!("event {name} cannot be read: {error}"))
}

/// One event in one line.
fn line(event: &TurnEvent) -> String {
    let rest = match event {
        TurnEvent::TurnRouted { decision, rule, .. } => format!("{} by {rule}", decision.as_str()),
        TurnEvent::ToolRequested { tool, arguments, made_by, attempt, .. } => {
            let by = if *made_by == MadeBy::Gateway { "gateway" } else { "model" };
            format!("{tool} {arguments} by {by}, attempt {attempt}")
        }
        TurnEvent::ToolFinished { outcome, rows, total, error, .. } => {
            let count = |n: &Option<u64>| n.map_or("?".to_owned(), |n| n.to_string());
            let error = error.as_deref().map_or(String::new(), |error| format!(": {}", short(error, 160)));
            format!("{}, {} of {} rows{error}", outcome.as_str(), count(rows), count(total))
        }
        TurnEvent::CheckFinished { verdict, claims, violations } => {
            format!("{verdict}, {claims} claims, {}", violations.join(" "))
        }
        TurnEvent::JudgeFinished { verdict, reason } => format!("{verdict} {}", short(reason, 160)),
        TurnEvent::RepairStarted { stopped } => {
            let items: Vec<String> = stopped
                .iter()
                .take(4)
                .map(|stopped| {
                    format!("{} {:?} ({})", stopped.code, short(&stopped.text, 80), short(&stopped.reason, 120))
                })
                .collect();
            items.join("; ")
        }
        TurnEvent::AnswerFinished { outcome, verdict, stopped, text, .. } => {
            let mut codes: Vec<&str> = stopped.iter().map(|stopped| stopped.code.as_str()).collect();
            codes.dedup();
            format!("{} {} stopped [{}] {:?}", outcome.as_str(), verdict.as_str(), codes.join(" "), short(text, 400))
        }
        TurnEvent::TurnFailed { code, message } => format!("{code}: {}", short(message, 200)),
        _ => String::new(),
    };
    format!("{} {rest}", event.name()).trim_end().to_owned()
}

/// The beginning of a text.
pub(crate) fn short(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    text.chars().take(chars).chain(['…']).collect()
}
