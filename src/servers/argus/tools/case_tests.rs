//! What the tools about cases do, call by call: a module per tool, named after it.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

/// A value list that is fetched from Argus.
struct Fetched {
    tool: &'static str,
    arguments: Value,
    /// What is asked of Argus.
    line: &'static str,
    body: Value,
    /// An item as Argus has it, and what a choice needs of it.
    item: Value,
    trimmed: Value,
}

impl Fetched {
    async fn holds(self) {
        let stub = Stub::start(vec![Reply::list(json!([self.item]), 0, 100, 1)]).await;
        let value = stub.data(self.tool, self.arguments).await;
        assert_eq!(value["data"][0], self.trimmed);
        assert_eq!(value["page"]["reason"], "LAST_PAGE");
        assert_eq!(stub.lines(), [self.line]);
        assert_eq!(stub.seen()[0].body, self.body);
    }
}

/// Asks with a key that Argus refuses this list.
async fn a_refused_key_gets_a_way_on(tool: &str) {
    let message = json!({"type": "ACTION_ERROR", "message": "Access denied"});
    let stub = Stub::start(vec![Reply::error(403, message)]).await;
    let error = stub.error(tool, json!({})).await;
    assert_eq!(error["kind"], "ACCESS_DENIED");
    assert!(error["hint"].as_str().unwrap().contains("if known"));
}

/// Asks for a value list that the server has by itself, and returns it.
async fn known_values(tool: &str, field: &str, one_of_them: &str) -> Value {
    let stub = Stub::start(vec![Reply::object(json!({}))]).await;
    let value = stub.data(tool, json!({})).await;
    assert_eq!(value["field"], field);
    assert!(value["values"].as_array().unwrap().contains(&json!(one_of_them)));
    assert!(stub.seen().is_empty());
    value
}

mod execute_search_argus_case {
    use super::*;

    const NAME: &str = "executeSearchArgusCase";

    #[tokio::test]
    async fn a_page_of_cases_comes_with_page_meta_and_links() {
        let cases = json!([{"id": 4120771, "newField": {"kept": true}}]);
        let stub = Stub::start(vec![Reply::list(cases, 0, 25, 1)]).await;
        let value = stub.data(NAME, json!({"request": {"customer": ["nordfjord"]}})).await;
        let expected = json!({
            "data": [{"id": 4120771, "newField": {"kept": true}}],
            "page": {"offset": 0, "limit": 25, "size": 1, "count": 1, "nextOffset": null,
                "stop": true, "reason": "LAST_PAGE"},
            "meta": {"source": "argus", "request": "POST /cases/v2/case/search",
                "retrievedAt": "2026-02-09T08:15:30Z", "responseCode": 200,
                "caseLinks": {"4120771": "https://portal.argus.example/spa/case/view/4120771"}},
        });
        assert_eq!(value, expected);
    }

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let requests = [
            json!({}),
            json!({"type": ["information"], "includeDescription": true, "limit": 100}),
            json!({"serviceFilter": {}, "keywords": "beacon", "keywordMatchStrategy": "any"}),
            json!({"field": {"field": "containmentState", "value": ["isolated"]},
                "workflow": [{"flow": "escalation", "acknowledged": false}],
                "subCriteria": [{"customer": [2171], "required": true}], "sortBy": "-priority"}),
        ];
        for request in requests {
            let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
            let arguments = json!({"request": request});
            let body = stub.data("generateArgusCaseSearchQuery", arguments.clone()).await;
            stub.data(NAME, arguments).await;
            let seen = stub.seen();
            assert_eq!(stub.lines(), ["POST /cases/v2/case/search"]);
            assert_eq!(seen[0].body, body);
            assert_eq!(seen[0].headers["content-type"], "application/json");
        }
    }

    #[tokio::test]
    async fn an_empty_page_says_in_words_that_nothing_matched() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let result = stub.call(NAME, json!({"request": {}})).await;
        assert_eq!(result.is_error, Some(false));
        let value = result.structured_content.unwrap();
        assert_eq!(value["data"], json!([]));
        assert_eq!(value["page"]["reason"], "NO_RESULTS");
        assert_eq!(result.content.len(), 2);
        assert!(result.content[1].as_text().unwrap().text.contains("matched nothing"));
    }

    #[tokio::test]
    async fn an_answer_that_contradicts_itself_is_not_an_empty_result() {
        let replies = [
            Reply::list(json!([]), 0, 25, 7),
            Reply::object(json!(null)),
            Reply::raw(200, r#"{"responseCode":200,"size":9,"count":9,"data":[{"id":1}]}"#),
        ];
        for reply in replies {
            let stub = Stub::start(vec![reply]).await;
            let error = stub.error(NAME, json!({"request": {}})).await;
            assert_eq!(error["kind"], "BAD_RESPONSE");
        }
    }

    #[tokio::test]
    async fn the_servers_own_limit_decides_about_the_next_page() {
        let cases: Vec<Value> = (1..=10).map(|id| json!({"id": id})).collect();
        let stub = Stub::start(vec![Reply::list(json!(cases), 0, 10, 30)]).await;
        let value = stub.data(NAME, json!({"request": {"limit": 100}})).await;
        assert_eq!(value["page"]["nextOffset"], 10);
        assert_eq!(value["page"]["reason"], "MORE_RESULTS_AVAILABLE");
    }

    #[tokio::test]
    async fn a_refusal_of_argus_is_passed_on_with_a_hint() {
        let message = json!({"type": "FIELD_ERROR", "field": "sortBy", "message": "invalid value",
            "messageTemplate": "invalid.value"});
        let stub = Stub::start(vec![Reply::error(412, message.clone())]).await;
        let error = stub.error(NAME, json!({"request": {}})).await;
        let expected = json!({
            "kind": "VALIDATION_FAILED", "tool": NAME, "httpStatus": 412,
            "request": "POST /cases/v2/case/search",
            "message": "Argus rejected the request: FIELD_ERROR (sortBy): invalid value. \
                        No Argus data was obtained.",
            "argusMessages": [message], "retryable": false,
            "hint": "Call listAllowedCaseSortBy and use a returned value unchanged.",
        });
        assert_eq!(error, expected);
    }

    #[tokio::test]
    async fn refused_arguments_reach_nobody() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        for limit in [0, 101] {
            stub.error(NAME, json!({"request": {"limit": limit}})).await;
        }
        assert!(stub.seen().is_empty());
    }
}

mod generate_argus_case_search_query {
    use super::*;

    const NAME: &str = "generateArgusCaseSearchQuery";
    const ASSET: &str = "11111111-2222-4333-8444-555555555555";

    async fn idle() -> Stub {
        Stub::start(vec![Reply::object(json!({}))]).await
    }

    #[tokio::test]
    async fn a_request_becomes_the_rest_body_and_unset_fields_are_absent() {
        let stub = idle().await;
        let request = json!({
            "customer": ["nordfjord"], "type": "securityIncident",
            "serviceFilter": {"service": ["ids"], "excludeCaseServiceFlag": ["DEPRECATED"]},
            "currentStatus": ["pendingCustomer", "workingSoc", "pendingCustomer"],
            "currentPriority": ["high", "critical"],
            "tag": [{"key": "campaign", "value": "silver-otter"}],
            "timeFilter": {"startTimestamp": "startOfDay -7 days", "endTimestamp": "now",
                "timeFieldStrategy": ["createdTimestamp"]},
        });
        let body = stub.data(NAME, json!({"request": request})).await;
        let expected = json!({
            "customer": ["nordfjord"], "type": ["securityIncident"],
            "serviceCriteria": {"service": ["ids"], "excludeFlags": ["DEPRECATED"]},
            "status": ["pendingCustomer", "workingSoc"], "priority": ["high", "critical"],
            "tag": [{"key": "campaign", "values": ["silver-otter"]}],
            "startTimestamp": "startOfDay -7 days", "endTimestamp": "now",
            "timeFieldStrategy": ["createdTimestamp"],
            "includeDescription": false, "sortBy": ["-createdTimestamp"],
            "limit": 25, "offset": 0,
        });
        assert_eq!(body, expected);
        assert!(stub.seen().is_empty());
    }

    #[tokio::test]
    async fn aliases_and_lenient_forms_give_the_same_body() {
        let stub = idle().await;
        let canonical = json!({
            "caseID": [4120771], "customer": ["2171"], "currentStatus": ["closed"],
            "includeCaseFlag": ["MERGED"], "serviceFilter": {"includeCaseServiceFlag": ["DELETED"]},
            "timeFilter": {"startTimestamp": "1770595200000"},
        });
        let lenient = json!({
            "caseID": "4120771", "customer": 2171, "status": "closed", "limit": "25",
            "includeFlags": "MERGED", "serviceCriteria": {"includeFlags": ["DELETED"]},
            "startTimestamp": 1_770_595_200_000_u64, "user": null, "keywords": [],
        });
        let one = stub.data(NAME, json!({"request": canonical})).await;
        let other = stub.data(NAME, json!({"request": lenient})).await;
        assert_eq!(one, other);
    }

    #[tokio::test]
    async fn the_documented_spelling_of_a_type_is_translated() {
        let stub = idle().await;
        let request = json!({"type": ["information", "informational"]});
        let body = stub.data(NAME, json!({"request": request})).await;
        assert_eq!(body["type"], json!(["informational"]));
    }

    #[tokio::test]
    async fn every_problem_is_reported_at_once_with_a_suggestion() {
        let stub = idle().await;
        let request = json!({
            "custmer": ["x"], "currentStatus": ["Closed"], "limit": 500, "tag": [{"value": "x"}],
            "includeCaseFlag": ["MERGED"], "excludeCaseFlag": ["MERGED"],
            "timeFilter": {"startTimestamp": "2026-02-09T00:00:00+01:00"},
            "workflow": [{"flow": "nope"}], "subCriteria": [{"exclude": true}],
        });
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["kind"], "INVALID_ARGUMENTS");
        assert!(error.get("httpStatus").is_none());
        let problems = error["fieldErrors"].as_array().unwrap();
        let paths: Vec<&str> = problems.iter().map(|p| p["path"].as_str().unwrap()).collect();
        for path in [
            "request.custmer",
            "request.currentStatus[0]",
            "request.limit",
            "request.tag[0].key",
            "request.excludeCaseFlag",
            "request.timeFilter.startTimestamp",
            "request.workflow[0].flow",
            "request.subCriteria[0]",
        ] {
            assert!(paths.contains(&path), "{path} in {paths:?}");
        }
        assert_eq!(problems.len(), 8);
        let text = error["message"].as_str().unwrap();
        assert!(text.contains("did you mean customer?") && text.contains("did you mean closed?"));
        let limit = problems.iter().find(|p| p["path"] == "request.limit").unwrap();
        let expected = json!({
            "path": "request.limit", "problem": "must be between 1 and 100", "got": 500,
            "allowed": null,
        });
        assert_eq!(*limit, expected);
    }

    #[tokio::test]
    async fn two_forms_of_a_time_must_agree() {
        let stub = idle().await;
        let request = json!({"startTimestamp": "now", "timeFilter": {"startTimestamp": "now"}});
        stub.data(NAME, json!({"request": request})).await;
        let request = json!({"startTimestamp": "now", "timeFilter": {"startTimestamp": "startOfDay"}});
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["fieldErrors"][0]["path"], "request.startTimestamp");
        let request = json!({"status": ["closed"], "currentStatus": ["workingSoc"]});
        stub.error(NAME, json!({"request": request})).await;
        let request = json!({"startTimestamp": 2000, "endTimestamp": 1000});
        stub.error(NAME, json!({"request": request})).await;
    }

    #[tokio::test]
    async fn a_missing_request_is_refused_and_an_empty_one_is_an_open_search() {
        let stub = idle().await;
        let error = stub.error(NAME, json!({})).await;
        assert_eq!(error["fieldErrors"][0]["path"], "request");
        let body = stub.data(NAME, json!({"request": {}})).await;
        assert_eq!(body["limit"], 25);
    }

    #[tokio::test]
    async fn assets_named_by_short_name_are_looked_up() {
        let stub = Stub::start(vec![Reply::object(json!({"id": ASSET}))]).await;
        let request = json!({"asset": ["nfk-ws-0417", ASSET],
            "subCriteria": [{"asset": "nfk ws", "exclude": true}]});
        let body = stub.data(NAME, json!({"request": request})).await;
        assert_eq!(body["assetID"], json!([ASSET]));
        assert_eq!(body["subCriteria"], json!([{"assetID": [ASSET], "exclude": true}]));
        let lines = ["GET /assets/v2/asset/nfk-ws-0417", "GET /assets/v2/asset/nfk%20ws"];
        assert_eq!(stub.lines(), lines);
    }

    #[tokio::test]
    async fn assets_that_cannot_be_resolved_are_a_problem_of_the_request() {
        let message = json!({"type": "ACTION_ERROR", "message": "Object not found"});
        let stub = Stub::start(vec![Reply::error(404, message)]).await;
        let request = json!({"asset": [ASSET, "ghost", ".."]});
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["kind"], "INVALID_ARGUMENTS");
        assert_eq!(error["fieldErrors"][0]["path"], "request.asset[1]");
        assert_eq!(error["fieldErrors"][1]["path"], "request.asset[2]");

        let denied = json!({"type": "ACTION_ERROR", "message": "Access denied"});
        let stub = Stub::start(vec![Reply::error(403, denied)]).await;
        let request = json!({"asset": "ghost"});
        let error = stub.error(NAME, json!({"request": request})).await;
        assert_eq!(error["kind"], "ACCESS_DENIED");

        let names: Vec<Value> = (0..12).map(|n| json!(format!("a{n}"))).collect();
        let stub = Stub::start(vec![Reply::object(json!({"id": ASSET}))]).await;
        let error = stub.error(NAME, json!({"request": {"asset": names}})).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 2);
        assert_eq!(stub.seen().len(), 10);
    }
}

mod get_argus_case_by_id {
    use super::*;

    const NAME: &str = "getArgusCaseByID";

    #[tokio::test]
    async fn the_case_is_returned_unchanged() {
        let case = json!({"id": 4120771, "description": "<p>x</p>", "closedTime": null});
        let stub = Stub::start(vec![Reply::object(case.clone())]).await;
        let value = stub.data(NAME, json!({"caseID": 4120771})).await;
        let expected = json!({
            "data": case,
            "meta": {"source": "argus", "request": "GET /cases/v2/case/4120771",
                "retrievedAt": "2026-02-09T08:15:30Z", "responseCode": 200},
        });
        assert_eq!(value, expected);
        assert_eq!(stub.lines(), ["GET /cases/v2/case/4120771"]);
    }

    #[tokio::test]
    async fn a_merged_case_is_followed_and_reported() {
        let moved = Reply::raw(301, "").header("location", "/cases/v2/case/4120771");
        let stub = Stub::start(vec![moved, Reply::object(json!({"id": 4120771}))]).await;
        let value = stub.data(NAME, json!({"caseID": 4119004})).await;
        assert_eq!(value["data"]["id"], 4120771);
        assert_eq!(value["meta"]["redirectedFrom"], "/cases/v2/case/4119004");
    }

    #[tokio::test]
    async fn a_case_out_of_sight_is_not_said_not_to_exist() {
        let message = json!({"type": "ACTION_ERROR", "message": "Object not found"});
        for reply in [Reply::error(404, message), Reply::object(json!(null))] {
            let stub = Stub::start(vec![reply]).await;
            let error = stub.error(NAME, json!({"caseID": 999_999})).await;
            assert_eq!(error["kind"], "NOT_FOUND");
            assert!(error["hint"].as_str().unwrap().contains("may lack access"));
        }
    }

    #[tokio::test]
    async fn ids_below_one_and_non_numbers_are_refused_locally() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        for id in [json!(0), json!("abc"), json!(1.5), json!([1]), json!(null)] {
            let error = stub.error(NAME, json!({"caseID": id})).await;
            assert_eq!(error["kind"], "INVALID_ARGUMENTS");
            assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 1);
        }
        assert!(stub.seen().is_empty());
    }
}

mod get_argus_case_comments {
    use super::*;

    const NAME: &str = "getArgusCaseComments";

    #[tokio::test]
    async fn comments_are_paged_to_the_end() {
        let pages = [(0, 50), (50, 50), (100, 30)];
        let replies = pages.map(|(offset, size)| {
            let items: Vec<Value> = (0..size).map(|n| json!({"comment": offset + n})).collect();
            Reply::list(json!(items), offset, 50, 130)
        });
        let stub = Stub::start(replies.to_vec()).await;
        let mut offset = json!(0);
        let mut next = Vec::new();
        for _ in pages {
            let arguments = json!({"caseID": 4120802, "limit": 50, "offset": offset});
            let page = stub.data(NAME, arguments).await["page"].clone();
            offset = page["nextOffset"].clone();
            next.push((offset.clone(), page["stop"].clone()));
        }
        let expected = [(json!(50), json!(false)), (json!(100), json!(false)), (json!(null), json!(true))];
        assert_eq!(next, expected);
        let first = "GET /cases/v2/case/4120802/comments?limit=50&offset=0&sortBy=addedTimestamp";
        assert_eq!(stub.lines()[0], first);
    }

    #[tokio::test]
    async fn bounds_by_comment_are_uuids() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let uuid = "6F0D0E6E-2F1E-4A57-9A0C-7D1F4A6B1C01";
        stub.data(NAME, json!({"id": 1, "afterComment": uuid, "sortBy": "-addedTimestamp"})).await;
        let query = &stub.seen()[0].query;
        assert!(query.contains("afterComment=6f0d0e6e-2f1e-4a57-9a0c-7d1f4a6b1c01"));
        stub.error(NAME, json!({"caseID": 1, "beforeComment": "latest"})).await;
    }

    #[tokio::test]
    async fn a_page_past_the_end_is_told_from_a_case_without_comments() {
        let stub = Stub::start(vec![Reply::list(json!([]), 200, 25, 130)]).await;
        let value = stub.data(NAME, json!({"caseID": 1, "offset": 200})).await;
        assert_eq!(value["page"]["reason"], "OFFSET_BEYOND_END");
    }
}

mod get_argus_case_tags {
    use super::*;

    #[tokio::test]
    async fn tags_are_fetched_a_hundred_at_a_time() {
        let tags = json!([{"key": "mitre-technique", "value": "T1071.001"}]);
        let stub = Stub::start(vec![Reply::list(tags.clone(), 0, 100, 1)]).await;
        let value = stub.data("getArgusCaseTags", json!({"caseID": 4120771})).await;
        assert_eq!(value["data"], tags);
        assert_eq!(value["page"]["limit"], 100);
        assert_eq!(stub.lines(), ["GET /cases/v2/case/4120771/tags?limit=100&offset=0"]);
    }
}

mod list_allowed_case_categories {
    use super::*;

    #[tokio::test]
    async fn items_are_trimmed_to_what_a_choice_needs() {
        let fetched = Fetched {
            tool: "listAllowedCaseCategories",
            arguments: json!({"caseType": "information"}),
            line: "POST /cases/v2/category/search",
            body: json!({
                "caseType": ["informational"], "limit": 100, "offset": 0, "sortBy": ["shortName"],
            }),
            item: json!({
                "id": 42, "shortName": "compromise", "name": "Compromise", "description": "long",
                "bindings": [{"id": 1, "service": {"id": 11, "shortName": "ids"},
                    "category": {"id": 42}, "caseTypes": ["securityIncident"]}],
            }),
            trimmed: json!({
                "id": 42, "shortName": "compromise", "name": "Compromise",
                "bindings": [{"service": "ids", "caseTypes": ["securityIncident"]}],
            }),
        };
        fetched.holds().await;
    }

    #[tokio::test]
    async fn a_key_without_the_right_gets_a_way_on() {
        a_refused_key_gets_a_way_on("listAllowedCaseCategories").await;
    }
}

mod list_allowed_case_fields {
    use super::*;

    #[tokio::test]
    async fn items_are_trimmed_to_what_a_choice_needs() {
        let fetched = Fetched {
            tool: "listAllowedCaseFields",
            arguments: json!({"caseID": 4120771, "keywords": "state"}),
            line: "POST /cases/v2/field/descriptor/search",
            body: json!({
                "keywords": ["state"], "availableForCaseID": 4120771, "limit": 100, "offset": 0,
            }),
            item: json!({
                "id": "x", "name": "containmentState", "shortName": "containmentState",
                "valueType": "stringType", "localizedName": "Containment state",
                "flags": ["HAS_VALUE_SOURCE"], "readRole": "user", "domain": {"id": 1},
                "valueSource": {"type": "list", "listType": {"entries": [{"key": "none", "label": "None"}]}},
            }),
            trimmed: json!({
                "name": "containmentState", "shortName": "containmentState",
                "valueType": "stringType", "localizedName": "Containment state",
                "flags": ["HAS_VALUE_SOURCE"], "entries": [{"key": "none", "label": "None"}],
            }),
        };
        fetched.holds().await;
    }

    #[tokio::test]
    async fn a_key_without_the_right_gets_a_way_on() {
        a_refused_key_gets_a_way_on("listAllowedCaseFields").await;
    }
}

mod list_allowed_case_flags {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let value = known_values("listAllowedCaseFlags", "includeCaseFlag, excludeCaseFlag", "HAS_EVENTS").await;
        assert_eq!(value["meanings"]["NOTIFIED"], "the customer was notified");
    }
}

mod list_allowed_case_service_flags {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let field = "includeCaseServiceFlag, excludeCaseServiceFlag";
        known_values("listAllowedCaseServiceFlags", field, "DEPRECATED").await;
    }
}

mod list_allowed_case_services {
    use super::*;

    #[tokio::test]
    async fn items_are_trimmed_to_what_a_choice_needs() {
        let fetched = Fetched {
            tool: "listAllowedCaseServices",
            arguments: json!({"keywords": ["ids", "ids"]}),
            line: "POST /cases/v2/service/search",
            body: json!({
                "keywords": ["ids"], "limit": 100, "offset": 0, "sortBy": ["shortName"],
            }),
            item: json!({
                "id": 11, "shortName": "ids", "name": "Intrusion detection", "workflows": [],
                "caseTypes": ["securityIncident"], "flags": ["EVENT_ENABLED"], "fieldPolicy": {},
            }),
            trimmed: json!({
                "id": 11, "shortName": "ids", "name": "Intrusion detection",
                "caseTypes": ["securityIncident"], "flags": ["EVENT_ENABLED"],
            }),
        };
        fetched.holds().await;
    }

    #[tokio::test]
    async fn a_key_without_the_right_gets_a_way_on() {
        a_refused_key_gets_a_way_on("listAllowedCaseServices").await;
    }
}

mod list_allowed_case_sort_by {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        known_values("listAllowedCaseSortBy", "sortBy", "-createdTimestamp").await;
    }
}

mod list_allowed_case_workflows {
    use super::*;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        known_values("listAllowedCaseWorkflows", "workflow[].flow", "escalateO3C").await;
    }
}
