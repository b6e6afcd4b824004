//! What the tools about assets do, call by call: a module per tool, named after it.

use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

async fn idle() -> Stub {
    Stub::start(vec![Reply::object(json!({"id": 1}))]).await
}

mod generate_argus_asset_search_query {
    use super::*;

    const NAME: &str = "generateArgusAssetSearchQuery";

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_of_one_definition() {
        let stub = idle().await;
        let request = json!({
            "customer": "nordfjord", "idOrShortName": ["nfk-ws-0417"],
            "component": {"componentDefinition": "ipAddress", "value": "10.20.4.17"},
            "criticality": [{"dimension": "availability", "level": ["high", "critical"]}],
            "vulnerability": {"references": "CVE-2024-21412", "severity": ["critical"]},
            "minimumTotalCvss": "7.5", "includeAssetFlag": ["exploitAvailable"], "sortBy": "-totalCVSS",
        });
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({
            "assetDefinition": ["HostAsset"], "customer": ["nordfjord"], "asset": ["nfk-ws-0417"],
            "component": [{"componentDefinition": "ipAddress", "value": ["10.20.4.17"]}],
            "criticality": [{"dimension": "availability", "level": ["high", "critical"]}],
            "assetByVulnerability": {"references": ["CVE-2024-21412"], "severity": ["critical"]},
            "minimumTotalCvss": 7.5, "includeFlags": ["exploitAvailable"], "includeGroupInfo": true,
            "sortBy": ["-totalCVSS"], "limit": 25, "offset": 0,
        });
        assert_eq!(body, expected);
        assert!(stub.seen().is_empty());
    }

    #[tokio::test]
    async fn every_problem_is_reported_at_once() {
        let stub = idle().await;
        let request = json!({
            "component": [{"value": "x"}], "criticality": [{"dimension": "integrity", "level": []}],
            "minimumTotalCvss": 9, "maximumTotalCvss": 1, "limit": 100, "offset": 9_901,
            "vulnerability": {"severity": "High"}, "hostname": "x",
        });
        let error = stub.error(NAME, json!({"request": request, "assetDefinition": "hostAsset"})).await;
        let mut paths: Vec<&str> =
            error["fieldErrors"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
        paths.sort_unstable();
        let expected = [
            "assetDefinition",
            "request.component[0].componentDefinition",
            "request.criticality[0].level",
            "request.hostname",
            "request.minimumTotalCvss",
            "request.offset",
            "request.vulnerability.severity[0]",
        ];
        assert_eq!(paths, expected);
        assert!(error["message"].as_str().unwrap().contains("did you mean HostAsset?"));
        stub.data(NAME, json!({"request": {}, "assetDefinition": ["QualysHostAsset"]})).await;
        // The last page of the window can be asked for.
        stub.data(NAME, json!({"request": {"limit": 100, "offset": 9_900}})).await;
    }
}

mod generate_argus_asset_statistics_query {
    use super::*;

    const NAME: &str = "generateArgusAssetStatisticsQuery";

    #[tokio::test]
    async fn filters_and_statistics_become_one_body() {
        let stub = idle().await;
        let request = json!({
            "filter": {"customer": ["nordfjord"]},
            "statistics": {
                "groupBy": [{"field": "customer"}],
                "timeRangeMetrics": [{"name": "seen", "field": "lastSeen", "resolution": "day", "includeEmpty": true}],
                "statisticsMetrics": [{"field": "cvss"}],
            },
        });
        let body = stub.data(NAME, json!({"request": request, "assetDefinition": "QualysHostAsset"})).await;
        let expected = json!({
            "assetDefinition": ["QualysHostAsset"], "customer": ["nordfjord"],
            "fieldAggregation": [{"field": "customer", "limit": 25}],
            "rangeMetric": [{"name": "seen", "field": "lastSeen", "resolution": "day", "includeEmpty": true}],
            "statisticsMetric": [{"field": "cvss"}],
        });
        assert_eq!(body, expected);
        let direct = json!({"customer": ["nordfjord"], "statistics": request["statistics"]});
        let body = stub.data(NAME, json!({"request": direct, "assetDefinition": "QualysHostAsset"})).await;
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn nothing_to_count_and_clashing_timelines_are_refused() {
        let stub = idle().await;
        let timeline = json!({"name": "a b", "field": "created", "includeEmpty": true});
        let twice = json!({"name": "x", "field": "created"});
        let rows = [
            (json!({}), vec!["request.statistics"]),
            (json!({"statistics": {}}), vec!["request.statistics"]),
            (json!({"statistics": {"groupBy": []}}), vec!["request.statistics"]),
            (
                json!({"statistics": {"timeRangeMetrics": [timeline]}}),
                vec![
                    "request.statistics.timeRangeMetrics[0].name",
                    "request.statistics.timeRangeMetrics[0].includeEmpty",
                ],
            ),
            (
                json!({"statistics": {"timeRangeMetrics": [twice, {"name": "x", "field": "deleted"}]}}),
                vec!["request.statistics.timeRangeMetrics[1].name"],
            ),
        ];
        for (request, expected) in rows {
            let error = stub.error(NAME, json!({"request": request})).await;
            let errors = error["fieldErrors"].as_array().unwrap();
            let paths: Vec<&str> = errors.iter().map(|error| error["path"].as_str().unwrap()).collect();
            assert_eq!(paths, expected);
        }
    }
}

mod list_allowed_asset_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = idle().await;
        let value = stub.data("listAllowedAssetSortBy", json!({})).await;
        let values = value["values"].as_array().unwrap();
        assert_eq!(values.len(), 26);
        assert!(values.contains(&json!("-totalCVSS")));
        assert!(stub.seen().is_empty());
    }
}

mod get_asset_by_id_or_short_name {
    use super::*;

    const NAME: &str = "getAssetByIDOrShortName";

    #[tokio::test]
    async fn an_asset_is_read_by_name_within_a_customer() {
        let stub = Stub::start(vec![Reply::object(json!({"id": "x", "totalCVSS": 61.4}))]).await;
        let value = stub.data(NAME, json!({"idOrShortName": "nfk-ws-0417", "customer": 2171})).await;
        assert_eq!(value["data"]["totalCVSS"], 61.4);
        stub.data(NAME, json!({"idOrShortName": "nfk-ws-0417"})).await;
        let lines = ["GET /assets/v2/asset/nfk-ws-0417?customer=2171", "GET /assets/v2/asset/nfk-ws-0417"];
        assert_eq!(stub.lines(), lines);
    }

    #[tokio::test]
    async fn a_missing_asset_comes_with_the_rule_of_short_names() {
        let message = json!({"type": "ACTION_ERROR", "message": "Object not found"});
        let stub = Stub::start(vec![Reply::error(404, message)]).await;
        let error = stub.error(NAME, json!({"idOrShortName": "x"})).await;
        assert!(error["hint"].as_str().unwrap().contains("unless customer is given"));
    }
}

mod execute_search_argus_asset {
    use super::*;

    const NAME: &str = "executeSearchArgusAsset";

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let stub = Stub::start(vec![Reply::list(json!([{"id": "x"}]), 0, 25, 1)]).await;
        let arguments = json!({"request": {"keywords": ["dc"], "subCriteria": [{"parent": "nfk-ot"}]}});
        let body = stub.data("generateArgusAssetSearchQuery", arguments.clone()).await;
        let value = stub.data(NAME, arguments).await;
        assert_eq!(value["data"], json!([{"id": "x"}]));
        assert_eq!(stub.lines(), ["POST /assets/v2/asset/search"]);
        assert_eq!(stub.seen()[0].body, body);
    }

    #[tokio::test]
    async fn paging_ends_where_the_window_of_argus_ends() {
        let items: Vec<serde_json::Value> = (0..100).map(|n| json!({"id": n})).collect();
        let stub = Stub::start(vec![Reply::list(json!(items), 9_900, 100, 12_000)]).await;
        let value = stub.data(NAME, json!({"request": {"limit": 100, "offset": 9_900}})).await;
        assert_eq!(value["page"]["reason"], "SEARCH_WINDOW_LIMIT");
        assert_eq!(value["page"]["nextOffset"], json!(null));
    }

    #[tokio::test]
    async fn a_refused_component_is_answered_with_those_there_are() {
        let message = json!({"type": "FIELD_ERROR", "field": "component[0].componentDefinition", "message": "unknown"});
        let definition = json!({"componentDefinitions": [
            {"shortName": "ipAddress", "type": "ipType"}, {"shortName": "hostName", "type": "stringType"}]});
        let stub = Stub::start(vec![Reply::error(412, message.clone()), Reply::object(definition)]).await;
        let arguments = json!({"request": {"component": {"componentDefinition": "ip", "value": "10.0.0.1"}}});
        let error = stub.error(NAME, arguments.clone()).await;
        assert_eq!(error["kind"], "VALIDATION_FAILED");
        assert_eq!(error["hint"], "Components of HostAsset: ipAddress (ipType), hostName (stringType).");
        assert_eq!(stub.lines()[1], "GET /assets/v2/asset/definition/HostAsset");

        // A definition that cannot be read leaves the refusal as it was.
        let denied = json!({"type": "ACTION_ERROR", "message": "Access denied"});
        let stub = Stub::start(vec![Reply::error(412, message), Reply::error(403, denied)]).await;
        let error = stub.error(NAME, arguments).await;
        assert_eq!((&error["kind"], &error["httpStatus"]), (&json!("VALIDATION_FAILED"), &json!(412)));
    }
}

mod execute_statistics_argus_asset {
    use super::*;

    #[tokio::test]
    async fn the_tree_comes_unchanged_and_without_a_page() {
        let tree = json!([{"count": 128, "buckets": [{"count": 77, "metadata": {"type": "customer"}}]}]);
        let stub = Stub::start(vec![Reply::list(tree.clone(), 0, 0, 0)]).await;
        let arguments = json!({"request": {"statistics": {"groupBy": {"field": "customer"}}}});
        let body = stub.data("generateArgusAssetStatisticsQuery", arguments.clone()).await;
        let value = stub.data("executeStatisticsArgusAsset", arguments).await;
        assert_eq!(value["data"], tree);
        assert!(value.get("page").is_none());
        assert_eq!(stub.lines(), ["POST /assets/v2/asset/statistics"]);
        assert_eq!(stub.seen()[0].body, body);
    }
}
