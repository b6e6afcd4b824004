//! `listAllowedCaseServices`: the services that a case search may use.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::body;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::fields::paging;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::outcome::picked;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "listAllowedCaseServices",
    aliases: &["listCaseServices"],
    title: "List services",
    family: Family::Case,
    kind: ToolKind::Rest,
    description,
    arguments,
    output: None,
    hints: &[(
        On::Kind(FailureKind::AccessDenied),
        "The key may not read this list; short names may still be used if known.",
    )],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::page(
        "Returns the services that may be used in request.serviceFilter.service of a case search, by \
         their shortName. This list is fetched from Argus.",
    )
}

fn arguments() -> Shape {
    let mut fields = vec![Field::new("keywords", Kind::Text { max: 200 }.list(), "Words to look for.")];
    fields.extend(paging(100));
    Shape::of(fields)
}

async fn run(backend: &Backend, checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let mut body = body::rest(&arguments(), &checked);
    body.insert("sortBy".to_owned(), json!(["shortName"]));
    let request = RestRequest::search("/cases/v2/service/search", Value::Object(body));
    Ok(backend.page(&request, &checked).await?.with_items(trimmed))
}

/// Leaves out what is not needed to choose a value.
fn trimmed(item: &Value) -> Value {
    let names = ["id", "shortName", "name", "localizedName", "description", "caseTypes", "flags"];
    Value::Object(picked(item, &names))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "listAllowedCaseServices";

    #[tokio::test]
    async fn items_are_trimmed_to_what_a_choice_needs() {
        let item = json!({
            "id": 11, "shortName": "ids", "name": "Intrusion detection", "workflows": [],
            "caseTypes": ["securityIncident"], "flags": ["EVENT_ENABLED"], "fieldPolicy": {},
        });
        let stub = Stub::start(vec![Reply::list(json!([item]), 0, 100, 1)]).await;
        let value = stub.data(NAME, json!({"keywords": ["ids", "ids"]})).await;
        let expected = json!({
            "id": 11, "shortName": "ids", "name": "Intrusion detection",
            "caseTypes": ["securityIncident"], "flags": ["EVENT_ENABLED"],
        });
        assert_eq!(value["data"][0], expected);
        assert_eq!(value["page"]["reason"], "LAST_PAGE");
        assert_eq!(stub.lines(), ["POST /cases/v2/service/search"]);
        let body = json!({
            "keywords": ["ids"], "limit": 100, "offset": 0, "sortBy": ["shortName"],
        });
        assert_eq!(stub.seen()[0].body, body);
    }

    #[tokio::test]
    async fn a_key_without_the_right_gets_a_way_on() {
        let message = json!({"type": "ACTION_ERROR", "message": "Access denied"});
        let stub = Stub::start(vec![Reply::error(403, message)]).await;
        let error = stub.error(NAME, json!({})).await;
        assert_eq!(error["kind"], "ACCESS_DENIED");
        assert!(error["hint"].as_str().unwrap().contains("if known"));
    }
}
