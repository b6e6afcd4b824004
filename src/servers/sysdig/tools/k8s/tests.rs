//! Each tool's exact query, its limit, and how its failures read.

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::servers::sysdig::test_support::Fixture;
use crate::servers::sysdig::test_support::Reply;

const W: &str = "kube_cluster_name, kube_namespace_name, kube_workload_type, kube_workload_name";
const FOUR: &str =
    r#"kube_cluster_name="c",kube_namespace_name="n",kube_workload_type="deployment",kube_workload_name="w""#;

/// All arguments that any of the tools takes; each ignores those of the others.
fn every_argument() -> Value {
    json!({
        "status": "unavailable", "interval": "30m", "cluster_name": "c", "namespace_name": "n",
        "workload_type": "deployment", "workload_name": "w", "pod_name": "p", "container_name": "k",
        "image_pullstring": "i", "node_name": "o", "cronjob_name": "j", "limit": "7", "unknown": [1]
    })
}

/// Query and limit that a call sends.
async fn sent(tool: &str, arguments: Value) -> (String, Option<String>) {
    let fixture = Fixture::start(vec![Reply::json(200, &json!({"status": "success"}))]).await;
    fixture.call(tool, arguments).await.unwrap();
    let requests = fixture.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("GET", "/prometheus/api/v1/query"));
    let mut pairs = requests[0].query_pairs();
    let query = pairs.remove("query").unwrap();
    let limit = pairs.remove("limit");
    assert!(pairs.is_empty(), "{pairs:?}");
    (query, limit)
}

/// Tool, query without arguments, limit parameter without arguments.
fn defaults() -> Vec<(&'static str, String, Option<&'static str>)> {
    let c = format!("{W}, container_label_io_kubernetes_container_name");
    let p = "kube_cluster_name, kube_namespace_name, kube_pod_name";
    let g = "kube_cluster_name, kube_namespace_name, kube_workload_name";
    let errors =
        |metric: &str| format!("topk(20,sum(sum_over_time({metric}{{}}[1h])) by ({W}, kube_pod_name)) / 3600.000000");
    let share = |used: &str, limit: &str| format!("sum by ({p})({used}) / (sum by ({p})({limit}) > 0) < 0.25");
    vec![
        ("k8s_list_clusters", "kube_cluster_info".to_owned(), Some("10")),
        ("k8s_list_nodes", "kube_node_info".to_owned(), Some("10")),
        ("k8s_list_pod_containers", "kube_pod_container_info".to_owned(), Some("10")),
        ("k8s_list_cronjobs", "kube_cronjob_info".to_owned(), Some("10")),
        (
            "k8s_list_count_pods_per_cluster",
            "sum by (kube_cluster_name, kube_namespace_name) (kube_pod_info)".to_owned(),
            Some("20"),
        ),
        (
            "k8s_list_top_unavailable_pods",
            format!(
                "topk(20, (sum by ({g}) (kube_workload_status_desired{{}})) - (sum by ({g}) \
                 (kube_workload_status_ready{{kube_workload_type!=\"daemonset\"}} or \
                 kube_daemonset_status_number_ready{{}}) or vector(0)) > 0 or vector(0))"
            ),
            None,
        ),
        (
            "k8s_list_top_restarted_pods",
            "topk(10, sum by(pod, kube_cluster_name, kube_namespace_name) (kube_pod_container_status_restarts_total) > 0)"
                .to_owned(),
            None,
        ),
        ("k8s_list_top_http_errors_in_pods", errors("sysdig_container_net_http_error_count"), Some("20")),
        ("k8s_list_top_network_errors_in_pods", errors("sysdig_container_net_error_count"), Some("20")),
        (
            "k8s_list_top_cpu_consumed_workload",
            format!("topk(20, sum by ({W})(sysdig_container_cpu_cores_used))"),
            None,
        ),
        (
            "k8s_list_top_cpu_consumed_container",
            format!("topk(20, sum by ({c})(sysdig_container_cpu_cores_used))"),
            None,
        ),
        (
            "k8s_list_top_memory_consumed_workload",
            format!("topk(20, sum by ({W}) (sysdig_container_memory_used_bytes))"),
            Some("20"),
        ),
        (
            "k8s_list_top_memory_consumed_container",
            format!("topk(20, sum by ({c}) (sysdig_container_memory_used_bytes))"),
            Some("20"),
        ),
        (
            "k8s_list_underutilized_pods_cpu_quota",
            share("sysdig_container_cpu_cores_used", "sysdig_container_cpu_cores_quota_limit"),
            Some("10"),
        ),
        (
            "k8s_list_underutilized_pods_memory_quota",
            share("sysdig_container_memory_used_bytes", "sysdig_container_memory_limit_bytes"),
            Some("10"),
        ),
    ]
}

#[tokio::test]
async fn without_arguments_queries_and_limits_are_those_of_record() {
    for (tool, query, limit) in defaults() {
        assert_eq!(sent(tool, json!({})).await, (query.clone(), limit.map(str::to_owned)), "{tool}");
        let nulls: Value = every_argument().as_object().unwrap().keys().map(|key| (key.clone(), Value::Null)).collect();
        assert_eq!(sent(tool, nulls).await.0, query, "{tool}");
    }
    let workloads = sent("k8s_list_workloads", json!({"status": "ready"})).await;
    assert_eq!(workloads, ("kube_workload_status_ready".to_owned(), Some("10".to_owned())));
}

#[tokio::test]
async fn with_all_arguments_matchers_stand_in_order() {
    let c = format!("{W}, container_label_io_kubernetes_container_name");
    let spaced = FOUR.replace(',', ", ");
    let pattern = FOUR.replacen('=', "=~", 1);
    let pair = r#"kube_cluster_name="c",kube_namespace_name="n""#;
    for (tool, query) in [
        ("k8s_list_clusters", r#"kube_cluster_info{cluster="c"}"#.to_owned()),
        ("k8s_list_nodes", r#"kube_node_info{cluster="c",kube_node_name="o"}"#.to_owned()),
        (
            "k8s_list_workloads",
            r#"kube_workload_status_unavailable{kube_cluster_name="c",kube_namespace_name="n",kube_workload_name="w",kube_workload_type="deployment"}"#.to_owned(),
        ),
        (
            "k8s_list_pod_containers",
            format!(r#"kube_pod_container_info{{{FOUR},kube_pod_name="p",kube_pod_container_name="k",image="i",kube_node_name="o"}}"#),
        ),
        ("k8s_list_cronjobs", format!(r#"kube_cronjob_info{{{pair},kube_cronjob_name="j"}}"#)),
        (
            "k8s_list_count_pods_per_cluster",
            format!("sum by (kube_cluster_name, kube_namespace_name) (kube_pod_info{{{pair}}})"),
        ),
        (
            "k8s_list_top_restarted_pods",
            format!(r#"topk(7, sum by(pod, kube_cluster_name, kube_namespace_name) (kube_pod_container_status_restarts_total{{{FOUR},kube_pod_name="p"}}) > 0)"#),
        ),
        (
            "k8s_list_top_http_errors_in_pods",
            format!("topk(7,sum(sum_over_time(sysdig_container_net_http_error_count{{{pattern}}}[30m])) by ({W}, kube_pod_name)) / 1800.000000"),
        ),
        (
            "k8s_list_top_cpu_consumed_container",
            format!("topk(7, sum by ({c})(sysdig_container_cpu_cores_used{{{FOUR}}}))"),
        ),
        (
            "k8s_list_top_memory_consumed_container",
            format!("topk(7, sum by ({c}) (sysdig_container_memory_used_bytes{{{spaced}}}))"),
        ),
    ] {
        assert_eq!(sent(tool, every_argument()).await.0, query, "{tool}");
    }
    let (unavailable, _) = sent("k8s_list_top_unavailable_pods", every_argument()).await;
    assert!(unavailable.contains(&format!(r#"kube_workload_status_ready{{kube_workload_type!="daemonset",{FOUR}}}"#)));
    assert!(unavailable.contains(&format!("kube_workload_status_desired{{{FOUR}}}")));
    let (share, limit) = sent("k8s_list_underutilized_pods_memory_quota", every_argument()).await;
    assert_eq!(share.matches(&format!("{{{pair}}}")).count(), 2);
    assert_eq!(limit.as_deref(), Some("7"));
}

#[tokio::test]
async fn values_cannot_leave_their_quotes_and_numbers_are_names_too() {
    let arguments = json!({"cluster_name": "a\"} or up{x=\"\\\n<LIM>", "limit": 3});
    let (query, _) = sent("k8s_list_clusters", arguments).await;
    assert_eq!(query, r#"kube_cluster_info{cluster="a\"} or up{x=\"\\\n<LIM>"}"#);
    assert_eq!(sent("k8s_list_clusters", json!({"cluster_name": 42})).await.0, r#"kube_cluster_info{cluster="42"}"#);
}

#[tokio::test]
async fn a_limit_comes_in_many_clothes() {
    for limit in [json!("20"), json!(20), json!(20.0)] {
        assert_eq!(sent("k8s_list_nodes", json!({ "limit": limit })).await.1.as_deref(), Some("20"));
    }
}

#[tokio::test]
async fn unusable_arguments_are_refused_without_a_request() {
    let fixture = Fixture::start(vec![]).await;
    for (tool, arguments, text) in [
        ("k8s_list_nodes", json!({"limit": "many"}), "limit must be a whole number between 1 and 10000"),
        ("k8s_list_nodes", json!({"limit": 0}), "limit must be between 1 and 10000, got 0"),
        ("k8s_list_nodes", json!({"node_name": ["a"]}), "node_name must be a string"),
        ("k8s_list_workloads", json!({}), "status is required"),
        (
            "k8s_list_workloads",
            json!({"status": "happy"}),
            "status must be one of: desired, ready, running, unavailable",
        ),
        (
            "k8s_list_top_cpu_consumed_workload",
            json!({"workload_type": "robot"}),
            "workload_type must be one of: deployment, daemonset, statefulset",
        ),
    ] {
        assert_eq!(fixture.call(tool, arguments).await.unwrap_err().to_string(), text);
    }
    for interval in ["1.5h", "1w", "often", "1h}"] {
        for tool in ["k8s_list_top_http_errors_in_pods", "k8s_list_top_network_errors_in_pods"] {
            let error = fixture.call(tool, json!({ "interval": interval })).await.unwrap_err().to_string();
            assert!(error.starts_with("failed to build query: invalid interval format: "), "{error}");
        }
    }
    assert!(fixture.requests().is_empty());
}

#[tokio::test]
async fn the_answer_of_the_metric_store_is_unchanged() {
    let body = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"cluster":"c"},"value":[1774602200.123,"2.71"]}]},"warnings":["w"]}"#;
    let fixture = Fixture::start(vec![Reply::text(200, body)]).await;
    let result = fixture.call("k8s_list_clusters", json!({})).await.unwrap();
    assert_eq!(result.to_string(), body);
}

#[tokio::test]
async fn failures_begin_with_the_prefix_of_their_tool() {
    for tool in &TOOLS {
        let replies = vec![
            Reply::text(422, "{\"status\":\"error\"}"),
            Reply::text(403, "no"),
            Reply::text(204, ""),
            Reply::text(200, "<html>"),
            Reply::text(200, "[]"),
        ];
        let fixture = Fixture::start(replies).await;
        let mut texts = Vec::new();
        for _ in 0..5 {
            texts.push(fixture.call(tool.name, json!({"status": "ready"})).await.unwrap_err().to_string());
        }
        assert_eq!(texts[0], format!("{}: status code 422, body: {{\"status\":\"error\"}}", tool.failure));
        assert!(texts[1].starts_with(&format!("{}: status code 403, body: no", tool.failure)));
        assert!(texts[1].contains("metrics-data.read"));
        assert_eq!(texts[2], format!("{}: status code 204, body: ", tool.failure));
        assert!(
            texts[3].starts_with("failed to decode response: ") && texts[4].starts_with("failed to decode response: ")
        );
        let gone = Fixture::start_with(vec![], |config| config.api_host = Some("http://127.0.0.1:1".to_owned())).await;
        let text = gone.call(tool.name, json!({"status": "ready"})).await.unwrap_err().to_string();
        assert!(text.starts_with(&format!("{}: ", tool.failure)) && !text.contains("status code"), "{text}");
    }
}
