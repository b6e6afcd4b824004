//! The list of tools, one file each, and what they have in common.
//!
//! A tool is a name, the permissions its calls need upstream, a definition
//! for clients and a function; the Kubernetes tools are rows of one table
//! with one function. Adding a tool means adding a file and a line in
//! [`TOOLS`], or a row. Tools know nothing of sessions, headers or
//! transports.

pub mod generate_and_run_sysql;
pub mod generate_sysql;
pub mod get_event_info;
pub mod get_event_process_tree;
pub mod k8s;
pub mod list_runtime_events;
pub mod run_sysdig_cli_scanner;
pub mod run_sysql;

use std::sync::Arc;
use std::sync::LazyLock;

use futures::FutureExt;
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
use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::tools::k8s::MetricTool;
use crate::servers::sysdig::upstream::Upstream;

/// What the event tools need of a token.
pub const POLICY_EVENTS_READ: &str = "policy-events.read";
/// What having queries made of questions needs.
pub const SAGE_EXEC: &str = "sage.exec";
/// What running queries needs besides.
pub const RISKS_READ: &str = "risks.read";
/// What the Kubernetes tools need.
pub const METRICS_DATA_READ: &str = "metrics-data.read";
/// What scanning needs.
pub const CLI_SCANNER_EXEC: &str = "secure.vm.cli-scanner.exec";

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
    /// The scanner of this machine; only where the server offers it.
    pub scanner: Option<&'a Scanner>,
}

type Run = for<'a> fn(&'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>>;

/// Who is offered a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Every client with the permissions.
    Listed,
    /// Whoever knows its name: an older name, kept for older clients.
    Unlisted,
    /// Clients of a server that offers the scanner, and nobody over HTTP: it
    /// runs a program on the server's machine.
    Local,
}

/// One line of the tool list.
pub struct ToolEntry {
    /// Name towards clients.
    pub name: &'static str,
    /// Permissions a token needs, all of them, for the tool to be listed.
    pub permissions: &'static [&'static str],
    /// Who is offered it.
    pub offer: Offer,
    work: Work,
}

/// How a tool describes itself and runs.
enum Work {
    Own { describe: fn() -> Description, run: Run },
    Metric(&'static MetricTool),
}

/// The parts of a definition that differ from tool to tool.
pub struct Description {
    title: &'static str,
    text: &'static str,
    input_schema: Value,
}

/// All tools, ordered by name.
pub static TOOLS: LazyLock<Vec<ToolEntry>> = LazyLock::new(|| {
    let own = [
        generate_and_run_sysql::ENTRY,
        generate_sysql::ENTRY,
        get_event_info::ENTRY,
        get_event_process_tree::ENTRY,
        list_runtime_events::ENTRY,
        run_sysdig_cli_scanner::ENTRY,
        run_sysql::ENTRY,
    ];
    let mut tools: Vec<ToolEntry> = own.into_iter().chain(k8s::TOOLS.iter().map(ToolEntry::metric)).collect();
    tools.sort_by_key(|tool| tool.name);
    tools
});

/// The tool of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static ToolEntry> {
    TOOLS.iter().find(|tool| tool.name == name)
}

impl ToolEntry {
    /// A tool with a file of its own.
    const fn own(
        name: &'static str,
        permissions: &'static [&'static str],
        describe: fn() -> Description,
        run: Run,
    ) -> Self {
        Self { name, permissions, offer: Offer::Listed, work: Work::Own { describe, run } }
    }

    const fn offered(mut self, offer: Offer) -> Self {
        self.offer = offer;
        self
    }

    fn metric(tool: &'static MetricTool) -> Self {
        Self { name: tool.name, permissions: k8s::PERMISSIONS, offer: Offer::Listed, work: Work::Metric(tool) }
    }

    /// The tools whose work a call of this one does, itself among them. Who may not be given
    /// one of them may not be given this one.
    #[must_use]
    pub fn does(&self) -> Vec<&'static str> {
        if self.name == generate_and_run_sysql::ENTRY.name {
            return vec![self.name, generate_sysql::ENTRY.name, run_sysql::ENTRY.name];
        }
        vec![self.name]
    }

    /// Runs one call; the value is always a JSON object.
    #[must_use]
    pub fn run<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
        match &self.work {
            Work::Own { run, .. } => run(call),
            Work::Metric(tool) => tool.run(call).boxed(),
        }
    }

    /// The definition as clients see it: open output object, the hints, and
    /// the permissions under `_meta`.
    #[must_use]
    pub fn definition(&self) -> Tool {
        let Description { title, text, input_schema } = match &self.work {
            Work::Own { describe, .. } => describe(),
            Work::Metric(tool) => tool.describe(),
        };
        // A program may pull images and send its findings; API calls only read.
        let runs_a_program = self.offer == Offer::Local;
        let annotations = ToolAnnotations::with_title(title)
            .read_only(!runs_a_program)
            .destructive(false)
            .idempotent(runs_a_program)
            .open_world(true);
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
        assert_eq!(TOOLS.len(), 6 + 16 + 1);
        for entry in TOOLS.iter() {
            let tool = entry.definition();
            assert_eq!(tool.name, entry.name);
            assert_eq!(tool.input_schema["type"], "object", "{}", entry.name);
            assert!(tool.description.is_some_and(|text| text.len() > 60), "{}", entry.name);
            let properties = tool.input_schema["properties"].as_object().unwrap();
            for (name, property) in properties {
                assert!(property["description"].as_str().is_some_and(|text| text.len() > 10), "{} {name}", entry.name);
            }
            let annotations = tool.annotations.unwrap();
            let scanner = entry.name == "run_sysdig_cli_scanner";
            assert_eq!(annotations.read_only_hint, Some(!scanner), "{}", entry.name);
            assert_eq!(annotations.destructive_hint, Some(false));
            assert_eq!(annotations.idempotent_hint, Some(scanner));
            assert_eq!(annotations.open_world_hint, Some(true));
            assert_eq!(tool.output_schema.unwrap()["type"], "object");
        }
    }

    #[test]
    fn each_tool_says_what_its_token_needs() {
        let needed = |name: &str| find(name).unwrap().definition().meta.unwrap().0["requiredPermissions"].clone();
        for (name, permissions) in [
            ("get_event_info", json!(["policy-events.read"])),
            ("list_runtime_events", json!(["policy-events.read"])),
            ("get_event_process_tree", json!(["policy-events.read"])),
            ("generate_sysql", json!(["sage.exec"])),
            ("run_sysql", json!(["sage.exec", "risks.read"])),
            ("generate_and_run_sysql", json!(["sage.exec", "risks.read"])),
            ("run_sysdig_cli_scanner", json!(["secure.vm.cli-scanner.exec"])),
        ] {
            assert_eq!(needed(name), permissions, "{name}");
        }
        let kubernetes: Vec<_> = TOOLS.iter().filter(|tool| tool.name.starts_with("k8s_list_")).collect();
        assert_eq!(kubernetes.len(), 16);
        assert!(kubernetes.iter().all(|tool| needed(tool.name) == json!(["metrics-data.read"])));
    }
}
