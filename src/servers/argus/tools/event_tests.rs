//! What the tools about events do, call by call: a module per tool, named after it.

mod execute_search_argus_event {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "executeSearchArgusEvent";

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let requests = [
            json!({}),
            json!({"attack": [{"signature": "SNORT-1:41336"}], "includeSubEvents": true}),
            json!({"property": {"key": "process.name"}, "type": "raw", "limit": 100, "offset": 25}),
            json!({"domain": "cdn-sync.example", "startTimestamp": "startOfDay -2 days",
                "subCriteria": [{"endpoint": [{"port": 443}], "exclude": true}]}),
        ];
        for request in requests {
            let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
            let arguments = json!({"request": request, "includeProperties": false});
            let query = stub.data("generateArgusEventSearchQuery", arguments.clone()).await;
            stub.data(NAME, arguments).await;
            assert_eq!(stub.lines(), ["POST /events/v2/event/search"]);
            assert_eq!(stub.seen()[0].body, query["searchCriteria"]);
        }
    }

    #[tokio::test]
    async fn events_come_unchanged_with_their_page() {
        let events = json!([{"id": "AGGR/1/2171/x", "uri": null, "count": 48}]);
        let stub = Stub::start(vec![Reply::list(events.clone(), 0, 1, -1)]).await;
        let value = stub.data(NAME, json!({"request": {"limit": 1}})).await;
        assert_eq!(value["data"], events);
        assert_eq!(value["page"]["count"], json!(null));
        assert_eq!(value["page"]["reason"], "MORE_RESULTS_POSSIBLE");
        assert!(value["meta"].get("warnings").is_none());
    }

    #[tokio::test]
    async fn a_long_range_is_warned_about() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let request = json!({"startTimestamp": "startOfDay -60 days"});
        let value = stub.data(NAME, json!({"request": request})).await;
        assert_eq!(value["meta"]["warnings"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn limits_outside_1_to_100_are_never_sent() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        for limit in [0, 101] {
            let error = stub.error(NAME, json!({"request": {"limit": limit}})).await;
            assert_eq!(error["kind"], "INVALID_ARGUMENTS");
        }
        assert!(stub.seen().is_empty());
    }
}

mod generate_argus_event_search_query {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "generateArgusEventSearchQuery";

    async fn idle() -> Stub {
        Stub::start(vec![Reply::object(json!({}))]).await
    }

    async fn criteria(request: Value) -> Value {
        let stub = idle().await;
        let value = stub.data(NAME, json!({"request": request})).await;
        assert!(stub.seen().is_empty());
        value["searchCriteria"].clone()
    }

    #[tokio::test]
    async fn a_request_becomes_event_v2_criteria_and_a_link() {
        let stub = idle().await;
        let request = json!({
            "customer": ["nordfjord"], "severity": ["high", "critical"], "associateCaseID": [0],
            "endpoint": [{"ip": "10.20.4.0/24", "endpointFieldStrategy": "source",
                "includeEndpointFlag": ["isCustomerNet"], "required": true, "exclude": false}],
            "includeEventFlag": ["notified"], "excludeEventFlag": ["falsePositive"],
            "timeFilter": {"startTimestamp": "startOfDay -1 day", "timeFieldStrategy": "lastEvent"},
        });
        let arguments = json!({"request": request, "includeProperties": true});
        let value = stub.data(NAME, arguments).await;
        let expected = json!({
            "associatedCase": [0], "customer": ["nordfjord"],
            "endpoint": [{"ip": ["10.20.4.0/24"], "endpointFieldStrategy": "source",
                "includeFlag": ["isCustomerNet"], "required": true, "exclude": false}],
            "severity": ["high", "critical"],
            "includeFlag": ["notified"], "excludeFlag": ["falsePositive"],
            "startTimestamp": "startOfDay -1 day", "endTimestamp": "now",
            "timeFieldStrategy": ["lastEvent"],
            "indexStartTimestamp": "startOfDay -1 day", "indexEndTimestamp": "now",
            "includeAllProperties": true, "sortBy": ["-lastEventTimestamp"],
            "limit": 25, "offset": 0,
        });
        assert_eq!(value["searchCriteria"], expected);
        let link = value["searchLink"].as_str().unwrap();
        assert!(link.starts_with("https://portal.argus.example/spa/events/search?q=eyJ"));
    }

    #[tokio::test]
    async fn the_index_range_follows_the_time_range() {
        let rows = [
            (json!({}), ["startOfDay", "now", "startOfDay", "now"]),
            (
                json!({"startTimestamp": 1000, "endTimestamp": "2026-02-01T00:00:00Z"}),
                ["1000", "2026-02-01T00:00:00Z", "1000", "2026-02-01T00:00:00Z"],
            ),
            (
                json!({"startTimestamp": "now -2 days", "endTimestamp": "now -1 day"}),
                ["now -2 days", "now -1 day", "now -2 days", "now -1 day"],
            ),
            (json!({"endTimestamp": "startOfDay +1 day"}), ["startOfDay", "startOfDay +1 day", "startOfDay", "now"]),
        ];
        let names = ["startTimestamp", "endTimestamp", "indexStartTimestamp", "indexEndTimestamp"];
        for (request, expected) in rows {
            let criteria = criteria(request).await;
            assert_eq!(names.map(|name| criteria[name].as_str().unwrap()), expected);
        }
    }

    #[tokio::test]
    async fn a_fixed_end_without_a_start_is_refused() {
        let stub = idle().await;
        let request = json!({"timeFilter": {"endTimestamp": "2026-01-01T00:00:00Z"}});
        let error = stub.error(NAME, json!({"request": request})).await;
        let path = "request.timeFilter.startTimestamp";
        assert_eq!(error["fieldErrors"][0]["path"], path);
    }

    #[tokio::test]
    async fn identifiers_are_brought_to_the_canonical_form() {
        let uuid = "5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";
        let request = json!({"eventIdentifier": format!("AGGR/1770622920440/2171/{uuid}")});
        let criteria = criteria(request).await;
        let expected = json!([format!("1770622920440/2171/{uuid}")]);
        assert_eq!(criteria["eventIdentifier"], expected);
    }

    #[tokio::test]
    async fn items_without_a_criterion_and_odd_values_are_refused_together() {
        let stub = idle().await;
        let request = json!({
            "endpoint": [{"required": true}, {"ip": "10.0.0.0/33"}, {"countryCode": "no"},
                {"port": 70_000}],
            "attack": [{"alarm": 58129, "required": true, "exclude": true}],
            "property": [{"valueMatchStrategy": "all"}],
            "domain": "https://x.example/", "severity": "High", "associateCaseID": -1,
            "eventIdentifier": "2171/x", "includeEventFlag": "notifed", "limit": 0,
        });
        let error = stub.error(NAME, json!({"request": request})).await;
        let problems = error["fieldErrors"].as_array().unwrap();
        let mut paths: Vec<&str> = problems.iter().map(|p| p["path"].as_str().unwrap()).collect();
        paths.sort_unstable();
        let expected = [
            "request.associateCaseID[0]",
            "request.attack[0]",
            "request.domain[0]",
            "request.endpoint[0]",
            "request.endpoint[1].ip[0]",
            "request.endpoint[2].countryCode[0]",
            "request.endpoint[3].port[0]",
            "request.eventIdentifier[0]",
            "request.includeEventFlag[0]",
            "request.limit",
            "request.property[0]",
            "request.severity[0]",
        ];
        assert_eq!(paths, expected);
        assert!(error["message"].as_str().unwrap().contains("did you mean notified?"));
    }
}

mod get_event_by_event_identifier {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "getEventByEventIdentifier";
    const UUID: &str = "5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";

    #[tokio::test]
    async fn every_prefix_leads_to_the_same_call() {
        for prefix in ["", "RAW/", "AGGR/", "NIDS/"] {
            let stub = Stub::start(vec![Reply::object(json!({"uuid": UUID}))]).await;
            let identifier = format!("{prefix}1770622920440/2171/{UUID}");
            let value = stub.data(NAME, json!({"eventIdentifier": identifier})).await;
            assert_eq!(value["data"]["uuid"], UUID);
            let line = format!(
                "GET /events/v2/event/1770622920440/2171/{UUID}\
                 ?includeAllProperties=true&includeComments=true&includeSubEvents=false"
            );
            assert_eq!(stub.lines(), [line]);
        }
    }

    #[tokio::test]
    async fn what_cannot_be_converted_is_refused_without_a_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        for bad in [UUID.to_owned(), format!("2171/{UUID}"), "1/2171/x".to_owned()] {
            let error = stub.error(NAME, json!({"eventIdentifier": bad})).await;
            assert_eq!(error["kind"], "INVALID_ARGUMENTS");
            let text = error["message"].as_str().unwrap();
            assert!(text.contains("canonical event identifier"));
        }
        assert!(stub.seen().is_empty());
    }
}

mod get_events_associated_with_case {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "getEventsAssociatedWithCase";

    #[tokio::test]
    async fn missing_paging_takes_its_defaults() {
        let stub = Stub::start(vec![Reply::list(json!([{"id": "x"}]), 0, 25, 1)]).await;
        let value = stub.data(NAME, json!({"caseID": "4120771"})).await;
        assert_eq!(value["data"], json!([{"id": "x"}]));
        let line = "GET /events/v2/case/4120771?limit=25&offset=0&includeAllProperties=false\
                    &sortBy=-lastEventTimestamp";
        assert_eq!(stub.lines(), [line]);
    }

    #[tokio::test]
    async fn several_sort_values_repeat_the_name() {
        let stub = Stub::start(vec![Reply::list(json!([]), 100, 100, 240)]).await;
        let sort = json!(["customerID", "-eventID"]);
        let arguments = json!({"caseID": 1, "limit": 100, "offset": 100, "sortBy": sort,
            "includeProperties": true});
        // An empty page although Argus counts more: no data, and not "nothing".
        let error = stub.error(NAME, arguments).await;
        assert_eq!(error["kind"], "BAD_RESPONSE");
        let line = "GET /events/v2/case/1?limit=100&offset=100&includeAllProperties=true\
                    &sortBy=customerID&sortBy=-eventID";
        assert_eq!(stub.lines(), [line]);
    }
}

mod list_allowed_endpoint_flags {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let value = stub.data("listAllowedEndpointFlags", json!({})).await;
        assert_eq!(value["field"], "includeEndpointFlag, excludeEndpointFlag");
        let values = value["values"].as_array().unwrap();
        assert!(values.contains(&json!("isCustomerNet")));
        assert!(stub.seen().is_empty());
    }
}

mod list_allowed_event_flags {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let value = stub.data("listAllowedEventFlags", json!({})).await;
        assert_eq!(value["field"], "includeEventFlag, excludeEventFlag");
        let values = value["values"].as_array().unwrap();
        assert!(values.contains(&json!("falsePositive")));
        assert!(stub.seen().is_empty());
    }
}

mod list_allowed_event_sort_by {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let value = stub.data("listAllowedEventSortBy", json!({})).await;
        assert_eq!(value["field"], "sortBy");
        let values = value["values"].as_array().unwrap();
        assert!(values.contains(&json!("-lastEventTimestamp")));
        assert!(stub.seen().is_empty());
    }
}

mod generate_argus_event_statistics_query {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "generateArgusEventStatisticsQuery";

    async fn body(request: Value) -> Value {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let body = stub.data(NAME, json!({"request": request})).await;
        assert!(stub.seen().is_empty());
        body
    }

    async fn refused(request: Value) -> Vec<String> {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let error = stub.error(NAME, json!({"request": request})).await;
        let errors = error["fieldErrors"].as_array().unwrap();
        errors.iter().map(|error| error["path"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn filters_groups_and_timelines_become_one_body() {
        let request = json!({
            "filter": {"customer": ["nordfjord"], "associateCaseID": [4120771], "startTimestamp": "startOfDay -1 day"},
            "statistics": {
                "groupBy": [{"field": "severity"}, {"field": "sourceIP", "limit": 5, "includeOthers": true}],
                "timeRangeMetrics": [{"resolution": "hours"}, {"name": "by-day", "resolution": "days",
                    "field": "created", "startTimestamp": "now -7 days", "includeEmpty": false}],
            },
        });
        let expected = json!({
            "associatedCase": [4120771], "customer": ["nordfjord"],
            "startTimestamp": "startOfDay -1 day", "endTimestamp": "now",
            "indexStartTimestamp": "startOfDay -1 day", "indexEndTimestamp": "now",
            "groupBy": [{"field": "severity", "limit": 10, "includeOthers": false},
                {"field": "sourceIP", "limit": 5, "includeOthers": true}],
            "timeline": [
                {"name": "timeline", "field": "lastEvent", "resolution": "hours", "includeEmpty": true,
                    "startTimestamp": "startOfDay -1 day", "endTimestamp": "now"},
                {"name": "by-day", "field": "created", "resolution": "days", "includeEmpty": false,
                    "startTimestamp": "now -7 days", "endTimestamp": "now"},
            ],
        });
        assert_eq!(body(request).await, expected);
    }

    #[tokio::test]
    async fn filters_may_stand_directly_in_the_request() {
        let statistics = json!({"groupBy": {"field": "severity"}});
        let nested = json!({"filter": {"severity": "high", "timeFilter": {"startTimestamp": "now -1 day"}},
            "statistics": statistics});
        let direct = json!({"severity": ["high"], "startTimestamp": "now -1 day", "statistics": statistics});
        assert_eq!(body(nested).await, body(direct).await);
        let today = body(json!({"statistics": statistics})).await;
        assert_eq!(
            (&today["startTimestamp"], &today["indexStartTimestamp"]),
            (&json!("startOfDay"), &json!("startOfDay"))
        );
    }

    #[tokio::test]
    async fn nothing_to_count_and_clashing_timelines_are_refused() {
        assert_eq!(refused(json!({"severity": ["high"]})).await, ["request.statistics"]);
        assert_eq!(
            refused(json!({"statistics": {"groupBy": [], "timeRangeMetrics": []}})).await,
            ["request.statistics"]
        );
        let twice = json!({"timeRangeMetrics": [{"resolution": "days"}, {"resolution": "hours"}]});
        assert_eq!(refused(json!({"statistics": twice})).await, ["request.statistics.timeRangeMetrics[1].name"]);
        let levels = ["severity", "alarm", "customer", "protocol"].map(|field| json!({"field": field}));
        let deep = json!({"groupBy": levels});
        assert_eq!(refused(json!({"statistics": deep})).await, ["request.statistics.groupBy"]);
        let wrong = json!({"groupBy": [{"field": "sourceIp", "limit": 0}], "timeRangeMetrics": [{"name": "a b"}]});
        let expected = [
            "request.limit",
            "request.statistics.groupBy[0].field",
            "request.statistics.groupBy[0].limit",
            "request.statistics.timeRangeMetrics[0].name",
            "request.statistics.timeRangeMetrics[0].resolution",
        ];
        assert_eq!(refused(json!({"statistics": wrong, "limit": 5})).await, expected);
    }

    #[tokio::test]
    async fn a_timeline_of_too_many_buckets_is_refused() {
        let ask = |resolution: &str, start: &str| json!({"startTimestamp": start, "statistics": {"timeRangeMetrics": [{"resolution": resolution}]}});
        let path = ["request.statistics.timeRangeMetrics[0].resolution"];
        assert_eq!(refused(ask("minutes", "now -34 hours")).await, path);
        body(ask("minutes", "now -33 hours")).await;
        assert_eq!(refused(ask("hours", "2000-01-01T00:00:00Z")).await, path);
    }
}

mod execute_statistics_argus_event {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "executeStatisticsArgusEvent";

    #[tokio::test]
    async fn the_tree_comes_unchanged_for_the_translators_body() {
        let tree = json!([{"count": 61, "rawEventCount": 1904, "buckets": [{"count": 44,
            "group": {"type": "severity", "identifier": "high"}}]}]);
        let stub = Stub::start(vec![Reply::list(tree.clone(), 0, 0, 0)]).await;
        let arguments = json!({"request": {"statistics": {"groupBy": [{"field": "severity"}]},
            "startTimestamp": "startOfDay -60 days"}});
        let body = stub.data("generateArgusEventStatisticsQuery", arguments.clone()).await;
        let value = stub.data(NAME, arguments).await;
        assert_eq!(value["data"], tree);
        assert!(value.get("page").is_none());
        assert_eq!(value["meta"]["warnings"].as_array().unwrap().len(), 1);
        assert_eq!(stub.lines(), ["POST /events/v2/event/statistics"]);
        assert_eq!(stub.seen()[0].body, body);
    }

    #[tokio::test]
    async fn a_root_of_nothing_and_no_root_mean_that_nothing_matched() {
        for tree in [json!([]), json!([{"count": 0, "rawEventCount": 0, "buckets": []}])] {
            let stub = Stub::start(vec![Reply::list(tree, 0, 0, 0)]).await;
            let request = json!({"statistics": {"groupBy": [{"field": "severity"}]}});
            let result = stub.call(NAME, json!({"request": request})).await;
            assert_eq!(result.is_error, Some(false));
            assert!(result.content[1].as_text().unwrap().text.contains("matched nothing"));
        }
    }
}

mod get_event_lineage {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "getEventLineage";
    const UUID: &str = "5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";

    #[tokio::test]
    async fn the_history_is_paged_newest_first() {
        let stub = Stub::start(vec![Reply::list(json!([{"type": "assessed"}]), 0, 25, 1)]).await;
        let value = stub.data(NAME, json!({"eventIdentifier": format!("NIDS/1770622920440/2171/{UUID}")})).await;
        assert_eq!(value["data"], json!([{"type": "assessed"}]));
        let line = format!(
            "GET /events/v2/event/1770622920440/2171/{UUID}/lineage?limit=25&offset=0&sortBy=-createdTimestamp"
        );
        assert_eq!(stub.lines(), [line]);
    }

    #[tokio::test]
    async fn an_event_without_history_still_exists() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let result = stub.call(NAME, json!({"eventIdentifier": format!("1/2171/{UUID}")})).await;
        assert_eq!(result.is_error, Some(false));
        assert!(result.content[1].as_text().unwrap().text.contains("does not mean that the event does not exist"));
        stub.error(NAME, json!({"eventIdentifier": UUID, "sortBy": "type"})).await;
        assert_eq!(stub.seen().len(), 1);
    }
}
