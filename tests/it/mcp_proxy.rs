//! The MCP proxy through the front door: real clients of both eras before a gateway with a real
//! server behind it, beside the embedded ones. What a client sees, calls, reads and is told.

use std::sync::Arc;
use std::sync::PoisonError;

use groundwire::config::auth::AuthMode;
use groundwire::config::mcp::ProxyNames;
use groundwire::config::mcp::TransportConfig;
use groundwire::domain::caller::AccessRole;
use rmcp::model::CallToolRequest;
use rmcp::model::CallToolRequestParams;
use rmcp::model::ClientRequest;
use rmcp::model::CompleteRequestParams;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::Reference;
use rmcp::service::PeerRequestOptions;
use rmcp::service::ServiceError;
use serde_json::Value;
use serde_json::json;
use sqlx::Connection;
use sqlx::Row;

use crate::support::database::TestDatabase;
use crate::support::gateway::json as answered;
use crate::support::mcp_fixture::PNG;
use crate::support::mcp_fixture::WAV;
use crate::support::mcp_side::Side;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::served::open;
use crate::support::served::said;

const LOOK_UP: &str = "argus__getArgusCaseByID";

async fn plain() -> Side {
    Side::start(|_| {}, None).await
}

fn with_tokens(config: &mut groundwire::config::Config) {
    config.auth.mode = AuthMode::Token;
}

/// The code of an error of the protocol.
fn code(error: ServiceError) -> i32 {
    match error {
        ServiceError::McpError(error) => error.code.0,
        other => panic!("{other}"),
    }
}

/// What of a list changes from time to time is left out.
fn wire(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).expect("it has JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_the_tools_of_all_servers_as_they_are_under_unique_names() {
    let side = plain().await;
    let client = side.client(None).await;
    let tools = client.service.list_all_tools().await.expect("a list");
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert!(names.is_sorted() && names.contains(&LOOK_UP) && names.contains(&"sysdig__run_sysql"), "{names:?}");
    let tool = tools.iter().find(|tool| tool.name == "fixture__test_structured").expect("it is listed");
    let wire = wire(tool);
    assert_eq!(wire["title"], "A number doubled");
    assert_eq!(wire["annotations"], json!({ "readOnlyHint": true, "idempotentHint": true }));
    assert_eq!(wire["outputSchema"]["required"], json!(["doubled"]));
    let schema = tools.iter().find(|tool| tool.name == "fixture__json_schema_2020_12_tool").expect("it is listed");
    assert_eq!(schema.input_schema["$defs"]["address"]["$anchor"], "addressDef");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_says_where_it_comes_from_and_is_written_down_first() {
    let database = TestDatabase::sqlite();
    let side = Side::start(|_| {}, Some(database.url.clone())).await;
    let client = side.client(None).await;
    let result = client.call("fixture__test_structured", json!({ "number": 21 })).await.expect("a result");
    assert_eq!(result.structured_content, Some(json!({ "doubled": 42 })));
    let meta = wire(&result)["_meta"]["groundwire/provenance"].clone();
    assert_eq!(
        (&meta["server"], &meta["tool"], &meta["outcome"]),
        (&json!("fixture"), &json!("test_structured"), &json!("ok"))
    );
    assert!(meta["observed_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{meta}");

    let mut connection = sqlx::SqliteConnection::connect(&database.url).await.expect("the database");
    let kept =
        sqlx::query("select owner, origin, tool, arguments_json, outcome, lower(hex(id)) as id from tool_trials");
    let row = kept.fetch_one(&mut connection).await.expect("one call is written down");
    let column = |name: &str| row.get::<String, _>(name);
    assert_eq!(
        (column("owner"), column("origin"), column("tool")),
        ("local".into(), "mcp".into(), "test_structured".into())
    );
    assert_eq!((column("arguments_json"), column("outcome")), (r#"{"number":21}"#.into(), "ok".into()));
    assert_eq!(column("id"), meta["result_id"].as_str().expect("an id").replace('-', ""));

    // No record, no result.
    sqlx::query("drop table tool_trials").execute(&mut connection).await.expect("the table is gone");
    let error = client.call("fixture__test_structured", json!({ "number": 4 })).await.expect_err("withheld");
    assert_eq!(code(error), -32603);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_kinds_of_content_pass_unchanged_and_in_order() {
    let side = plain().await;
    let client = side.client(None).await;
    let several = client.call("fixture__test_multiple_content_types", json!({})).await.expect("a result");
    let several = wire(&several);
    assert_eq!(
        several["content"],
        json!([
            { "type": "text", "text": "Multiple content types test:" },
            { "type": "image", "data": PNG, "mimeType": "image/png" },
            { "type": "resource", "resource": {
                "uri": "test://mixed-content-resource", "mimeType": "application/json", "text": "{\"test\":\"data\",\"value\":123}" } },
        ])
    );
    assert_eq!(several["_meta"]["example.org/kept"], true);
    let sound = wire(&client.call("fixture__test_audio_content", json!({})).await.expect("a result"));
    assert_eq!(sound["content"], json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }]));
    let link = wire(&client.call("fixture__test_resource_link", json!({})).await.expect("a result"));
    assert_eq!(
        link["content"],
        json!([{ "type": "resource_link", "uri": "test://static-text", "name": "static-text" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_told_as_what_they_are() {
    let side = plain().await;
    let client = side.client(None).await;
    let failed = client.told("fixture__test_error_handling", json!({})).await;
    assert_eq!(failed, (true, "This tool intentionally returns an error for testing".to_owned()));
    let refused = client.call("fixture__test_protocol_error", json!({})).await.expect_err("refused");
    assert_eq!(code(refused), -32042);
    for unknown in ["fixture__nothing", "test_simple_text", ""] {
        assert_eq!(code(client.call(unknown, json!({})).await.expect_err("unknown")), -32602, "{unknown}");
    }
    let before = side.fixture.asked().len();
    let (is_error, text) = client.told("fixture__test_structured", json!({ "number": "many" })).await;
    assert!(is_error && text.contains("/number"), "{text}");
    assert_eq!(side.fixture.asked().len(), before, "what does not fit is not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_reaches_the_client_and_cancellation_the_server() {
    let side = plain().await;
    let client = side.client(None).await;
    assert_eq!(client.told("fixture__test_tool_with_progress", json!({})).await, (false, "done".to_owned()));
    let heard = client.heard.progress.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(heard, [(0.0, Some(100.0)), (50.0, Some(100.0)), (100.0, Some(100.0))]);

    let request =
        ClientRequest::CallToolRequest(CallToolRequest::new(CallToolRequestParams::new("fixture__test_wait")));
    let sent = client.service.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
    side.fixture.waits.notified().await;
    sent.expect("sent").cancel(Some("enough".to_owned())).await.expect("cancelled");
    side.fixture.cancelled.notified().await;
    assert!(!client.told("fixture__test_simple_text", json!({})).await.0, "calls go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_templates_prompts_and_completion_pass_through() {
    let side = plain().await;
    let client = side.client(None).await;
    let resources = client.service.list_all_resources().await.expect("a list");
    assert!(resources.iter().any(|resource| resource.uri == "test://static-text"), "{resources:?}");
    let templates = client.service.list_all_resource_templates().await.expect("a list");
    assert_eq!(
        templates.iter().map(|one| one.uri_template.as_str()).collect::<Vec<_>>(),
        ["test://template/{id}/data"]
    );
    let read = |uri: &str| client.service.read_resource(ReadResourceRequestParams::new(uri));
    let text = wire(&read("test://static-text").await.expect("read"));
    assert_eq!(text["contents"][0]["text"], "This is the content of the static text resource.");
    assert_eq!(text["_meta"]["groundwire/provenance"]["server"], "fixture");
    assert_eq!(wire(&read("test://static-binary").await.expect("read"))["contents"][0]["blob"], PNG);
    let data = wire(&read("test://template/12/data").await.expect("read"));
    assert!(data["contents"][0]["text"].as_str().is_some_and(|text| text.contains("\"12\"")), "{data}");
    assert_eq!(
        wire(&read("groundwire://fixture/test://static-text").await.expect("read"))["contents"][0]["uri"],
        "groundwire://fixture/test://static-text"
    );
    assert_eq!(code(read("test://nothing").await.expect_err("nothing is there")), -32002);

    let prompts = client.service.list_all_prompts().await.expect("a list");
    let names: Vec<&str> = prompts.iter().map(|prompt| prompt.name.as_str()).collect();
    assert!(names.contains(&"fixture__test_prompt_with_arguments"), "{names:?}");
    let mut wanted = GetPromptRequestParams::new("fixture__test_prompt_with_arguments");
    wanted.arguments = json!({ "arg1": "a", "arg2": "b" }).as_object().cloned();
    let prompt = wire(&client.service.get_prompt(wanted).await.expect("a prompt"));
    assert_eq!(prompt["messages"][0]["content"]["text"], "Prompt with arguments: arg1='a', arg2='b'");
    let unknown = GetPromptRequestParams::new("test_simple_prompt");
    assert_eq!(code(client.service.get_prompt(unknown).await.expect_err("unknown")), -32602);

    let argument = serde_json::from_value(json!({ "name": "arg1", "value": "par" })).expect("an argument");
    let wanted = CompleteRequestParams::new(Reference::for_prompt("fixture__test_prompt_with_arguments"), argument);
    let completed = client.service.complete(wanted).await.expect("an answer");
    assert_eq!(completed.completion.values, ["paris", "park", "party"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_when_the_list_changes() {
    let side = plain().await;
    let client = side.client(None).await;
    let has =
        async |name: &str| client.service.list_all_tools().await.expect("a list").iter().any(|tool| tool.name == name);
    assert!(!has("fixture__test_grown").await);
    client.told("fixture__test_grow", json!({})).await;
    // Told once when it is seen, and once more when it is offered, since it is written down then.
    loop {
        client.heard.tools_changed.notified().await;
        if has("fixture__test_grown").await {
            break;
        }
    }
    assert_eq!(client.told("fixture__test_grown", json!({})).await, (false, "ok".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_hides_no_other_and_is_named() {
    let side = Side::start(
        |config| {
            let argus = config.mcp.servers.get_mut("argus").expect("the sandbox has argus");
            argus.transport = TransportConfig::Stdio {
                command: "/nonexistent/argus-mcp".to_owned(),
                args: Vec::new(),
                env: Default::default(),
                cwd: None,
            };
        },
        None,
    )
    .await;
    let client = side.client(None).await;
    let info = client.service.peer_info().expect("it said who it is");
    assert!(info.instructions.as_deref().is_some_and(|text| text.contains("Not available now: argus")), "{info:?}");
    let list = wire(&client.service.list_tools(None).await.expect("a list"));
    assert_eq!(list["_meta"]["groundwire/servers_down"][0]["server"], "argus");
    assert!(list["tools"].as_array().is_some_and(|tools| tools.len() > 20), "{list}");
    let prompts = wire(&client.service.list_prompts(None).await.expect("a list"));
    assert_eq!(prompts["_meta"]["groundwire/servers_down"][0]["server"], "argus");
    let error = client.call(LOOK_UP, json!({ "caseID": 1 })).await.expect_err("not there").to_string();
    assert!(error.contains("not available now: argus"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_caller_has_the_rights_of_their_token_and_nobody_else_comes_in() {
    let side = Side::start(with_tokens, None).await;
    let reader = side.gateway.token("rita", AccessRole::Reader, None).await;
    let analyst = side.gateway.token("anna", AccessRole::Analyst, None).await;
    assert_eq!(side.gateway.post("/mcp", &initialize()).send().await.expect("an answer").status(), 401);
    assert_eq!(side.gateway.get("/sse").send().await.expect("an answer").status(), 401);

    let (rita, anna) = (side.client(Some(&reader)).await, side.client(Some(&analyst)).await);
    let listed = rita.service.list_all_tools().await.expect("readers may look").len();
    assert_eq!(listed, anna.service.list_all_tools().await.expect("a list").len());
    let (is_error, text) = rita.told("fixture__test_simple_text", json!({})).await;
    assert!(is_error && text.contains("analyst"), "{text}");
    let read = rita.service.read_resource(ReadResourceRequestParams::new("test://static-text")).await;
    assert_eq!(code(read.expect_err("readers may not fetch")), -32600);
    assert_eq!(side.fixture.asked(), Vec::<Value>::new());
    assert!(!anna.told("fixture__test_simple_text", json!({})).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policy_keeps_off_limits_is_not_there() {
    let side = Side::start(|config| config.policy.off_limits = vec!["test_simple_text".to_owned()], None).await;
    let client = side.client(None).await;
    let tools = client.service.list_all_tools().await.expect("a list");
    assert!(!tools.iter().any(|tool| tool.name.ends_with("test_simple_text")));
    let (is_error, text) = client.told("fixture__test_simple_text", json!({})).await;
    assert!(is_error && text.contains("off limits"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_server_may_keep_its_own_names() {
    let side = Side::start(
        |config| {
            config.mcp.servers.retain(|name, _| name == "fixture");
            config.mcp.proxy_names = ProxyNames::Bare;
        },
        None,
    )
    .await;
    let client = side.client(None).await;
    assert!(!client.told("test_simple_text", json!({})).await.0);
    let prompt = client.service.get_prompt(GetPromptRequestParams::new("test_simple_prompt")).await;
    assert_eq!(
        wire(&prompt.expect("a prompt"))["messages"][0]["content"]["text"],
        "This is a simple prompt for testing."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_without_sessions_get_plain_json_and_progress_in_a_stream() {
    let side = plain().await;
    let call = |name: &str| json!({ "name": name, "arguments": {} });
    let response = side.sessionless("tools/call", call("fixture__test_simple_text")).send().await.expect("an answer");
    assert!(response.headers().get("mcp-session-id").is_none());
    let result = answer(response).await["result"].clone();
    assert_eq!(result["content"][0]["text"], "This is a simple text response for testing.");
    let mut wanted = call("fixture__test_tool_with_progress");
    wanted["_meta"] = json!({ "progressToken": "p1" });
    let stream = side.sessionless("tools/call", wanted).send().await.expect("an answer").text().await.expect("a body");
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| !data.is_empty());
    let sent: Vec<Value> = data.map(|data| serde_json::from_str(data).expect("JSON")).collect();
    let steps: Vec<&Value> =
        sent.iter().map(|message| &message["params"]["progress"]).filter(|step| !step.is_null()).collect();
    assert_eq!(json!(steps), json!([0.0, 50.0, 100.0]), "{stream}");
    assert_eq!(sent.last().expect("a result")["result"]["content"][0]["text"], "done");
    let read =
        side.sessionless("resources/read", json!({ "uri": "test://static-text" })).send().await.expect("an answer");
    assert_eq!(answer(read).await["result"]["resultType"], "complete", "the server behind says nothing of it");
    let listed = answer(side.sessionless("tools/list", json!({})).send().await.expect("an answer")).await;
    assert!(listed["result"]["tools"].as_array().is_some_and(|tools| tools.len() > 80), "{listed}");
    let about = answer(side.sessionless("server/discover", json!({})).send().await.expect("an answer")).await;
    assert!(
        about["result"]["supportedVersions"].as_array().is_some_and(|all| all.contains(&json!("2026-07-28"))),
        "{about}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn older_clients_are_served_over_sse() {
    let side = plain().await;
    let (post, mut events) = open(side.gateway.get("/sse")).await;
    let send = async |body: Value| {
        let sent = side.gateway.http.post(&post).json(&body).send().await.expect("an answer");
        assert_eq!(sent.status(), 202);
    };
    send(initialize()).await;
    assert_eq!(said(&mut events).await["result"]["serverInfo"]["name"], "groundwire");
    send(initialized()).await;
    let params = json!({ "name": LOOK_UP, "arguments": { "caseID": 4_120_771 } });
    send(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params })).await;
    let result = said(&mut events).await["result"].clone();
    assert_eq!(result["structuredContent"]["data"]["id"], 4_120_771, "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_call_side_by_side() {
    let side = Arc::new(plain().await);
    let calls = (0..16).map(|number| {
        let side = Arc::clone(&side);
        async move {
            let client = side.client(None).await;
            let result = client.call("fixture__test_structured", json!({ "number": number })).await.expect("a result");
            assert_eq!(result.structured_content, Some(json!({ "doubled": number * 2 })));
        }
    });
    futures::future::join_all(calls).await;
    assert_eq!(side.fixture.asked().len(), 16);
    answered(side.gateway.get("/healthz"), 200).await;
}
