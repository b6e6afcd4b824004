//! Credentials that callers bring in the headers of their requests: each call is made with those of
//! its own request and with no other, nothing keeps them, and who brings none is told what is missing.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

use groundwire::config::Config;
use groundwire::config::auth::AuthMode;
use groundwire::config::credentials::CredentialsConfig;
use groundwire::config::credentials::CredentialsFrom;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
use groundwire::domain::caller::AccessRole;
use groundwire::sandbox::SandboxOptions;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;

use crate::support::argus_http::FULL;
use crate::support::argus_http::KEY;
use crate::support::argus_http::NORDFJORD;
use crate::support::argus_http::OTHER_CASE;
use crate::support::argus_http::keys_seen;
use crate::support::database::TestDatabase;
use crate::support::desk::Desk;
use crate::support::gateway::Gateway;
use crate::support::gateway::QUESTION;
use crate::support::gateway::adjusted;
use crate::support::gateway::chat;
use crate::support::gateway::json;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::text;
use crate::support::gateway::turns;
use crate::support::guarded::Guarded;
use crate::support::mcp_side::sessionless;
use crate::support::recorder::Recorder;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::served::open;
use crate::support::served::said;
use crate::support::sysdig_http::EVENTS;
use crate::support::sysdig_http::FULL as FULL_TOKEN;
use crate::support::sysdig_http::HOST;
use crate::support::sysdig_http::TOKEN;
use crate::support::sysdig_http::tokens_seen;

const ANNS: &str = "anns-secret-0f3b";
const BOBS: &str = "bobs-secret-77aa";
const OWN: &str = "X-User-Token";
const RUNTIME: &str = "List the runtime events of the last 2 hours";

fn brought(fields: &[&str]) -> CredentialsConfig {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    CredentialsConfig { from: CredentialsFrom::Caller, fields, ..Default::default() }
}

/// The embedded servers, with credentials of the caller alone.
fn embedded(config: &mut Config) {
    for server in config.mcp.servers.values_mut() {
        if let TransportConfig::Embedded { settings, .. } = &mut server.transport {
            settings.retain(|name, _| !["ARGUS_API_KEY", "SYSDIG_MCP_API_TOKEN"].contains(&name.as_str()));
        }
        server.options.credentials = brought(&[]);
    }
}

/// One server elsewhere, that takes a header of each request.
fn elsewhere(config: &mut Config, url: &str, credentials: CredentialsConfig) {
    let options = McpServerOptions { credentials, groups: vec!["cases".to_owned()], ..Default::default() };
    let transport = TransportConfig::StreamableHttp { url: url.to_owned(), headers: Default::default() };
    config.mcp.servers.clear();
    config.mcp.servers.insert("guarded".to_owned(), McpServerConfig { transport, options });
}

/// A gateway before a server that tells whose credential a request brought.
async fn guarded(database: &TestDatabase) -> (Gateway, Guarded) {
    let server = Guarded::default();
    let url = server.serve().await;
    let adjust = adjusted(move |config| {
        config.limits.calls_at_once = 32;
        elsewhere(config, &url, brought(&[OWN]));
    });
    let gateway = Gateway::start(SandboxOptions { store: Some(database.url.clone()), ..adjust }).await;
    (gateway, server)
}

fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// A turn of a new conversation, with these headers.
async fn turn(gateway: &Gateway, message: &str, headers: &[(&str, &str)]) -> Value {
    let path = turns(&gateway.conversation().await);
    json(with(gateway.post(&path, &json!({ "message": message })), headers), 200).await
}

async fn told(request: RequestBuilder) -> Value {
    answer(request.send().await.expect("an answer")).await
}

fn whoami_with(says: &str) -> Value {
    json!({ "name": "guarded__whoami", "arguments": { "token": says } })
}

fn whoami(gateway: &Gateway, says: &str) -> RequestBuilder {
    sessionless(gateway, "tools/call", whoami_with(says))
}

fn names(listed: &Value) -> Vec<String> {
    let tools = listed["result"]["tools"].as_array().unwrap_or_else(|| panic!("{listed}"));
    tools.iter().map(|tool| text(&tool["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_asks_argus_with_the_key_of_its_own_request() {
    let gateway = Gateway::start(adjusted(embedded)).await;
    let status = format!("What is the status of case {OTHER_CASE}?");
    assert_eq!(turn(&gateway, &status, &[(KEY, FULL)]).await["outcome"], "answered");
    // The same owner with another key: another connection, which sees what that key opens.
    assert_ne!(turn(&gateway, &status, &[(KEY, NORDFJORD)]).await["outcome"], "answered");
    let completion = with(gateway.post("/v1/chat/completions", &chat(QUESTION)), &[(KEY, NORDFJORD)]);
    let completion = json(completion.bearer_auth("sk-what-clients-send"), 200).await;
    assert_eq!(completion["groundwire"]["outcome"], "answered", "{completion}");
    let seen = keys_seen(&gateway.simulators);
    assert_eq!(seen.first().map(String::as_str), Some("15a6/1"));
    assert_eq!(seen.iter().filter(|key| *key == "15a6/1").count(), 1, "{seen:?}");
    assert!(seen.len() > 2 && seen[1..].iter().all(|key| key == "15a6/2"), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_brings_none_says_which_header_is_missing() {
    let gateway = Gateway::start(adjusted(embedded)).await;
    let malformed: [&[(&str, &str)]; 4] = [
        &[],
        &[(KEY, "no key")],
        &[(KEY, FULL), (KEY, NORDFJORD)],
        &[(KEY, " "), ("authorization", "Bearer 15a6/1/sim-full")],
    ];
    for headers in malformed {
        let turn = turn(&gateway, QUESTION, headers).await;
        assert_eq!(turn["outcome"], "tool_unavailable", "{turn}");
        assert!(text(&turn["text"]).contains("argus (Argus-API-Key)"), "{turn}");
        assert!(!turn.to_string().contains("sim-full") && !turn.to_string().contains("no key"), "{turn}");
    }
    for headers in [&[][..], &[(HOST, "http://127.0.0.1:1")], &[("authorization", "Bearer tok-full")]] {
        let turn = turn(&gateway, RUNTIME, headers).await;
        assert_eq!(turn["outcome"], "tool_unavailable", "{turn}");
        assert!(text(&turn["text"]).contains("sysdig (X-Sysdig-Token)"), "{turn}");
    }
    assert!(keys_seen(&gateway.simulators).is_empty() && tokens_seen(&gateway.simulators).is_empty());
    // By every other way in as well.
    let listed = json(gateway.get("/api/tools").header(KEY, "no key"), 200).await;
    assert_eq!(listed["items"], json!([]));
    let errors: Vec<String> =
        listed["servers"].as_array().expect("servers").iter().map(|server| text(&server["error"])).collect();
    assert!(errors[0].contains(KEY) && errors[1].contains(TOKEN) && !errors[0].contains("no key"), "{errors:?}");
    assert_eq!(listed["servers"][0]["headers"], json!([KEY]));
    let body = json!({ "arguments": { "caseID": OTHER_CASE } });
    let (code, error) = refused(gateway.post("/api/tools/argus/getArgusCaseByID/try", &body), 404).await;
    assert_eq!(code, "tool_not_found");
    assert!(text(&error["message"]).contains(KEY), "{error}");
    let arguments = json!({ "name": "argus__getArgusCaseByID", "arguments": { "caseID": OTHER_CASE } });
    let error = told(sessionless(&gateway, "tools/call", arguments)).await;
    assert!(text(&error["error"]["message"]).contains(KEY), "{error}");
    let ready = json(gateway.get("/readyz"), 200).await;
    assert_eq!(ready["servers"][0]["state"], "per_request", "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sysdig_host_that_a_header_names_gets_the_callers_token_and_no_other() {
    let recorder = Recorder::start().await;
    let sending = Recorder::sending(Some(recorder.url.clone())).await;
    let stranger = Recorder::start().await;
    let hosts = vec![recorder.url.clone(), sending.url.clone()];
    let gateway = Gateway::start(adjusted(move |config| {
        embedded(config);
        let sysdig = config.mcp.servers.get_mut("sysdig").expect("the server of the sandbox");
        sysdig.options.credentials.hosts.clone_from(&hosts);
    }))
    .await;
    assert_eq!(turn(&gateway, RUNTIME, &[(TOKEN, FULL_TOKEN)]).await["outcome"], "answered");
    let before = tokens_seen(&gateway.simulators).len();
    assert!(before > 0 && tokens_seen(&gateway.simulators).iter().all(|token| *token == FULL_TOKEN));
    // In the hands of the same owner, at once.
    let list = |headers: &[(&str, &str)]| told(with(sessionless(&gateway, "tools/list", json!({})), headers));
    let (own, there) =
        tokio::join!(list(&[(TOKEN, EVENTS)]), list(&[(TOKEN, "of-the-recorder"), (HOST, &recorder.url)]));
    assert_eq!((names(&own).len(), names(&there).len()), (3, 3), "{own} {there}");
    let since = tokens_seen(&gateway.simulators).split_off(before);
    assert!(since.contains(&EVENTS) && !since.contains(&"none that it knows"), "{since:?}");
    let asked = recorder.header("authorization");
    assert!(!asked.is_empty() && asked.iter().all(|header| header == "Bearer of-the-recorder"), "{asked:?}");
    // Without a token a host is told nothing, and one that is none is refused.
    assert!(names(&list(&[(HOST, &recorder.url)]).await).is_empty());
    let odd = turn(&gateway, RUNTIME, &[(TOKEN, FULL_TOKEN), (HOST, "https://a:b@c.example")]).await;
    assert_eq!(odd["outcome"], "tool_unavailable", "{odd}");
    assert!(recorder.header("authorization").iter().all(|header| header == "Bearer of-the-recorder"));
    // A host that sends elsewhere sends nobody's token along.
    assert!(names(&list(&[(TOKEN, "not-for-others"), (HOST, &sending.url)]).await).is_empty());
    assert!(sending.was_told("not-for-others") && !recorder.was_told("not-for-others"));
    // And one that the operator has not named is sent nothing at all.
    let headers = [(TOKEN, "for-a-stranger"), (HOST, stranger.url.as_str())];
    assert!(names(&list(&headers).await).is_empty());
    let refused = json(with(gateway.get("/api/tools"), &headers), 200).await;
    assert!(refused["servers"].to_string().contains("options.credentials.hosts"), "{refused}");
    assert!(!stranger.was_told("for-a-stranger") && stranger.header("host").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_callers_at_once_never_bring_each_others_and_nothing_keeps_either() {
    let database = TestDatabase::sqlite();
    let (gateway, server) = guarded(&database).await;
    let gateway = std::sync::Arc::new(gateway);
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..16 {
        let gateway = std::sync::Arc::clone(&gateway);
        let secret = if lane % 2 == 0 { ANNS } else { BOBS };
        lanes.spawn(async move {
            for round in 0..64 {
                let arguments = json!({ "arguments": { "token": secret } });
                let told = match (lane / 2 + round) % 4 {
                    0 => json(gateway.post("/api/tools/guarded/whoami/try", &arguments).header(OWN, secret), 200).await,
                    _ => told(whoami(&gateway, secret).header(OWN, secret)).await,
                };
                let whose = told["result"]["structuredContent"]["token"].as_str().or(told["content"]["token"].as_str());
                assert_eq!(whose, Some(secret), "{told}");
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.expect("every call is answered with the credential of its own request");
    }
    assert_eq!(server.counted(), (1_024, 0));
    let mut tokens = server.tokens();
    tokens.sort();
    assert_eq!(tokens, [ANNS, BOBS]);
    let listed = told(sessionless(&gateway, "tools/list", json!({})).header(OWN, ANNS)).await;
    assert_eq!(names(&listed), [format!("guarded__of_{ANNS}"), "guarded__whoami".to_owned()]);
    // The server itself tells them in its results, which are not ours to hide; requests hold them nowhere.
    let kept = json(gateway.get("/api/credentials"), 200).await;
    assert_eq!(kept["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_callers_bring_is_in_no_file_of_the_database() {
    let database = TestDatabase::sqlite();
    let adjust = adjusted(embedded);
    let gateway = Gateway::start(SandboxOptions { store: Some(database.url.clone()), ..adjust }).await;
    let asked = turn(&gateway, QUESTION, &[(KEY, NORDFJORD)]).await;
    assert_eq!(asked["outcome"], "answered", "{asked}");
    let whole = json(gateway.get(&format!("/api/turns/{}", text(&asked["id"]))), 200).await.to_string();
    let events = gateway.get(&format!("/api/turns/{}/events", text(&asked["id"]))).send().await.expect("an answer");
    let events = events.text().await.expect("events");
    assert!(events.contains("tool.finished"));
    let Gateway { app, stop, serving, .. } = gateway;
    stop.cancel();
    serving.await.expect("it ends").expect("without an error");
    app.close().await;
    let folder = database.url.strip_prefix("sqlite:").expect("a file");
    let folder = std::path::Path::new(folder).parent().expect("a folder");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        found.extend(std::fs::read(entry.expect("a file").path()).expect("its bytes"));
    }
    let holds = |secret: &str| found.windows(secret.len()).any(|part| part == secret.as_bytes());
    assert!(holds(QUESTION), "the search sees what is kept");
    assert!(!holds("sim-nordfjord"));
    assert!(!whole.contains("sim-nordfjord") && !events.contains("sim-nordfjord"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_of_a_session_or_a_stream_brings_its_own() {
    let database = TestDatabase::sqlite();
    let (gateway, server) = guarded(&database).await;
    // A session that was opened with a credential lends it to nobody.
    let opened = gateway.post("/mcp", &initialize()).header(OWN, ANNS).send().await.expect("an answer");
    let id = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
    let of_session = |body: &Value| gateway.post("/mcp", body).header("mcp-session-id", &id);
    let ready = of_session(&initialized()).header(OWN, ANNS).send().await.expect("an answer");
    assert_eq!(ready.status(), 202);
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": whoami_with(BOBS) });
    let bobs = told(of_session(&call).header(OWN, BOBS)).await;
    assert_eq!(bobs["result"]["structuredContent"]["token"], BOBS, "{bobs}");
    let nobodys = told(of_session(&call)).await;
    assert!(text(&nobodys["error"]["message"]).contains(OWN), "{nobodys}");
    // The same over HTTP+SSE.
    let (messages, mut events) = open(gateway.get("/sse").header(OWN, ANNS)).await;
    let post = |body: &Value| gateway.http.post(&messages).json(body);
    assert_eq!(post(&initialize()).send().await.expect("an answer").status(), 202);
    assert!(said(&mut events).await["result"].is_object());
    assert_eq!(post(&initialized()).send().await.expect("an answer").status(), 202);
    assert_eq!(post(&call).send().await.expect("an answer").status(), 202);
    assert!(text(&said(&mut events).await["error"]["message"]).contains(OWN));
    assert_eq!(post(&call).header(OWN, BOBS).send().await.expect("an answer").status(), 202);
    assert_eq!(said(&mut events).await["result"]["structuredContent"]["token"], BOBS);
    assert_eq!(server.tokens(), [BOBS], "and the one that opened them was used for nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_goes_to_the_server_that_takes_it_under_the_name_that_it_has_there() {
    let taking = Recorder::start().await;
    let url = format!("{}/mcp", taking.url);
    let gateway = Gateway::start(adjusted(move |config| {
        let mut credentials = brought(&["Authorization"]);
        credentials.headers.insert("Authorization".to_owned(), "X-Intel-Authorization".to_owned());
        elsewhere(config, &url, credentials);
        let mut other = config.mcp.servers["guarded"].clone();
        other.options.credentials = CredentialsConfig::default();
        config.mcp.servers.insert("other".to_owned(), other);
        config.auth.mode = AuthMode::Token;
    }))
    .await;
    let token = gateway.token("ann", AccessRole::Analyst, None).await;
    let before = taking.header("host").len();
    let headers = [("X-Intel-Authorization", "Bearer anns"), ("X-Other", "nobody takes it"), ("Cookie", "c=1")];
    let listed = with(gateway.get("/api/tools").bearer_auth(&token), &headers);
    assert_eq!(json(listed, 200).await["items"], json!([]), "it is no MCP server");
    let seen = taking.header("authorization");
    // The gateway keeps trying the other one, without any.
    assert!(before < seen.len() && seen[before..].iter().any(|header| header == "Bearer anns"), "{seen:?}");
    assert!(seen.iter().all(|header| header.is_empty() || header == "Bearer anns"), "{seen:?}");
    assert!(!taking.was_told(&token) && !taking.was_told("nobody takes it") && !taking.was_told("x-intel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_no_server_takes_reach_none() {
    let server = Guarded::default();
    let url = server.serve().await;
    let gateway = Gateway::start(adjusted(move |config| elsewhere(config, &url, CredentialsConfig::default()))).await;
    let told = told(whoami(&gateway, "").header(OWN, ANNS)).await;
    assert_eq!(told["result"]["structuredContent"]["token"], "", "{told}");
    assert_eq!(server.tokens(), [""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sends_elsewhere_does_not_take_what_a_request_brought_along() {
    let other = Recorder::start().await;
    let sending = Recorder::sending(Some(other.url.clone())).await;
    let url = format!("{}/mcp", sending.url);
    let gateway = Gateway::start(adjusted(move |config| elsewhere(config, &url, brought(&[OWN])))).await;
    let asked = turn(&gateway, QUESTION, &[(OWN, ANNS)]).await;
    assert_eq!(asked["outcome"], "tool_unavailable", "{asked}");
    assert!(!asked.to_string().contains(ANNS));
    assert!(sending.was_told(ANNS), "it was asked");
    assert!(other.header("host").is_empty(), "nothing came here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_brings_the_credential_that_its_call_needs_or_nothing_runs() {
    let adjust = |config: &mut Config| {
        embedded(config);
        let argus = config.mcp.servers.get_mut("argus").expect("it is there");
        argus.options.confirm = vec!["getArgusCaseByID".to_owned()];
    };
    let gateway = Gateway::start(adjusted(adjust)).await;
    let fetched =
        || gateway.simulators.argus.requests().iter().filter(|one| one.to_string().contains("4120771")).count();
    for (headers, outcome, runs) in [(&[][..], "tool_unavailable", 0), (&[(KEY, NORDFJORD)][..], "answered", 1)] {
        let path = turns(&gateway.conversation().await);
        let message = json!({ "message": "What is the status of case 4120771?" });
        let asked = json(with(gateway.post(&path, &message), &[(KEY, NORDFJORD)]), 200).await;
        assert_eq!(asked["outcome"], "confirmation", "{asked}");
        let confirm = gateway.post(&format!("/api/turns/{}/confirm", text(&asked["id"])), &json!({ "confirm": true }));
        let done = json(with(confirm, headers), 200).await;
        assert_eq!(done["outcome"], outcome, "{done}");
        assert_eq!(text(&done["text"]).contains(KEY), runs == 0, "{done}");
        assert_eq!(fetched(), runs);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_proxy_brings_it_with_its_yes_too() {
    let desk = Desk::default();
    let url = desk.serve().await;
    let gateway = Gateway::start(adjusted(move |config| elsewhere(config, &url, brought(&[OWN])))).await;
    let call = |answer: Option<(&str, Value)>| {
        let mut params = json!({ "name": "guarded__closeCase", "arguments": { "caseID": 1 } });
        if let Some((state, given)) = answer {
            params["requestState"] = json!(state);
            params["inputResponses"] = json!({ "confirm": given });
        }
        sessionless(&gateway, "tools/call", params)
    };
    let asked = told(call(None).header(OWN, ANNS)).await;
    let state = text(&asked["result"]["requestState"]);
    let yes = || json!({ "action": "accept", "content": { "run": true } });
    let refused = told(call(Some((&state, yes())))).await;
    assert!(text(&refused["error"]["message"]).contains(OWN), "{refused}");
    assert!(desk.calls().is_empty());
    // Nothing was answered, so the question is still open for who brings it.
    let done = told(call(Some((&state, yes()))).header(OWN, ANNS)).await;
    assert_eq!(done["result"]["isError"], json!(false), "{done}");
    assert_eq!(desk.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_outlives_its_request_keeps_its_credential_to_its_end_and_the_next_has_none() {
    let (held, gate) = crate::support::gateway::gated(adjusted(embedded));
    let gateway = Gateway::start(held).await;
    let path = turns(&gateway.conversation().await);
    let request = with(gateway.post(&path, &json!({ "message": QUESTION })), &[(KEY, NORDFJORD)]);
    let response = request.header("accept", "text/event-stream").send().await.expect("an answer");
    let id = crate::support::gateway::header(&response, "x-groundwire-turn-id");
    drop(response);
    gate.cancel();
    let events = gateway.get(&format!("/api/turns/{id}/events")).send().await.expect("an answer");
    assert!(events.text().await.expect("events").contains("answer.finished"));
    let whole = json(gateway.get(&format!("/api/turns/{id}")), 200).await;
    assert_eq!(whole["outcome"], "answered", "{whole}");
    let asked = keys_seen(&gateway.simulators).len();
    let again = json(gateway.post(&path, &json!({ "message": "Any change?" })), 200).await;
    assert_ne!(again["outcome"], "answered", "{again}");
    assert_eq!(keys_seen(&gateway.simulators).len(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_configuration_for_it_nothing_changes() {
    let gateway = Gateway::start(options()).await;
    assert_eq!(turn(&gateway, QUESTION, &[(KEY, "no key")]).await["outcome"], "answered");
    assert!(keys_seen(&gateway.simulators).iter().all(|key| key == "15a6/1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_definitions_that_callers_see_differently_one_is_accepted_and_the_rest_wait() {
    let server = Guarded::in_other_words();
    let url = server.serve().await;
    let database = TestDatabase::sqlite();
    let adjust = adjusted(move |config| elsewhere(config, &url, brought(&[OWN])));
    let gateway = Gateway::start(SandboxOptions { store: Some(database.url.clone()), ..adjust }).await;
    let pin = async |secret: &str| {
        let listed = json(gateway.get("/api/tools").header(OWN, secret), 200).await;
        let items = listed["items"].as_array().expect("a list").clone();
        items.into_iter().find(|tool| tool["tool"] == "whoami").expect("it is listed")["pin"].clone()
    };
    let calls = async |secret: &str| told(whoami(&gateway, secret).header(OWN, secret)).await["result"].is_object();
    let written = async || {
        let pins = gateway.app.store.tool_pin("guarded", "whoami").await.expect("it is written down");
        (pins.accepted.map(|accepted| accepted.hash), pins.seen.map(|seen| (seen.hash, seen.at)))
    };
    assert_eq!(pin("ann").await["state"], "pinned", "the first one seen");
    let bobs = pin("bob").await;
    assert_eq!((&bobs["state"], &bobs["reason"]), (&json!("quarantined"), &json!("changed")), "{bobs}");
    let carols = pin("carol").await;
    let before = written().await;
    assert_eq!(before.1.as_ref().map(|(hash, _)| json!(hash)), Some(carols["hash"].clone()));
    // However they take turns, nothing changes and nothing is written.
    for _ in 0..3 {
        for (who, state) in [("ann", "pinned"), ("bob", "quarantined"), ("carol", "quarantined")] {
            let pin = pin(who).await;
            assert_eq!(pin["state"], state, "{who}: {pin}");
            assert_eq!(calls(who).await, state == "pinned", "{who}");
        }
    }
    assert_eq!(pin("bob").await["hash"], bobs["hash"], "each is shown the definition that is theirs");
    gateway.app.hub.sync_pins().await;
    assert_eq!(written().await, before);
    // What one of them is shown can be accepted, though another was written down last.
    let accept = gateway.post("/api/tools/guarded/whoami/accept", &json!({ "hash": bobs["hash"] }));
    assert_eq!(json(accept, 200).await["hash"], bobs["hash"]);
    for (who, state) in [("bob", "pinned"), ("ann", "quarantined"), ("carol", "quarantined")] {
        assert_eq!(pin(who).await["state"], state, "{who}");
        assert_eq!(calls(who).await, state == "pinned", "{who}");
    }
}

#[test]
fn over_stdio_there_are_no_headers_and_the_error_says_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = "[store]\nurl = \"sqlite:groundwire.db\"\n[mcp.servers.argus]\ntransport = \"embedded\"\n\
        server = \"argus\"\noptions.credentials.from = \"caller\"\nsettings = { ARGUS_API_URL = \"http://127.0.0.1:1\" }\n";
    std::fs::write(folder.path().join("groundwire.toml"), config).expect("written");
    let mut proxy = Command::new(env!("CARGO_BIN_EXE_groundwire"))
        .args(["mcp", "proxy"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut input = proxy.stdin.take().expect("piped");
    let mut output = BufReader::new(proxy.stdout.take().expect("piped")).lines();
    let mut ask = |message: Value| writeln!(input, "{message}").expect("it reads");
    let mut answered = |id: u64| {
        let mut messages =
            output.by_ref().map(|line| serde_json::from_str::<Value>(&line.expect("UTF-8")).expect("JSON"));
        messages.find(|message| message["id"] == id).expect("an answer")
    };
    ask(initialize());
    answered(1);
    ask(initialized());
    ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }));
    let listed = answered(2);
    assert_eq!(listed["result"]["tools"], json!([]));
    assert!(text(&listed["result"]["_meta"]["groundwire/servers_down"][0]["error"]).contains(KEY), "{listed}");
    let params = json!({ "name": "argus__getArgusCaseByID", "arguments": { "caseID": 1 } });
    ask(json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params }));
    let called = answered(3);
    assert!(text(&called["error"]["message"]).contains(KEY), "{called}");
    drop(input);
    assert!(proxy.wait().expect("it ends").success());
}
