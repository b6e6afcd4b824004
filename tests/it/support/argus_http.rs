//! `groundwire mcp argus` over HTTP as a real process over the simulated Argus, with
//! everything logged that can be logged, and clients of it.

use std::collections::HashMap;
use std::process::Command;

use groundwire::sandbox::Simulators;
use groundwire::sim::argus::DEFAULT_SEED;
use groundwire::sim::clock::SimClock;
use groundwire::sim::clock::Sleeper;
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
use crate::support::served::Served;

/// Key of the simulated Argus that opens every customer.
pub(crate) const FULL: &str = "15a6/1/sim-full";
/// One that opens one customer.
pub(crate) const NORDFJORD: &str = "15a6/2/sim-nordfjord";
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

impl Served {
    /// Starts it with a key of its own in the environment, which it must not use.
    pub(crate) fn start(simulators: &Simulators, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_groundwire"));
        command
            .args(["mcp", "argus", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .env("ARGUS_API_URL", simulators.argus_url())
            .env("ARGUS_API_KEY", FULL)
            .env("ARGUS_API_MAX_RETRIES", "0")
            .env("ARGUS_MCP_LOG", "trace");
        Self::spawn(command, "argus-mcp: listening on ")
    }

    /// Opens a session and returns its id.
    pub(crate) async fn session(&self, key: &str) -> String {
        self.session_with(&[(KEY, key)]).await
    }
}

/// A call for one case.
pub(crate) fn case_call(id: u64, case: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": "getArgusCaseByID", "arguments": {"caseID": case}}})
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
