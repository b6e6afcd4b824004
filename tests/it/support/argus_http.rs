//! `groundwire mcp argus` over HTTP as a real process over the simulated Argus, with
//! everything logged that can be logged, and clients of it.

use std::collections::HashMap;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread::JoinHandle;

use groundwire::sandbox::Simulators;
use groundwire::sim::argus::DEFAULT_SEED;
use groundwire::sim::clock::SimClock;
use groundwire::sim::clock::Sleeper;
use reqwest::RequestBuilder;
use reqwest::Response;
use rmcp::RoleClient;
use rmcp::model::CallToolRequestParams;
use rmcp::model::ClientCapabilities;
use rmcp::model::ClientConfig;
use rmcp::model::Implementation;
use rmcp::model::ProtocolVersion;
use rmcp::service::ClientLifecycleMode;
use rmcp::service::ClientServiceExt;
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;
use serde_json::json;

use crate::support::install_tls;

/// Key of the simulated Argus that opens every customer.
pub(crate) const FULL: &str = "15a6/1/sim-full";
/// One that opens one customer.
pub(crate) const NORDFJORD: &str = "15a6/2/sim-nordfjord";
/// The secret parts of both.
pub(crate) const SECRETS: [&str; 2] = ["sim-full", "sim-nordfjord"];
/// A case of that customer.
pub(crate) const OWN_CASE: u64 = 4_120_771;
/// A case of another.
pub(crate) const OTHER_CASE: u64 = 4_120_802;
/// Header with the key.
pub(crate) const KEY: &str = "Argus-API-Key";

/// The simulators, in a world that stands still.
pub(crate) async fn simulators() -> Simulators {
    install_tls();
    let clock = SimClock::standing_at("2026-02-09T08:15:30Z".parse().expect("a time"));
    Simulators::start(DEFAULT_SEED, clock, Sleeper::real()).await.expect("simulators start")
}

/// Shown parts of the keys that Argus saw, in order.
pub(crate) fn keys_seen(simulators: &Simulators) -> Vec<String> {
    simulators.argus.requests().iter().map(|seen| seen["keyPrefix"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The server as a process.
pub(crate) struct Served {
    child: Child,
    reading: Option<JoinHandle<Vec<String>>>,
    /// Where it listens, as it says.
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
}

impl Served {
    /// Starts it with a key of its own in the environment, which it must not use.
    pub(crate) fn start(simulators: &Simulators, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_groundwire"))
            .args(["mcp", "argus", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .env("ARGUS_API_URL", simulators.argus_url())
            .env("ARGUS_API_KEY", FULL)
            .env("ARGUS_API_MAX_RETRIES", "0")
            .env("ARGUS_MCP_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let (told, listening) = std::sync::mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
        let reading = std::thread::spawn(move || {
            let mut lines = Vec::new();
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(url) = line.strip_prefix("argus-mcp: listening on ") {
                    let _ = told.send(url.to_owned());
                }
                lines.push(line);
            }
            lines
        });
        let url = listening.recv().expect("it says where it listens");
        Self { child, reading: Some(reading), url, http: reqwest::Client::new() }
    }

    /// The address of another path.
    pub(crate) fn at(&self, path: &str) -> String {
        let mut url = reqwest::Url::parse(&self.url).expect("a URL");
        url.set_path(path);
        url.to_string()
    }

    /// A message to the endpoint, without a key.
    pub(crate) fn message(&self, body: &Value) -> RequestBuilder {
        self.http.post(&self.url).header("accept", "application/json, text/event-stream").json(body)
    }

    /// Opens a session and returns its id.
    pub(crate) async fn session(&self, key: &str) -> String {
        let opened = self.message(&initialize()).header(KEY, key).send().await.expect("an answer");
        assert_eq!(opened.status(), 200);
        let id = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let ready = self.message(&ready).header(KEY, key).header("mcp-session-id", &id).send().await;
        assert_eq!(ready.expect("an answer").status(), 202);
        id
    }

    /// SIGTERM; the exit code and all of standard error, which holds no secret.
    pub(crate) fn stop(mut self) -> (Option<i32>, Vec<String>) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(asked.success());
        let code = self.child.wait().expect("ended").code();
        let lines = self.reading.take().expect("it is read").join().expect("read to the end");
        let told: Vec<&String> = lines.iter().filter(|line| SECRETS.iter().any(|part| line.contains(part))).collect();
        assert!(told.is_empty(), "{told:#?}");
        let out = std::io::read_to_string(self.child.stdout.take().expect("standard output is piped"));
        assert_eq!(out.expect("UTF-8"), "", "nothing belongs on standard output");
        (code, lines)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Only for a test that fails half-way; a process that has ended is left alone.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The first message of a client.
pub(crate) fn initialize() -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

/// A call for one case.
pub(crate) fn case_call(id: u64, case: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": "getArgusCaseByID", "arguments": {"caseID": case}}})
}

/// The message of an answer: plain JSON, or the one in a stream.
pub(crate) async fn answer(response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.expect("a body");
    assert!(!SECRETS.iter().any(|part| body.contains(part)), "{body}");
    let data = body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).find(|data| !data.is_empty());
    let text = data.unwrap_or(&body);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{status}: {error}: {body}"))
}

/// A client of streamable HTTP, of the era with sessions or of the one without.
pub(crate) async fn client(url: &str, key: &str, with_sessions: bool) -> RunningService<RoleClient, ClientConfig> {
    install_tls();
    let header = (KEY.parse().expect("a name"), key.parse().expect("a value"));
    let config = StreamableHttpClientTransportConfig::with_uri(url).custom_headers(HashMap::from([header]));
    let transport = StreamableHttpClientTransport::with_client(reqwest::Client::new(), config);
    let lifecycle = if with_sessions {
        ClientLifecycleMode::Initialize
    } else {
        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] }
    };
    let version = if with_sessions { ProtocolVersion::LATEST_WITH_INITIALIZE } else { ProtocolVersion::V_2026_07_28 };
    ClientConfig::new(ClientCapabilities::default(), Implementation::new("test", "1"))
        .with_protocol_version(version)
        .serve_with_lifecycle(transport, lifecycle)
        .await
        .expect("connected")
}

/// Asks for a case by a client; the result's object.
pub(crate) async fn case_by(client: &RunningService<RoleClient, ClientConfig>, case: u64) -> Value {
    let arguments = json!({ "caseID": case }).as_object().cloned().expect("an object");
    let call = CallToolRequestParams::new("getArgusCaseByID").with_arguments(arguments);
    let result = client.call_tool(call).await.expect("an answer");
    result.structured_content.expect("structured content")
}
