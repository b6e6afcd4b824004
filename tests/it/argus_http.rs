//! The Argus server over HTTP, as a process and in the gateway: every request is served with
//! the key that it brings, and with no other; sessions are their owners'; what may not come
//! in does not; and no key is ever told.

use futures::StreamExt;
use groundwire::config::auth::AuthMode;
use groundwire::domain::caller::AccessRole;
use serde_json::Value;
use serde_json::json;

use crate::support::argus_http::FULL;
use crate::support::argus_http::KEY;
use crate::support::argus_http::NORDFJORD;
use crate::support::argus_http::OTHER_CASE;
use crate::support::argus_http::OWN_CASE;
use crate::support::argus_http::case_by;
use crate::support::argus_http::case_call;
use crate::support::argus_http::client;
use crate::support::argus_http::keys_seen;
use crate::support::argus_http::simulators;
use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::gateway::json as json_of;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::served::Served;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::open;
use crate::support::served::said;

const STREAMABLE: [&str; 2] = ["--transport", "streamable-http"];
const STATELESS: [&str; 3] = ["--transport", "streamable-http", "--stateless"];
const SSE: [&str; 2] = ["--transport", "sse"];

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_eras_list_and_call_with_their_own_keys() {
    let simulators = simulators().await;
    for arguments in [&STREAMABLE[..], &STATELESS[..]] {
        let served = Served::start(&simulators, arguments);
        assert!(served.url.starts_with("http://127.0.0.1:") && served.url.ends_with("/argus/mcp"), "{}", served.url);
        for with_sessions in [true, false] {
            let limited = client(&served.url, NORDFJORD, with_sessions).await;
            let tools = limited.list_all_tools().await.expect("tools");
            assert!(tools.iter().any(|tool| tool.name == "getArgusCaseByID"));
            assert_eq!(case_by(&limited, OWN_CASE).await["data"]["id"], OWN_CASE);
            assert_eq!(case_by(&limited, OTHER_CASE).await["error"]["kind"], "NOT_FOUND");
            let full = client(&served.url, FULL, with_sessions).await;
            assert_eq!(case_by(&full, OTHER_CASE).await["data"]["id"], OTHER_CASE);
            let seen = keys_seen(&simulators);
            assert_eq!(seen[seen.len() - 3..], ["15a6/2", "15a6/2", "15a6/1"], "{arguments:?} {with_sessions}");
            drop(limited.cancel().await.expect("ended"));
            drop(full.cancel().await.expect("ended"));
        }
        let (code, lines) = served.stop();
        assert_eq!(code, Some(0));
        let ours: Vec<&String> = lines.iter().filter(|line| line.starts_with("argus-mcp: ")).collect();
        assert_eq!(ours.len(), 2, "{ours:?}");
        assert!(ours[0].contains("ARGUS_API_KEY is set and is not used"), "{ours:?}");
    }
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_of_one_session_use_the_key_that_each_brings() {
    let simulators = simulators().await;
    let mut served = Served::start(&simulators, &STREAMABLE);
    // Over HTTP/2, whose frames and header tables are logged as well.
    served.http = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let session = served.session(FULL).await;
    let call = |key, id| {
        let call = served.message(&case_call(id, OTHER_CASE)).header(KEY, key).header("mcp-session-id", &session);
        async move { answer(call.send().await.expect("an answer")).await }
    };
    let (full, limited) = tokio::join!(call(FULL, 7), call(NORDFJORD, 7));
    assert_eq!(full["result"]["structuredContent"]["data"]["id"], OTHER_CASE, "{full}");
    assert_eq!(limited["result"]["structuredContent"]["error"]["kind"], "NOT_FOUND", "{limited}");
    let mut seen = keys_seen(&simulators);
    seen.sort();
    assert_eq!(seen, ["15a6/1", "15a6/2"]);
    let (code, lines) = served.stop();
    assert_eq!(code, Some(0));
    assert!(lines.iter().any(|line| line.contains("h2::hpack::decoder")), "headers are logged as far as they ever are");
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_owner_reads_resumes_or_ends_a_session() {
    let simulators = simulators().await;
    let served = Served::start(&simulators, &STREAMABLE);
    let session = served.session(FULL).await;
    let stream = |key: &str| {
        let request = served.http.get(&served.url).header("accept", "text/event-stream");
        request.header(KEY, key).header("mcp-session-id", &session)
    };
    let end = |key: &str| served.http.delete(&served.url).header(KEY, key).header("mcp-session-id", &session);
    for request in [stream(NORDFJORD), stream(NORDFJORD).header("last-event-id", "0/0"), end(NORDFJORD)] {
        assert_eq!(refused(request, 403).await.0, "session_not_yours");
    }
    let open = stream(FULL).send().await.expect("an answer");
    assert_eq!(open.status(), 200);
    assert_eq!(stream(FULL).header("last-event-id", "0/0").send().await.expect("an answer").status(), 200);
    assert_eq!(end(FULL).send().await.expect("an answer").status(), 202);
    for request in [stream(FULL), stream(NORDFJORD), end(FULL)] {
        assert_eq!(refused(request, 404).await.0, "session_not_found");
    }
    let late = served.message(&case_call(2, OWN_CASE)).header(KEY, FULL).header("mcp-session-id", &session);
    assert_eq!(refused(late, 404).await.0, "session_not_found");
    assert_eq!(keys_seen(&simulators), [""; 0]);
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_whole_key_nothing_is_served_and_the_servers_own_is_never_used() {
    let simulators = simulators().await;
    for arguments in [&STREAMABLE[..], &STATELESS[..], &SSE[..]] {
        let served = Served::start(&simulators, arguments);
        let stream = served.http.get(&served.url).header("accept", "text/event-stream");
        for request in [served.message(&initialize()), served.message(&case_call(1, OWN_CASE)), stream] {
            let (code, error) = refused(request, 401).await;
            assert_eq!(code, "argus_key_missing");
            assert_eq!(error["details"], json!({ "header": KEY }));
            assert!(error["message"].as_str().is_some_and(|text| text.contains(KEY)), "{error}");
        }
        let messages = served.http.post(served.at("/argus/messages")).json(&case_call(1, OWN_CASE));
        let expected = if arguments == SSE { 401 } else { 404 };
        assert_eq!(messages.send().await.expect("an answer").status(), expected);
        for odd in ["secret-alone", "15a6/1/", "15a6/1/a/b"] {
            let (code, error) = refused(served.message(&initialize()).header(KEY, odd), 401).await;
            assert_eq!(code, "argus_key_malformed");
            assert!(!error.to_string().contains("secret-alone"), "{error}");
        }
        assert_eq!(refused(served.message(&initialize()).header(KEY, ""), 401).await.0, "argus_key_missing");
        let both = served.message(&initialize()).header(KEY, FULL).header(KEY, NORDFJORD);
        assert_eq!(refused(both, 401).await.0, "argus_key_malformed");
        assert_eq!(served.stop().0, Some(0));
    }
    assert_eq!(keys_seen(&simulators), [""; 0]);
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_do_not_fit_are_refused_clearly() {
    let simulators = simulators().await;
    let served = Served::start(&simulators, &[&STREAMABLE[..], &["--allow-host", "argus.example"]].concat());
    let post = || served.message(&initialize()).header(KEY, FULL);
    for host in ["rebound.example", "argus.example.org", "192.0.2.1"] {
        assert_eq!(refused(post().header("host", host), 403).await.0, "host_not_allowed", "{host}");
    }
    for origin in ["http://elsewhere.example", "null", "http://127.0.0.1:1"] {
        assert_eq!(refused(post().header("origin", origin), 403).await.0, "origin_not_allowed", "{origin}");
    }
    for host in ["argus.example", "ARGUS.example:443", "localhost"] {
        assert_eq!(post().header("host", host).send().await.expect("an answer").status(), 200, "{host}");
    }
    let status = async |request: reqwest::RequestBuilder| request.send().await.expect("an answer").status().as_u16();
    assert_eq!(status(post().header("mcp-session-id", "nobodys")).await, 404);
    assert_eq!(status(served.http.put(&served.url).header(KEY, FULL)).await, 405);
    let one_form = served.http.post(&served.url).header(KEY, FULL).header("accept", "application/json");
    assert_eq!(status(one_form.body("{}")).await, 406);
    let text = served.http.post(&served.url).header("accept", "application/json, text/event-stream");
    assert_eq!(status(text.header(KEY, FULL).header("content-type", "text/plain").body("{}")).await, 415);
    let long = json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "y".repeat(2 << 20)}});
    assert_eq!(refused(served.message(&long).header(KEY, FULL), 413).await.0, "body_too_large");
    assert_eq!(json_of(served.http.get(served.at("/healthz")), 200).await["status"], "ok");
    assert_eq!(refused(served.http.get(served.at("/mcp")), 404).await.0, "route_not_found");
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_clients_are_served_over_a_stream_that_only_its_owner_feeds() {
    let simulators = simulators().await;
    let served = Served::start(&simulators, &SSE);
    assert!(served.url.ends_with("/argus/sse"), "{}", served.url);
    let (messages, mut events) = open(served.http.get(&served.url).header(KEY, NORDFJORD)).await;
    let post = |key: &str, body: &Value| served.http.post(&messages).header(KEY, key).json(body);
    let sent = async |body: &Value| assert_eq!(post(NORDFJORD, body).send().await.expect("an answer").status(), 202);
    sent(&initialize()).await;
    assert_eq!(said(&mut events).await["result"]["protocolVersion"], "2025-06-18");
    sent(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    sent(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await;
    let tools = said(&mut events).await["result"]["tools"].as_array().map_or(0, Vec::len);
    assert!(tools >= 59, "{tools}");
    assert_eq!(refused(post(FULL, &case_call(3, OTHER_CASE)), 403).await.0, "session_not_yours");
    sent(&case_call(4, OTHER_CASE)).await;
    assert_eq!(said(&mut events).await["result"]["structuredContent"]["error"]["kind"], "NOT_FOUND");
    sent(&case_call(5, OWN_CASE)).await;
    assert_eq!(said(&mut events).await["result"]["structuredContent"]["data"]["id"], OWN_CASE);
    assert_eq!(keys_seen(&simulators), ["15a6/2", "15a6/2"]);

    let elsewhere = format!("{}?session_id=nobodys", served.at("/argus/messages"));
    let unknown = served.http.post(elsewhere).header(KEY, NORDFJORD).json(&initialize());
    assert_eq!(refused(unknown, 404).await.0, "session_not_found");
    let bare = served.http.post(served.at("/argus/messages")).header(KEY, NORDFJORD).json(&initialize());
    assert_eq!(refused(bare, 400).await.0, "session_missing");
    assert_eq!(refused(post(NORDFJORD, &json!({"no": "message"})), 400).await.0, "invalid_message");
    let text = served.http.post(&messages).header(KEY, NORDFJORD).body("{}");
    assert_eq!(refused(text, 415).await.0, "unsupported_media_type");
    let long = json!({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": "y".repeat(2 << 20)}});
    assert_eq!(refused(post(NORDFJORD, &long), 413).await.0, "body_too_large");
    assert_eq!(refused(served.http.get(&messages).header(KEY, NORDFJORD), 405).await.0, "method_not_allowed");
    let foreign = served.http.get(&served.url).header(KEY, FULL).header("host", "rebound.example");
    assert_eq!(refused(foreign, 403).await.0, "host_not_allowed");

    assert_eq!(served.stop().0, Some(0));
    assert_eq!(events.next().await, None);
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_open_sessions_and_the_process_well() {
    let simulators = simulators().await;
    let served = Served::start(&simulators, &STREAMABLE);
    let session = served.session(FULL).await;
    let request = served.http.get(&served.url).header("accept", "text/event-stream");
    let stream = request.header(KEY, FULL).header("mcp-session-id", &session).send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    let (code, lines) = served.stop();
    assert_eq!(code, Some(0));
    assert!(lines.iter().any(|line| line.contains("streamable_http_session")), "everything is logged");
    assert!(stream.text().await.is_ok());
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_serves_callers_with_keys_of_their_own_and_not_with_its() {
    let gateway = Gateway::start(options()).await;
    let url = gateway.url("/argus/mcp");
    let limited = client(&url, NORDFJORD, true).await;
    assert_eq!(case_by(&limited, OTHER_CASE).await["error"]["kind"], "NOT_FOUND");
    assert_eq!(case_by(&limited, OWN_CASE).await["data"]["id"], OWN_CASE);
    let modern = client(&url, FULL, false).await;
    assert_eq!(case_by(&modern, OTHER_CASE).await["data"]["id"], OTHER_CASE);
    let seen = keys_seen(&gateway.simulators);
    assert_eq!(seen[seen.len() - 3..], ["15a6/2", "15a6/2", "15a6/1"]);
    let post = || gateway.post("/argus/mcp", &initialize()).header("accept", "application/json, text/event-stream");
    assert_eq!(refused(post(), 401).await.0, "argus_key_missing");
    assert_eq!(refused(post().header("host", "rebound.example"), 403).await.0, "host_not_allowed");
    assert_eq!(refused(post().header("origin", "http://elsewhere.example"), 403).await.0, "origin_not_allowed");
    assert_eq!(keys_seen(&gateway.simulators).len(), seen.len());
    // The client's stream is open and must not hold the stop up.
    gateway.stop.cancel();
    gateway.serving.await.expect("joined").expect("served to the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_tokens_are_asked_for_a_key_alone_opens_nothing() {
    let gateway = Gateway::start(adjusted(|config| config.auth.mode = AuthMode::Token)).await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let reader = gateway.token("rita", AccessRole::Reader, None).await;
    let post = || gateway.post("/argus/mcp", &initialize()).header("accept", "application/json, text/event-stream");
    assert_eq!(refused(post().header(KEY, FULL), 401).await.0, "token_missing");
    assert_eq!(refused(post().header(KEY, FULL).bearer_auth(&reader), 403).await.0, "role_missing");
    assert_eq!(refused(post().bearer_auth(&alice), 401).await.0, "argus_key_missing");
    let opened = post().header(KEY, FULL).bearer_auth(&alice).send().await.expect("an answer");
    assert_eq!(opened.status(), 200);
    assert!(opened.headers().contains_key("mcp-session-id") && opened.headers().contains_key("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_keeps_from_chat_is_not_served_and_a_session_is_one_callers() {
    let gateway = Gateway::start(adjusted(|config| {
        config.auth.mode = AuthMode::Token;
        config.policy.off_limits = vec!["getArgusCaseComments".to_owned()];
        let argus = config.mcp.servers.get_mut("argus").expect("the sandbox has argus");
        argus.options.deny = vec!["getArgusCaseByID".to_owned()];
        argus.options.confirm = vec!["getArgusCaseTags".to_owned()];
    }))
    .await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let bob = gateway.token("bob", AccessRole::Analyst, None).await;
    let post = |body: &Value| {
        let request = gateway.post("/argus/mcp", body).header("accept", "application/json, text/event-stream");
        request.header(KEY, FULL).bearer_auth(&alice)
    };
    let opened = post(&initialize()).send().await.expect("an answer");
    let session = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
    let ask = async |body: &Value| {
        answer(post(body).header("mcp-session-id", &session).send().await.expect("an answer")).await
    };
    let ready = post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    assert_eq!(ready.header("mcp-session-id", &session).send().await.expect("an answer").status(), 202);
    let listed = ask(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await;
    let listed = listed["result"]["tools"].as_array().map_or(0, Vec::len);
    assert_eq!(listed, 56);
    assert_eq!(ask(&case_call(3, OWN_CASE)).await["error"]["code"], -32602);
    // Bob has the same Argus key.
    let other = reqwest::Client::new();
    let end = other.delete(gateway.url("/argus/mcp")).header(KEY, FULL).header("mcp-session-id", &session);
    assert_eq!(refused(end.bearer_auth(&bob), 403).await.0, "session_not_yours");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_embedded_argus_server_the_gateway_says_so() {
    let gateway = Gateway::start(adjusted(|config| drop(config.mcp.servers.remove("argus")))).await;
    let request = gateway.post("/argus/mcp", &initialize()).header(KEY, FULL);
    let (code, error) = refused(request, 404).await;
    assert_eq!(code, "server_not_configured");
    assert!(error["message"].as_str().is_some_and(|text| text.contains("mcp.servers")), "{error}");
}
