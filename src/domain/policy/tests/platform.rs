//! Plans for runtime events, process trees, SysQL and Kubernetes: which tool, with which arguments,
//! in which steps; what comes after a shown page; and what is no question for other tools.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::signals::Signals;
use crate::domain::policy::steps::ends_in;
use crate::domain::policy::steps::next_steps;
use crate::domain::policy::tests::fixtures::ROUTER;
use crate::domain::policy::tests::fixtures::TOOLS;
use crate::domain::policy::tests::fixtures::input;
use crate::domain::policy::tests::fixtures::tool;
use crate::domain::tool::ToolSpec;

/// Single values where the server wants them.
fn tools() -> Vec<Arc<ToolSpec>> {
    let text = json!({"type": "string"});
    let names = [
        "cluster_name",
        "namespace_name",
        "workload_name",
        "workload_type",
        "pod_name",
        "container_name",
        "node_name",
        "status",
        "interval",
        "question",
        "sysql_query",
        "event_id",
    ];
    let properties: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), text.clone())).collect();
    let required = |tool: &str| match tool {
        "generate_sysql" => json!(["question"]),
        "run_sysql" => json!(["sysql_query"]),
        "k8s_list_workloads" => json!(["status"]),
        "get_event_info" | "get_event_process_tree" => json!(["event_id"]),
        _ => json!([]),
    };
    let with = |spec: &Arc<ToolSpec>| {
        if !spec.tool.contains('_') {
            return Arc::clone(spec);
        }
        let schema = json!({"type": "object", "properties": properties, "required": required(&spec.tool)});
        Arc::new(ToolSpec { input_schema: schema, ..tool(&spec.tool).as_ref().clone() })
    };
    TOOLS.iter().map(with).collect()
}

fn ruled(message: &str, shown: &Shown) -> (Signals, Ruling) {
    let tools = tools();
    let input = RouteInput { tools: &tools, ..input(message, shown) };
    let (signals, ruling) = ROUTER.decide(&input);
    let ruling = ruling.unwrap_or_else(|| ROUTER.default_ruling(&signals, &input));
    (signals, ruling)
}

fn planned(message: &str) -> Vec<(String, Value)> {
    let shown = Shown::default();
    let (signals, ruling) = ruled(message, &shown);
    let calls = plan_calls(&ROUTER, &signals, &ruling, &shown, &tools());
    calls.into_iter().map(|call| (call.tool, call.arguments)).collect()
}

fn steps(message: &str, shown: &Shown, made: &[ShownResult]) -> Vec<(String, Value)> {
    let (signals, ruling) = ruled(message, shown);
    let calls = next_steps(&ROUTER, &signals, &ruling, made, &tools());
    calls.into_iter().map(|call| (call.tool, call.arguments)).collect()
}

fn result(tool: &str, arguments: Value, content: Value) -> ShownResult {
    ShownResult { id: None, tool: tool.to_owned(), arguments, content: Arc::new(content) }
}

fn after(result: ShownResult) -> Shown {
    Shown { latest: vec![result.clone()], all: vec![result] }
}

#[test]
fn each_measure_of_a_cluster_has_its_tool() {
    let us = json!({"cluster_name": "prod-us-2"});
    for (message, tool, arguments) in [
        ("List all kubernetes clusters", "k8s_list_clusters", json!({})),
        ("Show me info for cluster 'prod-us-2'", "k8s_list_clusters", us.clone()),
        ("Quels nœuds a le cluster prod-us-2 ?", "k8s_list_nodes", us.clone()),
        ("クラスター prod-us-2 のノードを表示して", "k8s_list_nodes", us.clone()),
        (
            "List all desired workloads in the cluster 'prod-eu-1' and namespace 'shop'",
            "k8s_list_workloads",
            json!({"status": "desired", "cluster_name": "prod-eu-1", "namespace_name": "shop"}),
        ),
        (
            "Which containers run in pod booking-db-0 in cluster prod-us-2?",
            "k8s_list_pod_containers",
            json!({"cluster_name": "prod-us-2", "pod_name": "booking-db-0"}),
        ),
        (
            "List all cronjobs in cluster prod-us-2 and namespace fleet",
            "k8s_list_cronjobs",
            json!({"cluster_name": "prod-us-2", "namespace_name": "fleet"}),
        ),
        ("How many pods run in cluster prod-us-2?", "k8s_list_count_pods_per_cluster", us.clone()),
        (
            "Show the top 20 unavailable pods in cluster 'prod-us-2'",
            "k8s_list_top_unavailable_pods",
            json!({"cluster_name": "prod-us-2", "limit": 20}),
        ),
        (
            "Welche Pods im Cluster prod-us-2 wurden am häufigsten neu gestartet?",
            "k8s_list_top_restarted_pods",
            us.clone(),
        ),
        (
            "Show the top 20 pods by HTTP errors in cluster prod-us-2 in the last 3 hours",
            "k8s_list_top_http_errors_in_pods",
            json!({"cluster_name": "prod-us-2", "limit": 20, "interval": "3h"}),
        ),
        ("Show network errors of pods in cluster prod-us-2", "k8s_list_top_network_errors_in_pods", us.clone()),
        (
            "¿Qué cargas de trabajo usan más CPU en el clúster prod-us-2?",
            "k8s_list_top_cpu_consumed_workload",
            us.clone(),
        ),
        ("Which containers use the most CPU in cluster prod-us-2?", "k8s_list_top_cpu_consumed_container", us.clone()),
        ("Show the workloads by memory in cluster prod-us-2", "k8s_list_top_memory_consumed_workload", us.clone()),
        (
            "Hvilke containere bruker mest minne i klyngen prod-us-2?",
            "k8s_list_top_memory_consumed_container",
            us.clone(),
        ),
        (
            "Show underutilized pods by CPU quota in cluster prod-us-2",
            "k8s_list_underutilized_pods_cpu_quota",
            us.clone(),
        ),
        (
            "Show underutilized pods by memory quota in cluster prod-us-2",
            "k8s_list_underutilized_pods_memory_quota",
            us,
        ),
    ] {
        assert_eq!(planned(message), [(tool.to_owned(), arguments)], "{message}");
    }
}

#[test]
fn nothing_that_narrows_a_search_of_events_is_left_out() {
    for (message, filter) in [
        (
            "Show high severity runtime events from the last 2 hours in cluster1",
            r#"severity in ("0","1","2","3") and kubernetes.cluster.name = "cluster1""#,
        ),
        (
            "Vis kjøretidshendelser med høy alvorlighet siste 2 timer i klynge prod-eu-1",
            r#"severity in ("0","1","2","3") and kubernetes.cluster.name = "prod-eu-1""#,
        ),
        (
            "Zeige Laufzeitereignisse mit hohem Schweregrad der letzten 2 Stunden in prod-eu-1",
            r#"severity in ("0","1","2","3") and kubernetes.cluster.name = "prod-eu-1""#,
        ),
        (
            r#"Runtime events with rule "Terminal shell in container" in the last 2 hours"#,
            r#"ruleName = "Terminal shell in container""#,
        ),
        ("Any anomalous AWS console logins in the last 2 hours?", r#"source = "agentless-aws-ml""#),
        ("Show runtime events of the last 2 hours on host nfk-k8s-01", r#"host.hostName = "nfk-k8s-01""#),
    ] {
        let arguments = json!({"scope_hours": 2, "filter_expr": filter});
        assert_eq!(planned(message), [("list_runtime_events".to_owned(), arguments)], "{message}");
    }
    for message in [
        // A word that no filter says, a time longer than the tool looks back, a second cluster.
        "Show runtime events about lateral movement in the last 2 hours",
        "Show runtime events of the last 20 days",
        "List runtime events of the last 2 hours in clusters prod-eu-1 and web-eu-2",
    ] {
        let calls = planned(message);
        assert!(
            calls.iter().all(|(tool, call)| tool != "list_runtime_events" || call["filter_expr"].is_string()),
            "{message}: {calls:?}"
        );
    }
}

#[test]
fn a_question_becomes_a_statement_and_the_statement_is_run() {
    let question = "Which workloads are affected by vulnerabilities? Use SysQL";
    let asked = json!({"question": question});
    assert_eq!(planned(question), [("generate_sysql".to_owned(), asked.clone())]);
    let made = |text: &str| [result("generate_sysql", asked.clone(), json!({"text": text, "metadata": {}}))];
    let statement = "MATCH KubeWorkload AFFECTED_BY Vulnerability RETURN KubeWorkload;";
    assert_eq!(
        steps(question, &Shown::default(), &made(statement)),
        [("run_sysql".to_owned(), json!({"sysql_query": statement}))]
    );
    let (signals, ruling) = ruled(question, &Shown::default());
    assert!(!ends_in(&ROUTER, &signals, &ruling, "generate_sysql", &tools()));
}

#[test]
fn a_statement_that_is_asked_for_is_not_run() {
    for message in [
        "Write me a SysQL query for images with vulnerabilities",
        "Schreibe mir eine SysQL-Abfrage für Images mit Schwachstellen",
        "Skriv en SysQL-spørring for images med sårbarheter",
    ] {
        let asked = json!({"question": message});
        assert_eq!(planned(message), [("generate_sysql".to_owned(), asked.clone())]);
        let made = [result("generate_sysql", asked, json!({"text": "MATCH Image RETURN Image;"}))];
        assert_eq!(steps(message, &Shown::default(), &made), [], "{message}");
        let (signals, ruling) = ruled(message, &Shown::default());
        assert!(ends_in(&ROUTER, &signals, &ruling, "generate_sysql", &tools()), "{message}");
    }
}

fn page(next: Value) -> Shown {
    let arguments = json!({"scope_hours": 24, "filter_expr": "severity in (\"0\")", "limit": 50});
    let event =
        json!({"id": "189283f94d7a750c63d66b528fabe62b", "content": {"ruleName": "Anomalous AWS console login"}});
    after(result(
        "list_runtime_events",
        arguments,
        json!({"results": {"data": [event], "page": {"next": next, "total": 78}}}),
    ))
}

#[test]
fn the_next_page_goes_on_where_the_shown_one_ends() {
    for message in ["Show the next page", "Vis neste side", "Zeig die nächste Seite", "Muestra la página siguiente"] {
        let shown = page(json!("Y3Vyc29y"));
        let (signals, ruling) = ruled(message, &shown);
        let calls = plan_calls(&ROUTER, &signals, &ruling, &shown, &tools());
        let calls: Vec<(&str, &Value)> = calls.iter().map(|call| (call.tool.as_str(), &call.arguments)).collect();
        let wanted = json!({"cursor": "Y3Vyc29y", "filter_expr": "severity in (\"0\")", "limit": 50});
        assert_eq!(calls, [("list_runtime_events", &wanted)], "{message}");
    }
    let (_, ruling) = ruled("Show the next page", &page(Value::Null));
    assert_eq!(ruling.arguments.get("cursor"), None);
}

#[test]
fn what_the_other_server_knows_of_an_event_takes_two_steps() {
    let shown = page(Value::Null);
    let message = "Is the address of that Sysdig event known to Argus?";
    let id = json!({"event_id": "189283f94d7a750c63d66b528fabe62b"});
    assert_eq!(steps(message, &shown, &[]), [("get_event_info".to_owned(), id.clone())]);
    let event =
        |fields: Value| [result("get_event_info", id.clone(), json!({"results": {"content": {"fields": fields}}}))];
    let calls = steps(message, &shown, &event(json!({"ct.srcip": "203.0.113.66"})));
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].0, "executeSearchArgusEvent");
    assert_eq!(calls[0].1["request"]["endpoint"], json!([{"ip": ["203.0.113.66"]}]));
    // An event without an address looks nothing up, rather than everything.
    assert_eq!(steps(message, &shown, &event(json!({"proc.name": "bash"}))), []);
}

#[test]
fn a_scan_is_no_question_for_what_is_known_of_vulnerabilities() {
    let tools: Vec<Arc<ToolSpec>> = tools().into_iter().filter(|spec| spec.tool != "run_sysdig_cli_scanner").collect();
    let shown = Shown::default();
    for message in ["Scan this image ubuntu:latest for vulnerabilities", "Skann imaget nginx:1.27 for sårbarheter"] {
        let input = RouteInput { tools: &tools, ..input(message, &shown) };
        let ruling = ROUTER.decide(&input).1.expect("a rule decides");
        assert_eq!(
            (ruling.decision, ruling.rule.as_str()),
            (RouterDecision::Refuse, "group_without_tool"),
            "{message}"
        );
    }
    let (_, ruling) = ruled("Scan this image ubuntu:latest for vulnerabilities", &shown);
    assert_eq!(ruling.groups, ["scanning"]);
    let (_, ruling) = ruled("Which vulnerabilities does the image nginx:1.27 have?", &shown);
    assert_eq!(ruling.groups.first().map(String::as_str), Some("sysql"));
}
