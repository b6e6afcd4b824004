//! Who is let in, what each role may do, and that nobody sees another's objects. And what
//! keeps web pages out when nobody is asked.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use groundwire::auth;
use groundwire::config::auth::AuthMode;
use groundwire::domain::caller::AccessRole;
use groundwire::sandbox::SandboxOptions;
use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::gateway::NOW;
use crate::support::gateway::QUESTION;
use crate::support::gateway::adjusted;
use crate::support::gateway::chat;
use crate::support::gateway::json;
use crate::support::gateway::openai_refused;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::text;
use crate::support::gateway::turns;

fn with_tokens() -> SandboxOptions {
    adjusted(|config| config.auth.mode = AuthMode::Token)
}

#[tokio::test]
async fn without_a_good_token_both_sides_answer_401_in_their_own_shape() {
    let gateway = Gateway::start(with_tokens()).await;
    let expired = gateway.token("old", AccessRole::Admin, NOW.parse().ok()).await;
    let revoked = gateway.token("gone", AccessRole::Admin, None).await;
    let tokens = auth::list_tokens(&gateway.app.store).await.expect("tokens");
    let gone = tokens.iter().find(|token| token.name == "gone").expect("the token");
    auth::revoke_token(&gateway.app.store, gone.id, gateway.app.clock.now()).await.expect("revoked");
    let cases = [
        (None, "token_missing"),
        (Some("gw_wrong".to_owned()), "token_unknown"),
        (Some(format!("gw_{}", "0".repeat(64))), "token_unknown"),
        (Some(expired), "token_expired"),
        (Some(revoked), "token_revoked"),
    ];
    for (token, code) in cases {
        let with = |request: reqwest::RequestBuilder| match &token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let (got, error) = openai_refused(with(gateway.post("/v1/chat/completions", &chat("hi"))), 401).await;
        assert_eq!((got.as_str(), error["type"].as_str()), (code, Some("authentication_error")));
        assert_eq!(refused(with(gateway.get("/api/conversations")), 401).await.0, code);
    }
    let response = gateway.get("/api/tools").send().await.expect("an answer");
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_token_may_come_as_bearer_or_as_api_key() {
    let gateway = Gateway::start(with_tokens()).await;
    let token = gateway.token("alice", AccessRole::Analyst, None).await;
    json(gateway.get("/v1/models").bearer_auth(&token), 200).await;
    json(gateway.get("/v1/models").header("x-api-key", &token), 200).await;
    json(gateway.get("/v1/models").header("authorization", format!("bearer {token}")), 200).await;
}

#[tokio::test]
async fn a_reader_reads_and_does_not_ask() {
    let gateway = Gateway::start(with_tokens()).await;
    let token = gateway.token("reader", AccessRole::Reader, None).await;
    json(gateway.get("/api/conversations").bearer_auth(&token), 200).await;
    json(gateway.get("/api/tools").bearer_auth(&token), 200).await;
    let checked = json!({ "answer": "Hello", "results": [] });
    json(gateway.post("/api/validate", &checked).bearer_auth(&token), 200).await;
    let judged = json!({ "answer": "Hello", "results": [], "mode": "both" });
    let conversation = turns("01939c5e-0000-7000-8000-000000000001");
    for request in [
        gateway.post("/api/conversations", &json!({})),
        gateway.post(&conversation, &json!({ "message": "hi" })),
        gateway.post("/api/validate", &judged),
    ] {
        assert_eq!(refused(request.bearer_auth(&token), 403).await.0, "role_missing");
    }
    let chat = gateway.post("/v1/chat/completions", &chat("hi")).bearer_auth(&token);
    assert_eq!(openai_refused(chat, 403).await.0, "role_missing");
}

#[tokio::test]
async fn another_callers_objects_are_not_there() {
    let gateway = Gateway::start(with_tokens()).await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let mallory = gateway.token("mallory", AccessRole::Admin, None).await;
    let conversation = json(gateway.post("/api/conversations", &json!({})).bearer_auth(&alice), 201).await;
    let conversation = text(&conversation["id"]);
    let asked = gateway.post(&turns(&conversation), &json!({ "message": QUESTION })).bearer_auth(&alice);
    let turn = json(asked, 200).await;
    let (id, result) = (text(&turn["id"]), text(&turn["basis"][0]["result_id"]));
    json(gateway.get(&format!("/api/results/{result}")).bearer_auth(&alice), 200).await;
    for (path, code) in [
        (format!("/api/conversations/{conversation}"), "conversation_not_found"),
        (format!("/api/turns/{id}"), "turn_not_found"),
        (format!("/api/turns/{id}/events"), "turn_not_found"),
        (format!("/api/results/{result}"), "result_not_found"),
    ] {
        assert_eq!(refused(gateway.get(&path).bearer_auth(&mallory), 404).await.0, code);
    }
    let asked = gateway.post(&turns(&conversation), &json!({ "message": "hi" })).bearer_auth(&mallory);
    assert_eq!(refused(asked, 404).await.0, "conversation_not_found");
    let cancel = gateway.post(&format!("/api/turns/{id}/cancel"), &json!({})).bearer_auth(&mallory);
    assert_eq!(refused(cancel, 404).await.0, "turn_not_found");
    let removed = gateway.http.delete(gateway.url(&format!("/api/conversations/{conversation}"))).bearer_auth(&mallory);
    assert_eq!(refused(removed, 404).await.0, "conversation_not_found");
    let seen = json(gateway.get("/api/conversations").bearer_auth(&mallory), 200).await;
    assert_eq!(seen["items"], json!([]));
}

#[tokio::test]
async fn probes_and_documents_are_open_and_metrics_only_on_loopback() {
    let gateway = Gateway::start(with_tokens()).await;
    for path in ["/healthz", "/readyz", "/openapi.json", "/", "/metrics"] {
        assert_eq!(gateway.get(path).send().await.expect("an answer").status(), 200, "{path}");
    }
    let beyond = adjusted(|config| {
        config.auth.mode = AuthMode::Token;
        config.server.host = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    });
    let gateway = Gateway::start(beyond).await;
    assert_eq!(refused(gateway.get("/metrics"), 401).await.0, "token_missing");
    let token = gateway.token("scraper", AccessRole::Reader, None).await;
    assert_eq!(gateway.get("/metrics").bearer_auth(token).send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn without_tokens_foreign_hosts_and_origins_are_refused() {
    let gateway = Gateway::start(options()).await;
    for host in ["example.org", "gateway.example.org:8080", "192.0.2.7"] {
        let request = gateway.get("/api/conversations").header("host", host);
        assert_eq!(refused(request, 403).await.0, "host_not_allowed", "{host}");
    }
    let foreign = ["http://example.org", "null", "http://127.0.0.1:1"];
    for origin in foreign {
        let request = gateway.post("/v1/chat/completions", &chat("hi")).header("origin", origin);
        assert_eq!(openai_refused(request, 403).await.0, "origin_not_allowed", "{origin}");
    }
    let own = gateway.base.clone();
    json(gateway.get("/api/conversations").header("origin", own), 200).await;
    let client_with_a_key = gateway.get("/v1/models").bearer_auth("sk-anything");
    json(client_with_a_key, 200).await;
}
