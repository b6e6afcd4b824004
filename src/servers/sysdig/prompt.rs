//! The one prompt: look into the security events of a severity and a time.

use rmcp::model::GetPromptResult;
use rmcp::model::JsonObject;
use rmcp::model::Prompt;
use rmcp::model::PromptArgument;
use rmcp::model::PromptMessage;
use rmcp::model::Role;
use serde_json::Value;

/// Name towards clients.
pub const NAME: &str = "investigate_event";
const DESCRIPTION: &str = "Investigate the security events of a severity in a period of time.";
/// Longest argument.
const MAX_CHARS: usize = 200;

/// The line in the list.
#[must_use]
pub fn listed() -> Prompt {
    let argument = |name, text| PromptArgument::new(name).with_description(text).with_required(true);
    let arguments = vec![
        argument("severity", "Severity of the events, for example high."),
        argument("relative_time", "How far to look back, for example 24 hours."),
    ];
    Prompt::new(NAME, Some(DESCRIPTION), Some(arguments)).with_title("Investigate event")
}

/// The message for these arguments.
///
/// # Errors
/// A text naming the argument that is missing or unusable.
pub fn get(arguments: Option<&JsonObject>) -> Result<GetPromptResult, String> {
    let severity = text(arguments, "severity")?;
    let time = text(arguments, "relative_time")?;
    let message = format!(
        "Please investigate the security events with severity {severity} of the last {time}. \
         Give the details of each event and recommend actions. Extract the process id and the \
         information about the container of each event."
    );
    let message = PromptMessage::new_text(Role::User, message);
    Ok(GetPromptResult::new(vec![message]).with_description(DESCRIPTION))
}

fn text<'a>(arguments: Option<&'a JsonObject>, name: &str) -> Result<&'a str, String> {
    let value = arguments.and_then(|arguments| arguments.get(name)).and_then(Value::as_str).map(str::trim);
    match value {
        None | Some("") => Err(format!("{name} is required")),
        Some(text) if text.chars().count() > MAX_CHARS => {
            Err(format!("{name} must be at most {MAX_CHARS} characters long"))
        }
        Some(text) => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_arguments_are_needed_and_stand_in_the_message() {
        let get = |arguments: Value| get(arguments.as_object());
        let result = get(json!({"severity": "high", "relative_time": "24 hours"})).unwrap();
        let message = serde_json::to_value(&result.messages).unwrap();
        assert_eq!(message[0]["role"], "user");
        let text = message[0]["content"]["text"].as_str().unwrap();
        for part in ["severity high", "last 24 hours", "actions", "process id", "container"] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(result.messages.len(), 1);
        assert_eq!(get(json!({"severity": "high"})).unwrap_err(), "relative_time is required");
        assert_eq!(get(json!({"severity": " ", "relative_time": "x"})).unwrap_err(), "severity is required");
        assert!(get(json!({"severity": "x".repeat(201), "relative_time": "x"})).unwrap_err().contains("200"));
        assert!(super::get(None).is_err());
    }
}
