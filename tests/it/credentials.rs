//! Users' own credentials for MCP servers: given over the API, sealed in the database, and brought
//! to their server for their owner alone.

use std::sync::Arc;

use groundwire::config::auth::AuthMode;
use groundwire::config::credentials::CredentialsConfig;
use groundwire::config::credentials::CredentialsFrom;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
use groundwire::config::secret::SecretRef;
use groundwire::domain::caller::AccessRole;
use groundwire::domain::caller::Caller;
use groundwire::domain::tool::MadeBy;
use groundwire::domain::tool::RawToolResult;
use groundwire::domain::tool::ToolCall;
use groundwire::domain::tool::ToolFailure;
use groundwire::domain::tool::ToolName;
use groundwire::engine::ports::Follow;
use groundwire::engine::ports::Tools;
use groundwire::sandbox::SandboxOptions;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::gateway::json;
use crate::support::gateway::refused;
use crate::support::guarded::Guarded;
use crate::support::recorder::Recorder;

const ANNS: &str = "anns-secret-0f3b";
const BOBS: &str = "bobs-secret-77aa";

/// A gateway with tokens, and a server that takes a header of each user; its files are in `folder`.
fn options(url: &str, folder: &TempDir) -> SandboxOptions {
    let key = folder.path().join("sealing-key");
    std::fs::write(&key, "5e".repeat(32)).expect("the key is written");
    let (url, database) = (url.to_owned(), folder.path().join("groundwire.db"));
    adjusted(move |config| {
        config.auth.mode = AuthMode::Token;
        config.store.url = format!("sqlite:{}", database.display());
        config.store.sealing_key = Some(SecretRef::File(key.display().to_string()));
        let fields = vec!["X-User-Token".to_owned()];
        let credentials = CredentialsConfig { from: CredentialsFrom::User, fields, ..Default::default() };
        let options = McpServerOptions { credentials, groups: vec!["cases".to_owned()], ..Default::default() };
        let transport = TransportConfig::StreamableHttp { url: url.clone(), headers: Default::default() };
        config.mcp.servers.clear();
        config.mcp.servers.insert("guarded".to_owned(), McpServerConfig { transport, options });
    })
}

struct World {
    gateway: Gateway,
    server: Guarded,
    folder: TempDir,
    ann: String,
    bob: String,
}

impl World {
    async fn start() -> Self {
        let server = Guarded::default();
        let folder = tempfile::tempdir().expect("a folder");
        let gateway = Gateway::start(options(&server.serve().await, &folder)).await;
        let ann = gateway.token("ann", AccessRole::Analyst, None).await;
        let bob = gateway.token("bob", AccessRole::Analyst, None).await;
        Self { gateway, server, folder, ann, bob }
    }

    async fn give(&self, token: &str, secret: &str) -> Value {
        let put = self.gateway.http.put(self.gateway.url("/api/credentials/guarded"));
        json(put.bearer_auth(token).json(&json!({"fields": {"X-User-Token": secret}})), 200).await
    }

    async fn listed(&self, token: &str) -> Value {
        json(self.gateway.get("/api/credentials").bearer_auth(token), 200).await["items"].clone()
    }

    async fn tools(&self, token: &str) -> Vec<String> {
        let tools = json(self.gateway.get("/api/tools").bearer_auth(token), 200).await;
        let items = tools["items"].as_array().expect("a list");
        items.iter().map(|tool| tool["tool"].as_str().expect("a name").to_owned()).collect()
    }

    async fn whoami(&self, caller: &str, says: &str) -> Result<RawToolResult, ToolFailure> {
        call(&*self.gateway.app.hub, caller, says).await
    }
}

async fn call(hub: &dyn Tools, caller: &str, says: &str) -> Result<RawToolResult, ToolFailure> {
    let call = ToolCall {
        id: "01939c5e-0000-7000-8000-000000000001".parse().expect("an id"),
        name: ToolName::new("guarded__whoami"),
        server: "guarded".to_owned(),
        tool: "whoami".to_owned(),
        arguments: json!({"token": says}),
        made_by: MadeBy::Gateway,
        attempt: 1,
        confirmed: false,
        given: None,
    };
    let caller = Caller::new(caller, AccessRole::Analyst);
    hub.call(&call, &caller, Follow::nobody(), &CancellationToken::new()).await
}

fn told(answer: Result<RawToolResult, ToolFailure>) -> Value {
    let result = answer.expect("an answer");
    result.structured.as_deref().expect("structured content")["token"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_given_used_for_its_owner_replaced_and_forgotten() {
    let world = World::start().await;
    assert_eq!(world.listed(&world.ann).await[0]["state"], "missing");
    let missing = world.whoami("ann", ANNS).await.expect_err("no credential").to_string();
    assert!(missing.contains("a credential of your own") && missing.contains("/api/credentials/guarded"), "{missing}");
    assert_eq!(world.tools(&world.ann).await, Vec::<String>::new());

    let kept = world.give(&world.ann, ANNS).await;
    assert_eq!((&kept["state"], &kept["fields"]), (&json!("kept"), &json!(["X-User-Token"])));
    assert!(kept["kept_at"].is_string() && !kept.to_string().contains(ANNS), "{kept}");
    assert_eq!(told(world.whoami("ann", ANNS).await), ANNS);
    assert_eq!(world.tools(&world.ann).await, [format!("of_{ANNS}"), "whoami".to_owned()]);
    // What is Ann's is not Bob's.
    assert_eq!(world.listed(&world.bob).await[0]["state"], "missing");
    assert!(world.whoami("bob", BOBS).await.is_err());
    assert_eq!(world.tools(&world.bob).await, Vec::<String>::new());
    world.give(&world.bob, BOBS).await;
    assert_eq!(world.tools(&world.bob).await, [format!("of_{BOBS}"), "whoami".to_owned()]);

    world.give(&world.ann, "anns-second").await;
    assert_eq!(told(world.whoami("ann", "anns-second").await), "anns-second");
    let forget = || world.gateway.delete("/api/credentials/guarded").bearer_auth(&world.ann);
    assert_eq!(forget().send().await.expect("an answer").status(), 204);
    assert_eq!(refused(forget(), 404).await.0, "credential_not_found");
    assert!(world.whoami("ann", "anns-second").await.is_err());
    assert_eq!(told(world.whoami("bob", BOBS).await), BOBS);
    assert_eq!(world.server.counted().1, 0);
    assert_eq!(world.server.tokens(), [ANNS, BOBS, "anns-second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_calls_of_two_users_never_bring_the_others_credential() {
    let world = World::start().await;
    world.give(&world.ann, ANNS).await;
    world.give(&world.bob, BOBS).await;
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..40 {
        let hub = Arc::clone(&world.gateway.app.hub);
        let (name, secret) = if lane % 2 == 0 { ("ann", ANNS) } else { ("bob", BOBS) };
        lanes.spawn(async move {
            for _ in 0..250 {
                assert_eq!(told(call(&*hub, name, secret).await), secret);
            }
        });
    }
    while let Some(lane) = lanes.join_next().await {
        lane.expect("every call is answered with its caller's own credential");
    }
    assert_eq!(world.server.counted(), (10_000, 0));
    let mut tokens = world.server.tokens();
    tokens.sort();
    assert_eq!(tokens, [ANNS, BOBS]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_sealed_and_outlives_a_restart() {
    let world = World::start().await;
    world.give(&world.ann, ANNS).await;
    let url = match &world.gateway.app.config.mcp.servers["guarded"].transport {
        TransportConfig::StreamableHttp { url, .. } => url.clone(),
        _ => unreachable!("it is an HTTP server"),
    };
    let World { gateway, folder, ann, .. } = world;
    gateway.stop.cancel();
    gateway.serving.await.expect("it ends").expect("without an error");
    gateway.app.close().await;
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = entry.expect("a file").path();
        let bytes = std::fs::read(&path).expect("its bytes");
        assert!(!bytes.windows(ANNS.len()).any(|part| part == ANNS.as_bytes()), "{}", path.display());
    }
    let again = Gateway::start(options(&url, &folder)).await;
    assert_eq!(told(call(&*again.app.hub, "ann", ANNS).await), ANNS);
    again.stop.cancel();
    again.serving.await.expect("it ends").expect("without an error");
    again.app.close().await;
    // With another key nothing opens, and that is told.
    let changed = options(&url, &folder);
    std::fs::write(folder.path().join("sealing-key"), "6f".repeat(32)).expect("another key");
    let other = Gateway::start(changed).await;
    let listed = json(other.get("/api/credentials").bearer_auth(&ann), 200).await;
    assert_eq!(listed["items"][0]["state"], "unreadable");
    let reason = call(&*other.app.hub, "ann", ANNS).await.expect_err("it cannot be opened").to_string();
    assert!(reason.contains("cannot be opened any more"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_credential_is_refused_by_its_field() {
    let world = World::start().await;
    let put =
        |path: &str, body: Value| world.gateway.http.put(world.gateway.url(path)).bearer_auth(&world.ann).json(&body);
    for fields in [
        json!({}),
        json!({"X-User-Token": ""}),
        json!({"X-User-Token": " \t"}),
        json!({"X-User-Token": "two\r\nlines"}),
        json!({"X-User-Token": "ø"}),
        json!({"X-User-Token": "x".repeat(8_193)}),
        json!({"X-User-Token": "x", "Host": "elsewhere"}),
    ] {
        let (code, error) = refused(put("/api/credentials/guarded", json!({"fields": fields})), 400).await;
        assert_eq!(code, "invalid_body");
        assert!(error["details"]["field"].as_str().is_some_and(|field| field.starts_with("fields.")), "{error}");
    }
    let (code, error) = refused(put("/api/credentials/argus", json!({"fields": {"A": "b"}})), 404).await;
    assert_eq!(code, "credentials_not_taken");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("guarded")), "{error}");
    let reader = world.gateway.token("rita", AccessRole::Reader, None).await;
    let body = json!({"fields": {"X-User-Token": "x"}});
    let request =
        world.gateway.http.put(world.gateway.url("/api/credentials/guarded")).bearer_auth(&reader).json(&body);
    assert_eq!(refused(request, 403).await.0, "role_missing");
    assert_eq!(world.listed(&world.ann).await[0]["state"], "missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sends_elsewhere_does_not_take_a_credential_along() {
    let elsewhere = Recorder::start().await;
    let sending = Recorder::sending(Some(elsewhere.url.clone())).await;
    let folder = tempfile::tempdir().expect("a folder");
    let gateway = Gateway::start(options(&format!("{}/mcp", sending.url), &folder)).await;
    let ann = gateway.token("ann", AccessRole::Analyst, None).await;
    let put = gateway.http.put(gateway.url("/api/credentials/guarded"));
    json(put.bearer_auth(&ann).json(&json!({"fields": {"X-User-Token": ANNS}})), 200).await;
    let failure = call(&*gateway.app.hub, "ann", ANNS).await.expect_err("it is no MCP server").to_string();
    assert!(!failure.contains(ANNS), "{failure}");
    assert!(sending.was_told(ANNS), "it was asked");
    assert!(elsewhere.header("host").is_empty(), "nothing came here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_of_a_user_without_a_credential_says_what_is_missing() {
    let world = World::start().await;
    let created = json(world.gateway.post("/api/conversations", &json!({})).bearer_auth(&world.ann), 201).await;
    let path = format!("/api/conversations/{}/turns", created["id"].as_str().expect("an id"));
    let message = json!({"message": "Show me the open cases for Nordfjord"});
    let turn = json(world.gateway.post(&path, &message).bearer_auth(&world.ann), 200).await;
    assert_eq!(turn["outcome"], "tool_unavailable", "{turn}");
    assert!(
        turn["text"].as_str().is_some_and(|text| text.contains("guarded answers only with a credential of your own")),
        "{turn}"
    );
    let ready = json(world.gateway.get("/readyz"), 200).await;
    assert_eq!(ready["servers"][0]["state"], "per_user", "{ready}");
    assert_eq!(world.server.counted(), (0, 0));
}
