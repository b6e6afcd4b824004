//! Retries, redirects, limits and failures, against a real HTTP server.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::*;
use crate::servers::argus::config::DEFAULT_CALLS as MAX_CALLS;
use crate::servers::argus::testing::KEY;
use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

async fn send(stub: &Stub) -> Result<RestAnswer, Failure> {
    let client = RestClient::new(&stub.config()).unwrap();
    client.send(&RestRequest::get(&["cases", "v2", "case", "1"])).await
}

fn busy(status: u16) -> Reply {
    Reply::error(status, json!({"type": "ACTION_ERROR", "message": "busy"}))
}

#[tokio::test]
async fn every_request_carries_the_key_and_asks_for_json() {
    let stub = Stub::start(vec![Reply::object(json!({"id": 1}))]).await;
    let answer = send(&stub).await.unwrap();
    assert_eq!(answer.label, "GET /cases/v2/case/1");
    let seen = &stub.seen()[0];
    assert_eq!(seen.headers["argus-api-key"], KEY);
    assert_eq!(seen.headers["accept"], "application/json");
    let agent = seen.headers["user-agent"].to_str().unwrap();
    assert!(agent.starts_with("argus-mcp/"));
    assert!(seen.headers.get("argus-priority").is_none());
}

#[tokio::test]
async fn an_overloaded_argus_is_asked_again_with_growing_pauses() {
    let ok = Reply::object(json!({"id": 1}));
    let stub = Stub::start(vec![busy(503), busy(503), ok]).await;
    assert!(send(&stub).await.is_ok());
    assert_eq!(stub.pauses(), [1, 2]);
}

#[tokio::test]
async fn retries_end_after_four_tries() {
    for (status, kind) in [
        (503, FailureKind::ServiceUnavailable),
        (500, FailureKind::ServerError),
        (504, FailureKind::ServerError),
        (429, FailureKind::RateLimited),
    ] {
        let stub = Stub::start(vec![busy(status)]).await;
        let failure = send(&stub).await.unwrap_err();
        assert_eq!((failure.kind, failure.http_status), (kind, Some(status)));
        assert_eq!(stub.seen().len(), 4);
        assert_eq!(stub.pauses(), [1, 2, 4]);
    }
}

#[tokio::test]
async fn a_pause_argus_asks_for_is_kept_or_reported() {
    let ok = Reply::object(json!({"id": 1}));
    let stub = Stub::start(vec![busy(429).header("retry-after", "7"), ok]).await;
    assert!(send(&stub).await.is_ok());
    assert_eq!(stub.pauses(), [7]);

    let stub = Stub::start(vec![busy(503).header("retry-after", "120")]).await;
    let failure = send(&stub).await.unwrap_err();
    assert_eq!(failure.retry_after_ms, Some(120_000));
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn refusals_are_never_tried_again() {
    for (status, kind) in [
        (401, FailureKind::AuthenticationFailed),
        (403, FailureKind::AccessDenied),
        (404, FailureKind::NotFound),
        (412, FailureKind::ValidationFailed),
        (422, FailureKind::Unprocessable),
    ] {
        let stub = Stub::start(vec![busy(status)]).await;
        assert_eq!(send(&stub).await.unwrap_err().kind, kind);
        assert_eq!(stub.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_used_up_limit_is_reported_with_its_waiting_time() {
    let body = json!({
        "responseCode": 402, "data": null, "messages": [],
        "metaData": {"millisUntilResourcesAvailable": 41_000},
    });
    let stub = Stub::start(vec![Reply::raw(402, body.to_string())]).await;
    let failure = send(&stub).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ResourceLimit);
    assert_eq!(failure.retry_after_ms, Some(41_000));
}

#[tokio::test]
async fn answers_that_are_not_argus_s_are_bad_responses() {
    let replies = [
        Reply::raw(200, "{\"responseCode\":200,\"data\":[{\"id\""),
        Reply::raw(502, "<html>bad gateway</html>"),
        Reply::raw(404, "<html>no such page</html>"),
        Reply::raw(200, "\"text\""),
    ];
    for reply in replies {
        let stub = Stub::start(vec![reply]).await;
        assert_eq!(send(&stub).await.unwrap_err().kind, FailureKind::BadResponse);
        assert_eq!(stub.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_error_inside_a_200_is_a_failure() {
    let inner = json!({"responseCode": 403, "data": null, "messages": []});
    let stub = Stub::start(vec![Reply::raw(200, inner.to_string())]).await;
    assert_eq!(send(&stub).await.unwrap_err().kind, FailureKind::AccessDenied);

    let message = json!({"type": "ACTION_ERROR", "message": "index offline"});
    let stub = Stub::start(vec![Reply::error(200, message)]).await;
    let failure = send(&stub).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unprocessable);
    assert!(failure.message.contains("index offline"));
}

#[tokio::test]
async fn redirects_are_followed_on_the_same_host_only() {
    let moved = Reply::raw(301, "").header("location", "/cases/v2/case/2");
    let stub = Stub::start(vec![moved, Reply::object(json!({"id": 2}))]).await;
    let answer = send(&stub).await.unwrap();
    assert_eq!(answer.label, "GET /cases/v2/case/2");
    assert_eq!(answer.redirected_from.as_deref(), Some("/cases/v2/case/1"));

    let other = Stub::start(vec![Reply::object(json!({"id": 2}))]).await;
    let away = Reply::raw(301, "").header("location", other.url.as_str());
    let stub = Stub::start(vec![away]).await;
    assert_eq!(send(&stub).await.unwrap_err().kind, FailureKind::BadResponse);
    assert!(other.seen().is_empty());

    let circle = Reply::raw(302, "").header("location", "/cases/v2/case/1");
    let stub = Stub::start(vec![circle]).await;
    assert_eq!(send(&stub).await.unwrap_err().kind, FailureKind::BadResponse);
}

#[tokio::test]
async fn a_redirected_search_is_not_followed() {
    let moved = Reply::raw(307, "").header("location", "/elsewhere");
    let stub = Stub::start(vec![moved]).await;
    let client = RestClient::new(&stub.config()).unwrap();
    let request = RestRequest::search("/cases/v2/case/search", json!({}));
    let failure = client.send(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::BadResponse);
    assert_eq!(stub.lines(), ["POST /cases/v2/case/search"]);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let stub = Stub::start(vec![Reply::raw(200, "x".repeat(MAX_BODY_BYTES + 1))]).await;
    let failure = send(&stub).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::BadResponse);
    assert!(failure.message.contains("16 MiB"));
}

#[tokio::test]
async fn the_key_does_not_come_back_in_a_message() {
    let text = format!("key {KEY} is bad");
    let message = json!({"type": "ACTION_ERROR", "message": text});
    let stub = Stub::start(vec![Reply::error(401, message)]).await;
    let failure = send(&stub).await.unwrap_err();
    assert!(!format!("{failure:?}").contains("test-secret-part"));
}

#[tokio::test]
async fn a_dead_host_is_tried_again_and_a_silent_one_is_not() {
    let stub = Stub::start(vec![busy(500)]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = stub.config();
    let address = listener.local_addr().unwrap();
    config.api_url = Url::parse(&format!("http://{address}")).unwrap();
    config.timeout = Duration::from_millis(50);
    // The listener accepts nothing, so the call gets no answer.
    let client = RestClient::new(&config).unwrap();
    let request = RestRequest::get(&["x"]);
    let failure = client.send(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(stub.pauses().is_empty());

    drop(listener);
    let failure = client.send(&request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NetworkError);
    assert_eq!(stub.pauses(), [1, 2, 4]);
}

#[tokio::test]
async fn a_connection_cut_in_the_body_is_a_network_error() {
    let stub = Stub::start(vec![busy(500)]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = stub.config();
    let address = listener.local_addr().unwrap();
    config.api_url = Url::parse(&format!("http://{address}")).unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = socket.read(&mut buffer).await;
            let part = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"res";
            let _ = socket.write_all(part).await;
        }
    });
    let client = RestClient::new(&config).unwrap();
    let failure = client.send(&RestRequest::get(&["x"])).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NetworkError);
    assert_eq!(stub.pauses().len(), 3);
}

#[tokio::test]
async fn path_parts_arrive_intact_or_are_not_sent() {
    let stub = Stub::start(vec![Reply::object(json!({}))]).await;
    let client = RestClient::new(&stub.config()).unwrap();
    let request = RestRequest::get(&["a", "b/c d?é"]);
    client.send(&request).await.unwrap();
    assert_eq!(stub.lines(), ["GET /a/b%2Fc%20d%3F%C3%A9"]);
    for odd in ["", ".", ".."] {
        let failure = client.send(&RestRequest::get(&["a", odd])).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidArguments);
    }
    assert_eq!(stub.seen().len(), 1);
}

#[derive(Clone, Default)]
struct Crowd {
    present: Arc<std::sync::Mutex<(usize, usize)>>,
    full: Arc<tokio::sync::Notify>,
}

#[tokio::test]
async fn at_most_four_calls_are_in_flight_at_once() {
    let crowd = Crowd::default();
    let gate = Arc::new(Semaphore::new(0));
    let (inside, door) = (crowd.clone(), Arc::clone(&gate));
    let app = axum::Router::new().fallback(move || {
        let (crowd, gate) = (inside.clone(), Arc::clone(&door));
        async move {
            {
                let mut present = crowd.present.lock().unwrap();
                present.0 += 1;
                present.1 = present.1.max(present.0);
                if present.0 == MAX_CALLS {
                    crowd.full.notify_one();
                }
            }
            gate.acquire().await.unwrap().forget();
            crowd.present.lock().unwrap().0 -= 1;
            json!({"responseCode": 200, "data": {}}).to_string()
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stub = Stub::start(vec![busy(500)]).await;
    let mut config = stub.config();
    let address = listener.local_addr().unwrap();
    config.api_url = Url::parse(&format!("http://{address}")).unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let client = RestClient::new(&config).unwrap();
    let request = RestRequest::get(&["x"]);
    let calls = futures::future::join_all((0..12).map(|_| client.send(&request)));
    let release = async {
        crowd.full.notified().await;
        gate.add_permits(12);
    };
    let (answers, ()) = tokio::join!(calls, release);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(crowd.present.lock().unwrap().1, MAX_CALLS);
}
