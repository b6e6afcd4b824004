//! What a scenario of the conformance suite wants a client to do, as the suite's documentation
//! of its scenarios says it, and how forms and arguments are filled where nobody says with what.

use anyhow::Context;
use rmcp::model::Tool;
use serde_json::Value;
use serde_json::json;

/// What is wanted.
pub(crate) enum Wanted {
    /// That the tools are listed, and nothing else.
    List,
    /// These calls.
    Calls(Vec<(String, Value)>),
    /// The schema of one tool as the argument of another.
    Echo { of: &'static str, to: &'static str },
    /// That each tool is called, and one of each other kind of thing is used.
    Everything,
}

impl Wanted {
    /// What the suite says by the environment.
    pub(crate) fn by_suite() -> anyhow::Result<Self> {
        let context = variable("MCP_CONFORMANCE_CONTEXT").unwrap_or_else(|| "{}".to_owned());
        let context: Value = serde_json::from_str(&context).context("MCP_CONFORMANCE_CONTEXT is no JSON")?;
        if let Some(calls) = context["toolCalls"].as_array() {
            let call = |call: &Value| Some((call["name"].as_str()?.to_owned(), without_nulls(&call["arguments"])));
            let calls = calls.iter().map(call).collect::<Option<_>>();
            return Ok(Self::Calls(calls.context("MCP_CONFORMANCE_CONTEXT names no tools")?));
        }
        Ok(match variable("MCP_CONFORMANCE_SCENARIO").as_deref() {
            // The tool of this one cannot be called; what counts is what a client does with its schema.
            Some("json-schema-ref-no-deref") => Self::List,
            Some("json-schema-2020-12-preservation") => {
                Self::Echo { of: "json_schema_2020_12_tool", to: "json_schema_echo" }
            }
            _ => Self::Everything,
        })
    }

    /// The calls to be made of these tools.
    pub(crate) fn calls(&self, tools: &[Tool]) -> anyhow::Result<Vec<(String, Value)>> {
        Ok(match self {
            Self::List => Vec::new(),
            Self::Calls(calls) => calls.clone(),
            Self::Echo { of, to } => {
                let tool = tools.iter().find(|tool| tool.name == *of).with_context(|| format!("no tool {of}"))?;
                vec![((*to).to_owned(), json!({ "schema": *tool.input_schema }))]
            }
            Self::Everything => {
                let filled = |tool: &Tool| filled(&Value::Object((*tool.input_schema).clone()));
                tools.iter().map(|tool| (tool.name.to_string(), filled(tool))).collect()
            }
        })
    }

    /// Whether nothing but tools is to be used.
    pub(crate) fn lists_alone(&self) -> bool {
        !matches!(self, Self::Everything)
    }
}

/// An object that fits a schema: with every default, and what is required besides.
pub(crate) fn filled(schema: &Value) -> Value {
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let values = properties.filter_map(|(name, property)| {
        let value = property.get("default").cloned().or_else(|| required(name).then(|| any(property)));
        Some((name.clone(), value?))
    });
    Value::Object(values.collect())
}

/// Some value of a type.
fn any(property: &Value) -> Value {
    if let Some(first) = property["enum"].get(0) {
        return first.clone();
    }
    match property["type"].as_str() {
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("object") => json!({}),
        Some("array") => json!([]),
        _ => json!("text"),
    }
}

/// What is null is left out: the gateway takes no null where a tool's schema has none.
fn without_nulls(arguments: &Value) -> Value {
    let given = arguments.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    Value::Object(given.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[expect(clippy::disallowed_methods, reason = "the suite tells what it wants by the environment alone")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
