//! `listAllowedCaseSortBy`: the sort values that a search may use. Compiled in.

use crate::servers::argus::case_values;
use crate::servers::argus::describe;
use crate::servers::argus::schema::sort_values;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::SORT_NOTE;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;
use crate::servers::argus::tools::no_arguments;
use crate::servers::argus::tools::value_list;
use crate::servers::argus::tools::value_list_schema;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "listAllowedCaseSortBy",
    aliases: &["listCaseSortBy"],
    title: "Allowed case sort values",
    family: Family::Case,
    kind: ToolKind::ValueList,
    description,
    arguments: no_arguments,
    output: Some(value_list_schema),
    hints: &[],
    run: |_, _| {
        let outcome = value_list("sortBy", &sort_values(case_values::SORT_FIELDS), SORT_NOTE, &[]);
        Box::pin(std::future::ready(Ok(outcome)))
    },
};

fn description() -> String {
    describe::value_list("Lists the sort values allowed in request.sortBy of a case search.")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    #[tokio::test]
    async fn the_values_come_without_a_rest_call() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let value = stub.data("listAllowedCaseSortBy", json!({})).await;
        assert_eq!(value["field"], "sortBy");
        let values = value["values"].as_array().unwrap();
        assert!(values.contains(&json!("-createdTimestamp")));
        assert!(stub.seen().is_empty());
    }
}
