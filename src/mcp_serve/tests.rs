//! Bounds and defects, with a small handler, without a socket, under a clock that stands.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt;
use http::HeaderMap;
use http::request::Parts;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::service::RequestContext;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::mcp_serve::door::Admitted;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::streamable::Keeping;

#[derive(Clone)]
struct Name(String);

/// Says who calls; one of its tools panics.
#[derive(Clone)]
struct Handler;

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        assert_ne!(request.name, "panic", "as asked");
        let name = context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Name>());
        let text = name.map_or("nobody", |name| &name.0);
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

fn admit(headers: &HeaderMap) -> Result<Admitted, Refusal> {
    let name = headers["x-name"].to_str().unwrap();
    Ok(Admitted::new(name.as_bytes(), Name(name.to_owned())))
}

fn door() -> Door {
    Door::new(Hosts::Unchecked, Arc::new(admit))
}

fn limits() -> Limits {
    Limits { sessions: 2, ..Limits::default() }
}

fn streamable() -> Endpoint {
    streamable::endpoint(&Handler, door(), Keeping::Sessions, &limits(), &CancellationToken::new())
}

fn request(method: &str, uri: &str, headers: &[(&str, &str)], body: Option<Value>) -> Request {
    let mut request = http::Request::builder().method(method).uri(uri).header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let accept = "application/json, text/event-stream";
    request.header("accept", accept).header("content-type", "application/json").body(body).unwrap()
}

fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

fn call(id: u64, tool: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool}})
}

async fn opened(endpoint: &Endpoint) -> (u16, String) {
    let response = endpoint.answer(request("POST", "/", &[("x-name", "ann")], Some(initialize()))).await;
    let id = response.headers().get("mcp-session-id").map(|id| id.to_str().unwrap().to_owned());
    (response.status().as_u16(), id.unwrap_or_default())
}

async fn in_session(endpoint: &Endpoint, method: &str, id: &str, name: &str, body: Option<Value>) -> Response {
    endpoint.answer(request(method, "/", &[("x-name", name), ("mcp-session-id", id)], body)).await
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn no_more_sessions_than_allowed_and_one_that_ends_makes_room() {
    let endpoint = streamable();
    let (_, first) = opened(&endpoint).await;
    assert_eq!(opened(&endpoint).await.0, 200);
    let full = endpoint.answer(request("POST", "/", &[("x-name", "ann")], Some(initialize()))).await;
    assert_eq!((full.status().as_u16(), &full.headers()["retry-after"]), (503, &"30".parse().unwrap()));
    assert!(text(full).await.contains("too_many_sessions"));
    assert_eq!(in_session(&endpoint, "DELETE", &first, "ann", None).await.status(), 202);
    assert_eq!(opened(&endpoint).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_session_in_which_nothing_is_said_ends() {
    let endpoint = streamable();
    let (_, id) = opened(&endpoint).await;
    let note = || json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(in_session(&endpoint, "POST", &id, "ann", Some(note())).await.status(), 202);
    tokio::time::sleep(limits().idle - Duration::from_secs(1)).await;
    assert_eq!(in_session(&endpoint, "POST", &id, "ann", Some(note())).await.status(), 202);
    tokio::time::sleep(limits().idle - Duration::from_secs(1)).await;
    assert_eq!(in_session(&endpoint, "GET", &id, "ann", None).await.status(), 200);
    tokio::time::sleep(limits().idle + Duration::from_secs(1)).await;
    assert_eq!(in_session(&endpoint, "GET", &id, "ann", None).await.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_panics_hurts_nobody_else() {
    let endpoint = streamable();
    let (_, id) = opened(&endpoint).await;
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    in_session(&endpoint, "POST", &id, "ann", Some(note)).await;
    drop(in_session(&endpoint, "POST", &id, "ann", Some(call(2, "panic"))).await);
    for name in ["ann", "bob"] {
        let told = text(in_session(&endpoint, "POST", &id, name, Some(call(3, "who"))).await).await;
        assert!(told.contains(&format!(r#""text":"{name}""#)), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_defect_of_the_endpoint_itself_is_an_answer() {
    // Without its header the function at the door panics.
    let response = streamable().answer(request("POST", "/", &[], Some(initialize()))).await;
    assert_eq!(response.status(), 500);
    assert!(text(response).await.contains(r#""code":"internal""#));
}

fn sse() -> sse::Endpoints {
    sse::endpoints(&Handler, door(), "/messages", &limits(), &CancellationToken::new())
}

async fn stream(endpoints: &sse::Endpoints) -> Response {
    endpoints.stream.answer(request("GET", "/sse", &[("x-name", "ann")], None)).await
}

#[tokio::test(start_paused = true)]
async fn streams_are_as_many_as_allowed_and_end_with_their_client_or_in_silence() {
    let endpoints = sse();
    let (first, second) = (stream(&endpoints).await, stream(&endpoints).await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    assert_eq!(stream(&endpoints).await.status(), 503);
    drop(first);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let third = stream(&endpoints).await;
    assert_eq!(third.status(), 200);
    // To the end: it comes when nothing was posted for long.
    let all = text(third).await;
    assert!(all.starts_with("event: endpoint\ndata: /messages?sessionId=") && all.contains(": keep-alive"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_survives_a_tool_that_panics() {
    let endpoints = sse();
    let mut body = stream(&endpoints).await.into_body().into_data_stream();
    let first = String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap();
    let path = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    for body in [initialize(), note, call(2, "panic"), call(3, "who")] {
        let taken = endpoints.messages.answer(request("POST", &path, &[("x-name", "ann")], Some(body))).await;
        assert_eq!(taken.status(), 202);
    }
    let mut told = String::new();
    while !told.contains(r#""text":"ann""#) {
        told.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
}
