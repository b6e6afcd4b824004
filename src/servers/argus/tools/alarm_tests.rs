//! What the tools about alarms do, call by call: a module per tool, named after it.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

async fn idle() -> Stub {
    Stub::start(vec![Reply::object(json!({"id": 363}))]).await
}

mod generate_argus_alarm_search_query {
    use super::*;

    const NAME: &str = "generateArgusAlarmSearchQuery";

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_with_categories_by_id() {
        let stub = idle().await;
        let request = json!({
            "attackCategory": ["callback", 301], "keywords": "call-back", "keywordFieldStrategy": ["description"],
            "reference": "CVE-2024-21412", "label": ["c2"], "excludeAlarmFlag": ["DISABLED"],
            "startTimestamp": "now -7 days",
            "subCriteria": [{"alarm": 58129, "attackCategory": "callback", "exclude": true}],
        });
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({
            "attackCategoryID": [363, 301], "keywords": ["call-back"], "keywordFieldStrategy": ["description"],
            "alarmReferences": ["CVE-2024-21412"], "labels": ["c2"], "excludeFlags": ["DISABLED"],
            "startTimestamp": "now -7 days", "includeMappings": false, "includeComments": false,
            "sortBy": ["-lastUpdatedTimestamp"], "limit": 25, "offset": 0,
            "subCriteria": [{"alarm": ["58129"], "attackCategoryID": [363], "exclude": true}],
        });
        assert_eq!(body, expected);
        assert_eq!(stub.lines(), ["GET /alarms/v1/category/callback", "GET /alarms/v1/category/callback"]);
    }

    #[tokio::test]
    async fn unknown_categories_are_problems_of_the_request_and_lookups_are_bounded() {
        let message = json!({"type": "ACTION_ERROR", "message": "Object not found"});
        let stub = Stub::start(vec![Reply::error(404, message)]).await;
        let error = stub.error(NAME, json!({"request": {"attackCategory": [301, "ghost"]}})).await;
        assert_eq!(error["kind"], "INVALID_ARGUMENTS");
        assert_eq!(error["fieldErrors"][0]["path"], "request.attackCategory[1]");

        let stub = idle().await;
        let many: Vec<Value> = (0..12).map(|n| json!(format!("c{n}"))).collect();
        let error = stub.error(NAME, json!({"request": {"attackCategory": many}})).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 2);
        assert_eq!(stub.seen().len(), 10);
    }

    #[tokio::test]
    async fn every_problem_is_reported_at_once() {
        let stub = idle().await;
        let request = json!({"alarms": 1, "sortBy": "name", "limit": 101, "includeAlarmFlag": "disabled",
            "keywordFieldStrategy": "subject", "subCriteria": [{"required": true}]});
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 6);
        assert!(error["message"].as_str().unwrap().contains("did you mean DISABLED?"));
        assert!(stub.seen().is_empty());
    }
}

mod list_allowed_alarm_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = idle().await;
        let value = stub.data("listAllowedAlarmSortBy", json!({})).await;
        let expected = json!([
            "id",
            "-id",
            "lastUpdatedTimestamp",
            "-lastUpdatedTimestamp",
            "description",
            "-description",
            "attackCategory",
            "-attackCategory"
        ]);
        assert_eq!(value["values"], expected);
        assert!(stub.seen().is_empty());
    }
}

mod get_alarm_by_id {
    use super::*;

    const NAME: &str = "getAlarmByID";

    #[tokio::test]
    async fn a_number_is_read_at_once_and_a_name_is_searched_for_first() {
        let stub = Stub::start(vec![Reply::object(json!({"id": 58129, "info": "<p>x</p>"}))]).await;
        let value = stub.data(NAME, json!({"alarmID": "58129"})).await;
        assert_eq!(value["data"]["info"], "<p>x</p>");
        assert_eq!(stub.lines(), ["GET /alarms/v1/alarm/58129"]);

        let found = Reply::list(json!([{"id": 58129}]), 0, 1, 1);
        let stub = Stub::start(vec![found, Reply::object(json!({"id": 58129}))]).await;
        let value = stub.data(NAME, json!({"alarmID": "malware-callback"})).await;
        assert_eq!(value["meta"]["request"], "GET /alarms/v1/alarm/58129");
        assert_eq!(stub.lines(), ["POST /alarms/v1/alarm/search", "GET /alarms/v1/alarm/58129"]);
        assert_eq!(stub.seen()[0].body, json!({"alarm": ["malware-callback"], "limit": 1, "offset": 0}));
    }

    #[tokio::test]
    async fn a_name_nobody_knows_is_not_found_and_no_id_is_refused() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 1, 0)]).await;
        let error = stub.error(NAME, json!({"alarmID": "ghost"})).await;
        assert_eq!(error["kind"], "NOT_FOUND");
        assert_eq!(error["request"], "POST /alarms/v1/alarm/search");
        let seen = stub.seen().len();
        for bad in [json!(0), json!(-3), json!(""), json!([1])] {
            assert_eq!(stub.error(NAME, json!({"alarmID": bad})).await["kind"], "INVALID_ARGUMENTS");
        }
        assert_eq!(stub.seen().len(), seen);
    }
}

mod execute_search_argus_alarm {
    use super::*;

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let category = Reply::object(json!({"id": 363}));
        let page = Reply::list(json!([{"id": 58129}]), 0, 25, 1);
        let stub = Stub::start(vec![category.clone(), category, page]).await;
        let arguments = json!({"request": {"attackCategory": "callback", "includeMappings": true}});
        let body = stub.data("generateArgusAlarmSearchQuery", arguments.clone()).await;
        let value = stub.data("executeSearchArgusAlarm", arguments).await;
        assert_eq!(value["page"]["reason"], "LAST_PAGE");
        assert_eq!(stub.lines()[2], "POST /alarms/v1/alarm/search");
        assert_eq!(stub.seen()[2].body, body);
    }
}

mod get_attack_category_by_id_or_short_name {
    use super::*;

    #[tokio::test]
    async fn a_category_is_read_by_id_or_name() {
        let stub = idle().await;
        for (given, path) in [(json!(363), "363"), (json!("call back"), "call%20back")] {
            let arguments = json!({"idOrShortName": given});
            assert_eq!(stub.data("getAttackCategoryByIDOrShortName", arguments).await["data"]["id"], 363);
            assert_eq!(stub.lines().last().unwrap(), &format!("GET /alarms/v1/category/{path}"));
        }
    }
}

mod list_attack_categories {
    use super::*;

    #[tokio::test]
    async fn categories_come_a_hundred_at_a_time_by_name() {
        let item = json!({"id": 301, "flags": ["RECONNAISSANCE"]});
        let stub = Stub::start(vec![Reply::list(json!([item]), 0, 100, 1)]).await;
        let value = stub.data("listAttackCategories", json!({"keywords": "reco"})).await;
        assert_eq!(value["data"][0], item);
        assert_eq!(value["page"]["limit"], 100);
        assert_eq!(stub.lines(), ["POST /alarms/v1/category/search"]);
        let expected = json!({"keywords": ["reco"], "limit": 100, "offset": 0, "sortBy": ["name"]});
        assert_eq!(stub.seen()[0].body, expected);
    }
}
