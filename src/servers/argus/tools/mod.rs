//! The list of tools, in catalogue order, and what a tool is made of.
//!
//! One file per tool, with its test. To add one: a file, and a line in
//! [`ALL`]. Names live here and in the files only; a site may rename them.

use futures::future::BoxFuture;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::outcome::Outcome;

pub mod execute_search_case;
pub mod execute_search_event;
pub mod generate_case_search_query;
pub mod generate_event_search_query;
pub mod get_case_by_id;
pub mod get_case_comments;
pub mod get_case_tags;
pub mod get_event_by_event_identifier;
pub mod get_events_associated_with_case;
pub mod list_case_categories;
pub mod list_case_fields;
pub mod list_case_flags;
pub mod list_case_service_flags;
pub mod list_case_services;
pub mod list_case_sort_by;
pub mod list_case_workflows;
pub mod list_endpoint_flags;
pub mod list_event_flags;
pub mod list_event_sort_by;

/// Every tool, in the order in which they are listed.
pub static ALL: &[&Tool] = &[
    &generate_case_search_query::TOOL,
    &list_case_flags::TOOL,
    &list_case_service_flags::TOOL,
    &list_case_workflows::TOOL,
    &list_case_sort_by::TOOL,
    &get_case_by_id::TOOL,
    &get_case_comments::TOOL,
    &get_case_tags::TOOL,
    &execute_search_case::TOOL,
    &list_case_fields::TOOL,
    &list_case_services::TOOL,
    &list_case_categories::TOOL,
    &generate_event_search_query::TOOL,
    &list_event_flags::TOOL,
    &list_endpoint_flags::TOOL,
    &list_event_sort_by::TOOL,
    &get_events_associated_with_case::TOOL,
    &execute_search_event::TOOL,
    &get_event_by_event_identifier::TOOL,
];

/// The object a tool belongs to; `ARGUS_MCP_TOOLS` selects by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Cases, their comments, tags and value lists.
    Case,
    /// Events.
    Event,
}

impl Family {
    /// The name used in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Event => "event",
        }
    }
}

/// What a tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolKind {
    /// Makes a query out of a request.
    Translator,
    /// Says which values are allowed; compiled in.
    ValueList,
    /// Asks Argus.
    Rest,
}

/// When a hint applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Argus named this REST field in an error.
    Field(&'static str),
    /// The call failed in this way.
    Kind(FailureKind),
}

/// The running of a tool: checked arguments in, outcome out.
pub type Run = for<'a> fn(&'a Backend, Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>>;

/// One tool.
pub struct Tool {
    /// Canonical name.
    pub name: &'static str,
    /// Further names accepted on call, never listed.
    pub aliases: &'static [&'static str],
    /// Title for people.
    pub title: &'static str,
    /// What it is about.
    pub family: Family,
    /// What it does.
    pub kind: ToolKind,
    /// Text for the model.
    pub description: fn() -> String,
    /// The arguments.
    pub arguments: fn() -> Shape,
    /// Schema of the result, where it is ours to promise.
    pub output: Option<fn() -> Map<String, Value>>,
    /// What to do about failures, first match wins.
    pub hints: &'static [(On, &'static str)],
    /// The work.
    pub run: Run,
}

/// No arguments at all.
pub fn no_arguments() -> Shape {
    Shape::default()
}

/// The result of a value list.
pub fn value_list(field: &str, values: &[impl AsRef<str>], note: &str, meanings: &[(&str, &str)]) -> Outcome {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    let mut object = Map::new();
    object.insert("field".to_owned(), json!(field));
    object.insert("values".to_owned(), json!(values));
    object.insert("note".to_owned(), json!(note));
    if !meanings.is_empty() {
        let meanings: Map<String, Value> =
            meanings.iter().map(|(value, meaning)| ((*value).to_owned(), json!(meaning))).collect();
        object.insert("meanings".to_owned(), Value::Object(meanings));
    }
    Outcome::object(Value::Object(object))
}

/// The output schema of every value list.
pub fn value_list_schema() -> Map<String, Value> {
    let schema = json!({
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "values": {"type": "array", "items": {"type": "string"}},
            "note": {"type": "string"},
            "meanings": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["field", "values", "note"],
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Note of lists of plain values.
pub const CASE_SENSITIVE: &str = "case-sensitive";

/// Note of lists of sort values.
pub const SORT_NOTE: &str = "case-sensitive; a leading - sorts descending";

#[cfg(test)]
#[path = "../server_tests.rs"]
mod tests;
