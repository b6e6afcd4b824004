//! `executeSearchArgusCase`: one page of case summaries.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::case_values;
use crate::servers::argus::cases;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "executeSearchArgusCase",
    aliases: &["searchArgusCase"],
    title: "Search cases",
    family: Family::Case,
    kind: ToolKind::Rest,
    description,
    arguments: cases::arguments,
    output: None,
    hints: &[
        (On::Field("sortBy"), "Call listAllowedCaseSortBy and use a returned value unchanged."),
        (On::Field("customer"), "Check the ID or short name of the customer."),
        (On::Field("category"), "Call listAllowedCaseCategories and use a returned shortName unchanged."),
    ],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::search(
        "Runs a case search and returns one page of case summaries. The description is left out \
         unless asked for; getArgusCaseByID has the full case, getArgusCaseComments its comments \
         and getArgusCaseTags its tags.",
        "generateArgusCaseSearchQuery",
        case_values::VALUE_TOOLS,
    )
}

async fn run(backend: &Backend, arguments: Map<String, Value>) -> Result<Outcome, Failure> {
    let body = cases::search_body(backend, &arguments).await?;
    let request = RestRequest::search("/cases/v2/case/search", Value::Object(body.clone()));
    let outcome = backend.page(&request, &body).await?;
    let links = links(&backend.config.portal_url, outcome.value());
    Ok(match links.is_empty() {
        true => outcome,
        false => outcome.with_meta("caseLinks", Value::Object(links)),
    })
}

fn links(portal_url: &str, value: &Value) -> Map<String, Value> {
    let cases = value["data"].as_array().map_or(&[][..], Vec::as_slice);
    cases
        .iter()
        .filter_map(|case| case["id"].as_u64())
        .map(|id| (id.to_string(), json!(format!("{portal_url}/spa/case/view/{id}"))))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

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
                "caseLinks": {"4120771": "https://portal.mnemonic.no/spa/case/view/4120771"}},
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
