//! `docs/argus-tools.md` is made from the tool list, and this test notices when it
//! is not, or when a tool has no test module. `GROUNDWIRE_WRITE_DOCS=1` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use super::*;

const HEAD: &str = "\
# Argus tools

Made from the tool list by `GROUNDWIRE_WRITE_DOCS=1 cargo test --lib page_tests`.

A name is *documented* when it was seen in the vendor's documentation, *proposed* when only its
task or family was, and *extension* when the tool is our own. `ARGUS_MCP_TOOL_NAMES` names a JSON
file `{\"name here\": \"name shown\"}` with which a site shows other names; names and aliases of this
list go on working. `ARGUS_MCP_TOOLS` selects families (the headings) or tools, and
`ARGUS_REPUTATION_API` (`auto`, `v1`, `v2`) the reputation service. A test module stands below
`servers::argus::tools`; what holds for every tool is in `all_tests`, and what requests of every
tool become in `servers::argus::validate::tests`. Each tool is called against the simulated backend
in `sim::argus::tool_tests`, right requests made at random in `sim::argus::request_tests`.
";

/// The test modules of a family and the file they stand in.
fn tests_of(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::Alarm => ("alarm", include_str!("alarm_tests.rs")),
        Family::Asset => ("asset", include_str!("asset_tests.rs")),
        Family::Case => ("case", include_str!("case_tests.rs")),
        Family::Customer => ("customer", include_str!("customer_tests.rs")),
        Family::Datastore => ("datastore", include_str!("datastore_tests.rs")),
        Family::Event => ("event", include_str!("event_tests.rs")),
        Family::Metric => ("metric", include_str!("metric_tests.rs")),
        Family::AnalysisFilter | Family::AnnotationFilter | Family::MatchFilter => {
            ("filter", include_str!("filter_tests.rs"))
        }
        Family::PassiveDns => ("pdns", include_str!("pdns_tests.rs")),
        Family::Reputation => ("reputation", include_str!("reputation_tests.rs")),
    }
}

/// `getArgusCaseByID` as `get_argus_case_by_id`.
fn module_of(name: &str) -> String {
    let mut module = String::new();
    let name = name.replace("PassiveDNS", "PassiveDns").replace("IOC", "Ioc").replace("ID", "Id");
    for c in name.chars() {
        if c.is_uppercase() {
            module.push('_');
        }
        module.extend(c.to_lowercase());
    }
    module
}

fn call_of(tool: &Tool) -> String {
    match &tool.work {
        Work::Values(_) => "none".to_owned(),
        Work::Translate(query) => match query.rest.make {
            Make::Looked(lookup) => format!("none, save to look up each {} by name", lookup.noun),
            _ => "none".to_owned(),
        },
        Work::Execute(Query { rest, .. }) | Work::Call(rest) => {
            let calls = rest.call.replace("{+", "{");
            let calls = calls.split(", ").map(|part| match part.find("GET ").or(part.find("POST ")) {
                Some(at) => format!("{}`{}`", &part[..at], &part[at..]),
                None => part.to_owned(),
            });
            calls.collect::<Vec<String>>().join(", ")
        }
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut family = None;
    for tool in ALL.iter() {
        if family != Some(tool.family) {
            family = Some(tool.family);
            let name = tool.family.name();
            write!(page, "\n## {name}\n\n| tool | name | call to Argus | test |\n| --- | --- | --- | --- |\n").unwrap();
        }
        let certainty = match tool.certainty {
            Certainty::Documented => "documented",
            Certainty::Proposed => "proposed",
            Certainty::Extension => "extension",
        };
        let (file, _) = tests_of(tool.family);
        let test = format!("{file}::tests::{}", module_of(tool.name));
        writeln!(page, "| `{}` | {certainty} | {} | `{test}` |", tool.name, call_of(tool)).unwrap();
    }
    page
}

#[test]
fn every_tool_has_a_test_module_that_calls_it() {
    for tool in ALL.iter() {
        let (file, text) = tests_of(tool.family);
        let start = format!("mod {} {{", module_of(tool.name));
        let at = text.find(&start).unwrap_or_else(|| panic!("{file}_tests.rs has no {start}"));
        let body = &text[at..];
        let body = &body[..body.find("\n}\n").unwrap_or(body.len())];
        assert!(body.contains(&format!("\"{}\"", tool.name)), "{start} does not call {}", tool.name);
        assert!(body.contains("::test]"), "{start} has no test");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says by the environment that the page is to be written"
)]
fn the_page_says_what_the_tool_list_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/argus-tools.md");
    let page = page();
    if std::env::var("GROUNDWIRE_WRITE_DOCS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "{} is not what the tool list says", path.display());
}
