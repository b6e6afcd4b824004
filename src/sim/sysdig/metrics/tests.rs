//! Queries over the series, as the tools write them and as they do not.

use serde_json::Value;

use super::*;
use crate::sim::sysdig::DEFAULT_SEED;

fn store() -> Metrics {
    Metrics::new(Seed(DEFAULT_SEED))
}

fn answer(query: &str) -> Answer {
    let url = reqwest::Url::parse_with_params("http://x/", [("query", query)]).unwrap();
    store().answer(url.query().unwrap(), "2026-02-09T08:15:30.250Z".parse().unwrap(), false)
}

fn result(query: &str) -> Vec<Value> {
    let body = answer(query).unwrap_or_else(|reply| panic!("{query}: {}", reply.body)).body;
    body["data"]["result"].as_array().unwrap().clone()
}

fn value(sample: &Value) -> f64 {
    sample["value"][1].as_str().unwrap().parse().unwrap()
}

#[test]
fn selectors_match_labels_and_expressions() {
    assert_eq!(result("kube_cluster_info").len(), 4);
    let one = result(r#"kube_cluster_info{cluster="prod-eu-1"}"#);
    assert_eq!(one[0]["metric"]["__name__"], "kube_cluster_info");
    assert_eq!(one[0]["value"], serde_json::json!([1_770_624_930.25, "1"]));
    assert_eq!(result(r#"kube_node_info{cluster=~"prod-.*"}"#).len(), 4);
    assert_eq!(result(r#"kube_node_info{cluster!~"prod-.*",cluster!="cluster1"}"#).len(), 1);
    assert!(result("kube_unheard_of").is_empty());
    assert_eq!(result(r#"kube_node_info{nothing=""}"#).len(), 6);
}

#[test]
fn arithmetic_matches_series_by_their_labels() {
    let cores = "sum by (kube_pod_name)(sysdig_container_cpu_cores_used)";
    let shares =
        result(&format!("{cores} / (sum by (kube_pod_name)(sysdig_container_cpu_cores_quota_limit) > 0) < 0.25"));
    assert!(!shares.is_empty() && shares.iter().all(|sample| value(sample) < 0.25));
    assert_eq!(value(&result("vector(2) + 3 * 2 > 7")[0]).to_string(), "8");
    assert!(result("vector(2) > 7").is_empty());
    assert_eq!(result("kube_cluster_info or vector(0)").len(), 5);
    assert_eq!(result("topk(3, kube_node_info)").len(), 3);
    let hour = result(
        r#"sum(sum_over_time(sysdig_container_net_http_error_count{kube_workload_name="booking-portal"}[1h])) by (kube_workload_name) / 3600"#,
    );
    let minute = result(
        r#"sum by (kube_workload_name)(sysdig_container_net_http_error_count{kube_workload_name="booking-portal"})"#,
    );
    assert!((value(&hour[0]) - value(&minute[0])).abs() < 1e-9);
}

#[test]
fn a_limit_cuts_the_answer_and_says_so() {
    let body = store().answer("query=kube_node_info&limit=2", Timestamp::UNIX_EPOCH, false).unwrap().body;
    assert_eq!(body["data"]["result"].as_array().unwrap().len(), 2);
    assert!(body["warnings"].is_array());
    let body = store().answer("query=kube_node_info&limit=0&time=7", Timestamp::UNIX_EPOCH, false).unwrap().body;
    assert_eq!(body["data"]["result"][5]["value"][0], 7.0);
    let body = store().answer("query=kube_node_info", Timestamp::UNIX_EPOCH, true).unwrap().body;
    assert_eq!(body["data"]["result"], serde_json::json!([]));
}

#[test]
fn bad_queries_are_refused_and_none_panics() {
    for query in [
        "",
        "(",
        "kube{",
        "kube{a}",
        "kube{a=b}",
        "kube{a=\"b}",
        "kube{a=~\"(\"}",
        "kube[1h]",
        "sum_over_time(kube)",
        "topk(kube)",
        "topk(-1, kube)",
        "rate(kube[5m])",
        "kube[1x]",
        "kube[1.5h]",
        "1 > 2",
        "1 - kube",
        "a b",
        "é",
        "kube offset 5m",
        "sum by kube",
        "a or 1",
        "kube{a=\"\\x\"}",
        "topk(99999999999999999999999, kube)",
        "1.2.3",
    ] {
        let reply = answer(query).unwrap_err();
        assert!(matches!(reply.status.as_u16(), 400 | 422), "{query}");
        assert_eq!(reply.body["status"], "error", "{query}");
    }
    let duplicates = answer("kube_node_info - sum by (cluster)(kube_node_info) - kube_node_info");
    assert!(duplicates.is_ok());
    assert_eq!(answer(&"(".repeat(5_000)).unwrap_err().status.as_u16(), 400);
    assert_eq!(answer(&"x".repeat(9_000)).unwrap_err().status.as_u16(), 400);
    let missing = store().answer("limit=1", Timestamp::UNIX_EPOCH, false).unwrap_err();
    assert_eq!(missing.body["errorType"], "bad_data");
    for query in ["query=up&limit=x", "query=up&time=never", "query=up&step=1"] {
        assert!(store().answer(query, Timestamp::UNIX_EPOCH, false).is_err(), "{query}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_ends(text in ".{0,60}") {
        let _ = answer(&text);
    }

    #[test]
    fn any_order_of_its_parts_ends(parts in proptest::collection::vec(proptest::sample::select(vec![
        "sum", "by", "topk", "(", ")", "{", "}", "[", "]", "1h", "5", ",", "kube_node_info", "cluster", "=", "=~", "\"a.*\"", "or",
        "-", "/", "<", ">", "vector", "sum_over_time",
    ]), 0..25)) {
        let _ = answer(&parts.join(" "));
    }
}
