//! Turn events as `data` of the event stream and of records, written out field by field.

use serde_json::Value;
use serde_json::json;

use crate::domain::event::Question as DomainQuestion;
use crate::domain::event::TurnEvent;
use crate::http::native::types::BasisItem;
use crate::http::native::types::Citation;
use crate::http::native::types::Question;
use crate::http::native::types::Stopped;
use crate::http::native::types::Usage;
use crate::http::native::types::decided_by;
use crate::http::time::Time;

/// The facts of an event.
pub fn data(event: &TurnEvent) -> Value {
    match event {
        TurnEvent::TurnStarted { turn_id, conversation_id, message } => {
            json!({ "turn_id": turn_id, "conversation_id": conversation_id, "message": message })
        }
        TurnEvent::ResultsStaled { result_ids } => json!({ "result_ids": result_ids }),
        TurnEvent::TurnRouted { decision, rule, decided_by: by, tools, reason } => json!({
            "decision": decision.as_str(), "rule": rule, "decided_by": decided_by(*by),
            "tools": tools, "reason": reason,
        }),
        TurnEvent::ToolRequested { .. } | TurnEvent::ToolProgress { .. } | TurnEvent::ToolFinished { .. } => {
            tool(event)
        }
        TurnEvent::DraftStarted { attempt } | TurnEvent::DraftFinished { attempt } => json!({ "attempt": attempt }),
        TurnEvent::CheckFinished { verdict, claims, violations } => {
            json!({ "verdict": verdict, "claims": claims, "violations": violations })
        }
        TurnEvent::JudgeFinished { verdict, reason } => json!({ "verdict": verdict, "reason": reason }),
        TurnEvent::RepairStarted { stopped } => {
            json!({ "stopped": stopped.iter().map(Stopped::from).collect::<Vec<_>>() })
        }
        TurnEvent::AnswerText { text } => json!({ "text": text }),
        TurnEvent::AnswerFinished { .. } => finished(event),
        TurnEvent::TurnFailed { code, message } => json!({ "code": code, "message": message }),
        TurnEvent::TurnCancelled {} => json!({}),
    }
}

fn tool(event: &TurnEvent) -> Value {
    match event {
        TurnEvent::ToolRequested { call_id, server, tool, arguments, made_by, attempt } => json!({
            "call_id": call_id, "server": server, "tool": tool, "arguments": arguments,
            "made_by": made_by, "attempt": attempt,
        }),
        TurnEvent::ToolProgress { call_id, progress, total, message } => json!({
            "call_id": call_id, "progress": progress, "total": total, "message": message,
        }),
        TurnEvent::ToolFinished {
            call_id,
            result_id,
            outcome,
            duration_ms,
            observed_at,
            rows,
            total,
            digest,
            supersedes,
            error,
        } => json!({
            "call_id": call_id, "result_id": result_id, "outcome": outcome.as_str(),
            "duration_ms": duration_ms, "observed_at": Time(*observed_at), "rows": rows, "total": total,
            "digest": digest, "supersedes": supersedes, "error": error,
        }),
        _ => Value::Null,
    }
}

fn finished(event: &TurnEvent) -> Value {
    let TurnEvent::AnswerFinished { outcome, text, basis, citations, verdict, usage, stopped, question } = event else {
        return Value::Null;
    };
    let mut data = json!({
        "outcome": outcome.as_str(),
        "text": text,
        "basis": basis.iter().map(BasisItem::from).collect::<Vec<_>>(),
        "citations": citations.iter().map(Citation::from).collect::<Vec<_>>(),
        "verdict": verdict.as_str(),
        "usage": Usage::from(usage),
        "stopped": stopped.iter().map(Stopped::from).collect::<Vec<_>>(),
    });
    if let Some(question) = question.as_ref().map(|question: &DomainQuestion| Question::from(question)) {
        data["question"] = json!(question);
    }
    data
}
