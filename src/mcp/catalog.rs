//! The merged tool list: qualified names, unique; allow and deny lists; what is read-only.
//! Clashing names get a short hash of server and tool, and are reported. A tool whose definition
//! awaits approval keeps its name, and stands apart.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::tool::ToolName;
use crate::domain::tool::ToolSpec;
use crate::engine::fingerprint::digest;
use crate::engine::ports::Catalog;
use crate::engine::ports::ServerState;

/// Longest description kept, in characters.
const DESCRIPTION_CHARS: usize = 6000;

/// Which tools of a server are used, and how.
#[derive(Clone, Debug, Default)]
pub struct ToolRules {
    /// Only these, if given.
    pub allow: Option<Vec<String>>,
    /// Not these.
    pub deny: Vec<String>,
    /// Read-only although the server does not say so.
    pub read_only: Vec<String>,
    /// Run only with the user's yes, although the server calls them read-only.
    pub confirm: Vec<String>,
}

impl ToolRules {
    /// Whether a tool is used at all.
    pub fn allows(&self, tool: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == tool);
        self.allow.as_deref().is_none_or(named) && !named(&self.deny)
    }

    /// Whether the server or the operator says that the tool changes nothing.
    fn is_hinted(&self, tool: &rmcp::model::Tool) -> bool {
        let hinted = tool.annotations.as_ref().and_then(|hints| hints.read_only_hint).unwrap_or(false);
        hinted || self.read_only.iter().any(|name| *name == tool.name)
    }

    /// Whether it needs nobody's yes.
    pub fn runs_by_itself(&self, tool: &rmcp::model::Tool) -> bool {
        self.is_hinted(tool) && !self.asks(tool)
    }

    /// Whether the operator wants to be asked whatever the hints say.
    fn asks(&self, tool: &rmcp::model::Tool) -> bool {
        self.confirm.iter().any(|name| *name == tool.name)
    }
}

/// One server's list: its name, the rules for its tools, the tools, and the names of those that
/// await approval.
pub type ServerList<'a> = (&'a str, &'a ToolRules, Arc<Vec<rmcp::model::Tool>>, HashSet<String>);

/// Merges the lists of all servers.
pub fn merge<'a>(servers: Vec<ServerState>, lists: impl IntoIterator<Item = ServerList<'a>>) -> Catalog {
    let mut taken: HashSet<ToolName> = HashSet::new();
    let mut tools: Vec<Arc<ToolSpec>> = Vec::new();
    let mut waiting: Vec<Arc<ToolSpec>> = Vec::new();
    for (server, rules, list, waits) in lists {
        for tool in list.iter().filter(|tool| rules.allows(&tool.name)) {
            let name = unique(server, &tool.name, &mut taken);
            let place = if waits.contains(&*tool.name) { &mut waiting } else { &mut tools };
            place.push(Arc::new(ToolSpec {
                name,
                server: server.to_owned(),
                tool: tool.name.to_string(),
                description: tool.description.as_deref().unwrap_or_default().chars().take(DESCRIPTION_CHARS).collect(),
                input_schema: Value::Object((*tool.input_schema).clone()).into(),
                output_schema: tool.output_schema.as_ref().map(|schema| Value::Object((**schema).clone())),
                read_only: rules.runs_by_itself(tool),
                hinted: rules.is_hinted(tool),
            }));
        }
    }
    Catalog::new(tools, waiting, servers)
}

/// The name of a tool or a prompt of a server towards models and clients.
pub(crate) fn unique(server: &str, tool: &str, taken: &mut HashSet<ToolName>) -> ToolName {
    let name = ToolName::qualify(server, tool);
    let cut = name.as_str().len() < server.len() + 2 + tool.len();
    if !cut && taken.insert(name.clone()) {
        return name;
    }
    // Cut or clashing: a hash of the full name keeps it unique and the same at every start.
    let stem: String = name.as_str().chars().take(ToolName::MAX - 9).collect();
    let mut hashed = format!("{server}\n{tool}");
    loop {
        let renamed = ToolName::new(&format!("{stem}_{}", &digest(hashed.as_bytes())[..8]));
        if taken.insert(renamed.clone()) {
            tracing::warn!(upstream.name = server, tool.name = tool, renamed = %renamed, "tool renamed towards models");
            return renamed;
        }
        // A server may list one name over and over, or one that looks like a renamed one. The number
        // of names taken has not been tried before for this one, so this ends soon.
        hashed = format!("{hashed}\n{}", taken.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str) -> rmcp::model::Tool {
        rmcp::model::Tool::new(name.to_owned(), "d", Arc::new(serde_json::Map::new()))
    }

    fn names(catalog: &Catalog) -> Vec<&str> {
        catalog.tools.iter().map(|tool| tool.name.as_str()).collect()
    }

    #[test]
    fn clashing_and_long_names_stay_unique_and_short() {
        let rules = ToolRules::default();
        let long = "x".repeat(80);
        let list = Arc::new(vec![tool("a.b"), tool("a/b"), tool(&long)]);
        let catalog = merge(Vec::new(), [("one", &rules, list, HashSet::new())]);
        let unique: HashSet<&str> = names(&catalog).into_iter().collect();
        assert_eq!(unique.len(), 3);
        assert!(unique.iter().all(|name| name.len() <= ToolName::MAX));
    }

    #[test]
    fn no_name_is_given_twice_whatever_servers_call_their_tools() {
        let rules = ToolRules::default();
        let first = Arc::new(vec![tool("a.b"), tool("a/b")]);
        let renamed = merge(Vec::new(), [("one", &rules, first, HashSet::new())]);
        let made = names(&renamed).into_iter().find(|name| *name != "one__a_b").unwrap().to_owned();
        // A tool that is called as another will be renamed to, and one name many times.
        let made = made.strip_prefix("one__").unwrap();
        let mut list = vec![tool(made), tool("a.b"), tool("a/b")];
        list.extend((0..500).map(|_| tool("same")));
        let count = list.len();
        let catalog = merge(Vec::new(), [("one", &rules, Arc::new(list), HashSet::new())]);
        let unique: HashSet<&str> = names(&catalog).into_iter().collect();
        assert_eq!(unique.len(), count);
        assert!(unique.iter().all(|name| name.len() <= ToolName::MAX));
    }

    #[test]
    fn a_tool_that_awaits_approval_stands_apart_under_its_name() {
        let rules = ToolRules::default();
        let (one, two) = (Arc::new(vec![tool("a.b"), tool("c")]), Arc::new(vec![tool("a.b")]));
        let waits = HashSet::from(["a.b".to_owned()]);
        let catalog = merge(Vec::new(), [("s", &rules, one, waits), ("t", &rules, two, HashSet::new())]);
        assert_eq!(names(&catalog), ["s__c", "t__a_b"]);
        let waiting: Vec<&str> = catalog.waiting.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(waiting, ["s__a_b"]);
        let known: Vec<&str> = catalog.known.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(known, ["s__a_b", "s__c", "t__a_b"]);
    }

    #[test]
    fn a_tool_without_the_hint_is_not_read_only_and_lists_overrule_it() {
        let rules = ToolRules {
            deny: vec!["gone".into()],
            read_only: vec!["safe".into(), "asked".into()],
            confirm: vec!["asked".into()],
            ..Default::default()
        };
        let list = Arc::new(vec![tool("gone"), tool("safe"), tool("other"), tool("asked")]);
        let catalog = merge(Vec::new(), [("s", &rules, list, HashSet::new())]);
        assert_eq!(names(&catalog), ["s__asked", "s__other", "s__safe"]);
        let facts: Vec<(bool, bool)> = catalog.tools.iter().map(|tool| (tool.read_only, tool.hinted)).collect();
        assert_eq!(facts, [(false, true), (false, false), (true, true)]);
    }
}
