//! Input that is broken, of the wrong type, hostile or simply odd: each is refused with a
//! sentence that names the place, and the gateway goes on.

use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::support::gateway::Gateway;
use crate::support::gateway::chat;
use crate::support::gateway::json;
use crate::support::gateway::openai_refused;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::turns;

const CHAT: &str = "/v1/chat/completions";

#[tokio::test]
async fn bytes_that_are_no_json_are_refused_everywhere() {
    let gateway = Gateway::start(options()).await;
    let deep = format!("{{\"messages\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(Vec<u8>, &str); 6] = [
        (b"{\"messages\": [".to_vec(), "invalid_json"),
        (b"".to_vec(), "invalid_json"),
        (b"hello".to_vec(), "invalid_json"),
        (b"{\"messages\": []} trailing".to_vec(), "invalid_json"),
        (b"{\"messages\": [{\"role\": \"user\", \"content\": \"\xff\xfe\"}]}".to_vec(), "invalid_utf8"),
        (deep.into_bytes(), "json_too_deep"),
    ];
    for (bytes, code) in cases {
        assert_eq!(openai_refused(gateway.post_bytes(CHAT, bytes.clone()), 400).await.0, code);
    }
    let (code, error) = refused(gateway.post_bytes("/api/validate", "{\n  \"answer\": nope\n}"), 400).await;
    assert_eq!(code, "invalid_json");
    assert_eq!(error["details"]["line"], 2);
}

#[tokio::test]
async fn wrong_types_name_their_field() {
    let gateway = Gateway::start(options()).await;
    for (field, value, param) in [
        ("messages", json!("hi"), "messages"),
        ("messages", json!([{ "content": "no role" }]), "messages[0]"),
        ("messages", json!([{ "role": 7, "content": "hi" }]), "messages[0].role"),
        ("messages", json!([{ "role": "user", "content": 7 }]), "messages[0].content"),
        ("messages", json!([{ "role": "user", "content": null }]), "messages[0].content"),
        ("stream", json!("yes"), "stream"),
        ("n", json!(-1), "n"),
    ] {
        let mut request = chat("hi");
        request[field] = value;
        let (code, error) = openai_refused(gateway.post(CHAT, &request), 400).await;
        assert_eq!(code, "invalid_body", "{error}");
        assert_eq!(error["param"], param);
    }
    let conversation = gateway.conversation().await;
    let (code, error) = refused(gateway.post(&turns(&conversation), &json!({ "message": ["hi"] })), 400).await;
    assert_eq!((code.as_str(), error["details"]["field"].as_str()), ("invalid_body", Some("message")));
    let (code, _) = refused(gateway.post(&turns(&conversation), &json!({})), 400).await;
    assert_eq!(code, "invalid_body");
}

#[tokio::test]
async fn empty_messages_and_unknown_models_are_refused() {
    let gateway = Gateway::start(options()).await;
    let conversation = gateway.conversation().await;
    assert_eq!(
        refused(gateway.post(&turns(&conversation), &json!({ "message": " \n\t" })), 400).await.0,
        "empty_message"
    );
    assert_eq!(openai_refused(gateway.post(CHAT, &chat("   ")), 400).await.0, "empty_message");
    let other = json!({ "message": "hi", "model": "no-such-model" });
    assert_eq!(refused(gateway.post(&turns(&conversation), &other), 404).await.0, "model_not_found");
    // Nothing of this was a turn.
    let stored = json(gateway.get(&format!("/api/conversations/{conversation}")), 200).await;
    assert_eq!(stored["messages"], json!([]));
}

#[tokio::test]
async fn other_media_types_and_compressed_bodies_are_refused() {
    let gateway = Gateway::start(options()).await;
    let post = |name: &'static str, value: &'static str| {
        gateway.http.post(gateway.url("/api/validate")).header(name, value).body("{}")
    };
    for (name, value) in [("content-type", "text/plain"), ("content-type", "application/x-www-form-urlencoded")] {
        assert_eq!(refused(post(name, value), 415).await.0, "unsupported_media_type");
    }
    let compressed = gateway.post_bytes("/api/validate", "{}").header("content-encoding", "gzip");
    assert_eq!(refused(compressed, 415).await.0, "unsupported_media_type");
    let with_charset = gateway
        .http
        .post(gateway.url("/api/validate"))
        .header("content-type", "application/json; charset=utf-8")
        .body("{\"answer\": \"hi\"}");
    json(with_charset, 200).await;
}

#[tokio::test]
async fn ids_cursors_and_limits_that_are_none_are_refused() {
    let gateway = Gateway::start(options()).await;
    for path in ["/api/conversations/1", "/api/turns/x", "/api/results/%00", "/api/turns/%F0%28/events"] {
        assert_eq!(refused(gateway.get(path), 400).await.0, "invalid_id", "{path}");
    }
    for (query, code) in [
        ("limit=0", "invalid_query"),
        ("limit=201", "invalid_query"),
        ("limit=many", "invalid_query"),
        ("cursor=nonsense", "invalid_cursor"),
    ] {
        assert_eq!(refused(gateway.get(&format!("/api/conversations?{query}")), 400).await.0, code, "{query}");
    }
}

#[tokio::test]
async fn odd_text_goes_through_unharmed() {
    let gateway = Gateway::start(options()).await;
    for message in
        ["\u{0}\u{1}\u{7f}", "👩‍👩‍👧‍👦 ok?", "'; drop table turns; --", "{{ 7 * 7 }} {% raw %}", "\u{202e}evil", "🇳🇴"]
    {
        let turn = gateway.turn(message).await;
        assert!(turn["outcome"].is_string(), "{turn}");
    }
    let found = json(gateway.get("/api/conversations?q=drop%20table"), 200).await;
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn values_of_a_validation_that_are_unknown_name_the_known_ones() {
    let gateway = Gateway::start(options()).await;
    let result = |changes: Value| {
        let mut result = json!({ "id": "r1", "tool": "getArgusCaseByID", "content": {} });
        for (key, value) in changes.as_object().expect("an object") {
            result[key] = value.clone();
        }
        json!({ "answer": "x", "results": [result] })
    };
    for (body, field, names) in [
        (json!({ "answer": "x", "mode": "oracle" }), "mode", "checker"),
        (result(json!({ "outcome": "fine" })), "results[0].outcome", "partial"),
        (result(json!({ "observed_at": "yesterday" })), "results[0].observed_at", "observed_at"),
        (json!({ "answer": "x", "now": "2026-13-01T00:00:00Z" }), "now", "now"),
        (json!({ "results": [] }), "", "answer"),
    ] {
        let (code, error) = refused(gateway.post("/api/validate", &body), 400).await;
        assert_eq!(code, "invalid_body");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(names)), "{error}");
        assert_eq!(error["details"]["field"].as_str().unwrap_or_default(), field);
    }
    let twice = json!({ "answer": "x", "results": [{ "id": "a", "tool": "t" }, { "id": "a", "tool": "t" }] });
    assert_eq!(refused(gateway.post("/api/validate", &twice), 400).await.0, "invalid_body");
    let many: Vec<Value> = (0..201).map(|_| json!({ "tool": "t" })).collect();
    let many = json!({ "answer": "x", "results": many });
    assert_eq!(refused(gateway.post("/api/validate", &many), 400).await.0, "too_many_items");
}

#[tokio::test]
async fn a_request_that_breaks_off_leaves_the_gateway_serving() {
    let gateway = Gateway::start(options()).await;
    let address = gateway.base.trim_start_matches("http://");
    let mut half = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{{\"mess"
    );
    half.write_all(head.as_bytes()).await.expect("written");
    drop(half);
    let mut noise = TcpStream::connect(address).await.expect("a connection");
    noise.write_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n").await.expect("written");
    let mut answer = Vec::new();
    // Whatever the server says to noise, it closes the connection.
    let _ = noise.read_to_end(&mut answer).await;
    json(gateway.get("/healthz"), 200).await;
}
