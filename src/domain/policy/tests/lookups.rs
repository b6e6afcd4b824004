//! Plans for customers, datastores, filters, metrics, passive DNS and reputation: the call
//! that follows from the message, the steps of a plan, and what is asked when something is
//! missing.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::domain::policy::decision::PlannedCall;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::steps::next_steps;
use crate::domain::policy::tests::fixtures::ROUTER;
use crate::domain::policy::tests::fixtures::TOOLS;
use crate::domain::policy::tests::fixtures::input;
use crate::domain::policy::tests::fixtures::tool;
use crate::domain::tool::ToolSpec;

/// Single values where the servers want them.
fn tools() -> Vec<Arc<ToolSpec>> {
    let text = json!({"type": "string"});
    let metrics = json!({"type": "object", "properties": {"request": {"properties": {"statistics": {"properties": {
        "resolutionUnit": text,
        "values": {"items": {"properties": {"name": text}}},
        "groupBy": {"items": {"properties": {"key": text}}},
    }}}}}});
    let dns = json!({"type": "object", "properties": {"request": {"properties": {"queryMatchStrategy": text}}}});
    let entry = json!({"type": "object", "required": ["customerID"], "properties": {
        "dataStoreName": text, "key": text, "customerID": {"type": "integer"}}});
    let schema = |name: &str| match name {
        "executeProcessingEventsPerFilterMetricAggregation" => Some(metrics.clone()),
        "executeSearchArgusPassiveDNS" => Some(dns.clone()),
        "getDataStoreEntry" | "getDataStoreDescriptor" => Some(entry.clone()),
        _ => None,
    };
    let with = |spec: &Arc<ToolSpec>| match schema(&spec.tool) {
        Some(mut schema) => {
            if spec.tool == "getDataStoreDescriptor" {
                schema["required"] = json!(["dataStoreName"]);
            }
            Arc::new(ToolSpec { input_schema: schema.into(), ..tool(&spec.tool).as_ref().clone() })
        }
        None => Arc::clone(spec),
    };
    TOOLS.iter().map(with).collect()
}

fn ruled(message: &str) -> (crate::domain::policy::signals::Signals, Ruling) {
    let shown = Shown::default();
    let tools = tools();
    let input = RouteInput { tools: &tools, ..input(message, &shown) };
    let (signals, ruling) = ROUTER.decide(&input);
    (signals, ruling.unwrap_or_else(|| panic!("no rule for {message}")))
}

fn planned(message: &str) -> Vec<PlannedCall> {
    let (signals, ruling) = ruled(message);
    plan_calls(&ROUTER, &signals, &ruling, &Shown::default(), &tools())
}

fn steps(message: &str, made: &[ShownResult]) -> Vec<(String, Value)> {
    let (signals, ruling) = ruled(message);
    let calls = next_steps(&ROUTER, &signals, &ruling, made, &tools());
    calls.into_iter().map(|call| (call.tool, call.arguments)).collect()
}

fn result(tool: &str, arguments: Value, content: Value) -> ShownResult {
    ShownResult { id: None, tool: tool.to_owned(), arguments, content: Arc::new(content) }
}

fn metric(filter: Value, statistics: Value) -> Value {
    json!({"request": {"filter": filter, "statistics": statistics}})
}

#[test]
fn each_question_becomes_its_call() {
    let today = json!({"startTimestamp": "startOfDay", "endTimestamp": "now"});
    let hours = json!({"startTimestamp": "now -8 hours", "endTimestamp": "now"});
    let matched = json!([{"name": "eventsMatched", "aggregationFunction": "sum"}]);
    let by_filter = json!({"values": matched, "groupBy": [{"key": "filterID"}], "includeOthers": false});
    let one = json!([{"name": "filterID", "values": [20418]}]);
    for (message, tool, arguments) in [
        ("Show analysis filter 20417", "getAnalysisFilterByID", json!({"id": 20417})),
        ("Zeig Analysefilter 20417", "getAnalysisFilterByID", json!({"id": 20417})),
        ("Vis annotasjonsfilter 25101", "getAnnotationFilterByID", json!({"id": 25101})),
        (
            "Which match filters bind events to case 4120771?",
            "executeSearchArgusMatchFilter",
            json!({"request": {"associateCaseID": [4120771]}}),
        ),
        (
            "Welche Filter ordnen Ereignisse Fall 4120771 zu?",
            "executeSearchArgusMatchFilter",
            json!({"request": {"associateCaseID": [4120771]}}),
        ),
        (
            "List the disabled match filters",
            "executeSearchArgusMatchFilter",
            json!({"request": {"excludeFilterFlag": ["enabled"]}}),
        ),
        (
            "Vis deaktiverte analysefiltre",
            "executeSearchArgusAnalysisFilter",
            json!({"request": {"excludeFilterFlag": ["enabled"]}}),
        ),
        (
            "Which analysis filters are enabled for customer nordfjord?",
            "executeSearchArgusAnalysisFilter",
            json!({"request": {"customer": ["nordfjord"], "includeFilterFlag": ["enabled"]}}),
        ),
        (
            "How many events did filter 20418 match today?",
            "executeProcessingEventsPerFilterMetricAggregation",
            metric(json!({"key": one, "timeFilter": today}), by_filter.clone()),
        ),
        (
            "Hvor mange hendelser traff filter 20418 i dag?",
            "executeProcessingEventsPerFilterMetricAggregation",
            metric(json!({"key": one, "timeFilter": today}), by_filter.clone()),
        ),
        (
            "Which filters matched most in the last 8 hours?",
            "executeProcessingEventsPerFilterMetricAggregation",
            metric(json!({"timeFilter": hours}), by_filter.clone()),
        ),
        (
            "How many events did filter 20418 match per hour in the last 8 hours?",
            "executeProcessingEventsPerFilterMetricAggregation",
            metric(
                json!({"key": one, "timeFilter": hours}),
                json!({"values": matched, "resolution": 1, "resolutionUnit": "hours"}),
            ),
        ),
        (
            "Metrics: events processed per customer",
            "executeProcessingEventsPerFilterMetricAggregation",
            metric(
                json!({"timeFilter": today}),
                json!({"values": [{"name": "eventsProcessed", "aggregationFunction": "sum"}],
                "groupBy": [{"key": "customer"}], "includeOthers": false}),
            ),
        ),
        (
            "Which filters have the longest processing time?",
            "executeProcessingEventsPerFilterMetricAggregation",
            metric(
                json!({"timeFilter": today}),
                json!({"values": [{"name": "processingTime", "aggregationFunction": "wavg",
                "weightByValue": "eventsProcessed"}], "groupBy": [{"key": "filterID"}], "includeOthers": false}),
            ),
        ),
        (
            "What is the SLA of Nordfjord?",
            "getCustomerProperties",
            json!({"idOrShortName": "nordfjord", "section": ["sla"]}),
        ),
        (
            "Wie lautet die SLA von Nordfjord?",
            "getCustomerProperties",
            json!({"idOrShortName": "nordfjord", "section": ["sla"]}),
        ),
        ("What is stored in the datastore vip-users?", "getDataStoreDescriptor", json!({"dataStoreName": "vip-users"})),
        ("What is the datastore scanner-ips for?", "getDataStoreDescriptor", json!({"dataStoreName": "scanner-ips"})),
        ("Wofür ist der Datastore scanner-ips?", "getDataStoreDescriptor", json!({"dataStoreName": "scanner-ips"})),
        ("Hva er datalageret scanner-ips til?", "getDataStoreDescriptor", json!({"dataStoreName": "scanner-ips"})),
        (
            "TXT records of cdn-sync.example in passive DNS",
            "executeSearchArgusPassiveDNS",
            json!({"request": {"query": "cdn-sync.example", "recordType": ["txt"]}}),
        ),
        (
            "Subdomains of corpnet.example",
            "executeSearchArgusPassiveDNS",
            json!({"request": {"query": "corpnet.example", "queryMatchStrategy": "includeSubdomains"}}),
        ),
        (
            "Was cdn-sync.example ever listed?",
            "getIOCReputationIndicators",
            json!({"value": "cdn-sync.example", "state": ["active", "latest", "old"]}),
        ),
        ("Which lists hold cdn-sync.example?", "getIOCReputationIndicators", json!({"value": "cdn-sync.example"})),
        ("203.0.113.66の評判を調べて", "getIOCReputationScore", json!({"value": "203.0.113.66"})),
    ] {
        let calls: Vec<(String, Value)> =
            planned(message).into_iter().map(|call| (call.tool, call.arguments)).collect();
        assert_eq!(calls, [(tool.to_owned(), arguments)], "{message}");
    }
}

const QUESTIONS: [&str; 8] = [
    "Is kari.solheim in vip-users at Nordfjord?",
    "Er kari.solheim i vip-users hos Nordfjord?",
    "Är kari.solheim i vip-users hos Nordfjord?",
    "Er kari.solheim i vip-users hos Nordfjord?",
    "Ist kari.solheim bei Nordfjord in vip-users?",
    "kari.solheim est-il dans vip-users pour Nordfjord ? Est kari.solheim dans vip-users chez Nordfjord ?",
    "¿Está kari.solheim en vip-users de Nordfjord?",
    "Nordfjordのkari.solheimはvip-usersに入っていますか",
];

fn descriptor(customer_id: Value, readable: bool) -> ShownResult {
    let lookup = json!({"entriesReadable": readable, "customerID": customer_id});
    result("getDataStoreDescriptor", json!({"dataStoreName": "vip-users"}), json!({"data": {}, "lookup": lookup}))
}

#[test]
fn an_entry_is_read_after_its_datastore_and_the_number_of_its_customer() {
    let customer =
        result("getCustomerByIDOrShortName", json!({"idOrShortName": "nordfjord"}), json!({"data": {"id": 77}}));
    let entry = json!({"dataStoreName": "vip-users", "key": "kari.solheim", "customerID": 77});
    for message in QUESTIONS {
        let first: Vec<(String, Value)> =
            planned(message).into_iter().map(|call| (call.tool, call.arguments)).collect();
        assert_eq!(first, [("getDataStoreDescriptor".to_owned(), json!({"dataStoreName": "vip-users"}))], "{message}");
        assert_eq!(steps(message, &[]), first, "{message}");
        let mut made = vec![descriptor(json!("required"), true)];
        let second = ("getCustomerByIDOrShortName".to_owned(), json!({"idOrShortName": "nordfjord"}));
        assert_eq!(steps(message, &made), [second], "{message}");
        made.push(customer.clone());
        assert_eq!(steps(message, &made), [("getDataStoreEntry".to_owned(), entry.clone())], "{message}");
        made.push(result("getDataStoreEntry", entry.clone(), json!({"data": {}})));
        assert!(steps(message, &made).is_empty(), "{message}");
    }
}

#[test]
fn each_of_two_customers_is_looked_up() {
    let sla: Vec<Value> =
        planned("What is the SLA of Bergtun and Nordfjord?").into_iter().map(|call| call.arguments).collect();
    let of = |name: &str| json!({"idOrShortName": name, "section": ["sla"]});
    assert_eq!(sla, [of("bergtun"), of("nordfjord")]);
    let message = "Is kari.solheim in vip-users at Bergtun and Nordfjord?";
    let customer = |name: &str, id: u64| {
        result("getCustomerByIDOrShortName", json!({"idOrShortName": name}), json!({"data": {"id": id}}))
    };
    let mut made = vec![descriptor(json!("required"), true)];
    assert_eq!(steps(message, &made).len(), 2);
    made.extend([customer("bergtun", 78), customer("nordfjord", 77)]);
    let ids: Vec<Value> =
        steps(message, &made).into_iter().map(|(_, arguments)| arguments["customerID"].clone()).collect();
    assert_eq!(ids, [json!(78), json!(77)]);
}

#[test]
fn a_user_in_a_datastore_is_no_domain() {
    for message in [
        "Finnes kari.solheim i vip-users hos Bergtun?",
        "Står kari.solheim i vip-users?",
        "Ligger kari.solheim i vip-users?",
        "Finns kari.solheim i vip-users?",
        "Findes kari.solheim i vip-users?",
        "Gibt es kari.solheim in vip-users?",
        "Steht kari.solheim in vip-users?",
        "kari.solheim est-il dans vip-users ?",
        "kari.solheim figure-t-elle dans vip-users ?",
        "Existe kari.solheim en vip-users?",
        "¿Figura kari.solheim en vip-users?",
        "Is kari.solheim in vip-users? I mean kari.solheim",
    ] {
        let (signals, _) = ruled(message);
        assert_eq!(signals.arguments["data_store_key"], json!(["kari.solheim"]), "{message}");
        assert_eq!(signals.arguments["data_store"], json!(["vip-users"]), "{message}");
        for name in ["domain", "indicator"] {
            assert!(!signals.arguments.contains_key(name), "{message}: {name}");
        }
        let tools: Vec<String> = planned(message).into_iter().map(|call| call.tool).collect();
        assert_eq!(tools, ["getDataStoreDescriptor"], "{message}");
    }
}

#[test]
fn a_name_behind_in_is_a_datastore_only_where_a_key_is_asked_for() {
    for message in
        ["Are pods crashing in kube-system?", "Is nginx running in kube-system?", "What happened in follow-up?"]
    {
        let shown = Shown::default();
        let (signals, _) = ROUTER.decide(&input(message, &shown));
        assert!(!signals.arguments.contains_key("data_store"), "{message}");
    }
}

#[test]
fn a_global_datastore_needs_no_customer_and_one_that_cannot_be_read_is_not_asked() {
    let entry =
        ("getDataStoreEntry".to_owned(), json!({"dataStoreName": "vip-users", "key": "kari.solheim", "customerID": 0}));
    assert_eq!(steps(QUESTIONS[0], &[descriptor(json!("0"), true)]), [entry]);
    assert!(steps(QUESTIONS[0], &[descriptor(Value::Null, false)]).is_empty());
    let unknown = result("getDataStoreDescriptor", json!({"dataStoreName": "vip-users"}), Value::Null);
    assert!(steps(QUESTIONS[0], &[unknown]).is_empty());
}

#[test]
fn without_a_customer_the_entry_is_looked_for_at_each_of_a_few() {
    let message = "Is kari.solheim in vip-users?";
    let customers = |ids: &[u64]| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id, "shortName": format!("c{id}")})).collect();
        result("executeSearchArgusCustomer", json!({"request": {"type": ["leaf"]}}), json!({"data": rows}))
    };
    let made = [descriptor(json!("required"), true)];
    assert_eq!(
        steps(message, &made),
        [("executeSearchArgusCustomer".to_owned(), json!({"request": {"type": ["leaf"]}}))]
    );
    let [descriptor] = made;
    let ids = |made: &[ShownResult]| -> Vec<Value> {
        steps(message, made).into_iter().map(|(_, arguments)| arguments["customerID"].clone()).collect()
    };
    assert_eq!(ids(&[descriptor.clone(), customers(&[5, 6])]), [json!(5), json!(6)]);
    // Some of many would be told as if it were all of them.
    assert!(ids(&[descriptor, customers(&[1, 2, 3, 4, 5, 6])]).is_empty());
}

#[test]
fn what_is_missing_is_asked_for() {
    for (message, missing, choices) in [
        ("Show filter 20417", "filter_kind", 3),
        ("Vis filter 20417", "filter_kind", 3),
        ("フィルターを表示して", "filter_kind", 3),
        ("Which datastores are there?", "data_store", 0),
        ("Show the entry in the datastore vip-users", "data_store_key", 0),
        ("What are the SLAs?", "customer", 0),
        ("Check the reputation", "indicator", 0),
        ("Vis passiv DNS", "indicator", 0),
    ] {
        let (_, ruling) = ruled(message);
        let seen = (ruling.decision, ruling.rule.as_str(), ruling.missing.clone(), ruling.choices.len());
        assert_eq!(seen, (RouterDecision::Clarify, "argument_missing", vec![missing.to_owned()], choices), "{message}");
        assert!(planned(message).is_empty(), "{message}");
    }
}

#[test]
fn the_filters_of_a_customer_are_filters_and_no_metrics() {
    for message in [
        "Hvilke filtre har Nordfjord?",
        "Vilka filter har Nordfjord?",
        "Welche Filter haben Nordfjord und Bergtun?",
        "Which active filters does Nordfjord have?",
        "Hvilke aktive filtre har Nordfjord?",
        "Vilka aktiva filter har Nordfjord?",
    ] {
        let (signals, ruling) = ruled(message);
        assert_eq!(
            (signals.groups, ruling.missing),
            (vec!["filters".to_owned()], vec!["filter_kind".to_owned()]),
            "{message}"
        );
    }
    for message in
        ["The most active filters today", "De mest aktive filtrene i dag", "Hvilke filtre har flest treff i dag?"]
    {
        assert_eq!(planned(message)[0].tool, "executeProcessingEventsPerFilterMetricAggregation", "{message}");
    }
}

#[test]
fn a_choice_among_kinds_of_filters_keeps_what_the_message_said() {
    for message in ["Show filter 20417", "Zeig Filter 20417", "Montre le filtre 20417", "フィルター20417を表示して"]
    {
        let (_, ruling) = ruled(message);
        let tools: Vec<(String, Value)> = ruling
            .choices
            .iter()
            .flat_map(|choice| planned(&choice.message))
            .map(|call| (call.tool, call.arguments))
            .collect();
        let want = ["getAnalysisFilterByID", "getAnnotationFilterByID", "getMatchFilterByID"];
        assert_eq!(tools, want.map(|tool| (tool.to_owned(), json!({"id": 20417}))), "{message}");
    }
}

#[test]
fn nothing_is_asked_about_what_was_shown() {
    let list = |tool: &str, arguments: Value| {
        let found = result(tool, arguments, json!({"data": [{"id": 20417, "name": "spray"}]}));
        Shown { latest: vec![found.clone()], all: vec![found] }
    };
    let shown = list("executeSearchArgusAnalysisFilter", json!({"request": {}}));
    for message in ["Any change in those filters?", "Which of these filters are enabled?", "Show filter 20417 again"] {
        let (_, ruling) = ROUTER.decide(&input(message, &shown));
        assert_ne!(ruling.expect("a rule decides").decision, RouterDecision::Clarify, "{message}");
    }
}

#[test]
fn any_news_repeats_the_same_call() {
    for (tool, arguments) in [
        ("executeSearchArgusMatchFilter", json!({"request": {"associateCaseID": [4120771]}})),
        ("executeProcessingEventsPerFilterMetricAggregation", json!({"request": {"statistics": {"resolution": 1}}})),
        ("getIOCReputationScore", json!({"value": "cdn-sync.example"})),
        ("executeSearchArgusPassiveDNS", json!({"request": {"query": "cdn-sync.example"}})),
        ("getCustomerProperties", json!({"idOrShortName": "nordfjord", "section": ["sla"]})),
        ("getDataStoreEntry", json!({"dataStoreName": "vip-users", "key": "kari.solheim", "customerID": 77})),
    ] {
        let found = result(tool, arguments.clone(), json!({"data": {"value": 1}}));
        let shown = Shown { latest: vec![found.clone()], all: vec![found] };
        for message in ["any news?", "Noe nytt?", "Gibt es Neues?", "最新の状況は？"] {
            let input = input(message, &shown);
            let (signals, ruling) = ROUTER.decide(&input);
            let ruling = ruling.expect("a rule decides");
            assert_eq!(ruling.decision, RouterDecision::Refresh, "{message}");
            let calls = plan_calls(&ROUTER, &signals, &ruling, &shown, &TOOLS);
            let calls: Vec<(&str, &Value)> = calls.iter().map(|call| (call.tool.as_str(), &call.arguments)).collect();
            assert_eq!(calls, [(tool, &arguments)], "{message}");
        }
    }
}
