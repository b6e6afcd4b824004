//! The Sysdig server in the gateway, at paths of its own: callers bring their own Sysdig tokens,
//! the gateway's Sysdig token is never used there, and a token of the gateway never leaves it.

use groundwire::config::auth::AuthMode;
use groundwire::domain::caller::AccessRole;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::recorder::Recorder;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::served::open;
use crate::support::served::said;
use crate::support::sysdig_http::EVENTS;
use crate::support::sysdig_http::FULL;
use crate::support::sysdig_http::HOST;
use crate::support::sysdig_http::MONITOR;
use crate::support::sysdig_http::NO_TOKEN;
use crate::support::sysdig_http::TOKEN;
use crate::support::sysdig_http::call;
use crate::support::sysdig_http::failure;
use crate::support::sysdig_http::list;
use crate::support::sysdig_http::names;

const MCP: &str = "/sysdig-mcp-server/mcp";
const STREAM: &str = "/sysdig-mcp-server/sse";

/// Tokens that the simulated Sysdig was asked with, and how often it was asked, from here on.
fn asked(gateway: &Gateway, before: usize) -> Vec<&'static str> {
    let seen = gateway.simulators.sysdig.requests();
    seen.iter().skip(before).map(|seen| seen.token.unwrap_or("none that it knows")).collect()
}

/// Opens a session; gives its id.
async fn session(post: impl Fn(&Value) -> RequestBuilder) -> String {
    let opened = post(&initialize()).send().await.expect("an answer");
    assert_eq!(opened.status(), 200);
    let id = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
    let ready = post(&initialized()).header("mcp-session-id", &id).send().await.expect("an answer");
    assert_eq!(ready.status(), 202);
    id
}

async fn told(request: RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    answer(response).await
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_served_with_their_own_tokens_on_every_path() {
    let gateway = Gateway::start(options()).await;
    let before = gateway.simulators.sysdig.requests().len();
    for path in [MCP, "/sysdig-mcp-server/mcp/", "/sysdig-mcp-server", "/sysdig-mcp-server/"] {
        let post = |body: &Value| gateway.post(path, body).header("accept", "*/*");
        let id = session(post).await;
        let ask = |body: &Value| post(body).header("mcp-session-id", &id);
        assert_eq!(names(ask(&list()).header(TOKEN, EVENTS)).await.len(), 3);
        assert_eq!(names(ask(&list()).bearer_auth(MONITOR)).await.len(), 17);
        let all = names(ask(&list()).header(TOKEN, FULL)).await;
        assert!(all.len() == 21 && !all.contains(&"run_sysdig_cli_scanner".to_owned()), "{all:?}");
        assert_eq!(told(ask(&list())).await["error"]["message"], NO_TOKEN);
        assert_eq!(failure(&told(ask(&call(5))).await), NO_TOKEN);
    }
    assert_eq!(asked(&gateway, before), [EVENTS, MONITOR, FULL].repeat(4));
    assert_eq!(
        refused(gateway.post(MCP, &initialize()).header("host", "rebound.example"), 403).await.0,
        "host_not_allowed"
    );

    let (messages, mut events) = open(gateway.get(STREAM).header(TOKEN, EVENTS)).await;
    assert!(messages.starts_with(&gateway.url("/sysdig-mcp-server/messages/?session_id=")), "{messages}");
    for body in [initialize(), initialized(), list()] {
        assert_eq!(gateway.http.post(&messages).json(&body).send().await.expect("an answer").status(), 202);
    }
    assert!(said(&mut events).await["result"]["serverInfo"].is_object());
    assert_eq!(said(&mut events).await["result"]["tools"].as_array().map(Vec::len), Some(3));
    // Open streams must not hold the stop up.
    gateway.stop.cancel();
    gateway.serving.await.expect("joined").expect("served to the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_gateway_stays_in_it() {
    let gateway = Gateway::start(adjusted(|config| config.auth.mode = AuthMode::Token)).await;
    let before = gateway.simulators.sysdig.requests().len();
    let other = Recorder::start().await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let bob = gateway.token("bob", AccessRole::Analyst, None).await;
    let post = |body: &Value| gateway.post(MCP, body).header("accept", "*/*");
    assert_eq!(refused(post(&initialize()).header(TOKEN, FULL), 401).await.0, "token_missing");
    assert_eq!(refused(gateway.get(STREAM).header(TOKEN, FULL), 401).await.0, "token_missing");
    let id = session(|body| post(body).bearer_auth(&alice)).await;
    let ask = |body: &Value| post(body).bearer_auth(&alice).header("mcp-session-id", &id);
    for request in [ask(&list()), ask(&list()).header(HOST, &other.url)] {
        assert_eq!(told(request).await["error"]["message"], NO_TOKEN);
    }
    assert_eq!(failure(&told(ask(&call(4)).header(HOST, &other.url)).await), NO_TOKEN);
    // The other header of the gateway's token leaves `Authorization` to nobody either.
    let by_key = post(&list()).header("x-api-key", &alice).header("mcp-session-id", &id).header(HOST, &other.url);
    assert_eq!(told(by_key).await["error"]["message"], NO_TOKEN);
    assert!(other.header("host").is_empty());
    assert_eq!(names(ask(&list()).header(TOKEN, EVENTS)).await.len(), 3);
    assert_eq!(names(ask(&list()).header(TOKEN, "tok-of-nobody").header(HOST, &other.url)).await.len(), 3);
    assert_eq!(other.header("authorization"), ["Bearer tok-of-nobody"]);
    assert!(!other.was_told(&alice) && !other.was_told("gw_"));
    assert_eq!(asked(&gateway, before), [EVENTS]);

    // A session and a stream are their caller's, whoever knows their ids.
    let end = gateway.delete(MCP).header("mcp-session-id", &id);
    assert_eq!(refused(end.bearer_auth(&bob), 403).await.0, "session_not_yours");
    let (messages, mut events) = open(gateway.get(STREAM).header(TOKEN, EVENTS).bearer_auth(&alice)).await;
    let say = |token: &str, body: &Value| gateway.http.post(&messages).bearer_auth(token).json(body);
    assert_eq!(refused(say(&bob, &list()).header(TOKEN, MONITOR), 403).await.0, "session_not_yours");
    assert_eq!(refused(gateway.http.post(&messages).header(TOKEN, EVENTS).json(&list()), 401).await.0, "token_missing");
    for request in [say(&alice, &initialize()), say(&alice, &initialized()), say(&alice, &list())] {
        assert_eq!(request.send().await.expect("an answer").status(), 202);
    }
    assert!(said(&mut events).await["result"]["serverInfo"].is_object());
    assert_eq!(said(&mut events).await["result"]["tools"].as_array().map(Vec::len), Some(3));
    assert_eq!(say(&alice, &list()).header(TOKEN, MONITOR).send().await.expect("an answer").status(), 202);
    assert_eq!(said(&mut events).await["result"]["tools"].as_array().map(Vec::len), Some(17));
    assert_eq!(asked(&gateway, before), [EVENTS, EVENTS, MONITOR]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_many_tokens_ends_nobody_elses_sessions() {
    let gateway = Gateway::start(adjusted(|config| config.auth.mode = AuthMode::Token)).await;
    let alice = gateway.token("alice", AccessRole::Analyst, None).await;
    let bob = gateway.token("bob", AccessRole::Analyst, None).await;
    let post = |token: &str, body: &Value| gateway.post(MCP, body).header("accept", "*/*").bearer_auth(token);
    let id = session(|body| post(&bob, body).header(TOKEN, EVENTS)).await;
    let (messages, _events) = open(gateway.get(STREAM).header(TOKEN, EVENTS).bearer_auth(&bob)).await;
    for number in 0..260 {
        let made_up = format!("tok-of-nobody-{number}");
        let opened = post(&alice, &initialize()).header(TOKEN, &made_up).send().await.expect("an answer");
        assert_eq!(opened.status(), 200);
        let stream = gateway.get(STREAM).header(TOKEN, &made_up).bearer_auth(&alice).send().await;
        assert_eq!(stream.expect("an answer").status(), 200);
    }
    let used = post(&bob, &initialized()).header(TOKEN, EVENTS).header("mcp-session-id", &id);
    assert_eq!(used.send().await.expect("an answer").status(), 202);
    let said = gateway.http.post(&messages).bearer_auth(&bob).json(&initialize());
    assert_eq!(said.send().await.expect("an answer").status(), 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_keeps_from_chat_is_not_served() {
    let gateway = Gateway::start(adjusted(|config| {
        config.policy.off_limits = vec!["k8s_list_*".to_owned()];
        let sysdig = config.mcp.servers.get_mut("sysdig").expect("the sandbox has sysdig");
        sysdig.options.deny = vec!["run_sysql".to_owned()];
        sysdig.options.confirm = vec!["get_event_info".to_owned()];
    }))
    .await;
    let post = |body: &Value| gateway.post(MCP, body).header("accept", "*/*").header(TOKEN, FULL);
    let id = session(post).await;
    let ask = |body: &Value| post(body).header("mcp-session-id", &id);
    assert_eq!(names(ask(&list())).await, ["generate_sysql", "get_event_process_tree", "list_runtime_events"]);
    // The older name of two tools in one is refused with either of them.
    for tool in ["get_event_info", "run_sysql", "generate_and_run_sysql", "k8s_list_clusters", "run_sysdig_cli_scanner"]
    {
        let call =
            json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": tool, "arguments": {}}});
        let refused = told(ask(&call)).await;
        assert_eq!(refused["error"]["code"], -32602, "{tool}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_embedded_sysdig_server_the_gateway_says_so() {
    let gateway = Gateway::start(adjusted(|config| drop(config.mcp.servers.remove("sysdig")))).await;
    for request in [gateway.post(MCP, &initialize()), gateway.get(STREAM)] {
        assert_eq!(refused(request.header(TOKEN, FULL), 404).await.0, "server_not_configured");
    }
}
