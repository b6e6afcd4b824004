//! `getArgusCaseTags`: one page of the tags of a case.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::backend::path_number;
use crate::servers::argus::body;
use crate::servers::argus::cases;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::fields::paging;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "getArgusCaseTags",
    aliases: &["getCaseTags"],
    title: "Get the tags of a case",
    family: Family::Case,
    kind: ToolKind::Rest,
    description,
    arguments,
    output: None,
    hints: &[],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::page(
        "Returns the tags (key and value) of a case, one page per call. Tags are not part of what \
         getArgusCaseByID returns.",
    )
}

fn arguments() -> Shape {
    let mut fields = vec![cases::case_id()];
    fields.extend(paging(100));
    Shape::of(fields)
}

async fn run(backend: &Backend, mut checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let id = path_number(&checked, "caseID");
    checked.shift_remove("caseID");
    let request =
        RestRequest::get(&["cases", "v2", "case", &id, "tags"]).with_query(body::query(&arguments(), &checked));
    backend.page(&request, &checked).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    #[tokio::test]
    async fn tags_are_fetched_a_hundred_at_a_time() {
        let tags = json!([{"key": "mitre-technique", "value": "T1071.001"}]);
        let stub = Stub::start(vec![Reply::list(tags.clone(), 0, 100, 1)]).await;
        let value = stub.data("getArgusCaseTags", json!({"caseID": 4120771})).await;
        assert_eq!(value["data"], tags);
        assert_eq!(value["page"]["limit"], 100);
        assert_eq!(stub.lines(), ["GET /cases/v2/case/4120771/tags?limit=100&offset=0"]);
    }
}
