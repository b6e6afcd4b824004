//! Whether the structured content of a result fits what its tool declares. Schemas are compiled
//! once per tool list, at the first result; references to other documents are not followed.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rmcp::model::CallToolResult;
use rmcp::model::Tool;
use serde_json::Value;

/// Longest description of what does not fit.
const TOLD: usize = 200;

/// What becomes of a result that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaCheck {
    /// Nothing is looked at.
    Off,
    /// It is told once per tool, and used.
    Warn,
    /// It is not used.
    Strict,
}

/// The schemas of one tool list.
#[derive(Debug, Default)]
pub(crate) struct OutputSchemas(HashMap<String, OutputSchema>);

#[derive(Debug)]
struct OutputSchema {
    schema: Value,
    compiled: OnceLock<Option<jsonschema::Validator>>,
    told: AtomicBool,
}

impl OutputSchemas {
    pub(crate) fn of(tools: &[Tool]) -> Self {
        let declared = tools.iter().filter_map(|tool| {
            let schema = Value::Object(tool.output_schema.as_deref()?.clone());
            let entry = OutputSchema { schema, compiled: OnceLock::new(), told: AtomicBool::new(false) };
            Some((tool.name.to_string(), entry))
        });
        Self(declared.collect())
    }

    /// What is wrong with a result; a tool's error need not fit.
    pub(crate) fn problem(&self, tool: &str, result: &CallToolResult) -> Option<String> {
        let declared = self.0.get(tool).filter(|_| !result.is_error.unwrap_or(false))?;
        let Some(content) = &result.structured_content else {
            return Some("it declares a schema for its results and sent no structured content".to_owned());
        };
        let compiled = declared.compiled.get_or_init(|| jsonschema::validator_for(&declared.schema).ok());
        let Some(compiled) = compiled else {
            return Some("the schema that it declares for its results cannot be used".to_owned());
        };
        let error = compiled.validate(content).err()?;
        let place = error.instance_path().to_string();
        let place = if place.is_empty() { "the result".to_owned() } else { place };
        // Without the value itself, which nobody has checked.
        let told: String = error.masked().to_string().chars().filter(|c| !c.is_control()).take(TOLD).collect();
        Some(format!("its result does not fit the schema that it declares: {place}: {told}"))
    }

    /// Whether this is the first time that something is wrong with a tool of this list.
    pub(crate) fn first_time(&self, tool: &str) -> bool {
        self.0.get(tool).is_some_and(|declared| !declared.told.swap(true, Ordering::Relaxed))
    }

    /// Tools of which something was wrong, sorted.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let wrong = self.0.iter().filter(|(_, declared)| declared.told.load(Ordering::Relaxed));
        let mut names: Vec<String> = wrong.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn problem(schema: &Value, result: &CallToolResult) -> Option<String> {
        let schema = schema.as_object().cloned().unwrap();
        let tool = Tool::new("t", "d", Arc::new(serde_json::Map::new())).with_raw_output_schema(Arc::new(schema));
        OutputSchemas::of(&[tool]).problem("t", result)
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_place_and_without_its_value() {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
        assert_eq!(problem(&schema, &CallToolResult::structured(json!({"n": 1}))), None);
        let wrong = problem(&schema, &CallToolResult::structured(json!({"n": "secret words"}))).unwrap();
        assert!(wrong.contains("/n") && !wrong.contains("secret words"), "{wrong}");
        assert!(problem(&schema, &CallToolResult::success(Vec::new())).is_some(), "none sent");
        assert_eq!(problem(&schema, &CallToolResult::error(Vec::new())), None, "an error need not fit");
        let remote = json!({"$ref": "http://127.0.0.1:1/schema.json"});
        assert!(problem(&remote, &CallToolResult::structured(json!({}))).unwrap().contains("cannot be used"));
    }
}
