//! JSON Schemas of the answers that are asked for in JSON: route, tool with arguments,
//! judge. They stand beside the prompts because a prompt and its schema change together.

use serde_json::Value;
use serde_json::json;

use crate::domain::policy::decision::RouterDecision;
use crate::prompts::contexts::ToolView;

/// Name and JSON Schema of the router's answer: {decision, reason}.
pub fn route_schema() -> (String, Value) {
    let decisions: Vec<&str> = RouterDecision::ALL.iter().map(|decision| decision.as_str()).collect();
    let schema = json!({
        "type": "object",
        "properties": {
            "decision": {"type": "string", "enum": decisions},
            "reason": {"type": "string"},
        },
        "required": ["decision", "reason"],
        "additionalProperties": false,
    });
    ("route".to_owned(), schema)
}

/// Name and JSON Schema of a choice among `tools`: {tool, arguments}. With one tool the
/// arguments are bound to its own schema, unless that refers to other places by `$ref`.
pub fn arguments_schema(tools: &[ToolView]) -> (String, Value) {
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let arguments = match tools {
        [only] if only.input_schema.is_object() && !has_ref(&only.input_schema, 0) => only.input_schema.clone(),
        _ => json!({"type": "object"}),
    };
    let schema = json!({
        "type": "object",
        "properties": {"tool": {"type": "string", "enum": names}, "arguments": arguments},
        "required": ["tool", "arguments"],
        "additionalProperties": false,
    });
    ("arguments".to_owned(), schema)
}

/// Name and JSON Schema of the judge's answer:
/// {claims: [{claim, supported, reason?}], `latest_call_stated`, invented, `errors_reported`, problems: list of texts}.
pub fn judge_schema() -> (String, Value) {
    let schema = json!({
        "type": "object",
        "properties": {
            "claims": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "claim": {"type": "integer", "minimum": 0},
                        "supported": {"type": "boolean"},
                        "reason": {"type": "string"},
                    },
                    "required": ["claim", "supported"],
                    "additionalProperties": false,
                },
            },
            "latest_call_stated": {"type": "boolean"},
            "invented": {"type": "boolean"},
            "errors_reported": {"type": "boolean"},
            "problems": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["claims", "latest_call_stated", "invented", "errors_reported", "problems"],
        "additionalProperties": false,
    });
    ("judge".to_owned(), schema)
}

fn has_ref(value: &Value, depth: usize) -> bool {
    match value {
        _ if depth > 64 => true,
        Value::Object(members) => {
            members.contains_key("$ref") || members.values().any(|member| has_ref(member, depth + 1))
        }
        Value::Array(items) => items.iter().any(|item| has_ref(item, depth + 1)),
        _ => false,
    }
}
