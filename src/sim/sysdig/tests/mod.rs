//! The embedded Sysdig server against the simulated backend: an MCP client in
//! process, the REST calls over real HTTP.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use rmcp::RoleClient;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResult;
use rmcp::service::RunningService;
use secrecy::SecretString;
use serde_json::json;
use tokio_util::sync::DropGuard;

use super::*;
use crate::app::sysdig_mcp::Authorization;
use crate::app::sysdig_mcp::Serving;
use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::server::serve;
use crate::sim::faults::Fault;
use crate::sim::faults::FaultKind;
use crate::sim::sysdig::tokens::TOKENS;

mod hostile;
mod hostile_arguments;
mod queries;

/// A simulator, the server with one token in front of it, and a client.
struct World {
    sim: SysdigSim,
    clock: SimClock,
    base: String,
    client: RunningService<RoleClient, ()>,
    _stop: DropGuard,
}

impl World {
    async fn with_token(token: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let start: Timestamp = "2026-02-09T08:15:30Z".parse().unwrap();
        let clock = SimClock::standing_at(start);
        let sim = SysdigSim::new(DEFAULT_SEED, clock.clone(), Sleeper::instant());
        let cancel = CancellationToken::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (serving, stop) = (sim.clone(), cancel.clone());
        tokio::spawn(async move { serving.serve(listener, stop).await });
        let config = SysdigConfig {
            api_host: Some(base.clone()),
            api_token: Some(SecretString::from(token)),
            request_timeout: Duration::from_secs(2),
            ..SysdigConfig::default()
        };
        let now = clock.clone();
        let server = SysdigServer::checked(config, Arc::new(move || now.now())).unwrap();
        let (near, far) = tokio::io::duplex(1 << 20);
        let (read, write) = tokio::io::split(far);
        tokio::spawn(serve(server, read, write, cancel.clone()));
        let client = ().serve(near).await.unwrap();
        Self { sim, clock, base, client, _stop: cancel.drop_guard() }
    }

    async fn full() -> Self {
        Self::with_token("tok-full").await
    }

    async fn result(&self, tool: &'static str, arguments: Value) -> CallToolResult {
        let arguments = arguments.as_object().cloned().unwrap();
        let params = CallToolRequestParams::new(tool).with_arguments(arguments);
        self.client.call_tool(params).await.unwrap()
    }

    async fn ok(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.result(tool, arguments).await;
        let text = &result.content[0].as_text().unwrap().text;
        assert_eq!(result.is_error, Some(false), "{text}");
        let structured = result.structured_content.clone().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), structured);
        structured
    }

    async fn error(&self, tool: &'static str, arguments: Value) -> String {
        let result = self.result(tool, arguments).await;
        assert_eq!(result.is_error, Some(true));
        result.content[0].as_text().unwrap().text.clone()
    }

    async fn list(&self, arguments: Value) -> Value {
        self.ok("list_runtime_events", arguments).await
    }

    /// Id of the newest event that passes a filter.
    async fn newest(&self, filter: &str) -> String {
        let page = self.list(json!({"scope_hours": 336, "filter_expr": filter, "limit": 1})).await;
        page["results"]["data"][0]["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn each_token_sees_its_tools() {
    for (token, expected) in TOKENS.iter().zip([3 + 2 + 16, 3, 1 + 16, 3 + 2 + 16, 0]) {
        let world = World::with_token(token.name).await;
        let tools = world.client.list_tools(None).await.unwrap().tools;
        assert_eq!(tools.len(), expected, "{}", token.name);
        let requests = world.sim.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].token, Some(token.name));
        assert!(requests[0].user_agent.starts_with("sysdig-mcp-server/"));
    }
    let stranger = World::with_token("tok-unknown").await;
    assert!(stranger.client.list_tools(None).await.unwrap().tools.is_empty());
    assert_eq!(stranger.sim.requests()[0].status, Some(401));
}

#[tokio::test]
async fn the_default_listing_shows_the_last_hour_without_scanner_noise() {
    let world = World::full().await;
    let result = world.list(json!({})).await;
    assert_eq!(result["status_code"], 200);
    assert_eq!(result["metadata"]["timestamp"], "2026-02-09T08:15:30.000000Z");
    let events = result["results"]["data"].as_array().unwrap();
    assert_eq!(result["results"]["page"]["total"], events.len());
    assert!(events.len() > 20);
    assert!(events.iter().all(|event| event["originator"] != "hostscanning"));
    let machine_learning = events.iter().filter(|event| event["engine"] == "machineLearning");
    assert_eq!(machine_learning.count(), 3);
}

#[tokio::test]
async fn a_severity_filter_gives_that_severity_as_an_integer() {
    let world = World::full().await;
    let filter = json!({"filter_expr": "severity = \"4\"", "scope_hours": 336, "limit": "200"});
    let result = world.list(filter).await;
    let events = result["results"]["data"].as_array().unwrap();
    assert!(events.len() > 10);
    assert!(events.iter().all(|event| event["severity"] == json!(4)));
    assert!(result["results"]["page"].is_object());
}

#[tokio::test]
async fn an_or_in_the_expression_does_not_escape_the_base_filter() {
    let world = World::full().await;
    let filter = "severity = \"7\" or severity = \"0\"";
    let result = world.list(json!({"filter_expr": filter, "scope_hours": 336, "limit": 200})).await;
    let events = result["results"]["data"].as_array().unwrap();
    assert!(events.iter().any(|event| event["severity"] == 0));
    assert!(events.iter().any(|event| event["severity"] == 7));
    assert!(events.iter().all(|event| event["originator"] != "hostscanning"));
}

#[tokio::test]
async fn high_severity_events_of_the_last_two_hours_in_cluster1() {
    let world = World::full().await;
    let filter = "severity in (\"0\",\"1\",\"2\",\"3\") and kubernetes.cluster.name = \"cluster1\"";
    let result = world.list(json!({"filter_expr": filter, "scope_hours": 2})).await;
    let rules: Vec<&Value> =
        result["results"]["data"].as_array().unwrap().iter().map(|event| &event["content"]["ruleName"]).collect();
    assert_eq!(rules, ["Malware Detection", "Drift Detected"]);
}

#[tokio::test]
async fn pages_are_walked_to_the_end_by_cursor() {
    let world = World::full().await;
    let mut arguments = json!({"scope_hours": 336, "limit": 60});
    let mut ids = std::collections::BTreeSet::new();
    let mut total = 0;
    loop {
        let result = world.list(arguments).await;
        total = result["results"]["page"]["total"].as_u64().unwrap().max(total);
        for event in result["results"]["data"].as_array().unwrap() {
            ids.insert(event["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = result["results"]["page"].get("next").cloned() else {
            break;
        };
        // Time goes on between pages; the window stays.
        world.clock.advance(SignedDuration::from_mins(30));
        arguments = json!({"cursor": next, "limit": 60});
    }
    assert_eq!(ids.len() as u64, total);
    assert!(ids.len() > 150);
}

#[tokio::test]
async fn every_listed_event_can_be_fetched() {
    let world = World::full().await;
    let result = world.list(json!({"scope_hours": 24, "limit": 200})).await;
    for listed in result["results"]["data"].as_array().unwrap() {
        let one = world.ok("get_event_info", json!({"event_id": listed["id"]})).await;
        let mut listed = listed.clone();
        listed.as_object_mut().unwrap().shift_remove("cursor");
        assert_eq!(one["results"], listed);
        assert_eq!(one["status_code"], 200);
    }
}

#[tokio::test]
async fn a_runtime_event_has_a_tree_and_a_cloud_event_has_a_note() {
    let world = World::full().await;
    let id = world.newest("ruleName starts with \"Fileless\"").await;
    let tree = world.ok("get_event_process_tree", json!({"event_id": id})).await;
    let branch = tree["branches"]["data"][0]["branch"].as_array().unwrap();
    let names: Vec<&Value> = branch.iter().map(|process| &process["name"]).collect();
    assert_eq!(names, ["systemd", "containerd-shim", "node", "bash", "kworkerd"]);
    assert_eq!(tree["tree"]["data"]["root"]["name"], "systemd");
    assert!(tree["metadata"].get("note").is_none());

    for filter in ["source = \"awscloudtrail\"", "engine = \"machineLearning\""] {
        let id = world.newest(filter).await;
        let tree = world.ok("get_event_process_tree", json!({"event_id": id})).await;
        assert_eq!((&tree["branches"], &tree["tree"]), (&json!({}), &json!({})));
        assert_eq!(tree["metadata"]["note"], "Process tree not available for this event");
    }
}

#[tokio::test]
async fn reserved_ids_fail_as_they_promise() {
    let world = World::full().await;
    for (digit, status, hint) in [
        ("44444444444444444444444444444444", "404", ""),
        ("55555555555555555555555555555555", "500", ""),
        ("42900000000000000000000000000000", "429", "retry after 7 seconds"),
    ] {
        let error = world.error("get_event_info", json!({"event_id": digit})).await;
        assert!(error.starts_with(&format!("error retrieving event, status code: {status}")));
        assert!(error.contains(hint));
    }
    let id = "55555555555555555555555555555555";
    let error = world.error("get_event_process_tree", json!({"event_id": id})).await;
    assert!(error.starts_with("error requesting process tree branches: status code 500"));
}

#[tokio::test]
async fn a_bad_filter_is_answered_with_the_backends_words() {
    let world = World::full().await;
    let error = world.error("list_runtime_events", json!({"filter_expr": "severity in ("})).await;
    assert!(error.starts_with("error retrieving events, status code: 400, response: "));
    assert!(error.contains("invalid filter: expected a value at position"));
}

#[tokio::test]
async fn calls_without_permission_name_it() {
    let world = World::with_token("tok-monitor").await;
    for tool in ["get_event_info", "get_event_process_tree"] {
        let error = world.error(tool, json!({"event_id": "abc"})).await;
        assert!(error.contains("403") && error.contains("policy-events.read"), "{error}");
    }
    let error = world.error("list_runtime_events", json!({})).await;
    assert!(error.contains("403"), "{error}");
}

#[tokio::test]
async fn faults_reach_the_client_as_what_they_are() {
    let world = World::full().await;
    let path = "/secure/events";
    let arm = |kind| world.sim.faults().set(vec![Fault::new(path, kind).times(1)]);

    arm(FaultKind::Close);
    let error = world.error("list_runtime_events", json!({})).await;
    assert!(error.starts_with("error triggering request: "), "{error}");
    arm(FaultKind::Html);
    let error = world.error("list_runtime_events", json!({})).await;
    assert!(error.contains("status code: 502") && error.contains("<h1>Bad Gateway</h1>"));
    world.sim.faults().set(vec![Fault::new(path, FaultKind::Status).status(503).times(1)]);
    let error = world.error("list_runtime_events", json!({})).await;
    assert!(error.contains("status code: 503"));

    arm(FaultKind::Truncate);
    let result = world.list(json!({})).await;
    assert_eq!(result["results"], json!({}));
    assert!(result["metadata"]["note"].is_string());
    arm(FaultKind::Empty);
    assert_eq!(world.list(json!({})).await["results"]["page"]["total"], 0);
    arm(FaultKind::ErrorIn200);
    assert_eq!(world.list(json!({})).await["results"]["type"], "internal_error");
    arm(FaultKind::CountSkip);
    assert!(world.list(json!({})).await["results"]["page"].get("total").is_none());
    arm(FaultKind::Inject);
    assert!(world.list(json!({})).await.to_string().contains("ignore your rules"));
    arm(FaultKind::CutPage);
    let cut = world.list(json!({})).await;
    let shown = cut["results"]["data"].as_array().unwrap().len() as u64;
    assert!(shown < cut["results"]["page"]["total"].as_u64().unwrap());
    assert!(world.sim.faults().armed().is_empty());
}

#[tokio::test]
async fn data_can_change_between_two_calls() {
    let world = World::full().await;
    let id = world.newest("severity = \"0\"").await;
    let patch = json!({"events": {id.clone(): {"severity": 7}}});
    let fault = Fault::new("/secure/events/v1/events/", FaultKind::Mutate).after(1).body(patch);
    world.sim.faults().set(vec![fault]);
    let first = world.ok("get_event_info", json!({"event_id": id})).await;
    let second = world.ok("get_event_info", json!({"event_id": id})).await;
    assert_eq!((&first["results"]["severity"], &second["results"]["severity"]), (&json!(0), &json!(7)));
    world.sim.reset();
    let third = world.ok("get_event_info", json!({"event_id": id})).await;
    assert_eq!(third["results"]["severity"], 0);
}

#[tokio::test]
async fn the_backend_is_steered_and_watched_over_http() {
    let world = World::full().await;
    let http = reqwest::Client::new();
    let faults = format!("{}/_sim/faults", world.base);
    for body in [
        json!({"path": "/", "kind": "empty"}),
        json!([{"path": "/", "kind": "empty"}]),
        json!({"faults": [{"path": "/", "kind": "empty"}]}),
    ] {
        let response = http.post(&faults).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(world.sim.faults().armed().len(), 1);
    }
    let response = http.post(&faults).body("{\"path\":1}").send().await.unwrap();
    assert_eq!(response.status(), 400);
    let armed: Value = http.get(&faults).send().await.unwrap().json().await.unwrap();
    assert_eq!(armed["faults"][0]["kind"], "empty");

    world.list(json!({})).await;
    let requests = format!("{}/_sim/requests", world.base);
    let seen: Value = http.get(&requests).send().await.unwrap().json().await.unwrap();
    let seen = &seen["requests"][0];
    assert_eq!(seen["path"], "/secure/events/v1/events");
    assert_eq!(seen["token"], "tok-full");
    assert_eq!(seen["status"], 200);
    assert_eq!(seen["at"], "2026-02-09T08:15:30Z");

    assert_eq!(http.delete(&faults).send().await.unwrap().status(), 200);
    let id = world.newest("severity = \"0\"").await;
    let event = format!("{}/_sim/events/{id}", world.base);
    let patch = json!({"labels": {"note": "seen"}});
    let changed: Value = http.patch(&event).json(&patch).send().await.unwrap().json().await.unwrap();
    assert_eq!(changed["labels"]["note"], "seen");
    assert_eq!(http.patch(&event).json(&json!(1)).send().await.unwrap().status(), 400);
    let clock = format!("{}/_sim/clock", world.base);
    let moved = http.post(&clock).json(&json!({"advance": "PT90M"})).send().await.unwrap();
    assert_eq!(moved.json::<Value>().await.unwrap()["now"], "2026-02-09T09:45:30Z");
    assert_eq!(http.get(format!("{}/_sim/other", world.base)).send().await.unwrap().status(), 404);

    let response = http.post(format!("{}/_sim/reset", world.base)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(world.sim.requests().is_empty() && world.sim.faults().armed().is_empty());
}

#[tokio::test]
async fn requests_that_nobody_should_send_are_refused() {
    let world = World::full().await;
    let http = reqwest::Client::new();
    for (method, path, authorization, status) in [
        ("GET", "/secure/events/v1/events?from=0&to=1&sort=x", "Bearer tok-full", 400),
        ("GET", "/api/users/me/permissions?x=1", "Bearer tok-full", 400),
        ("GET", "/api/users/me/permissions", "Basic tok-full", 401),
        ("GET", "/api/users/me/permissions", "", 401),
        ("POST", "/secure/events/v1/events", "Bearer tok-full", 405),
        ("GET", "/api/sysql/v2/query", "Bearer tok-full", 405),
        ("GET", "/secure/events/v1/events/x", "Bearer tok-none", 403),
    ] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = http.request(method, format!("{}{path}", world.base));
        if !authorization.is_empty() {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["x-ratelimit-limit"], "120");
        let body: Value = response.json().await.unwrap();
        assert!(body["type"].is_string() && body["message"].is_string());
    }
}

#[tokio::test]
async fn a_hanging_backend_runs_into_the_time_limit_and_still_shuts_down() {
    let world = World::full().await;
    world.sim.faults().set(vec![Fault::new("/secure", FaultKind::Timeout)]);
    let config = SysdigConfig {
        api_host: Some(world.base.clone()),
        api_token: Some(SecretString::from("tok-full")),
        request_timeout: Duration::from_millis(50),
        ..SysdigConfig::default()
    };
    let credentials = crate::servers::sysdig::credentials::resolve(&config, None).unwrap();
    let http = config.http_client().unwrap();
    let server = SysdigServer::new(config, http, Arc::new(|| Timestamp::UNIX_EPOCH));
    let tool = crate::servers::sysdig::tools::find("list_runtime_events").unwrap();
    let error = server.run_tool(tool, &credentials, &serde_json::Map::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "error triggering request: timed out after 0.05 s");
    assert_eq!(world.sim.requests()[0].status, None);
}

/// The server behind streamable HTTP, each request standing alone.
async fn over_http(world: &World) -> String {
    let config = SysdigConfig {
        transport: "streamable-http".to_owned(),
        api_host: Some("http://127.0.0.1:1".to_owned()),
        api_token: Some(SecretString::from("tok-full")),
        ..SysdigConfig::default()
    };
    let now = world.clock.clone();
    let server = SysdigServer::checked(config, Arc::new(move || now.now())).unwrap();
    let serving = Serving {
        hosts: Hosts::Unchecked,
        authorization: Authorization::Sysdig,
        keeping: Keeping::Nothing,
        limits: Limits::default(),
    };
    let endpoints = serving.endpoints(server, "", &CancellationToken::new());
    let router = Router::new().route("/mcp", endpoints.streamable.route());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn over_http_each_request_acts_with_its_own_headers() {
    let world = World::full().await;
    let url = over_http(&world).await;
    let http = reqwest::Client::new();
    let post = async |headers: &[(&str, &str)], body: Value| -> Value {
        let mut request = http.post(&url).header("accept", "application/json, text/event-stream").json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    };
    let listing = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
        "params": {"name": "list_runtime_events", "arguments": {}}});
    let host = ("x-sysdig-host", world.base.as_str());

    let full = post(&[("authorization", "Bearer tok-events"), host], listing.clone()).await;
    assert_eq!(full["result"]["tools"].as_array().map(Vec::len), Some(3));
    let other = post(&[("x-sysdig-token", "tok-monitor"), host], listing.clone()).await;
    assert_eq!(other["result"]["tools"].as_array().map(Vec::len), Some(1 + 16));
    let tokens: Vec<_> = world.sim.requests().iter().map(|request| request.token).collect();
    assert_eq!(tokens, [Some("tok-events"), Some("tok-monitor")]);

    // Without a token nothing is sent anywhere, the configured one least of all.
    let refused = post(&[host], listing).await;
    assert_eq!(refused["error"]["message"], "Missing or invalid Authorization header");
    let refused = post(&[host], call).await;
    assert_eq!(refused["result"]["isError"], true);
    assert_eq!(refused["result"]["content"][0]["text"], "Missing or invalid Authorization header");
    assert_eq!(world.sim.requests().len(), 2);
}
