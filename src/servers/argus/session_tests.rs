//! The outcome table of the startup check.

use serde_json::json;

use super::*;
use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

async fn refused(reply: Reply) -> (i32, String) {
    let stub = Stub::start(vec![reply]).await;
    let error = check_session(&stub.config()).await.unwrap_err();
    (error.exit_code(), error.to_string())
}

#[tokio::test]
async fn a_good_key_gives_a_line_without_secrets() {
    let data = json!({
        "authenticationMethod": "APIKEY", "securityLevel": "EXTERNAL",
        "validUntilTimestamp": 1_770_667_200_000_i64, "sessionKey": "very-secret-session",
    });
    let stub = Stub::start(vec![Reply::object(data)]).await;
    let session = check_session(&stub.config()).await.unwrap();
    assert_eq!(
        session.to_string(),
        "session ok user-key=15a6/1 method=APIKEY securityLevel=EXTERNAL validUntil=2026-02-09T20:00:00Z"
    );
    assert_eq!(stub.lines(), ["GET /authentication/v1/session"]);
}

#[tokio::test]
async fn a_missing_key_is_exit_2_and_asks_nobody() {
    let stub = Stub::start(vec![Reply::object(json!({}))]).await;
    let mut config = stub.config();
    config.api_key = None;
    let error = check_session(&config).await.unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().as_str()), (2, "ARGUS_API_KEY is not set"));
    assert!(stub.seen().is_empty());
}

#[tokio::test]
async fn a_refused_key_is_exit_3_with_the_words_of_argus() {
    for status in [401, 403] {
        let message = json!({"type": "ACTION_ERROR", "message": "key has expired"});
        let (code, line) = refused(Reply::error(status, message)).await;
        assert_eq!(code, 3);
        assert_eq!(line, format!("session check failed: {status} key has expired"));
    }
}

#[tokio::test]
async fn anything_else_is_exit_4() {
    let rows = [
        (Reply::raw(404, "<html>"), "unexpected answer 404"),
        (Reply::raw(200, "hello"), "unexpected answer 200"),
        (Reply::object(json!(null)), "unexpected answer 200"),
        (Reply::error(412, json!({"type": "FIELD_ERROR"})), "unexpected answer 412"),
        (Reply::error(503, json!({"message": "full"})), "Argus answered 503: full"),
    ];
    for (reply, text) in rows {
        let (code, line) = refused(reply).await;
        assert_eq!((code, line), (4, format!("session check failed: {text}")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_never_answers_is_exit_4_when_the_budget_is_used_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = Stub::start(vec![Reply::object(json!({}))]).await.config();
    config.api_url = reqwest::Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let before = tokio::time::Instant::now();
    let error = check_session(&config).await.unwrap_err();
    assert_eq!((error.exit_code(), error.to_string().as_str()), (4, "session check failed: no answer within 15 s"));
    assert_eq!(before.elapsed().as_secs(), CHECK_BUDGET.as_secs());
}
