//! `get_event_process_tree`: the ancestry of the process behind an event.
//!
//! Only syscall and workload events have one; that an event has none is an
//! ordinary answer with a note, not a failure.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::outcome::metadata;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::POLICY_EVENTS_READ;
use crate::servers::sysdig::tools::ToolEntry;
use crate::servers::sysdig::upstream::Answer;

const PERMISSIONS: &[&str] = &[POLICY_EVENTS_READ];

/// The line of this tool in the list.
pub const ENTRY: ToolEntry = ToolEntry::own("get_event_process_tree", PERMISSIONS, describe, boxed);

fn describe() -> Description {
    Description {
        title: "Get event process tree",
        text: "Get the process tree of one Sysdig Secure security event by its id: the chain of \
               parent processes (branches) and the tree around it. Only runtime events seen by \
               an agent (category runtime, source syscall) have one; for cloud, machine-learning \
               and admission events the result is empty and says so.",
        input_schema: json!({
            "type": "object",
            "properties": {
                "event_id": {
                    "type": "string",
                    "description": "Id of the security event, as in the field id of a listed event.",
                    "minLength": 1,
                    "maxLength": 32,
                    "examples": ["18a0a738540e782893aa52c07f6be410"]
                }
            },
            "required": ["event_id"]
        }),
    }
}

fn boxed<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
    run(call).boxed()
}

async fn run(call: &Call<'_>) -> Result<Value, ToolError> {
    let event_id = call.arguments.event_id()?;
    let branches = fetch(call, "branches", "process-branches", event_id).await?;
    let tree = fetch(call, "trees", "process-trees", event_id).await?;
    let mut metadata = metadata(branches.elapsed + tree.elapsed, (call.now)());
    let (branches, tree) = if branches.status == 404 || tree.status == 404 {
        let note = "Process tree not available for this event";
        metadata.insert("note".to_owned(), note.into());
        (json!({}), json!({}))
    } else {
        (payload("branches", &branches)?, payload("trees", &tree)?)
    };
    if call.bare_results {
        return Ok(json!({"branches": branches, "tree": tree}));
    }
    Ok(json!({"branches": branches, "tree": tree, "metadata": metadata}))
}

/// One of the two calls; 404 passes, since it is decided over both.
async fn fetch(call: &Call<'_>, what: &str, endpoint: &str, event_id: &str) -> Result<Answer, ToolError> {
    let prefix = format!("error requesting process tree {what}");
    let segments = ["api", "process-tree", "v1", endpoint, event_id];
    let answer = call
        .upstream
        .get(call.credentials, &segments, &[])
        .await
        .map_err(|error| ToolError::no_answer(&prefix, &error))?;
    if answer.status > 299 && answer.status != 404 {
        return Err(ToolError::tree_status(&prefix, &answer, PERMISSIONS));
    }
    Ok(answer)
}

/// The payload, which must be an object; its inner shape is opaque to us.
fn payload(what: &str, answer: &Answer) -> Result<Value, ToolError> {
    answer.json().filter(Value::is_object).ok_or_else(|| {
        ToolError::no_answer(&format!("error requesting process tree {what}"), &"the response is not a JSON object")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    async fn call(replies: Vec<Reply>) -> (Result<serde_json::Value, String>, usize) {
        let fixture = Fixture::start(replies).await;
        let result = fixture
            .call("get_event_process_tree", json!({"event_id": "abc123"}))
            .await
            .map_err(|error| error.to_string());
        (result, fixture.requests().len())
    }

    #[tokio::test]
    async fn both_payloads_pass_through_untouched() {
        let branches = json!({"data": [{"pid": 1}]});
        let tree = json!({"data": {"root": {"pid": 1}}});
        let fixture = Fixture::start(vec![Reply::json(200, &branches), Reply::json(200, &tree)]).await;
        let result = fixture.call("get_event_process_tree", json!({"event_id": "abc123"})).await.unwrap();
        assert_eq!(result["branches"], branches);
        assert_eq!(result["tree"], tree);
        assert!(result["metadata"]["execution_time_ms"].is_number());
        assert!(result["metadata"].get("note").is_none());
        assert!(result.get("status_code").is_none());
        let paths: Vec<_> = fixture.requests().iter().map(|r| r.path.clone()).collect();
        assert_eq!(
            paths,
            ["/api/process-tree/v1/process-branches/abc123", "/api/process-tree/v1/process-trees/abc123"]
        );
    }

    #[tokio::test]
    async fn not_found_on_either_side_is_a_note_and_both_calls_are_made() {
        for statuses in [[404, 200], [200, 404], [404, 404]] {
            let replies = statuses.map(|status| Reply::json(status, &json!({"data": 1})));
            let (result, requests) = call(replies.to_vec()).await;
            let result = result.unwrap();
            assert_eq!(result["branches"], json!({}));
            assert_eq!(result["tree"], json!({}));
            assert_eq!(result["metadata"]["note"], "Process tree not available for this event");
            assert!(result["metadata"]["timestamp"].is_string());
            assert_eq!(requests, 2);
        }
    }

    #[tokio::test]
    async fn any_other_failure_of_either_call_is_an_error() {
        let ok = Reply::json(200, &json!({}));
        let (result, _) = call(vec![Reply::text(500, "boom"), ok.clone()]).await;
        assert_eq!(result.unwrap_err(), "error requesting process tree branches: status code 500, response: boom");
        let (result, _) = call(vec![ok.clone(), Reply::text(403, "no")]).await;
        let error = result.unwrap_err();
        assert!(error.starts_with("error requesting process tree trees: status code 403, response: no"));
        let (result, _) = call(vec![ok, Reply::text(200, "[]")]).await;
        assert!(result.unwrap_err().contains("not a JSON object"));
    }

    #[tokio::test]
    async fn a_missing_id_is_refused() {
        let fixture = Fixture::start(vec![]).await;
        let error = fixture.call("get_event_process_tree", json!({})).await.unwrap_err();
        assert_eq!(error.to_string(), "event_id is required");
    }
}
