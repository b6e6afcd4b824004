//! What the tools about PassiveDNS do, call by call: a module per tool, named after it.

use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

mod generate_argus_passive_dns_search_query {
    use super::*;

    const NAME: &str = "generateArgusPassiveDNSSearchQuery";

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_and_names_are_brought_to_their_form() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let request = json!({"query": " CDN-Sync.Example. ", "recordType": "a", "queryMatchStrategy":
            "includeSubdomains", "customerID": "2171", "includeAnonymous": false, "aggregate": false});
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({"query": "cdn-sync.example", "queryMatchStrategy": "includeSubdomains",
            "rrType": ["a"], "customerID": [2171], "includeAnonymousResults": false, "aggregateResult": false,
            "sortBy": ["-lastSeen"], "limit": 25, "offset": 0});
        assert_eq!(body, expected);
        let body = stub.data(NAME, json!({"request": {"query": "2001:DB8::1", "rrClass": ["in"]}})).await;
        assert_eq!((&body["query"], &body["rrClass"]), (&json!("2001:db8::1"), &json!(["in"])));
        assert!(stub.seen().is_empty());
    }

    #[tokio::test]
    async fn urls_and_subdomains_of_addresses_are_refused_with_all_else() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let request = json!({"query": "https://cdn-sync.example/x", "recordType": "A", "tlp": "red", "limit": 0});
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 3);
        assert!(error["message"].as_str().unwrap().contains("pass its host name"));
        let request = json!({"query": "203.0.113.0/24", "queryMatchStrategy": "includeSubdomains"});
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["fieldErrors"][0]["path"], "request.queryMatchStrategy");
        let error = stub.error(NAME, json!({"request": {}})).await;
        assert_eq!(error["fieldErrors"][0]["path"], "request.query");
    }
}

mod list_allowed_passive_dns_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let value = stub.data("listAllowedPassiveDNSSortBy", json!({})).await;
        assert_eq!(value["values"].as_array().unwrap().len(), 16);
        assert!(stub.seen().is_empty());
    }
}

mod execute_search_argus_passive_dns {
    use super::*;

    const NAME: &str = "executeSearchArgusPassiveDNS";

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let stub = Stub::start(vec![Reply::list(json!([{"answer": "203.0.113.66"}]), 0, 25, -1)]).await;
        let arguments = json!({"request": {"query": "cdn-sync.example", "tlp": ["white", "green"]}});
        let body = stub.data("generateArgusPassiveDNSSearchQuery", arguments.clone()).await;
        let value = stub.data(NAME, arguments).await;
        assert_eq!(value["page"]["count"], json!(null));
        assert_eq!(stub.lines(), ["POST /pdns/v3/search"]);
        assert_eq!(stub.seen()[0].body, body);
    }

    #[tokio::test]
    async fn a_used_up_quota_is_told_with_its_waiting_time_and_not_tried_again() {
        let body = json!({"responseCode": 402, "data": null, "size": 0, "count": 0,
            "metaData": {"millisUntilResourcesAvailable": 41_000},
            "messages": [{"type": "ACTION_ERROR", "message": "Resource limit exceeded"}]});
        let stub = Stub::start(vec![Reply::raw(402, body.to_string())]).await;
        let error = stub.error(NAME, json!({"request": {"query": "quota.example"}})).await;
        assert_eq!((&error["kind"], &error["retryAfterMs"]), (&json!("RESOURCE_LIMIT"), &json!(41_000)));
        assert_eq!(stub.seen().len(), 1);
    }
}
