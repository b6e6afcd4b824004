//! What the tools about filters do, call by call: a module per tool, named after it.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

async fn idle() -> Stub {
    Stub::start(vec![Reply::object(json!({"id": 1}))]).await
}

async fn refused_paths(tool: &str, request: Value) -> Vec<String> {
    let stub = idle().await;
    let error = stub.error(tool, json!({"request": request})).await;
    assert!(stub.seen().is_empty());
    let errors = error["fieldErrors"].as_array().unwrap();
    let mut paths: Vec<String> = errors.iter().map(|error| error["path"].as_str().unwrap().to_owned()).collect();
    paths.sort_unstable();
    paths
}

/// A page reaches the endpoint with the translator's body.
async fn page_of(translator: &str, execute: &str, line: &str) {
    let stub = Stub::start(vec![Reply::list(json!([{"id": 25101}]), 0, 25, 1)]).await;
    let arguments = json!({"request": {"filterID": 25101, "includeFilterFlag": "enabled"}});
    let body = stub.data(translator, arguments.clone()).await;
    let value = stub.data(execute, arguments).await;
    assert_eq!(value["data"], json!([{"id": 25101}]));
    assert_eq!(value["page"]["reason"], "LAST_PAGE");
    assert_eq!(stub.lines(), [line]);
    assert_eq!(stub.seen()[0].body, body);
    assert_eq!(body["includeCode"], false);

    let message = json!({"type": "ACTION_ERROR", "message": "Access denied, missing permission viewMatchFilter"});
    let stub = Stub::start(vec![Reply::error(403, message)]).await;
    let error = stub.error(execute, json!({"request": {}})).await;
    assert!(error["hint"].as_str().unwrap().contains("filter rights"));
    assert!(error["message"].as_str().unwrap().contains("viewMatchFilter"));
}

/// One filter comes with its code, and an ID of another kind says so.
async fn one_of(tool: &str, kind: &str, other: (&str, &str)) {
    let stub = Stub::start(vec![Reply::object(json!({"id": 7, "actions": {"triggerCode": "x = 1"}}))]).await;
    let value = stub.data(tool, json!({"id": "7"})).await;
    assert_eq!(value["data"]["actions"]["triggerCode"], "x = 1");
    assert_eq!(stub.lines(), [format!("GET /eventfilters/v2/{kind}/7?includeCode=true")]);

    let message = json!({"type": "ACTION_ERROR", "message": "Object not found"});
    let found = Reply::object(json!({"filterID": 7, "filterType": other.0}));
    let stub = Stub::start(vec![Reply::error(404, message.clone()), found]).await;
    let error = stub.error(tool, json!({"id": 7})).await;
    assert_eq!(error["kind"], "NOT_FOUND");
    assert!(error["hint"].as_str().unwrap().contains(other.1));
    assert_eq!(stub.lines()[1], "GET /eventfilters/v2/filter/7/type");

    let stub = Stub::start(vec![Reply::error(404, message)]).await;
    let error = stub.error(tool, json!({"id": 7})).await;
    assert!(error["hint"].as_str().unwrap().contains("belongs to exactly one kind"));

    let stub = idle().await;
    assert_eq!(
        stub.error(tool, json!({"id": 0, "includeCode": false})).await["fieldErrors"].as_array().unwrap().len(),
        2
    );
    assert!(stub.seen().is_empty());
}

mod generate_argus_analysis_filter_search_query {
    use super::*;

    const NAME: &str = "generateArgusAnalysisFilterSearchQuery";

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_without_code() {
        let stub = idle().await;
        let request = json!({
            "filterID": [20417], "customer": 2171, "includeAscendingCustomer": true,
            "includeFilterFlag": ["enabled", "skipNewEvent"], "excludeFilterFlag": "deleted",
            "keywords": "spray", "keywordFieldStrategy": ["actionName"], "user": "soc-analyst-7",
            "userFieldStrategy": "createdBy", "timeFilter": {"startTimestamp": "now -30 days"},
            "subCriteria": [{"customer": "havbris", "required": true}],
        });
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({
            "filterID": [20417], "customer": ["2171"], "includeAscendingCustomers": true,
            "includeDescendingCustomers": true, "includeFlags": ["enabled", "skipNewEvent"],
            "excludeFlags": ["deleted"], "keywords": ["spray"], "keywordFieldStrategy": ["actionName"],
            "user": ["soc-analyst-7"], "userFieldStrategy": ["createdBy"], "startTimestamp": "now -30 days",
            "sortBy": ["-lastUpdated"], "limit": 25, "offset": 0, "includeCode": false,
            "subCriteria": [{"customer": ["havbris"], "required": true}],
        });
        assert_eq!(body, expected);
        assert!(stub.seen().is_empty());
    }

    #[tokio::test]
    async fn values_of_other_kinds_and_code_are_refused() {
        let request = json!({"keywordFieldStrategy": "matchCode", "sortBy": "validFrom", "includeCode": true,
            "timeFieldStrategy": "validTo", "filterID": 0, "alarmID": 1});
        let expected = [
            "request.alarmID",
            "request.filterID[0]",
            "request.includeCode",
            "request.keywordFieldStrategy[0]",
            "request.sortBy[0]",
            "request.timeFilter.timeFieldStrategy[0]",
        ];
        assert_eq!(refused_paths(NAME, request).await, expected);
    }
}

mod list_allowed_analysis_filter_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = idle().await;
        let value = stub.data("listAllowedAnalysisFilterSortBy", json!({})).await;
        assert_eq!(value["values"].as_array().unwrap().len(), 10);
        assert!(stub.seen().is_empty());
    }
}

mod get_analysis_filter_by_id {
    use super::*;

    #[tokio::test]
    async fn a_filter_comes_with_its_code_and_other_kinds_are_named() {
        one_of("getAnalysisFilterByID", "analysis", ("match", "getMatchFilterByID")).await;
    }
}

mod execute_search_argus_analysis_filter {
    use super::*;

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let execute = "executeSearchArgusAnalysisFilter";
        page_of("generateArgusAnalysisFilterSearchQuery", execute, "POST /eventfilters/v2/analysis/search").await;
    }
}

mod generate_argus_annotation_filter_search_query {
    use super::*;

    const NAME: &str = "generateArgusAnnotationFilterSearchQuery";

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_without_code() {
        let stub = idle().await;
        let request = json!({"customer": ["nordfjord"], "includeAscendingCustomer": true,
            "includeFilterFlag": ["enabled"], "keywords": ["vip"], "keywordFieldStrategy": ["name", "description"]});
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({
            "customer": ["nordfjord"], "includeAscendingCustomers": true, "includeDescendingCustomers": true,
            "includeFlags": ["enabled"], "keywords": ["vip"], "keywordFieldStrategy": ["name", "description"],
            "includeCode": false, "sortBy": ["-lastUpdated"], "limit": 25, "offset": 0,
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn values_of_other_kinds_are_refused() {
        let request = json!({"includeFilterFlag": "skipNewEvent", "keywordFieldStrategy": "preStatement1",
            "timeFieldStrategy": "all"});
        let expected = [
            "request.includeFilterFlag[0]",
            "request.keywordFieldStrategy[0]",
            "request.timeFilter.timeFieldStrategy[0]",
        ];
        assert_eq!(refused_paths(NAME, request).await, expected);
    }
}

mod list_allowed_annotation_filter_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = idle().await;
        let value = stub.data("listAllowedAnnotationFilterSortBy", json!({})).await;
        assert!(value["values"].as_array().unwrap().contains(&json!("-lastUpdated")));
        assert!(stub.seen().is_empty());
    }
}

mod get_annotation_filter_by_id {
    use super::*;

    #[tokio::test]
    async fn a_filter_comes_with_its_code_and_other_kinds_are_named() {
        one_of("getAnnotationFilterByID", "annotation", ("analysis", "getAnalysisFilterByID")).await;
    }
}

mod execute_search_argus_annotation_filter {
    use super::*;

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let execute = "executeSearchArgusAnnotationFilter";
        page_of("generateArgusAnnotationFilterSearchQuery", execute, "POST /eventfilters/v2/annotation/search").await;
    }
}

mod generate_argus_match_filter_search_query {
    use super::*;

    const NAME: &str = "generateArgusMatchFilterSearchQuery";

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_with_what_only_match_filters_know() {
        let stub = idle().await;
        let request = json!({
            "alarmID": 58129, "attackCategory": "callback", "associateCaseID": [4120771], "location": 3,
            "filterType": "NIDSEventMatchFilter", "includeEventFlag": "SNAPSHOT",
            "excludeEventFlag": ["FALSE_POSITIVE"], "sortBy": "-validTo",
        });
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({
            "alarmID": [58129], "attackCategory": ["callback"], "associatedCaseID": [4120771], "location": ["3"],
            "filterType": ["NIDSEventMatchFilter"], "includeEventFlags": ["SNAPSHOT"],
            "excludeEventFlags": ["FALSE_POSITIVE"], "includeAscendingCustomers": false,
            "includeDescendingCustomers": true, "includeCode": false, "sortBy": ["-validTo"],
            "limit": 25, "offset": 0,
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn case_zero_and_flags_of_an_event_search_are_refused() {
        let request = json!({"associateCaseID": 0, "includeEventFlag": ["falsePositive", "BLOCKED"],
            "excludeEventFlag": "BLOCKED"});
        let expected = ["request.associateCaseID[0]", "request.excludeEventFlag", "request.includeEventFlag[0]"];
        assert_eq!(refused_paths(NAME, request).await, expected);
    }
}

mod list_allowed_match_filter_event_flags {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = idle().await;
        let value = stub.data("listAllowedMatchFilterEventFlags", json!({})).await;
        let values = value["values"].as_array().unwrap();
        assert_eq!(values.len(), 52);
        assert!(values.contains(&json!("IP_INVERTED_BY_FILTER")));
        assert!(stub.seen().is_empty());
    }
}

mod list_allowed_match_filter_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = idle().await;
        let value = stub.data("listAllowedMatchFilterSortBy", json!({})).await;
        assert!(value["values"].as_array().unwrap().contains(&json!("-validTo")));
        assert!(stub.seen().is_empty());
    }
}

mod get_match_filter_by_id {
    use super::*;

    #[tokio::test]
    async fn a_filter_comes_with_its_code_and_other_kinds_are_named() {
        one_of("getMatchFilterByID", "match", ("annotation", "getAnnotationFilterByID")).await;
    }
}

mod execute_search_argus_match_filter {
    use super::*;

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let execute = "executeSearchArgusMatchFilter";
        page_of("generateArgusMatchFilterSearchQuery", execute, "POST /eventfilters/v2/match/search").await;
    }
}
