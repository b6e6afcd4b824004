//! SysQL and the Kubernetes tools against the simulated backend.

use serde_json::Value;
use serde_json::json;

use super::World;
use crate::servers::sysdig::tools::TOOLS;
use crate::servers::sysdig::tools::find;
use crate::sim::faults::Fault;
use crate::sim::faults::FaultKind;

#[tokio::test]
async fn a_question_becomes_a_statement_that_runs() {
    let world = World::full().await;
    world.sim.set_strict_sysql(true);
    let made = world.ok("generate_sysql", json!({"question": "Which S3 buckets do we have?"})).await;
    let statement = made["text"].as_str().unwrap();
    let result = world.ok("run_sysql", json!({ "sysql_query": statement })).await;
    assert_eq!(result["results"]["items"].as_array().unwrap().len(), 10);
    assert_eq!(result["metadata"]["metadata_kwargs"]["sysql_query"], statement);
    assert_eq!(result["metadata"]["timestamp"], "2026-02-09T08:15:30.000000Z");
    let nothing = world.ok("generate_sysql", json!({"question": "How is the weather?"})).await;
    assert_eq!(nothing["text"], "");
    assert!(nothing["metadata"]["alternative_questions"][0].is_string());
    let both = world.ok("generate_and_run_sysql", json!({"question": "Which images are old?"})).await;
    assert!(both["metadata"]["metadata_kwargs"]["sysql"].as_str().unwrap().starts_with("MATCH Image"));
}

#[tokio::test]
async fn a_statement_without_semicolon_and_return_gives_rows() {
    let world = World::full().await;
    world.sim.set_strict_sysql(true);
    let query = "MATCH CloudResource AFFECTED_BY Vulnerability";
    let result = world.ok("run_sysql", json!({ "sysql_query": query })).await;
    assert_eq!(result["status_code"], 200);
    assert!(result["results"]["entities"].is_object() && result["metadata"].is_object());
    assert!(!result["results"]["items"].as_array().unwrap().is_empty());
    assert_eq!(world.sim.requests()[0].body, format!("{{\"q\":\"{query};\"}}"));
}

#[tokio::test]
async fn the_published_examples_are_right() {
    let world = World::full().await;
    world.sim.set_strict_sysql(true);
    let example = |tool: &str, argument: &str| {
        let definition = find(tool).unwrap().definition();
        definition.input_schema["properties"][argument]["examples"].as_array().unwrap().clone()
    };
    for statement in example("run_sysql", "sysql_query") {
        let result = world.ok("run_sysql", json!({ "sysql_query": statement })).await;
        assert!(result["results"]["items"].is_array(), "{statement}");
    }
    for filter in example("list_runtime_events", "filter_expr") {
        world.list(json!({"scope_hours": 336, "filter_expr": filter})).await;
    }
    for question in example("generate_sysql", "question") {
        assert!(world.ok("generate_sysql", json!({ "question": question })).await["text"].is_string());
    }
}

#[tokio::test]
async fn values_of_any_kind_stay_inside_their_quotes() {
    let world = World::full().await;
    for value in ["a\"b", "\\", "\\\"", "x\ny", "\"} or vector(1) or up{a=\"", "ø", "<LIM>", "{}", "\\n"] {
        let none = series(&world, "k8s_list_nodes", json!({ "node_name": value })).await;
        assert!(none.is_empty(), "{value:?}: {none:?}");
    }
}

#[tokio::test]
async fn the_sample_of_the_readme_works_unless_sysql_is_strict() {
    let world = World::full().await;
    let sample = json!({"sysql_query": "MATCH CloudResource WHERE type = 'aws_s3_bucket' LIMIT 10"});
    let result = world.ok("run_sysql", sample.clone()).await;
    assert_eq!(result["results"]["items"].as_array().unwrap().len(), 10);
    let strict = reqwest::Client::new().post(format!("{}/_sim/sysql", world.base));
    assert!(strict.json(&json!({"strict": true})).send().await.unwrap().status().is_success());
    let error = world.error("run_sysql", sample).await;
    let text = "error retrieving SysQL results, status code: 400, response: {\"type\":\"bad_request\",\"message\":\"unknown identifier 'type'\"}";
    assert_eq!(error, text);
}

#[tokio::test]
async fn service_accounts_and_poor_tokens_are_told_what_they_lack() {
    let service = World::with_token("tok-service").await;
    let error = service.error("generate_sysql", json!({"question": "images"})).await;
    assert!(
        error.starts_with("error generating SysQL query, status code: 500, response: {\"type\":\"internal_error\"")
    );
    assert!(error.contains("service account"), "{error}");
    let monitor = World::with_token("tok-monitor").await;
    let error = monitor.error("run_sysql", json!({"sysql_query": "MATCH Image"})).await;
    assert!(error.contains("status code: 403") && error.contains("sage.exec and risks.read"), "{error}");
    assert_eq!(monitor.ok("k8s_list_clusters", json!({})).await["status"], "success");
    let events = World::with_token("tok-events").await;
    let error = events.error("k8s_list_clusters", json!({})).await;
    assert!(
        error.starts_with("failed to get cluster list: status code 403, body: ") && error.contains("metrics-data.read")
    );
}

/// The series of a Kubernetes tool's answer.
async fn series(world: &World, tool: &'static str, arguments: Value) -> Vec<Value> {
    let answer = world.ok(tool, arguments).await;
    assert_eq!((&answer["status"], &answer["data"]["resultType"]), (&json!("success"), &json!("vector")), "{tool}");
    answer["data"]["result"].as_array().unwrap().clone()
}

fn number(series: &Value) -> f64 {
    series["value"][1].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_kubernetes_tool_has_an_answer_in_the_world() {
    let world = World::full().await;
    for tool in TOOLS.iter().filter(|tool| tool.name.starts_with("k8s_")) {
        let all = series(&world, tool.name, json!({"status": "desired", "limit": "1000"})).await;
        assert!(!all.is_empty(), "{}", tool.name);
        let some = series(&world, tool.name, json!({"status": "desired", "limit": 1})).await;
        assert!(some.len() == 1, "{}: {some:?}", tool.name);
        let nowhere = json!({"status": "desired", "cluster_name": "nowhere"});
        let none = series(&world, tool.name, nowhere).await;
        // The query for missing pods has a zero of its own behind it.
        let zero = usize::from(tool.name == "k8s_list_top_unavailable_pods");
        assert_eq!(none.len(), zero, "{}: {none:?}", tool.name);
    }
    assert!(world.sim.requests().iter().all(|request| request.status == Some(200)));
}

#[tokio::test]
async fn the_metrics_tell_the_story_of_the_events() {
    let world = World::full().await;
    let cpu = series(&world, "k8s_list_top_cpu_consumed_container", json!({"limit": 1})).await;
    assert_eq!(cpu[0]["metric"]["kube_workload_name"], "checkout-api");
    assert!((3.8..5.0).contains(&number(&cpu[0])));
    let restarted = series(&world, "k8s_list_top_restarted_pods", json!({"limit": 1})).await;
    assert!(restarted[0]["metric"]["pod"].as_str().unwrap().starts_with("booking-portal-"));
    assert_eq!(number(&restarted[0]), 57.0);
    let missing = series(&world, "k8s_list_top_unavailable_pods", json!({})).await;
    assert_eq!(missing[0]["metric"]["kube_workload_name"], "booking-portal");
    assert_eq!((number(&missing[0]), missing.len()), (1.0, 2));
    let errors = series(&world, "k8s_list_top_http_errors_in_pods", json!({"interval": "30m", "limit": 1})).await;
    assert_eq!(errors[0]["metric"]["kube_workload_name"], "booking-portal");
    assert!((2.4..3.2).contains(&number(&errors[0])));
    // A pod of an event runs the image that the event names, on its node.
    let id = world.newest("ruleName = \"Fileless execution via memfd_create\"").await;
    let labels = world.ok("get_event_info", json!({ "event_id": id })).await["results"]["labels"].clone();
    let pods = series(&world, "k8s_list_pod_containers", json!({"pod_name": labels["kubernetes.pod.name"]})).await;
    assert_eq!(pods.len(), 1);
    assert_eq!(pods[0]["metric"]["kube_node_name"], labels["kubernetes.node.name"]);
    let (repository, tag) = (&labels["container.image.repo"], &labels["container.image.tag"]);
    let image = format!("{}:{}", repository.as_str().unwrap(), tag.as_str().unwrap());
    assert_eq!(pods[0]["metric"]["image"], image);
    let known = world
        .ok("run_sysql", json!({"sysql_query": format!("MATCH Image WHERE Image.imageReference = '{image}'")}))
        .await;
    assert_eq!(known["results"]["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn faults_meet_the_newer_endpoints_too() {
    let world = World::full().await;
    world.sim.faults().set(vec![
        Fault::new("/prometheus", FaultKind::Status).times(1),
        Fault::new("/prometheus", FaultKind::Html).after(1).times(1),
        Fault::new("/api/sysql", FaultKind::Empty),
    ]);
    let error = world.error("k8s_list_nodes", json!({})).await;
    assert!(error.starts_with("failed to get node list: status code 500, body: "), "{error}");
    let error = world.error("k8s_list_nodes", json!({})).await;
    assert!(error.contains("status code 502") && error.contains("<html"), "{error}");
    let none = world.ok("run_sysql", json!({"sysql_query": "MATCH Image"})).await;
    assert_eq!(none["results"]["items"], json!([]));
}
