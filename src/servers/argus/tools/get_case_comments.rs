//! `getArgusCaseComments`: one page of the comments of a case.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::backend::path_number;
use crate::servers::argus::body;
use crate::servers::argus::cases;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::fields::paging;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "getArgusCaseComments",
    aliases: &["getCaseComments"],
    title: "Get the comments of a case",
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
        "Returns one page of the comments of a case, oldest first unless sorted otherwise. With \
         -addedTimestamp an item can repeat on the next page while comments are being added. The \
         case itself comes from getArgusCaseByID.",
    )
}

fn arguments() -> Shape {
    let mut fields = vec![cases::case_id()];
    fields.extend(paging(25));
    fields.extend([
        Field::new("sortBy", Kind::Sort { names: &["addedTimestamp"] }, "Order of the comments.").or("addedTimestamp"),
        Field::new("beforeComment", Kind::Uuid, "Only comments before this one."),
        Field::new("afterComment", Kind::Uuid, "Only comments after this one."),
    ]);
    Shape::of(fields)
}

async fn run(backend: &Backend, mut checked: Map<String, Value>) -> Result<Outcome, Failure> {
    let id = path_number(&checked, "caseID");
    checked.shift_remove("caseID");
    let request =
        RestRequest::get(&["cases", "v2", "case", &id, "comments"]).with_query(body::query(&arguments(), &checked));
    backend.page(&request, &checked).await
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "getArgusCaseComments";

    #[tokio::test]
    async fn comments_are_paged_to_the_end() {
        let pages = [(0, 50), (50, 50), (100, 30)];
        let replies = pages.map(|(offset, size)| {
            let items: Vec<Value> = (0..size).map(|n| json!({"comment": offset + n})).collect();
            Reply::list(json!(items), offset, 50, 130)
        });
        let stub = Stub::start(replies.to_vec()).await;
        let mut offset = json!(0);
        let mut next = Vec::new();
        for _ in pages {
            let arguments = json!({"caseID": 4120802, "limit": 50, "offset": offset});
            let page = stub.data(NAME, arguments).await["page"].clone();
            offset = page["nextOffset"].clone();
            next.push((offset.clone(), page["stop"].clone()));
        }
        let expected = [(json!(50), json!(false)), (json!(100), json!(false)), (json!(null), json!(true))];
        assert_eq!(next, expected);
        let first = "GET /cases/v2/case/4120802/comments?limit=50&offset=0&sortBy=addedTimestamp";
        assert_eq!(stub.lines()[0], first);
    }

    #[tokio::test]
    async fn bounds_by_comment_are_uuids() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let uuid = "6F0D0E6E-2F1E-4A57-9A0C-7D1F4A6B1C01";
        stub.data(NAME, json!({"id": 1, "afterComment": uuid, "sortBy": "-addedTimestamp"})).await;
        let query = &stub.seen()[0].query;
        assert!(query.contains("afterComment=6f0d0e6e-2f1e-4a57-9a0c-7d1f4a6b1c01"));
        stub.error(NAME, json!({"caseID": 1, "beforeComment": "latest"})).await;
    }

    #[tokio::test]
    async fn a_page_past_the_end_is_told_from_a_case_without_comments() {
        let stub = Stub::start(vec![Reply::list(json!([]), 200, 25, 130)]).await;
        let value = stub.data(NAME, json!({"caseID": 1, "offset": 200})).await;
        assert_eq!(value["page"]["reason"], "OFFSET_BEYOND_END");
    }
}
