//! `getArgusCaseByID`: the details of one case.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::backend::path_number;
use crate::servers::argus::cases;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "getArgusCaseByID",
    aliases: &["getCaseByID", "getArgusCase"],
    title: "Get a case",
    family: Family::Case,
    kind: ToolKind::Rest,
    description,
    arguments: || Shape::of(vec![cases::case_id()]),
    output: None,
    hints: &[],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::single(
        "Returns one case with description, status, priority and the other case-level fields. \
         Comments and tags are not part of a case: use getArgusCaseComments and getArgusCaseTags; \
         its events come from getEventsAssociatedWithCase. A merged case answers with the case it \
         was merged into; meta.redirectedFrom then says so.",
    )
}

async fn run(backend: &Backend, arguments: Map<String, Value>) -> Result<Outcome, Failure> {
    let id = path_number(&arguments, "caseID");
    backend.single(&RestRequest::get(&["cases", "v2", "case", &id])).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

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
