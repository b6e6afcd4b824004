//! The list of tools, one file each, and what they have in common.
//!
//! A tool is a name, the permissions its calls need upstream, a definition
//! for clients and a function. Adding one means adding a file and a line in
//! [`TOOLS`]. Tools know nothing of sessions, headers or transports.

pub mod get_event_info;
pub mod get_event_process_tree;
pub mod list_runtime_events;

use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use rmcp::model::JsonObject;
use rmcp::model::MetaObject;
use rmcp::model::Tool;
use rmcp::model::ToolAnnotations;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::arguments::Arguments;
use crate::servers::sysdig::credentials::Credentials;
use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::upstream::Upstream;

/// What the event tools need of a token.
pub const POLICY_EVENTS_READ: &str = "policy-events.read";

/// Everything one tool call may use.
pub struct Call<'a> {
    /// The way to Sysdig.
    pub upstream: &'a Upstream,
    /// Host and token of this request.
    pub credentials: &'a Credentials,
    /// What the client sent.
    pub arguments: Arguments<'a>,
    /// The injected clock.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Answer with the bare API JSON instead of the envelope.
    pub bare_results: bool,
}

type Run = for<'a> fn(&'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>>;

/// One line of the tool list.
pub struct ToolEntry {
    /// Name towards clients.
    pub name: &'static str,
    /// Permissions a token needs, all of them, for the tool to be listed.
    pub permissions: &'static [&'static str],
    describe: fn() -> Description,
    /// Runs one call; the value is always a JSON object.
    pub run: Run,
}

/// The parts of a definition that differ from tool to tool.
pub struct Description {
    title: &'static str,
    text: &'static str,
    input_schema: Value,
}

/// All tools, ordered by name.
pub const TOOLS: &[ToolEntry] = &[get_event_info::ENTRY, get_event_process_tree::ENTRY, list_runtime_events::ENTRY];

/// The tool of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static ToolEntry> {
    TOOLS.iter().find(|tool| tool.name == name)
}

impl ToolEntry {
    /// The definition as clients see it: open output object, hints of an API
    /// tool that only reads, and the permissions under `_meta`.
    #[must_use]
    pub fn definition(&self) -> Tool {
        let Description { title, text, input_schema } = (self.describe)();
        let annotations =
            ToolAnnotations::with_title(title).read_only(true).destructive(false).idempotent(false).open_world(true);
        let mut meta = MetaObject::new();
        meta.0.insert("requiredPermissions".to_owned(), json!(self.permissions));
        Tool::new(self.name, text, object(input_schema))
            .with_raw_output_schema(object(json!({"type": "object", "additionalProperties": true})))
            .with_annotations(annotations)
            .with_meta(meta)
    }
}

fn object(value: Value) -> Arc<JsonObject> {
    match value {
        Value::Object(object) => Arc::new(object),
        _ => Arc::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_complete_and_ordered_by_name() {
        assert!(TOOLS.is_sorted_by_key(|tool| tool.name));
        for entry in TOOLS {
            let tool = entry.definition();
            assert_eq!(tool.name, entry.name);
            assert_eq!(tool.input_schema["type"], "object", "{}", entry.name);
            assert!(tool.description.is_some_and(|text| text.len() > 60));
            let annotations = tool.annotations.unwrap();
            assert_eq!(annotations.read_only_hint, Some(true));
            assert_eq!(annotations.destructive_hint, Some(false));
            assert_eq!(annotations.idempotent_hint, Some(false));
            assert_eq!(annotations.open_world_hint, Some(true));
            assert_eq!(tool.meta.unwrap().0["requiredPermissions"], json!([POLICY_EVENTS_READ]));
            assert_eq!(tool.output_schema.unwrap()["type"], "object");
        }
    }
}
