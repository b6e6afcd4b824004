//! `get_event_info`: all details of one security event.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::outcome::envelope;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::POLICY_EVENTS_READ;
use crate::servers::sysdig::tools::ToolEntry;

const PERMISSIONS: &[&str] = &[POLICY_EVENTS_READ];

/// The line of this tool in the list.
pub const ENTRY: ToolEntry = ToolEntry::own("get_event_info", PERMISSIONS, describe, boxed);

fn describe() -> Description {
    Description {
        title: "Get event info",
        text: "Get the full details of one Sysdig Secure security event by its id: policy, rule, \
               severity, process and container fields, labels and actions taken. Ids come from \
               list_runtime_events. Events expire; an id past its retention is not found.",
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
    let segments = ["secure", "events", "v1", "events", event_id];
    let answer = call
        .upstream
        .get(call.credentials, &segments, &[])
        .await
        .map_err(|error| ToolError::no_answer("error triggering request", &error))?;
    if answer.status > 299 {
        return Err(ToolError::status("error retrieving event, ", &answer, PERMISSIONS));
    }
    Ok(envelope(&answer, (call.now)(), call.bare_results))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    #[tokio::test]
    async fn the_event_comes_back_in_the_envelope() {
        let event = json!({
            "id": "18a0a738540e782893aa52c07f6be410", "timestamp": 1_774_602_113_554_217_000_i64,
            "name": "Sysdig Runtime Threat Intelligence",
            "content": {"ruleName": "Fileless execution via memfd_create", "type": "workloadRuntimeDetection"}
        });
        let fixture = Fixture::start(vec![Reply::json(200, &event)]).await;
        let result =
            fixture.call("get_event_info", json!({"event_id": "18a0a738540e782893aa52c07f6be410"})).await.unwrap();
        assert_eq!(result["results"], event);
        assert_eq!(result["status_code"], 200);
        assert_eq!(result["metadata"]["timestamp"], "2000-01-01T00:00:00.000000Z");
        let requests = fixture.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].path, "/secure/events/v1/events/18a0a738540e782893aa52c07f6be410");
        assert_eq!(requests[0].header("authorization"), "Bearer tok-test");
        assert_eq!(requests[0].header("accept"), "application/json");
        assert_eq!(requests[0].header("user-agent"), "sysdig-mcp-server/9.9.9");
    }

    #[tokio::test]
    async fn ids_are_percent_encoded() {
        let fixture = Fixture::start(vec![Reply::json(200, &json!({}))]).await;
        let id = "a/../b?c=d#e %";
        fixture.call("get_event_info", json!({ "event_id": id })).await.unwrap();
        let path = &fixture.requests()[0].path;
        assert!(path.starts_with("/secure/events/v1/events/a%2F..%2Fb%3Fc"), "{path}");
        assert_eq!(fixture.requests()[0].query, "");
    }

    #[tokio::test]
    async fn a_missing_id_is_refused_without_a_request() {
        let fixture = Fixture::start(vec![]).await;
        for arguments in [json!({}), json!({"event_id": null}), json!({"event_id": " "})] {
            let error = fixture.call("get_event_info", arguments).await.unwrap_err();
            assert_eq!(error.to_string(), "event_id is required");
        }
        assert!(fixture.requests().is_empty());
    }

    #[tokio::test]
    async fn upstream_failures_keep_status_and_body() {
        let fixture = Fixture::start(vec![
            Reply::text(404, "{\"type\":\"not_found\"}"),
            Reply::text(403, "no"),
            Reply::text(429, "slow down").with_header("retry-after", "7"),
            Reply::text(502, &"x".repeat(100_000)),
        ])
        .await;
        let mut texts = Vec::new();
        for _ in 0..4 {
            let arguments = json!({"event_id": "abc"});
            texts.push(fixture.call("get_event_info", arguments).await.unwrap_err().to_string());
        }
        assert_eq!(texts[0], "error retrieving event, status code: 404, response: {\"type\":\"not_found\"}");
        assert!(texts[1].contains("status code: 403") && texts[1].contains("policy-events.read"));
        assert!(texts[2].contains("retry after 7 seconds"));
        assert!(texts[3].len() < 5_000 && texts[3].ends_with("(truncated)"));
    }
}
