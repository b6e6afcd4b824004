//! A catalog, a world of three shown cases and one router for all tests.

use std::sync::Arc;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::domain::ids::CallId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::outcome::Outcome;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::shown::Shown;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolName;
use crate::domain::tool::ToolSpec;

pub(super) static ROUTER: LazyLock<Router> =
    LazyLock::new(|| Router::new(Policy::shipped().expect("shipped policy")).expect("compiles"));

/// Every tool of the shipped groups, connected.
pub(super) static TOOLS: LazyLock<Vec<Arc<ToolSpec>>> = LazyLock::new(|| {
    let mut names: Vec<String> = ROUTER.policy().groups.iter().flat_map(|group| group.order.clone()).collect();
    names.sort();
    names.dedup();
    names.iter().map(|name| tool(name)).collect()
});

pub(super) fn tool(name: &str) -> Arc<ToolSpec> {
    let server = if name.contains('_') { "sysdig" } else { "argus" };
    Arc::new(ToolSpec {
        name: ToolName::qualify(server, name),
        server: server.to_owned(),
        tool: name.to_owned(),
        description: String::new(),
        input_schema: json!({"type": "object"}).into(),
        output_schema: None,
        read_only: name != "run_sysdig_cli_scanner",
        hinted: name != "run_sysdig_cli_scanner",
    })
}

pub(super) fn now() -> Timestamp {
    // A Monday.
    "2026-02-09T08:15:30Z".parse().expect("a time")
}

pub(super) fn result_id(n: u128) -> ResultId {
    ResultId(Uuid::from_u128(n))
}

pub(super) fn entry(n: u128, turn: u128, tool: &str, arguments: Value, content: Value) -> LedgerEntry {
    LedgerEntry {
        id: result_id(n),
        call_id: CallId(Uuid::from_u128(n)),
        turn_id: TurnId(Uuid::from_u128(turn)),
        server: "argus".into(),
        tool: tool.into(),
        arguments,
        made_by: MadeBy::Model,
        observed_at: now(),
        outcome: Outcome::Ok,
        digest: String::new(),
        content: Arc::new(content),
        page: None,
        error: None,
        cause: None,
        max_age_ms: None,
        evidence: true,
        shown: true,
        stale: true,
        superseded_by: None,
    }
}

pub(super) fn search_arguments() -> Value {
    json!({"request": {"customer": ["nordfjord"], "currentStatus": ["pendingCustomer", "workingSoc"]}})
}

/// What was shown before the message: nothing, three cases, or one case.
pub(super) fn shown(name: &str) -> Shown {
    let row = |id: u64, subject: &str| json!({"id": id, "subject": subject, "status": "pendingCustomer", "customer": {"id": 2171, "shortName": "nordfjord"}});
    let entries = match name {
        "cases" => vec![entry(
            1,
            1,
            "executeSearchArgusCase",
            search_arguments(),
            json!({"data": [
            row(4120771, "Beacon-like traffic from NFK-WS-0417"),
            row(4120802, "Repeated failed VPN sign-ins"),
            row(4120815, "Outdated agent on three machines"),
        ], "page": {"offset": 0, "limit": 25, "count": 3, "stop": true}}),
        )],
        "case" => vec![entry(
            2,
            1,
            "getArgusCaseByID",
            json!({"caseID": 4120771}),
            json!({"data": row(4120771, "Beacon-like traffic")}),
        )],
        "none" => Vec::new(),
        other => panic!("no fixture {other}"),
    };
    Shown::from_ledger(&Ledger::from_entries(entries))
}

pub(super) fn input<'a>(message: &'a str, shown: &'a Shown) -> RouteInput<'a> {
    RouteInput { message, history: &[], shown, tools: &TOOLS, expected_groups: &[], now: now() }
}
