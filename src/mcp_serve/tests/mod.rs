//! Bounds and defects, with a small handler, without a socket, under a clock that stands.

mod silent;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt;
use http::Extensions;
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

/// Callers with a name are told apart by it, and counted by it or by whom they come through; a
/// guest's name is its credential alone.
fn admit(headers: &HeaderMap, _: &Extensions) -> Result<Admitted, Refusal> {
    let read = |header: &str| headers.get(header).map(|name| name.to_str().unwrap().to_owned());
    let (name, guest) = (read("x-name").unwrap(), read("x-guest"));
    let admitted = match (name.as_str(), guest) {
        ("", Some(guest)) => Admitted::new(Name(guest)),
        ("", None) => Admitted::new(Name(String::new())).empty_handed(),
        (name, _) => Admitted::new(Name(name.to_owned())).known_by(&[name.as_bytes()]),
    };
    let counted = read("x-through").or((!name.is_empty()).then_some(name));
    Ok(match counted {
        Some(counted) => admitted.counted_by(&[counted.as_bytes()]),
        None => admitted,
    })
}

fn door() -> Door {
    Door::new(Hosts::Unchecked, Arc::new(admit))
}

fn limits() -> Limits {
    Limits { sessions: 3, sessions_each: 2, ..Limits::default() }
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
    opened_by(endpoint, "ann").await
}

async fn opened_by(endpoint: &Endpoint, name: &str) -> (u16, String) {
    let response = endpoint.answer(request("POST", "/", &[("x-name", name)], Some(initialize()))).await;
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

/// Whether a session is there for its owner.
async fn lives(endpoint: &Endpoint, id: &str, name: &str) -> bool {
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    in_session(endpoint, "POST", id, name, Some(note)).await.status() == 202
}

#[tokio::test(start_paused = true)]
async fn who_opens_too_many_sessions_ends_an_own_one() {
    let endpoint = streamable();
    let (_, bobs) = opened_by(&endpoint, "bob").await;
    let (_, first) = opened(&endpoint).await;
    let (_, second) = opened(&endpoint).await;
    assert!(lives(&endpoint, &first, "ann").await);
    let (status, third) = opened(&endpoint).await;
    assert_eq!(status, 200);
    // The second was not used for longest.
    for (id, name, there) in
        [(&bobs, "bob", true), (&first, "ann", true), (&second, "ann", false), (&third, "ann", true)]
    {
        assert_eq!(lives(&endpoint, id, name).await, there);
    }
}

#[tokio::test(start_paused = true)]
async fn strangers_take_the_places_of_the_sessions_that_nobody_uses_and_no_others() {
    let endpoint = streamable();
    let (_, anns) = opened(&endpoint).await;
    for n in 0..50 {
        assert_eq!(opened_by(&endpoint, &format!("stranger {n}")).await.0, 200);
        assert!(lives(&endpoint, &anns, "ann").await, "{n}");
    }
    assert_eq!(opened_by(&endpoint, "bob").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn who_comes_under_many_names_has_the_sessions_of_one() {
    let (endpoint, older) = (streamable(), sse());
    let (_, anns) = opened(&endpoint).await;
    let annas = stream(&older).await;
    for n in 0..50 {
        let name = format!("name {n}");
        let through = [("x-name", name.as_str()), ("x-through", "carl")];
        let opened = endpoint.answer(request("POST", "/", &through, Some(initialize()))).await;
        assert_eq!(opened.status(), 200);
        // A stream is nobody's in particular, and counts all the same.
        let through = [("x-name", ""), ("x-guest", name.as_str()), ("x-through", "carl")];
        drop(older.stream.answer(request("GET", "/sse", &through, None)).await);
    }
    assert!(lives(&endpoint, &anns, "ann").await);
    let begun = tokio::time::Instant::now();
    text(annas).await;
    assert!(begun.elapsed() >= limits().idle, "it ended in silence and made room for nobody");
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_told_apart_ends_nobodys_session_but_the_oldest_of_all() {
    let endpoint = streamable();
    let (_, anns) = opened(&endpoint).await;
    // More than one caller may have, as many as there may be.
    let (_, first) = opened_by(&endpoint, "").await;
    let (_, second) = opened_by(&endpoint, "").await;
    assert!(lives(&endpoint, &anns, "ann").await && lives(&endpoint, &first, "").await);
    assert!(lives(&endpoint, &second, "").await);
    let (_, third) = opened_by(&endpoint, "").await;
    assert!(!lives(&endpoint, &anns, "ann").await, "it was not used for longest");
    for id in [&first, &second, &third] {
        assert!(lives(&endpoint, id, "").await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_of_nobody_is_for_whoever_knows_its_id_and_an_answer_for_its_asker() {
    let endpoint = streamable();
    let (_, id) = opened_by(&endpoint, "").await;
    assert!(lives(&endpoint, &id, "").await);
    for name in ["", "ann"] {
        let told = text(in_session(&endpoint, "POST", &id, name, Some(call(2, "who"))).await).await;
        assert!(told.contains(&format!(r#""text":"{name}""#)), "{told}");
    }
    let (_, anns) = opened(&endpoint).await;
    assert_eq!(in_session(&endpoint, "GET", &anns, "", None).await.status(), 403);
    assert_eq!(in_session(&endpoint, "GET", &id, "ann", None).await.status(), 200);
    assert_eq!(in_session(&endpoint, "DELETE", &id, "ann", None).await.status(), 202);
    assert!(!lives(&endpoint, &id, "").await);
}

#[tokio::test(start_paused = true)]
async fn who_takes_any_form_of_an_answer_or_says_nothing_of_it_takes_both() {
    let endpoint = streamable();
    for (accept, status) in [
        (None, 200),
        (Some("*/*"), 200),
        (Some("text/html, */*;q=0.8"), 200),
        (Some("application/json"), 406),
        (Some(""), 406),
    ] {
        let mut request = request("POST", "/", &[("x-name", "ann")], Some(initialize()));
        request.headers_mut().remove("accept");
        if let Some(accept) = accept {
            request.headers_mut().insert("accept", accept.parse().unwrap());
        }
        assert_eq!(endpoint.answer(request).await.status(), status, "{accept:?}");
    }
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
    stream_of(endpoints, "ann").await
}

async fn stream_of(endpoints: &sse::Endpoints, name: &str) -> Response {
    endpoints.stream.answer(request("GET", "/sse", &[("x-name", name)], None)).await
}

#[tokio::test(start_paused = true)]
async fn streams_end_with_their_client_in_silence_or_for_newer_ones() {
    let endpoints = sse();
    let bobs = stream_of(&endpoints, "bob").await;
    let first = stream(&endpoints).await;
    let second = stream(&endpoints).await;
    let third = stream(&endpoints).await;
    assert_eq!(third.status(), 200);
    // The first of her own made room, at once; the others go on until nothing was posted for long.
    let begun = tokio::time::Instant::now();
    assert!(!text(first).await.contains("keep-alive"));
    assert!(begun.elapsed() < limits().keep_alive);
    // To the end: it comes when nothing was posted for long.
    let all = text(bobs).await;
    assert!(all.starts_with("event: endpoint\ndata: /messages?session_id=") && all.contains(": keep-alive"), "{all}");
    assert!(begun.elapsed() >= limits().idle);
    drop((second, third));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_brings_nothing_is_served_with_what_the_stream_was_opened_with() {
    let endpoints = sse();
    // A stream of nobody in particular, who brings a name all the same.
    let opening = request("GET", "/sse", &[("x-name", ""), ("x-guest", "carl")], None);
    let mut body = endpoints.stream.answer(opening).await.into_body().into_data_stream();
    let first = String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap();
    let path = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
    for (headers, body) in [
        (vec![("x-name", "")], initialize()),
        (vec![("x-name", "")], json!({"jsonrpc": "2.0", "method": "notifications/initialized"})),
        (vec![("x-name", "")], call(2, "who")),
        (vec![("x-name", ""), ("x-guest", "dora")], call(3, "who")),
        (vec![("x-name", "ann")], call(4, "who")),
    ] {
        assert_eq!(endpoints.messages.answer(request("POST", &path, &headers, Some(body))).await.status(), 202);
    }
    let mut told = String::new();
    while !["carl", "dora", "ann"].iter().all(|name| told.contains(&format!(r#""text":"{name}""#))) {
        told.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    let mut anns = stream(&endpoints).await.into_body().into_data_stream();
    let first = anns.next().await.unwrap().unwrap();
    let path = std::str::from_utf8(&first).unwrap().lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let strange = request("POST", path, &[("x-name", ""), ("x-guest", "dora")], Some(call(5, "who")));
    assert_eq!(endpoints.messages.answer(strange).await.status(), 403);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_nobody_reads_takes_no_more_than_a_bounded_number_of_requests() {
    let endpoints = sse();
    let mut body = stream(&endpoints).await.into_body().into_data_stream();
    let first = String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap();
    let path = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
    let post = async |body: Value| {
        endpoints.messages.answer(request("POST", &path, &[("x-name", "ann")], Some(body))).await.status().as_u16()
    };
    assert_eq!(post(initialize()).await, 202);
    assert_eq!(post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await, 202);
    let mut taken = 0;
    for round in 0..2 {
        for id in round * 1000 + 2..round * 1000 + 502 {
            match post(call(id, "who")).await {
                202 => taken += 1,
                status => assert_eq!(status, 429),
            }
        }
        // All that can be answered is; what waits to be read is not forgotten for being cancelled.
        tokio::time::sleep(Duration::from_secs(1)).await;
        for id in round * 1000 + 2..round * 1000 + 502 {
            let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
            assert_eq!(post(cancel).await, 202);
        }
    }
    assert!((16..200).contains(&taken), "{taken} of 1000 were taken");
    let mut told = String::new();
    while !told.contains(r#""text":"ann""#) {
        told.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
}

/// What comes on a stream, and where it says to post.
async fn posting(response: Response) -> (axum::body::BodyDataStream, String) {
    let mut body = response.into_body().into_data_stream();
    let first = String::from_utf8(body.next().await.unwrap().unwrap().to_vec()).unwrap();
    let path = first.lines().find_map(|line| line.strip_prefix("data: ")).unwrap().to_owned();
    (body, path)
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_id_waits_for_an_answer_is_refused() {
    let endpoints = sse();
    let (mut body, path) = posting(stream(&endpoints).await).await;
    let post =
        async |body: Value| endpoints.messages.answer(request("POST", &path, &[("x-name", "ann")], Some(body))).await;
    assert_eq!(post(initialize()).await.status(), 202);
    assert_eq!(post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await.status(), 202);
    assert_eq!(post(call(2, "who")).await.status(), 202);
    for _ in 0..100 {
        let again = post(call(2, "who")).await;
        assert_eq!(again.status(), 409);
        assert!(text(again).await.contains(r#""code":"request_id_in_use""#));
    }
    assert_eq!(post(call(3, "who")).await.status(), 202, "another one");
    let mut told = String::new();
    while told.matches(r#""text":"ann""#).count() < 2 {
        told.push_str(std::str::from_utf8(&body.next().await.unwrap().unwrap()).unwrap());
    }
    assert_eq!(post(call(2, "who")).await.status(), 202, "it was answered");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_away_leaves_no_session_behind() {
    let endpoints = sse();
    let (body, path) = posting(stream(&endpoints).await).await;
    let post =
        async || endpoints.messages.answer(request("POST", &path, &[("x-name", "ann")], Some(initialize()))).await;
    assert_eq!(post().await.status(), 202);
    drop(body);
    // The clock stands still until nothing is left to do.
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(post().await.status(), 404);
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
