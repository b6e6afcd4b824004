//! What the tools about the metric do, call by call: a module per tool, named after it.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

mod generate_processing_events_per_filter_metric_aggregation_query {
    use super::*;

    const NAME: &str = "generateProcessingEventsPerFilterMetricAggregationQuery";

    async fn body(request: Value) -> Value {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let body = stub.data(NAME, json!({"request": request})).await;
        assert!(stub.seen().is_empty());
        body
    }

    async fn refused(request: Value) -> Vec<String> {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let error = stub.error(NAME, json!({"request": request})).await;
        assert!(stub.seen().is_empty());
        let errors = error["fieldErrors"].as_array().unwrap();
        let mut paths: Vec<String> = errors.iter().map(|error| error["path"].as_str().unwrap().to_owned()).collect();
        paths.sort_unstable();
        paths
    }

    #[tokio::test]
    async fn a_request_becomes_the_aggregation_body() {
        let request = json!({
            "filter": {"customer": ["nordfjord"], "key": [{"name": "filterID", "values": [20417]}]},
            "statistics": {
                "values": [{"name": "eventsMatched", "aggregationFunction": "sum"}],
                "groupBy": [{"key": "filterID"}], "resolution": 1, "resolutionUnit": "hours",
            },
        });
        let expected = json!({
            "customer": ["nordfjord"], "keyIntervals": [{"name": "filterID", "values": [20417]}],
            "startTimestamp": "startOfDay", "endTimestamp": "now",
            "values": [{"name": "eventsMatched", "aggregationFunction": "sum"}],
            "groupBy": [{"key": "filterID", "limit": 10}], "includeOthers": true,
            "resolution": 1, "resolutionUnit": "hours", "skipKeyTranslation": false,
        });
        assert_eq!(body(request).await, expected);
    }

    #[tokio::test]
    async fn keys_may_stay_untranslated_and_a_fine_resolution_is_lowered() {
        let values = json!([{"name": "eventsMatched"}]);
        let body = body(json!({"translateKey": false, "statistics": {"values": values, "resolution": 20_000}})).await;
        assert_eq!((&body["skipKeyTranslation"], &body["resolution"]), (&json!(true), &json!(10_000)));
        assert!(body.get("includeOthers").is_none());
        // The opposite name of Argus is no alias: it would turn the meaning round.
        let request = json!({"skipKeyTranslation": true, "statistics": {"values": [{"name": "x"}]}});
        assert_eq!(refused(request).await, ["request.skipKeyTranslation"]);
    }

    #[tokio::test]
    async fn filters_alone_are_no_request() {
        let filter = json!({"customer": ["nordfjord"]});
        assert_eq!(refused(json!({"filter": filter})).await, ["request.statistics"]);
        assert_eq!(refused(json!({"filter": filter, "statistics": {}})).await, ["request.statistics.values"]);
        assert_eq!(refused(json!({"statistics": {"values": []}})).await, ["request.statistics.values"]);
    }

    #[tokio::test]
    async fn rules_between_fields_are_reported_together() {
        let statistics = json!({
            "values": [{"name": "processingTime", "aggregationFunction": "wavg"},
                {"name": "eventsMatched", "weightByValue": "eventsProcessed"},
                {"name": "eventsMatched", "aggregationFunction": "last"}],
            "calendarInterval": "hour", "resolution": 5, "includeOthers": false,
        });
        let filter = json!({"key": [{"name": "host"}, {"name": "a", "gt": 1, "cidrs": ["10.0.0.0/8"]}]});
        let expected = [
            "request.filter.key[0]",
            "request.filter.key[1]",
            "request.statistics.calendarInterval",
            "request.statistics.includeOthers",
            "request.statistics.values[0].weightByValue",
            "request.statistics.values[1].weightByValue",
            "request.statistics.values[2].aggregationFunction",
        ];
        assert_eq!(refused(json!({"statistics": statistics, "filter": filter})).await, expected);
        let twice = json!({"values": [{"name": "x"}], "groupBy": [{"key": "host"}, {"key": "host", "limit": 5}]});
        assert_eq!(refused(json!({"statistics": twice})).await, ["request.statistics.groupBy[1].key"]);
        let levels = ["a", "b", "c", "d"].map(|key| json!({"key": key}));
        let deep = json!({"values": [{"name": "x"}], "groupBy": levels});
        assert_eq!(refused(json!({"statistics": deep})).await, ["request.statistics.groupBy"]);
    }

    #[tokio::test]
    async fn more_buckets_than_argus_gives_are_refused() {
        let ask = |bucket: Value, start: &str| {
            let mut statistics = json!({"values": [{"name": "x"}]});
            statistics.as_object_mut().unwrap().extend(bucket.as_object().unwrap().clone());
            json!({"statistics": statistics, "startTimestamp": start})
        };
        let seconds = json!({"resolution": 1, "resolutionUnit": "seconds"});
        let path = ["request.statistics.resolution"];
        assert_eq!(refused(ask(seconds.clone(), "now -3 hours")).await, path);
        body(ask(seconds, "now -2 hours")).await;
        let minutes = json!({"calendarInterval": "minute"});
        assert_eq!(refused(ask(minutes, "now -8 days")).await, ["request.statistics.calendarInterval"]);
    }
}

mod execute_processing_events_per_filter_metric_aggregation {
    use super::*;

    const NAME: &str = "executeProcessingEventsPerFilterMetricAggregation";
    const AGGREGATE: &str = "POST /metrics/v1/metric/ProcessingEventsPerFilter/aggregate";
    const DESCRIPTOR: &str = "GET /metrics/v1/descriptor/ProcessingEventsPerFilter";

    fn descriptor() -> Reply {
        Reply::object(json!({
            "keys": [{"name": "filterID", "type": "integer"}, {"name": "host", "type": "hostName"}],
            "values": [{"name": "eventsMatched", "unit": "count"}, {"name": "processingTime", "unit": "milliseconds"}],
        }))
    }

    fn asked(value: &str, key: &str) -> Value {
        json!({"request": {"statistics": {"values": [{"name": value}], "groupBy": [{"key": key}]}}})
    }

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output_and_the_answer_has_no_page() {
        let records = json!([{"keys": [], "values": [{"name": "eventsMatched", "value": 1.5}]}]);
        let stub = Stub::start(vec![descriptor(), Reply::list(records.clone(), 0, 0, 0)]).await;
        let translator = "generateProcessingEventsPerFilterMetricAggregationQuery";
        let body = stub.data(translator, asked("eventsMatched", "customer")).await;
        let value = stub.data(NAME, asked("eventsMatched", "customer")).await;
        assert_eq!(value["data"], records);
        assert!(value.get("page").is_none());
        assert_eq!(stub.lines(), [DESCRIPTOR, AGGREGATE]);
        assert_eq!(stub.seen()[1].body, body);
    }

    #[tokio::test]
    async fn names_the_descriptor_does_not_have_are_refused_with_those_it_has() {
        let stub = Stub::start(vec![descriptor()]).await;
        let error = stub.error(NAME, asked("eventsMatch", "filterType")).await;
        let errors = error["fieldErrors"].as_array().unwrap();
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0]["path"], "request.statistics.values[0].name");
        assert_eq!(errors[0]["allowed"], json!(["eventsMatched", "processingTime"]));
        assert_eq!(errors[1]["allowed"], json!(["filterID", "host", "customer"]));
        assert_eq!(stub.lines(), [DESCRIPTOR]);
    }

    #[tokio::test]
    async fn a_descriptor_is_read_once_and_may_fail() {
        let denied = json!({"type": "ACTION_ERROR", "message": "Access denied"});
        let empty = Reply::list(json!([]), 0, 0, 0);
        let stub = Stub::start(vec![Reply::error(403, denied), empty]).await;
        let server = crate::servers::argus::ArgusServer::new(stub.config()).unwrap();
        let arguments = asked("anything", "anyKey").as_object().unwrap().clone();
        for _ in 0..2 {
            let result = server.call(NAME, &arguments).await.unwrap();
            assert_eq!(result.is_error, Some(false));
            assert!(result.content[1].as_text().unwrap().text.contains("no metric records matched"));
        }
        assert_eq!(stub.lines(), [DESCRIPTOR, AGGREGATE, AGGREGATE]);
    }

    #[tokio::test]
    async fn a_refusal_of_argus_names_what_is_known() {
        let message = json!({"type": "FIELD_ERROR", "field": "groupBy[0].key", "message": "unknown key"});
        let stub = Stub::start(vec![descriptor(), Reply::error(412, message)]).await;
        let error = stub.error(NAME, asked("eventsMatched", "host")).await;
        let text = error["message"].as_str().unwrap();
        assert!(text.contains("Known values: eventsMatched, processingTime. Known keys: filterID, host, customer."));
    }

    #[tokio::test]
    async fn what_needs_no_descriptor_is_refused_before_any_call() {
        let stub = Stub::start(vec![descriptor()]).await;
        let request = json!({"statistics": {"values": [{"name": "x"}], "resolution": 1, "resolutionUnit": "seconds"},
            "startTimestamp": "now -9 days"});
        assert_eq!(stub.error(NAME, json!({"request": request})).await["kind"], "INVALID_ARGUMENTS");
        stub.error(NAME, json!({"request": {"statistics": {}}})).await;
        assert!(stub.seen().is_empty());
    }
}
