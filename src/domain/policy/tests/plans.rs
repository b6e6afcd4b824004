//! Arguments read off messages and the calls planned from them.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::domain::policy::decision::PlannedCall;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::tests::fixtures::ROUTER;
use crate::domain::policy::tests::fixtures::TOOLS;
use crate::domain::policy::tests::fixtures::input;
use crate::domain::policy::tests::fixtures::result_id;
use crate::domain::policy::tests::fixtures::search_arguments;
use crate::domain::policy::tests::fixtures::shown;

fn planned(context: &str, message: &str) -> Vec<PlannedCall> {
    let shown = shown(context);
    let input = input(message, &shown);
    let (signals, ruling) = ROUTER.decide(&input);
    let ruling = ruling.unwrap_or_else(|| ROUTER.default_ruling(&signals, &input));
    plan_calls(&ROUTER, &signals, &ruling, &shown, &TOOLS)
}

fn calls(context: &str, message: &str) -> Vec<(String, Value)> {
    planned(context, message).into_iter().map(|call| (call.tool, call.arguments)).collect()
}

fn one(tool: &str, arguments: Value) -> Vec<(String, Value)> {
    vec![(tool.to_owned(), arguments)]
}

fn open_statuses() -> Value {
    json!(["pendingCustomer", "pendingSoc", "pendingVendor", "workingSoc", "workingCustomer", "pendingClose"])
}

#[test]
fn open_cases_of_a_customer_become_a_search_with_all_open_statuses() {
    let want = json!({"request": {"customer": ["nordfjord"], "currentStatus": open_statuses()}});
    for message in [
        "Show me the open cases for Nordfjord",
        "Vis meg åpne saker for Nordfjord",
        "Visa öppna ärenden för Nordfjord",
        "Vis åbne sager for Nordfjord",
        "Zeig mir die offenen Fälle für Nordfjord",
        "Montre-moi les dossiers ouverts pour Nordfjord",
        "Muéstrame los casos abiertos para Nordfjord",
        "Nordfjordのオープンなケースを表示して",
    ] {
        assert_eq!(calls("none", message), one("executeSearchArgusCase", want.clone()), "{message}");
    }
}

#[test]
fn critical_cases_of_a_customer_today_keep_every_filter() {
    let want = json!({"request": {"customer": ["bergtun"], "currentPriority": ["critical"],
        "timeFilter": {"startTimestamp": "startOfDay", "endTimestamp": "now"}}});
    assert_eq!(calls("none", "Critical cases for Bergtun today"), one("executeSearchArgusCase", want));
}

#[test]
fn any_change_on_the_first_one_looks_that_row_up() {
    let shown = shown("cases");
    let (_, ruling) = ROUTER.decide(&input("Any change on the first one?", &shown));
    let ruling = ruling.expect("a rule decides");
    assert_eq!(ruling.decision, RouterDecision::Refresh);
    assert_eq!(ruling.about, vec![result_id(1)]);
    assert_eq!(calls("cases", "Any change on the first one?"), one("getArgusCaseByID", json!({"caseID": 4120771})));
    assert_eq!(calls("cases", "Show me the second one"), one("getArgusCaseByID", json!({"caseID": 4120802})));
    assert_eq!(calls("cases", "Is the last one still pending?"), one("getArgusCaseByID", json!({"caseID": 4120815})));
}

#[test]
fn a_follow_up_repeats_the_calls_behind_what_was_shown() {
    let calls = planned("cases", "any news?");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].arguments, search_arguments());
    assert_eq!(calls[0].repeats, Some(result_id(1)));
    let calls = planned("case", "Is it closed now?");
    assert_eq!((calls[0].arguments.clone(), calls[0].repeats), (json!({"caseID": 4120771}), Some(result_id(2))));
}

#[test]
fn ids_in_the_message_lead_to_lookups() {
    for (message, tool, arguments) in [
        ("4120771", "getArgusCaseByID", json!({"caseID": 4120771})),
        ("What about #4120771?", "getArgusCaseByID", json!({"caseID": 4120771})),
        ("case 42", "getArgusCaseByID", json!({"caseID": 42})),
        ("comments on case 4120771", "getArgusCaseComments", json!({"caseID": 4120771})),
        (
            "Show the events of case 4120771",
            "getEventsAssociatedWithCase",
            json!({"caseID": 4120771, "limit": 25, "offset": 0}),
        ),
        (
            "details of event AGGR/1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11",
            "getEventByEventIdentifier",
            json!({"eventIdentifier": "1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11"}),
        ),
        (
            "event 18a0a738540e782893aa52c07f6be410",
            "get_event_info",
            json!({"event_id": "18a0a738540e782893aa52c07f6be410"}),
        ),
        (
            "process tree of 18a0a738540e782893aa52c07f6be410",
            "get_event_process_tree",
            json!({"event_id": "18a0a738540e782893aa52c07f6be410"}),
        ),
        ("reputation of cdn-sync[.]example", "getIOCReputationScore", json!({"value": "cdn-sync.example"})),
        ("passive dns for 203.0.113.66", "executeSearchArgusPassiveDNS", json!({"request": {"query": "203.0.113.66"}})),
    ] {
        assert_eq!(calls("none", message), one(tool, arguments), "{message}");
    }
}

#[test]
fn several_ids_become_several_lookups_within_the_bound() {
    let message = "compare cases 4120771, 4120802, 4120815, 4120816, 4120817, 4120818 and 4120819";
    let calls = calls("none", message);
    assert_eq!(calls.len(), ROUTER.policy().max_planned_calls);
    assert!(calls.iter().all(|(tool, _)| tool == "getArgusCaseByID"));
}

#[test]
fn runtime_events_take_hours_severity_and_cluster() {
    let calls = calls("none", "Show high severity runtime events from the last 2 hours in cluster prod-eu-1");
    assert_eq!(
        calls,
        one(
            "list_runtime_events",
            json!({"scope_hours": 2,
        "filter_expr": "severity in (\"0\",\"1\",\"2\",\"3\") and kubernetes.cluster.name = \"prod-eu-1\""})
        )
    );
}

#[test]
fn a_range_that_a_tool_cannot_say_is_not_narrowed_in_silence() {
    assert!(calls("none", "runtime events of the last 30 days").is_empty());
    assert!(calls("none", "cases older than 3 days for Nordfjord").is_empty());
}

#[test]
fn time_words_become_source_times() {
    for (message, start, end) in [
        ("cases from the last 24 hours", "now -24 hours", "now"),
        ("saker siste 3 dager", "now -3 days", "now"),
        ("Fälle seit Freitag", "startOfDay -3 days", "now"),
        ("cases on Friday", "startOfDay -3 days", "startOfDay -2 days"),
        ("dossiers d'hier", "startOfDay -1 day", "startOfDay"),
        ("casos de las últimas 12 horas", "now -12 hours", "now"),
        ("過去24時間のケース", "now -24 hours", "now"),
        ("saker i går", "startOfDay -1 day", "startOfDay"),
        ("cases since 2026-02-01", "2026-02-01T00:00:00Z", "now"),
        ("Fälle am 05.02.2026", "2026-02-05T00:00:00Z", "2026-02-06T00:00:00Z"),
        ("cases from the last hour", "now -1 hours", "now"),
    ] {
        let want = json!({"startTimestamp": start, "endTimestamp": end});
        let calls = calls("none", message);
        assert_eq!(calls.first().map(|(_, a)| a["request"]["timeFilter"].clone()), Some(want), "{message}");
    }
}

#[test]
fn a_number_of_rows_is_a_limit_and_no_id() {
    assert_eq!(calls("none", "latest 5 cases"), one("executeSearchArgusCase", json!({"request": {"limit": 5}})));
    assert_eq!(calls("none", "top 10 clusters"), one("k8s_list_clusters", json!({"limit": 10})));
}

#[test]
fn known_names_of_customers_win_over_the_words_of_the_message() {
    let section: toml::Table =
        toml::from_str("customers = [{ short_name = \"nordfjord\", names = [\"Nordfjord Kraft\", \"NFK\"] }]")
            .expect("toml");
    let router = Router::new(Policy::with_overrides(&section).expect("policy")).expect("compiles");
    let shown = shown("none");
    for message in ["open cases of nfk", "Nordfjord Krafts saker", "cases: nordfjord"] {
        let (signals, _) = router.decide(&input(message, &shown));
        assert_eq!(signals.arguments.get("customer"), Some(&json!(["nordfjord"])), "{message}");
    }
    assert!(Policy::with_overrides(&toml::from_str("nonsense = 1").expect("toml")).is_err());
}

#[test]
fn keys_follow_the_schema_of_the_tool() {
    let mut tools: Vec<_> = TOOLS.iter().map(|tool| (**tool).clone()).collect();
    for tool in &mut tools {
        if tool.tool == "executeSearchArgusCase" {
            tool.input_schema = json!({"type": "object", "required": ["request"], "$defs": {"R": {"type": "object",
                "properties": {"status": {"type": "array"}, "customer": {"type": "array"}}}},
                "properties": {"request": {"$ref": "#/$defs/R"}}})
            .into();
        }
    }
    let tools: Vec<_> = tools.into_iter().map(std::sync::Arc::new).collect();
    let shown = shown("none");
    let mut input = input("closed cases for Nordfjord", &shown);
    input.tools = &tools;
    let (signals, ruling) = ROUTER.decide(&input);
    let calls = plan_calls(&ROUTER, &signals, &ruling.expect("a rule decides"), &shown, &tools);
    assert_eq!(calls[0].arguments, json!({"request": {"customer": ["nordfjord"], "status": ["closed"]}}));
}

#[test]
fn tools_that_change_something_or_are_off_limits_are_never_planned() {
    let section: toml::Table = toml::from_str("off_limits = [\"getArgusCase*\"]").expect("toml");
    let router = Router::new(Policy::with_overrides(&section).expect("policy")).expect("compiles");
    let shown = shown("none");
    let input = input("show case 4120771", &shown);
    let (signals, ruling) = router.decide(&input);
    let ruling = ruling.expect("a rule decides");
    assert!(!ruling.tools.iter().any(|tool| tool.starts_with("getArgusCase")));
    let calls = plan_calls(&router, &signals, &ruling, &shown, &TOOLS);
    assert!(calls.iter().all(|call| !call.tool.starts_with("getArgusCase")), "{calls:?}");
}

#[test]
fn a_clarification_offers_the_shown_objects() {
    let shown = shown("cases");
    let (_, ruling) = ROUTER.decide(&input("Vis meg saken", &shown));
    let ruling = ruling.expect("a rule decides");
    assert_eq!(ruling.missing, vec!["case_id".to_owned()]);
    assert_eq!(ruling.choices.len(), 3);
    assert_eq!(ruling.choices[0].label, "4120771 – Beacon-like traffic from NFK-WS-0417");
    assert_eq!(ruling.choices[0].message, "Vis meg sak 4120771");
}

#[test]
fn an_object_of_a_list_and_of_a_look_up_is_one_choice() {
    let mut shown = shown("cases");
    let list = shown.latest[0].clone();
    let case = list.content["data"][0].clone();
    let single = ShownResult {
        id: None,
        tool: "getArgusCaseByID".to_owned(),
        arguments: json!({"caseID": case["id"]}),
        content: Arc::new(json!({"data": case})),
    };
    shown.latest.insert(0, single.clone());
    shown.all.push(single.clone());
    let (_, ruling) = ROUTER.decide(&input("Vis meg saken", &shown));
    let choices = ruling.expect("a rule decides").choices;
    assert_eq!(choices.len(), 3, "{choices:?}");
    assert_eq!(choices[0].label, "4120771 – Beacon-like traffic from NFK-WS-0417");

    shown.latest = vec![single];
    assert_eq!(shown.rows(ROUTER.policy()).len(), 1);
}

#[test]
fn translators_come_before_execution_and_are_no_data() {
    let shown = shown("none");
    let (_, ruling) = ROUTER.decide(&input("open cases for Nordfjord", &shown));
    let tools = ruling.expect("a rule decides").tools;
    let at = |name: &str| tools.iter().position(|tool| tool == name).expect("offered");
    assert!(at("listAllowedCaseFlags") < at("generateArgusCaseSearchQuery"));
    assert!(at("generateArgusCaseSearchQuery") < at("executeSearchArgusCase"));
    assert!(!ROUTER.yields_data("generateArgusCaseSearchQuery"));
    assert_eq!(ROUTER.executes("generateArgusCaseSearchQuery"), Some("executeSearchArgusCase"));
    assert!(ROUTER.yields_data("listAllowedCaseFlags") && !ROUTER.is_data_tool("listAllowedCaseFlags"));
    assert!(ROUTER.is_data_tool("executeSearchArgusCase") && ROUTER.executes("generate_sysql").is_none());
}
