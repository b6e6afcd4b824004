//! `getEventByEventIdentifier`: one event, by its canonical identifier or one
//! with a type prefix.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::body;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::events;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::identifier::EVENT_IDENTIFIER;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "getEventByEventIdentifier",
    aliases: &["getEventByID", "getArgusEventByID"],
    title: "Get an event",
    family: Family::Event,
    kind: ToolKind::Rest,
    description,
    arguments,
    output: None,
    hints: &[],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::single(
        "Returns one event, with its properties and comments unless asked otherwise. The \
         identifier has the form timestampEpochMillis/customerID/eventUUID, as in the id of an \
         event; a RAW/, AGGR/ or NIDS/ prefix is stripped.",
    )
}

fn arguments() -> Shape {
    Shape::of(vec![
        Field::new("eventIdentifier", Kind::Checked(&EVENT_IDENTIFIER), "timestampEpochMillis/customerID/eventUUID.")
            .aliases(&["id"])
            .required(),
        events::include_properties(true),
        Field::new("includeComments", Kind::Boolean, "Add the comments.").or(true),
        Field::new("includeSubEvents", Kind::Boolean, "Add the identifiers of the events inside an aggregate.")
            .or(false),
    ])
}

async fn run(backend: &Backend, mut checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let identifier = checked.shift_remove("eventIdentifier").unwrap_or_default();
    let mut path = vec!["events", "v2", "event"];
    path.extend(identifier.as_str().unwrap_or_default().split('/'));
    let request = RestRequest::get(&path).with_query(body::query(&arguments(), &checked));
    backend.single(&request).await
}

#[cfg(test)]
mod tests {
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
