//! `generateArgusCaseSearchQuery`: turns case-search intent into the Argus body.
//!
//! Asks Argus nothing, save to look up assets that are named by short name.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::case_values;
use crate::servers::argus::cases;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::schema;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "generateArgusCaseSearchQuery",
    aliases: &["generateCaseSearchQuery"],
    title: "Build a case search",
    family: Family::Case,
    kind: ToolKind::Translator,
    description,
    arguments: cases::arguments,
    output: Some(output),
    hints: &[],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::translator(
        "Turns case-search intent into a valid Argus case search body, with defaults filled in.",
        "executeSearchArgusCase",
        case_values::VALUE_TOOLS,
    )
}

fn output() -> Map<String, Value> {
    schema::rest(&cases::request())
}

async fn run(backend: &Backend, arguments: Map<String, Value>) -> Result<Outcome, Failure> {
    let body = cases::search_body(backend, &arguments).await?;
    Ok(Outcome::object(Value::Object(body)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

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
