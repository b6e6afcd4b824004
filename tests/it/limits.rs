//! Bounds: bodies, messages, turns at once, and what every response carries whatever the
//! request was.

use groundwire::sandbox::SandboxOptions;
use serde_json::Value;
use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::gateway::QUESTION;
use crate::support::gateway::adjusted;
use crate::support::gateway::chat;
use crate::support::gateway::events;
use crate::support::gateway::gated;
use crate::support::gateway::header;
use crate::support::gateway::json;
use crate::support::gateway::openai_refused;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::turns;

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn a_message_of_200_kb_is_too_long() {
    let gateway = Gateway::start(options()).await;
    let long = "x".repeat(200_000);
    assert_eq!(openai_refused(gateway.post(CHAT, &chat(&long)), 413).await.0, "message_too_long");
    let conversation = gateway.conversation().await;
    let request = gateway.post(&turns(&conversation), &json!({ "message": long }));
    assert_eq!(refused(request, 413).await.0, "message_too_long");
    let routed = gateway.post("/api/route", &json!({ "message": long }));
    assert_eq!(refused(routed, 413).await.0, "message_too_long");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_and_without_a_length() {
    let gateway = Gateway::start(adjusted(|config| config.limits.body_bytes = 1_000)).await;
    let large = chat(&"x".repeat(2_000));
    assert_eq!(openai_refused(gateway.post(CHAT, &large), 413).await.0, "body_too_large");
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = (0..20).map(|_| Ok(vec![b' '; 100])).collect();
    let streamed = gateway
        .http
        .post(gateway.url("/api/validate"))
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(futures::stream::iter(pieces)));
    assert_eq!(refused(streamed, 413).await.0, "body_too_large");
}

#[tokio::test]
async fn one_turn_of_a_conversation_runs_at_a_time() {
    let (options, gate) = gated(options());
    let gateway = Gateway::start(options).await;
    let conversation = gateway.conversation().await;
    let ask = || gateway.post(&turns(&conversation), &json!({ "message": QUESTION }));
    let first = ask().header("accept", "text/event-stream").send().await.expect("an answer");
    assert_eq!(refused(ask(), 409).await.0, "turn_running");
    let by_chat = gateway.post(CHAT, &chat("hi")).header("X-Conversation-Id", &conversation);
    assert_eq!(openai_refused(by_chat, 409).await.0, "turn_running");
    gate.cancel();
    let sent = events(&first.text().await.expect("a stream"));
    assert_eq!(sent.last().expect("events").event, "answer.finished");
}

#[tokio::test]
async fn more_turns_than_places_are_told_to_come_back() {
    let (options, _gate) = gated(adjusted(|config| config.limits.turns_at_once = 1));
    let gateway = Gateway::start(options).await;
    let mut streamed = chat(QUESTION);
    streamed["stream"] = json!(true);
    let _first = gateway.post(CHAT, &streamed).send().await.expect("an answer");
    let response = gateway.post(CHAT, &chat(QUESTION)).send().await.expect("an answer");
    assert_eq!(response.status(), 429);
    assert_eq!(header(&response, "retry-after"), "1");
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body["error"]["code"], "busy");
    assert_eq!(body["error"]["type"], "rate_limit_error");
}

#[tokio::test]
async fn every_response_has_a_request_id_and_a_sane_one_is_kept() {
    let gateway = Gateway::start(options()).await;
    for path in ["/healthz", "/nowhere", "/api/conversations", "/v1/models"] {
        let response = gateway.get(path).send().await.expect("an answer");
        assert_eq!(header(&response, "x-request-id").len(), 36, "{path}");
        let response = gateway.get(path).header("x-request-id", "trace-7:a.b_c").send().await.expect("an answer");
        assert_eq!(header(&response, "x-request-id"), "trace-7:a.b_c");
    }
    for odd in ["a b", "<script>", &"x".repeat(129)] {
        let response = gateway.get("/healthz").header("x-request-id", odd).send().await.expect("an answer");
        assert_ne!(header(&response, "x-request-id"), odd);
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_refused_in_the_shape_of_their_side() {
    let gateway = Gateway::start(options()).await;
    assert_eq!(refused(gateway.get("/nowhere"), 404).await.0, "route_not_found");
    assert_eq!(openai_refused(gateway.get("/v1/nowhere"), 404).await.0, "route_not_found");
    assert_eq!(openai_refused(gateway.post("/v1/responses", &json!({})), 404).await.0, "route_not_built");
    let response = gateway.get(CHAT).send().await.expect("an answer");
    assert_eq!(response.status(), 405);
    assert_eq!(header(&response, "allow"), "POST");
    assert_eq!(openai_refused(gateway.get(CHAT), 405).await.0, "method_not_allowed");
    assert_eq!(refused(gateway.http.put(gateway.url("/api/tools")), 405).await.0, "method_not_allowed");
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_as_503_and_not_ready() {
    let gateway = Gateway::start(SandboxOptions::clone(&options())).await;
    gateway.app.store.close().await;
    let ready = json(gateway.get("/readyz"), 503).await;
    assert_eq!(ready["status"], "not_ready");
    assert_eq!(ready["database"]["state"], "down");
    assert_eq!(json(gateway.get("/healthz"), 200).await["status"], "ok");
    let (code, error) = refused(gateway.get("/api/conversations"), 503).await;
    assert_eq!(code, "store_unreachable");
    assert!(!error["message"].as_str().unwrap_or_default().to_lowercase().contains("pool"), "{error}");
    assert_eq!(openai_refused(gateway.post(CHAT, &chat("hi")), 503).await.0, "store_unreachable");
}
