//! `listAllowedCaseFields`: the case fields that a search may use.

use serde_json::Map;
use serde_json::Value;

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
    name: "listAllowedCaseFields",
    aliases: &["listCaseFields"],
    title: "List case fields",
    family: Family::Case,
    kind: ToolKind::Rest,
    description,
    arguments,
    output: None,
    hints: &[(
        On::Kind(FailureKind::AccessDenied),
        "The key may not read this list; field names may still be used if known.",
    )],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::page(
        "Returns the case fields that may be used in request.field of a case search, by their name. \
         This list is fetched from Argus.",
    )
}

fn arguments() -> Shape {
    let mut fields = vec![
        Field::new("keywords", Kind::Text { max: 200 }.list(), "Words to look for."),
        Field::new("service", Kind::Name.list(), "Only fields of these services."),
        Field::new("caseID", Kind::at_least(1), "Only fields available for this case.").rest("availableForCaseID"),
    ];
    fields.extend(paging(100));
    Shape::of(fields)
}

async fn run(backend: &Backend, checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let body = body::rest(&arguments(), &checked);
    let request = RestRequest::search("/cases/v2/field/descriptor/search", Value::Object(body));
    Ok(backend.page(&request, &checked).await?.with_items(trimmed))
}

/// Leaves out what is not needed to choose a value.
fn trimmed(item: &Value) -> Value {
    let names = ["name", "shortName", "valueType", "localizedName", "localizedDescription", "flags"];
    let mut field = picked(item, &names);
    if let Some(entries) = item.pointer("/valueSource/listType/entries") {
        field.insert("entries".to_owned(), entries.clone());
    }
    Value::Object(field)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "listAllowedCaseFields";

    #[tokio::test]
    async fn items_are_trimmed_to_what_a_choice_needs() {
        let item = json!({
            "id": "x", "name": "containmentState", "shortName": "containmentState",
            "valueType": "stringType", "localizedName": "Containment state",
            "flags": ["HAS_VALUE_SOURCE"], "readRole": "user", "domain": {"id": 1},
            "valueSource": {"type": "list", "listType": {"entries": [{"key": "none", "label": "None"}]}},
        });
        let stub = Stub::start(vec![Reply::list(json!([item]), 0, 100, 1)]).await;
        let value = stub.data(NAME, json!({"caseID": 4120771, "keywords": "state"})).await;
        let expected = json!({
            "name": "containmentState", "shortName": "containmentState",
            "valueType": "stringType", "localizedName": "Containment state",
            "flags": ["HAS_VALUE_SOURCE"], "entries": [{"key": "none", "label": "None"}],
        });
        assert_eq!(value["data"][0], expected);
        assert_eq!(value["page"]["reason"], "LAST_PAGE");
        assert_eq!(stub.lines(), ["POST /cases/v2/field/descriptor/search"]);
        let body = json!({
            "keywords": ["state"], "availableForCaseID": 4120771, "limit": 100, "offset": 0,
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
