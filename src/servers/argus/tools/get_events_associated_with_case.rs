//! `getEventsAssociatedWithCase`: one page of the events of a case.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::backend::path_number;
use crate::servers::argus::body;
use crate::servers::argus::cases;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::events;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::fields::paging;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "getEventsAssociatedWithCase",
    aliases: &["getArgusEventsAssociatedWithCase"],
    title: "Get the events of a case",
    family: Family::Event,
    kind: ToolKind::Rest,
    description,
    arguments,
    output: None,
    hints: &[],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::page(
        "Returns one page of the events associated with a case. More than 100 events need \
         repeated calls with a growing offset. Values of sortBy come unchanged from \
         listAllowedEventSortBy.",
    )
}

fn arguments() -> Shape {
    let mut fields = vec![cases::case_id()];
    fields.extend(paging(25));
    fields.extend([events::include_properties(false), events::sort_by()]);
    Shape::of(fields)
}

async fn run(backend: &Backend, mut checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let id = path_number(&checked, "caseID");
    checked.shift_remove("caseID");
    let request = RestRequest::get(&["events", "v2", "case", &id]).with_query(body::query(&arguments(), &checked));
    backend.page(&request, &checked).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "getEventsAssociatedWithCase";

    #[tokio::test]
    async fn missing_paging_takes_its_defaults() {
        let stub = Stub::start(vec![Reply::list(json!([{"id": "x"}]), 0, 25, 1)]).await;
        let value = stub.data(NAME, json!({"caseID": "4120771"})).await;
        assert_eq!(value["data"], json!([{"id": "x"}]));
        let line = "GET /events/v2/case/4120771?limit=25&offset=0&includeAllProperties=false\
                    &sortBy=-lastEventTimestamp";
        assert_eq!(stub.lines(), [line]);
    }

    #[tokio::test]
    async fn several_sort_values_repeat_the_name() {
        let stub = Stub::start(vec![Reply::list(json!([]), 100, 100, 240)]).await;
        let sort = json!(["customerID", "-eventID"]);
        let arguments = json!({"caseID": 1, "limit": 100, "offset": 100, "sortBy": sort,
            "includeProperties": true});
        // An empty page although Argus counts more: no data, and not "nothing".
        let error = stub.error(NAME, arguments).await;
        assert_eq!(error["kind"], "BAD_RESPONSE");
        let line = "GET /events/v2/case/1?limit=100&offset=100&includeAllProperties=true\
                    &sortBy=customerID&sortBy=-eventID";
        assert_eq!(stub.lines(), [line]);
    }
}
