//! What a streaming client is told while the answer is held back: one short line per
//! event, of facts only. Nothing a model or a tool wrote in prose goes out here, since
//! nobody has checked it.

use serde_json::Value;

use crate::domain::event::TurnEvent;
use crate::domain::policy::decision::DecidedBy;
use crate::domain::tool::MadeBy;

/// Characters of arguments shown per call.
const ARGUMENT_CHARS: usize = 300;

/// The line for an event; `None` for those that say nothing to a reader.
pub fn line(event: &TurnEvent) -> Option<String> {
    Some(match event {
        TurnEvent::ResultsStaled { result_ids } => {
            format!("{} earlier results are stale now", result_ids.len())
        }
        // A model's reason is its prose; a rule's is ours.
        TurnEvent::TurnRouted { decision, rule, decided_by: DecidedBy::Model, .. } => {
            format!("Decision: {} ({rule})", decision.as_str())
        }
        TurnEvent::TurnRouted { decision, rule, reason, .. } => {
            format!("Decision: {} ({rule}): {reason}", decision.as_str())
        }
        TurnEvent::ToolRequested { server, tool, arguments, made_by, attempt, .. } => {
            let by = match made_by {
                MadeBy::Model => "",
                MadeBy::Gateway => " by the gateway",
            };
            let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            format!("Calling {server}/{tool}{by}{again}: {}", short(arguments))
        }
        TurnEvent::ToolProgress { progress, total, .. } => match total {
            Some(total) => format!("… {progress} of {total}"),
            None => format!("… {progress}"),
        },
        TurnEvent::ToolFinished { outcome, duration_ms, rows, total, .. } => {
            let extent = match (rows, total) {
                (Some(rows), Some(total)) if total > rows => format!(", {rows} of {total} rows"),
                (Some(rows), _) => format!(", {rows} rows"),
                _ => String::new(),
            };
            format!("Result: {}{extent}, {duration_ms} ms", outcome.as_str())
        }
        TurnEvent::DraftStarted { attempt: 1 } => "Writing the answer".to_owned(),
        TurnEvent::DraftStarted { attempt } => format!("Writing the answer, attempt {attempt}"),
        TurnEvent::CheckFinished { claims, violations, .. } if violations.is_empty() => {
            format!("Check: {claims} claims, nothing wrong")
        }
        TurnEvent::CheckFinished { claims, violations, .. } => {
            format!("Check: {claims} claims, stopped: {}", violations.join(", "))
        }
        TurnEvent::JudgeFinished { verdict, .. } => format!("Second check: {verdict}"),
        TurnEvent::RepairStarted { stopped } => {
            format!("{} statements are not supported by the results; writing again", stopped.len())
        }
        TurnEvent::TurnStarted { .. }
        | TurnEvent::DraftFinished { .. }
        | TurnEvent::AnswerText { .. }
        | TurnEvent::AnswerFinished { .. }
        | TurnEvent::TurnFailed { .. }
        | TurnEvent::TurnCancelled {} => return None,
    })
}

fn short(arguments: &Value) -> String {
    let text = arguments.to_string();
    if text.chars().count() <= ARGUMENT_CHARS {
        return text;
    }
    text.chars().take(ARGUMENT_CHARS).chain("…".chars()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::event::Stopped;
    use crate::domain::policy::decision::RouterDecision;

    #[test]
    fn prose_of_models_and_stopped_text_do_not_show() {
        let secret = "case 999 is closed";
        let events = [
            TurnEvent::TurnRouted {
                decision: RouterDecision::CallTool,
                rule: "model".to_owned(),
                decided_by: DecidedBy::Model,
                tools: Vec::new(),
                reason: secret.to_owned(),
            },
            TurnEvent::JudgeFinished { verdict: "rejected".to_owned(), reason: secret.to_owned() },
            TurnEvent::RepairStarted {
                stopped: vec![Stopped {
                    text: secret.to_owned(),
                    code: "wrong_value".to_owned(),
                    reason: secret.to_owned(),
                }],
            },
        ];
        for event in &events {
            let line = line(event).unwrap();
            assert!(!line.contains("999"), "{line}");
        }
    }

    #[test]
    fn long_arguments_are_cut() {
        assert!(short(&json!({ "text": "x".repeat(5000) })).chars().count() <= ARGUMENT_CHARS + 1);
    }
}
