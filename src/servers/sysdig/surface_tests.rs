//! What clients see: lists by permission, the resource, the prompt, and who
//! is offered the scanner.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::ServiceError;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::ReadResourceRequestParams;
use rmcp::service::RunningService;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::prompt;
use crate::servers::sysdig::resource;
use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::server::serve;
use crate::servers::sysdig::test_support::Fixture;
use crate::servers::sysdig::test_support::Reply;
use crate::servers::sysdig::tools::TOOLS;

type Client = RunningService<RoleClient, ()>;

const EVENTS: [&str; 3] = ["get_event_info", "get_event_process_tree", "list_runtime_events"];

async fn connect(server: SysdigServer) -> Client {
    let (client_side, server_side) = tokio::io::duplex(1 << 16);
    let (read, write) = tokio::io::split(server_side);
    tokio::spawn(serve(server, read, write, CancellationToken::new()));
    ().serve(client_side).await.unwrap()
}

fn permissions(names: &[&str]) -> Reply {
    Reply::json(200, &json!({"customerId": 1, "userId": 2, "teamId": 3, "permissions": names}))
}

async fn listed(client: &Client) -> Vec<String> {
    client.list_tools(None).await.unwrap().tools.iter().map(|tool| tool.name.to_string()).collect()
}

fn kubernetes() -> Vec<String> {
    TOOLS.iter().filter(|tool| tool.name.starts_with("k8s_")).map(|tool| tool.name.to_owned()).collect()
}

/// The scanner's message for an unknown tool, or how the call went instead.
async fn refusal(client: &Client, tool: &'static str) -> String {
    let params = CallToolRequestParams::new(tool).with_arguments(serde_json::Map::new());
    match client.call_tool(params).await {
        Err(ServiceError::McpError(error)) => format!("{} {}", error.code.0, error.message),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_token_sees_the_tools_that_it_has_all_permissions_for() {
    let sets: [(&[&str], Vec<String>); 7] = [
        (&["policy-events.read"], EVENTS.map(str::to_owned).to_vec()),
        (&["sage.exec"], vec!["generate_sysql".to_owned()]),
        (&["risks.read"], vec![]),
        (&["risks.read", "sage.exec"], vec!["generate_sysql".to_owned(), "run_sysql".to_owned()]),
        (&["metrics-data.read"], kubernetes()),
        (&["secure.vm.cli-scanner.exec"], vec!["run_sysdig_cli_scanner".to_owned()]),
        (&[], vec![]),
    ];
    let replies = sets.iter().map(|(held, _)| permissions(held)).collect();
    let fixture = Fixture::start(replies).await.with_scanner(Scanner::default());
    let client = connect(fixture.server()).await;
    for (number, (held, expected)) in sets.iter().enumerate() {
        assert_eq!(&listed(&client).await, expected, "{held:?}");
        assert_eq!(fixture.requests().len(), number + 1, "one permission call per listing");
    }
    assert!(fixture.requests().iter().all(|request| request.path == "/api/users/me/permissions"));
}

#[tokio::test]
async fn the_whole_list_is_ordered_by_name_and_leaves_the_older_name_out() {
    let all = ["policy-events.read", "sage.exec", "risks.read", "metrics-data.read", "secure.vm.cli-scanner.exec"];
    let fixture = Fixture::start(vec![permissions(&all)]).await.with_scanner(Scanner::default());
    let names = listed(&connect(fixture.server()).await).await;
    assert_eq!(names.len(), 6 + 16);
    assert!(names.is_sorted() && !names.contains(&"generate_and_run_sysql".to_owned()));
}

#[tokio::test]
async fn the_scanner_is_offered_only_where_the_server_was_told_to() {
    let held = permissions(&["secure.vm.cli-scanner.exec", "sage.exec"]);
    let without = Fixture::start(vec![held.clone()]).await;
    let client = connect(without.server()).await;
    assert_eq!(listed(&client).await, ["generate_sysql"]);
    assert_eq!(refusal(&client, "run_sysdig_cli_scanner").await, "-32602 unknown tool: run_sysdig_cli_scanner");
    let with = Fixture::start(vec![held]).await.with_scanner(Scanner::new("/nowhere/x", Duration::from_secs(1)));
    let client = connect(with.server()).await;
    assert_eq!(listed(&client).await, ["generate_sysql", "run_sysdig_cli_scanner"]);
    assert!(refusal(&client, "run_sysdig_cli_scanner").await.contains("image is required"));
}

#[tokio::test]
async fn headers_that_nobody_has_read_present_nothing_and_over_http_there_is_no_scanner() {
    use rmcp::transport::StreamableHttpClientTransport;
    use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
    use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
    use rmcp::transport::streamable_http_server::StreamableHttpService;
    use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;

    let held = permissions(&["secure.vm.cli-scanner.exec", "sage.exec"]);
    let fixture = Fixture::start(vec![held]).await.with_scanner(Scanner::default());
    let server = fixture.server();
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        LocalSessionManager::default().into(),
        StreamableHttpServerConfig::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await });
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header("tok-http");
    let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
    let client: Client = ().serve(transport).await.unwrap();
    let listing = client.list_tools(None).await.unwrap_err();
    assert!(listing.to_string().contains("Missing or invalid Authorization header"), "{listing}");
    assert!(fixture.requests().is_empty());
    assert_eq!(refusal(&client, "run_sysdig_cli_scanner").await, "-32602 unknown tool: run_sysdig_cli_scanner");
}

#[tokio::test]
async fn a_server_for_http_never_uses_the_configuration_whatever_way_a_request_comes() {
    let fixture = Fixture::start(vec![]).await.with_scanner(Scanner::default());
    let client = connect(fixture.server().over_http()).await;
    let listing = client.list_tools(None).await.unwrap_err();
    assert!(listing.to_string().contains("Missing or invalid Authorization header"), "{listing}");
    let arguments = json!({"event_id": "abc"}).as_object().cloned().unwrap();
    let call = CallToolRequestParams::new("get_event_info").with_arguments(arguments);
    let result = client.call_tool(call).await.unwrap();
    assert_eq!(result.is_error, Some(true));
    assert_eq!(result.content[0].as_text().unwrap().text, "Missing or invalid Authorization header");
    assert_eq!(refusal(&client, "run_sysdig_cli_scanner").await, "-32602 unknown tool: run_sysdig_cli_scanner");
    assert!(fixture.requests().is_empty());
}

#[tokio::test]
async fn a_tool_that_panics_is_an_answer() {
    let config = SysdigConfig {
        api_host: Some("http://127.0.0.1:9".to_owned()),
        api_token: Some("tok-test".into()),
        ..SysdigConfig::default()
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = config.http_client().unwrap();
    let server = SysdigServer::new(config, http, Arc::new(|| panic!("as asked")));
    let client = connect(server).await;
    for _ in 0..2 {
        let result = client.call_tool(CallToolRequestParams::new("list_runtime_events")).await.unwrap();
        assert_eq!(result.is_error, Some(true));
        let text = &result.content[0].as_text().unwrap().text;
        assert_eq!(text, "the tool failed inside the server; no Sysdig data was obtained");
    }
}

#[tokio::test]
async fn the_resource_is_listed_and_readable_without_credentials() {
    let fixture = Fixture::start_with(vec![], |config| config.api_token = None).await;
    let client = connect(fixture.server()).await;
    let resources = client.list_all_resources().await.unwrap();
    let json = serde_json::to_value(&resources).unwrap();
    assert_eq!(resources.len(), 1);
    assert_eq!(json[0]["uri"], "resource://filter-query-language");
    assert_eq!(json[0]["name"], "Sysdig Filter Query Language");
    assert_eq!(json[0]["mimeType"], "text/plain");
    let read = client.read_resource(ReadResourceRequestParams::new(resource::URI)).await.unwrap();
    let text = serde_json::to_value(&read).unwrap()["contents"][0]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("starts with"));
    let error = client.read_resource(ReadResourceRequestParams::new("resource://other")).await.unwrap_err();
    assert!(error.to_string().contains("unknown resource: resource://other"), "{error}");
    assert!(client.list_all_resource_templates().await.unwrap().is_empty());
    assert!(fixture.requests().is_empty());
}

#[tokio::test]
async fn the_prompt_is_listed_and_filled_in_without_credentials() {
    let fixture = Fixture::start_with(vec![], |config| config.api_token = None).await;
    let client = connect(fixture.server()).await;
    let prompts = serde_json::to_value(client.list_all_prompts().await.unwrap()).unwrap();
    assert_eq!(prompts[0]["name"], "investigate_event");
    let names: Vec<&Value> =
        prompts[0]["arguments"].as_array().unwrap().iter().map(|argument| &argument["name"]).collect();
    assert_eq!(names, ["severity", "relative_time"]);
    assert!(prompts[0]["arguments"].as_array().unwrap().iter().all(|argument| argument["required"] == true));
    let arguments = json!({"severity": "high", "relative_time": "24 hours"}).as_object().cloned().unwrap();
    let params = GetPromptRequestParams::new(prompt::NAME).with_arguments(arguments);
    let message = serde_json::to_value(client.get_prompt(params).await.unwrap()).unwrap();
    assert!(message["messages"][0]["content"]["text"].as_str().unwrap().contains("severity high of the last 24 hours"));
    for (name, text) in [(prompt::NAME, "severity is required"), ("other", "unknown prompt: other")] {
        let error = client.get_prompt(GetPromptRequestParams::new(name)).await.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    assert!(fixture.requests().is_empty());
}

#[tokio::test]
async fn the_token_is_in_no_log_line_however_much_is_logged() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let token = "tok-very-secret-0815";
    let replies = vec![permissions(&["sage.exec"]), Reply::text(500, &format!("no: Bearer {token}"))];
    let fixture = Fixture::start_with(replies, |config| config.api_token = Some(token.into())).await;
    let client = connect(fixture.server()).await;
    listed(&client).await;
    let params = CallToolRequestParams::new("generate_sysql")
        .with_arguments(json!({"question": "images"}).as_object().cloned().unwrap());
    let result = client.call_tool(params).await.unwrap();
    assert_eq!(fixture.requests()[1].header("authorization"), format!("Bearer {token}"));
    assert!(!serde_json::to_string(&result).unwrap().contains(token));
    let lines = std::fs::read_to_string(log.path()).unwrap();
    assert!(lines.contains("tool call failed"), "{lines}");
    assert!(!lines.contains(token), "{lines}");
}
