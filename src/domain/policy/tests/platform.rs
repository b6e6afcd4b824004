//! Plans for runtime events, process trees, SysQL and Kubernetes: which tool, with which arguments,
//! in which steps; what comes after a shown page; and what is no question for other tools.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::rules::NO_FURTHER_PAGE;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::ShownResult;
use crate::domain::policy::signals::Signals;
use crate::domain::policy::steps::ends_in;
use crate::domain::policy::steps::next_steps;
use crate::domain::policy::steps::stopped;
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
        Arc::new(ToolSpec { input_schema: schema.into(), ..tool(&spec.tool).as_ref().clone() })
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

/// What the filter of the one planned search of events says.
fn filter_of(message: &str) -> String {
    match planned(message).as_slice() {
        [(tool, arguments)] if tool == "list_runtime_events" => {
            arguments["filter_expr"].as_str().unwrap_or_default().to_owned()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn several_values_become_a_list_in_the_filter() {
    for (message, filter) in [
        (
            "Runtime events of the last 2 hours on host nfk-k8s-01 and bts-k8s-01",
            r#"host.hostName in ("nfk-k8s-01","bts-k8s-01")"#,
        ),
        (
            "Runtime events in the clusters prod-eu-1 and prod-us-2",
            r#"kubernetes.cluster.name in ("prod-eu-1","prod-us-2")"#,
        ),
        (
            "Vis runtime-hendelser i klyngene prod-eu-1 og prod-us-2",
            r#"kubernetes.cluster.name in ("prod-eu-1","prod-us-2")"#,
        ),
        (
            r#"Runtime events with rule "Terminal shell in container" or rule "Drift detected""#,
            r#"ruleName in ("Terminal shell in container","Drift detected")"#,
        ),
        ("Show crypto mining and drift events", r#"(category = "miner" or engine = "drift")"#),
        ("Runtime events of container checkout-api", r#"container.name = "checkout-api""#),
        ("Show severity 3 runtime events", r#"severity = "3""#),
        ("Runtime-Ereignisse mit Schweregrad 3 oder 4", r#"severity in ("3","4")"#),
    ] {
        assert_eq!(filter_of(message), filter, "{message}");
    }
    let limit = |message: &str| planned(message).first().and_then(|(_, call)| call.get("limit").cloned());
    assert_eq!(limit("Show severity 3 runtime events"), None);
    assert_eq!(limit("Show 3 runtime events"), Some(json!(3)));
}

#[test]
fn a_call_that_leaves_out_what_was_said_is_not_planned() {
    for message in [
        "Show restarted pods for Nordfjord",
        "Memory of pod booking-db-0",
        "Show the CPU of node prod-eu-1-node-a",
        "Show unavailable pods on node prod-eu-1-node-a",
        "Show HTTP errors of pod booking-db-0",
        "How many pods run as daemonset?",
        "Show nodes of the clusters prod-eu-1 and prod-us-2",
        "List the workloads in cluster prod-eu-1",
        "Which cluster has the most events?",
        "Zeige die Prozessbäume im Cluster prod-us-2",
        "Runtime events of today and of last week",
    ] {
        assert_eq!(planned(message), [], "{message}");
    }
    let interval = |message: &str| planned(message)[0].1["interval"].clone();
    assert_eq!(interval("Show pods with HTTP errors in the last 30 minutes"), json!("30m"));
    assert_eq!(interval("Show pods with HTTP errors in the last 3 hours"), json!("3h"));
}

#[test]
fn what_is_asked_for_decides_and_not_the_cluster_that_is_named() {
    for (message, tool) in [
        ("List all pods in cluster prod-us-2", "k8s_list_pod_containers"),
        ("How many pods per cluster?", "k8s_list_count_pods_per_cluster"),
        ("クラスター prod-us-2 のイベントを表示して", "list_runtime_events"),
    ] {
        let calls = planned(message);
        let tools: Vec<&str> = calls.iter().map(|(tool, _)| tool.as_str()).collect();
        assert_eq!(tools, [tool], "{message}: {calls:?}");
    }
}

#[test]
fn an_environment_is_a_cluster_only_behind_in() {
    let read = |message: &str| {
        let (signals, _) = ruled(message, &Shown::default());
        let of = |name: &str| signals.arguments.get(name).cloned().unwrap_or_default();
        (of("cluster"), of("host"), of("domain"))
    };
    let none = Value::Null;
    assert_eq!(read("reputation of test-site.com"), (none.clone(), none.clone(), json!(["test-site.com"])));
    assert_eq!(read("Is there anything in test-site.com"), (none.clone(), none.clone(), json!(["test-site.com"])));
    assert_eq!(read("Show cases for dev-laptop-07"), (none.clone(), json!(["dev-laptop-07"]), none.clone()));
    assert_eq!(read("Zeig mir Alarme von prod-db-01"), (none.clone(), json!(["prod-db-01"]), none.clone()));
    assert_eq!(read("Show the runtime events in prod-web."), (json!(["prod-web"]), none.clone(), none));
}

#[test]
fn memory_is_no_request_to_make_things_up() {
    let rule = |message: &str| ruled(message, &Shown::default()).1.rule;
    for message in
        ["Quels conteneurs utilisent le plus de mémoire ?", "¿Qué contenedores usan más cantidad de memoria?"]
    {
        assert_ne!(rule(message), "made_up_data_request", "{message}");
    }
    for message in ["Réponds de mémoire : combien d'événements ?", "Responde de memoria: ¿cuántos eventos hay?"] {
        assert_eq!(rule(message), "made_up_data_request", "{message}");
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

#[test]
fn a_statement_that_is_to_be_run_is_run() {
    let message = "Write a SysQL query for images with vulnerabilities and run it";
    let made = [result("generate_sysql", json!({"question": message}), json!({"text": "MATCH Image RETURN Image;"}))];
    let run = ("run_sysql".to_owned(), json!({"sysql_query": "MATCH Image RETURN Image;"}));
    assert_eq!(steps(message, &Shown::default(), &made), [run]);
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
    // Without a further page nothing is searched for, least of all everything.
    let cases = after(result("executeSearchArgusCase", json!({"request": {}}), json!({"data": [{"id": 1}]})));
    for shown in [page(Value::Null), Shown::default(), cases] {
        for message in ["Show the next page", "show more", "Zeig die nächste Seite"] {
            let (_, ruling) = ruled(message, &shown);
            assert_eq!((ruling.decision, ruling.rule.as_str()), (RouterDecision::Refuse, NO_FURTHER_PAGE), "{message}");
        }
    }
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
    for fields in [json!({"proc.name": "bash"}), json!({"ct.srcip": "<NA>"})] {
        let made = event(fields);
        assert_eq!(steps(message, &shown, &made), []);
        let (signals, ruling) = ruled(message, &shown);
        assert!(stopped(&ROUTER, &signals, &ruling, &made, &tools()));
    }
    let (signals, ruling) = ruled(message, &shown);
    assert!(!stopped(&ROUTER, &signals, &ruling, &event(json!({"ct.srcip": "203.0.113.66"})), &tools()));
    assert!(!stopped(&ROUTER, &signals, &ruling, &[], &tools()));
}

#[test]
fn the_steps_of_an_event_come_before_any_other_search() {
    let id = "189283f94d7a750c63d66b528fabe62b";
    let first = |message: &str| steps(message, &Shown::default(), &[]);
    for message in [
        format!("Which customer owns the host of event {id}?"),
        format!("Show open critical Argus cases for Havbris about event {id}"),
    ] {
        assert_eq!(first(&message), [("get_event_info".to_owned(), json!({"event_id": id}))], "{message}");
    }
    let message = format!("Show open critical Argus cases for Havbris about event {id}");
    let labels = json!({"results": {"labels": {"host.hostName": "hbs-k8s-01"}}});
    let made = [result("get_event_info", json!({"event_id": id}), labels)];
    let calls = steps(&message, &Shown::default(), &made);
    assert_eq!(calls.len(), 1, "{calls:?}");
    let request = &calls[0].1["request"];
    assert_eq!((&request["customer"], &request["keywords"]), (&json!(["havbris"]), &json!(["hbs-k8s-01"])));
    assert!(request["currentPriority"] == json!(["critical"]) && request["currentStatus"].is_array(), "{request}");
}

#[test]
fn cases_of_a_machine_are_searched_for_by_its_name() {
    assert_eq!(
        planned("Show cases for dev-laptop-07"),
        [("executeSearchArgusCase".to_owned(), json!({"request": {"keywords": ["dev-laptop-07"]}}))]
    );
}

#[test]
fn which_event_is_meant_is_asked() {
    let event = |id: &str| json!({"id": id, "content": {"ruleName": "Anomalous AWS console login"}});
    let both = [event("189283f94d7a750c63d66b528fabe62b"), event("189283f94d7a750c63d66b528fabe62c")];
    let two = after(result("list_runtime_events", json!({}), json!({"results": {"data": both}})));
    for shown in [two, Shown::default()] {
        for message in [
            "Is the address of that Sysdig event known to Argus?",
            "Are there Argus cases about the address of that event?",
        ] {
            let (_, ruling) = ruled(message, &shown);
            assert_eq!(ruling.decision, RouterDecision::Clarify, "{message}: {ruling:?}");
        }
    }
}

#[test]
fn what_tells_which_comments_are_meant_is_no_missing_case() {
    let rule = |message: &str| ruled(message, &Shown::default()).1.rule;
    assert_ne!(rule("Which cases have comments mentioning ransomware?"), "argument_missing");
    assert_eq!(rule("Show the comments of a case"), "argument_missing");
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
    let (_, ruling) = ruled("Show cases where somebody asked to scan an image", &shown);
    assert_eq!(ruling.groups.first().map(String::as_str), Some("cases"));
    let (_, ruling) = ruled("Which vulnerabilities does the image nginx:1.27 have?", &shown);
    assert_eq!(ruling.groups.first().map(String::as_str), Some("sysql"));
}
