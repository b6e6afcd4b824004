//! Contexts as inputs of the templates: results as fenced JSON with a line that says what
//! of them is shown, so that no page passes for the whole.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use serde_json::value::RawValue;

use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;
use crate::prompts::contexts::DraftContext;
use crate::prompts::contexts::Hints;
use crate::prompts::contexts::ResultView;
use crate::prompts::fence::fenced_json;
use crate::prompts::fence::lines;
use crate::prompts::fence::marker;
use crate::prompts::fence::plain;

pub(super) fn hint_arguments(hints: &Hints) -> String {
    if hints.arguments.is_empty() { String::new() } else { fenced_json(&hints.arguments) }
}

pub(super) fn draft_inputs(context: &DraftContext) -> Value {
    let (results, fenced) = result_inputs(&context.results);
    let stubs = lines(&context.stubs);
    let failures: Vec<String> = context.failures.iter().map(|failure| plain(failure)).collect();
    let message = plain(&context.message);
    json!({
        "marker": marker(&[&message, &fenced, &stubs.join("\n"), &failures.join("\n")]),
        "decision": context.decision.as_str(), "language": context.language.code(),
        "language_name": language_name(context.language), "now": context.now.to_string(),
        "message": message, "results": results, "stubs": stubs, "failures": failures,
    })
}

#[derive(Serialize)]
struct ResultJson<'a> {
    tool: &'a str,
    arguments: &'a Value,
    observed_at: Timestamp,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_shown: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    content: Content<'a>,
}

/// The payload as the JSON it is; text that is no JSON goes in as a string.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Json(&'a RawValue),
    Text(&'a str),
}

pub(super) fn result_inputs(results: &[ResultView]) -> (Vec<Value>, String) {
    let mut fenced = String::new();
    let views = results
        .iter()
        .map(|result| {
            let text = fenced_json(&ResultJson {
                tool: &result.tool,
                arguments: &result.arguments,
                observed_at: result.observed_at,
                outcome: result.outcome,
                rows_shown: result.rows_shown,
                rows_total: result.rows_total,
                error: result.error.as_deref(),
                content: serde_json::from_str::<&RawValue>(&result.content)
                    .map_or(Content::Text(&result.content), Content::Json),
            });
            fenced.push_str(&text);
            json!({"id": plain(&result.id), "notice": notice(result), "json": text})
        })
        .collect();
    (views, fenced)
}

/// One line behind each result that says what may not be missed.
pub(super) fn notice(result: &ResultView) -> String {
    let id = format!("Result {}", plain(&result.id));
    match (result.outcome, result.rows_shown, result.rows_total) {
        (Outcome::Empty, _, _) => format!("{id}: the call succeeded and found nothing."),
        (outcome, _, _) if !outcome.answered() && !outcome.has_data() => {
            format!("{id}: the call failed ({}); nothing is known from it.", outcome.as_str())
        }
        (Outcome::Ambiguous, _, _) => format!("{id}: several objects match; the user must choose."),
        (_, Some(shown), Some(total)) if shown < total => format!("{id}: {shown} of {total} rows shown."),
        (Outcome::Truncated, Some(shown), Some(_)) => {
            format!("{id}: all {shown} rows shown, in brief: some of their fields are left out.")
        }
        (Outcome::Partial | Outcome::Truncated, Some(shown), _) => {
            format!("{id}: {shown} rows shown; there are more, and how many is not known.")
        }
        (Outcome::Partial | Outcome::Truncated, None, _) => format!("{id}: only a part is shown."),
        (_, Some(shown), _) => format!("{id}: all {shown} rows shown."),
        _ => format!("{id}: complete."),
    }
}

fn language_name(language: Lang) -> &'static str {
    match language {
        Lang::En => "English",
        Lang::Nb => "Norwegian",
        Lang::Sv => "Swedish",
        Lang::Da => "Danish",
        Lang::De => "German",
        Lang::Fr => "French",
        Lang::Es => "Spanish",
        Lang::Ja => "Japanese",
        Lang::Other => "the language of the message",
    }
}
