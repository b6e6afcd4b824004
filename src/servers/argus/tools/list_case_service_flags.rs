//! `listAllowedCaseServiceFlags`: the flags of a case's service that a search may use. Compiled in.

use crate::servers::argus::case_values;
use crate::servers::argus::describe;
use crate::servers::argus::tools::CASE_SENSITIVE;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;
use crate::servers::argus::tools::no_arguments;
use crate::servers::argus::tools::value_list;
use crate::servers::argus::tools::value_list_schema;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "listAllowedCaseServiceFlags",
    aliases: &["listCaseServiceFlags"],
    title: "Allowed case service flags",
    family: Family::Case,
    kind: ToolKind::ValueList,
    description,
    arguments: no_arguments,
    output: Some(value_list_schema),
    hints: &[],
    run: |_, _| {
        let outcome = value_list(
            "includeCaseServiceFlag, excludeCaseServiceFlag",
            case_values::SERVICE_FLAGS,
            CASE_SENSITIVE,
            &[],
        );
        Box::pin(std::future::ready(Ok(outcome)))
    },
};

fn description() -> String {
    describe::value_list("Lists the flags of a case's service allowed in request.serviceFilter of a case search.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let value = stub.data("listAllowedCaseServiceFlags", json!({})).await;
        assert_eq!(value["field"], "includeCaseServiceFlag, excludeCaseServiceFlag");
        let values = value["values"].as_array().unwrap();
        assert!(values.contains(&json!("DEPRECATED")));
        assert!(stub.seen().is_empty());
    }
}
