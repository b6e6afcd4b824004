//! A gateway on a real port over a sandbox, and what tests say to it. The simulated world
//! stands still; a gate in front of the model holds turns for as long as a test needs.

use std::sync::Arc;

use groundwire::app::App;
use groundwire::auth;
use groundwire::auth::NewToken;
use groundwire::config::Config;
use groundwire::domain::caller::AccessRole;
use groundwire::http;
use groundwire::sandbox::Sandbox;
use groundwire::sandbox::SandboxOptions;
use groundwire::sandbox::Simulators;
use groundwire::scenario::runs::Bounds;
use groundwire::scenario::runs::ScenarioRuns;
use groundwire::sim::clock::Sleeper;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use reqwest::Response;
use secrecy::ExposeSecret;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::install_tls;

/// The time in the simulated world.
pub(crate) const NOW: &str = "2026-02-09T08:15:30Z";

/// What the simulated world can answer.
pub(crate) const QUESTION: &str = "Show me the open cases for Nordfjord";

/// A gateway that listens.
pub(crate) struct Gateway {
    pub(crate) base: String,
    pub(crate) app: Arc<App>,
    pub(crate) runs: Arc<ScenarioRuns>,
    pub(crate) http: reqwest::Client,
    pub(crate) stop: CancellationToken,
    pub(crate) serving: JoinHandle<std::io::Result<()>>,
    pub(crate) simulators: Simulators,
}

/// Settings for tests: a world that stands still and never waits.
pub(crate) fn options() -> SandboxOptions {
    install_tls();
    SandboxOptions {
        now: NOW.parse().ok(),
        sleeper: Sleeper::instant(),
        backend_retries: 0,
        ..SandboxOptions::default()
    }
}

/// The same with a changed configuration.
pub(crate) fn adjusted(adjust: impl Fn(&mut Config) + Send + Sync + 'static) -> SandboxOptions {
    SandboxOptions { adjust: Some(Arc::new(adjust)), ..options() }
}

/// Options under which the model answers only once the gate is open.
pub(crate) fn gated(options: SandboxOptions) -> (SandboxOptions, CancellationToken) {
    let gate = CancellationToken::new();
    let closed = gate.clone();
    let sleeper = Sleeper::new(move |_| closed.clone().cancelled_owned());
    (SandboxOptions { behaviour: "slow".to_owned(), sleeper, ..options }, gate)
}

impl Gateway {
    pub(crate) async fn start(options: SandboxOptions) -> Self {
        Self::bounded(options, Bounds::default()).await
    }

    /// With other bounds for scenario runs.
    pub(crate) async fn bounded(options: SandboxOptions, bounds: Bounds) -> Self {
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let (app, simulators) = sandbox.into_parts();
        let app = Arc::new(app);
        let runs = ScenarioRuns::open(&app.config, &[], app.engine.router(), Arc::clone(&app.clock), bounds);
        let runs = runs.expect("the scenarios can be read");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("a local address"));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(http::serve(Arc::clone(&app), Arc::clone(&runs), listener, stop.clone()));
        Self { base, app, runs, http: reqwest::Client::new(), stop, serving, simulators }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(self.url(path))
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.http.delete(self.url(path))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.http.post(self.url(path)).json(body)
    }

    /// A body of any bytes, as JSON.
    pub(crate) fn post_bytes(&self, path: &str, bytes: impl Into<Vec<u8>>) -> RequestBuilder {
        self.http.post(self.url(path)).header("content-type", "application/json").body(bytes.into())
    }

    /// Creates a conversation and returns its id.
    pub(crate) async fn conversation(&self) -> String {
        let created = json(self.post("/api/conversations", &json!({})), 201).await;
        text(&created["id"])
    }

    /// Runs a turn to its end in a new conversation.
    pub(crate) async fn turn(&self, message: &str) -> Value {
        let conversation = self.conversation().await;
        self.turn_in(&conversation, message).await
    }

    /// Runs a turn to its end.
    pub(crate) async fn turn_in(&self, conversation: &str, message: &str) -> Value {
        json(self.post(&turns(conversation), &json!({ "message": message })), 200).await
    }

    /// A token of this name and role.
    pub(crate) async fn token(&self, name: &str, role: AccessRole, expires_at: Option<Timestamp>) -> String {
        let clock = &self.app.clock;
        let mut random = [0; 32];
        random[..16].copy_from_slice(clock.new_uuid().as_bytes());
        let new = NewToken { name: name.to_owned(), role, expires_at };
        let made = auth::create_token(&self.app.store, new, clock.new_uuid(), random, clock.now()).await;
        made.expect("the token is made").1.expose_secret().to_owned()
    }
}

pub(crate) fn turns(conversation: &str) -> String {
    format!("/api/conversations/{conversation}/turns")
}

/// A chat request with one user message.
pub(crate) fn chat(message: &str) -> Value {
    json!({ "model": "groundwire", "messages": [{ "role": "user", "content": message }] })
}

/// Sends a request, expects a status and returns the JSON body.
pub(crate) async fn json(request: RequestBuilder, status: u16) -> Value {
    let response = request.send().await.expect("an answer");
    let got = response.status().as_u16();
    let body = response.text().await.expect("a body");
    assert_eq!(got, status, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// Sends a request that must be refused by the native API; returns code and the whole error.
pub(crate) async fn refused(request: RequestBuilder, status: u16) -> (String, Value) {
    let body = json(request, status).await;
    let error = &body["error"];
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    assert!(error["details"].is_object(), "{body}");
    (text(&error["code"]), error.clone())
}

/// Sends a request that must be refused by an OpenAI route; returns code and the whole error.
pub(crate) async fn openai_refused(request: RequestBuilder, status: u16) -> (String, Value) {
    let body = json(request, status).await;
    let error = &body["error"];
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    assert!(error["type"].is_string() && error.get("param").is_some(), "{body}");
    (text(&error["code"]), error.clone())
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

pub(crate) fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name).unwrap_or_else(|| panic!("no header {name}"));
    value.to_str().expect("a text").to_owned()
}

/// One server-sent event.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sent {
    pub(crate) event: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

impl Sent {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }
}

/// Events of a whole stream, comments left out.
pub(crate) fn events(body: &str) -> Vec<Sent> {
    let blocks = body.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks.filter_map(event).collect()
}

fn event(block: &str) -> Option<Sent> {
    let mut sent = Sent::default();
    for line in block.lines().filter(|line| !line.starts_with(':')) {
        let (field, value) = line.split_once(": ").unwrap_or((line, ""));
        match field {
            "event" => sent.event = value.to_owned(),
            "id" => sent.id = value.to_owned(),
            "data" => sent.data = value.to_owned(),
            other => panic!("unknown field {other} in {block}"),
        }
    }
    (sent != Sent::default()).then_some(sent)
}
