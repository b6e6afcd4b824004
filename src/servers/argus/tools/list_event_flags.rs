//! `listAllowedEventFlags`: the event flags that a search may use. Compiled in.

use crate::servers::argus::describe;
use crate::servers::argus::event_values;
use crate::servers::argus::tools::CASE_SENSITIVE;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;
use crate::servers::argus::tools::no_arguments;
use crate::servers::argus::tools::value_list;
use crate::servers::argus::tools::value_list_schema;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "listAllowedEventFlags",
    aliases: &["listEventFlags"],
    title: "Allowed event flags",
    family: Family::Event,
    kind: ToolKind::ValueList,
    description,
    arguments: no_arguments,
    output: Some(value_list_schema),
    hints: &[],
    run: |_, _| {
        let outcome = value_list("includeEventFlag, excludeEventFlag", event_values::FLAGS, CASE_SENSITIVE, &[]);
        Box::pin(std::future::ready(Ok(outcome)))
    },
};

fn description() -> String {
    describe::value_list(
        "Lists the event flags allowed in request.includeEventFlag and request.excludeEventFlag of an event search.",
    )
}

#[cfg(test)]
mod tests {
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
