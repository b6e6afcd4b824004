//! Hubs over servers that a test has started, and calls through them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use groundwire::clock::SystemClock;
use groundwire::domain::caller::Caller;
use groundwire::domain::tool::MadeBy;
use groundwire::domain::tool::RawToolResult;
use groundwire::domain::tool::ToolCall;
use groundwire::domain::tool::ToolFailure;
use groundwire::domain::tool::ToolName;
use groundwire::engine::ports::Catalog;
use groundwire::engine::ports::Follow;
use groundwire::engine::ports::ServerState;
use groundwire::engine::ports::Tools;
use groundwire::mcp::catalog::ToolRules;
use groundwire::mcp::child::Program;
use groundwire::mcp::hub::Hub;
use groundwire::mcp::hub::Member;
use groundwire::mcp::hub::Reach;
use groundwire::mcp::limits::UpstreamLimits;
use groundwire::mcp::pins::Pins;
use groundwire::mcp::transport::Remote;
use groundwire::mcp::transport::Transport;
use groundwire::mcp::transport::http_client;
use groundwire::mcp::upstream::Upstream;
use groundwire::store::Store;
use groundwire::store::StoreOptions;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::install_tls;

/// Limits without long pauses, for results of 64 KiB.
pub(crate) fn limits() -> UpstreamLimits {
    let short = Duration::from_millis(5);
    UpstreamLimits {
        first_pause: short,
        longest_pause: short * 4,
        breaker_after: 1000,
        probe: Duration::from_millis(500),
        grace: Duration::from_millis(200),
        ..UpstreamLimits::new(Duration::from_secs(20), Duration::from_secs(10), 64 * 1024)
    }
}

pub(crate) fn http(url: String) -> Transport {
    Transport::Http(remote(url))
}

pub(crate) fn sse(url: String) -> Transport {
    Transport::Sse(remote(url))
}

fn remote(url: String) -> Remote {
    install_tls();
    let secret = secrecy::SecretString::from("Bearer hushed");
    Remote {
        url,
        headers: BTreeMap::from([("authorization".to_owned(), secret)]),
        client: http_client().expect("a client"),
    }
}

/// The server in plain shell.
pub(crate) fn plain(env: &[(&str, &str)]) -> Transport {
    let mut env: BTreeMap<String, secrecy::SecretString> =
        env.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let secrets = env.get("KEY").cloned().into_iter().collect();
    env.insert("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".into());
    let command = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/plain-mcp").to_owned();
    Transport::Stdio(Program { command, args: Vec::new(), env, secrets, cwd: None })
}

/// A hub over these servers, that nobody keeps yet.
pub(crate) async fn unkept(servers: Vec<(&str, Transport, UpstreamLimits)>) -> Arc<Hub> {
    let member = |(name, transport, limits): (&str, Transport, UpstreamLimits)| Member {
        reach: Reach::Shared(Upstream::new(name, Vec::new(), transport, limits, Arc::new(SystemClock::new()))),
        rules: ToolRules::default(),
        max_age: None,
    };
    let store = Store::connect("sqlite::memory:", &StoreOptions::default()).await.expect("a database");
    store.migrate().await.expect("its tables");
    let pins = Pins::load(Arc::new(store), Arc::new(SystemClock::new()), BTreeSet::new()).await.expect("no pins");
    Hub::new(servers.into_iter().map(member).collect(), pins)
}

/// A hub over these servers, each up or failed.
pub(crate) async fn kept(servers: Vec<(&str, Transport, UpstreamLimits)>) -> Arc<Hub> {
    let hub = unkept(servers).await;
    hub.start();
    hub.settled(Duration::from_secs(30)).await;
    hub
}

pub(crate) fn call_of(server: &str, tool: &str, arguments: Value, confirmed: bool) -> ToolCall {
    ToolCall {
        id: "01939c5e-0000-7000-8000-000000000001".parse().expect("an id"),
        name: ToolName::qualify(server, tool),
        server: server.to_owned(),
        tool: tool.to_owned(),
        arguments,
        made_by: MadeBy::Gateway,
        attempt: 1,
        confirmed,
        given: None,
    }
}

/// One call that nobody cancels.
pub(crate) async fn call(hub: &Hub, server: &str, tool: &str, arguments: Value) -> Result<RawToolResult, ToolFailure> {
    send(hub, &call_of(server, tool, arguments, false), &CancellationToken::new()).await
}

/// A call of a tool that changes something, confirmed.
pub(crate) async fn confirmed(hub: &Hub, server: &str, tool: &str) -> Result<RawToolResult, ToolFailure> {
    send(hub, &call_of(server, tool, json!({}), true), &CancellationToken::new()).await
}

pub(crate) async fn send(hub: &Hub, call: &ToolCall, cancel: &CancellationToken) -> Result<RawToolResult, ToolFailure> {
    hub.call(call, &Caller::local(), Follow::nobody(), cancel).await
}

/// Says something to a server that says it back.
pub(crate) async fn echo(hub: &Hub, server: &str, say: &str) -> Result<String, ToolFailure> {
    Ok(call(hub, server, "echo", json!({ "say": say })).await?.texts().collect())
}

/// The state of a server now.
pub(crate) async fn state(hub: &Hub, server: &str) -> ServerState {
    of(&hub.shared(), server)
}

fn of(catalog: &Catalog, server: &str) -> ServerState {
    catalog.servers.iter().find(|state| state.name == server).expect("the server is there").clone()
}

/// Waits until the state of a server is as wanted.
pub(crate) async fn until(hub: &Hub, server: &str, wanted: impl Fn(&ServerState) -> bool) -> ServerState {
    let mut catalogs = hub.catalogs();
    let catalog = catalogs.wait_for(|catalog| wanted(&of(catalog, server))).await.expect("the hub is there");
    of(&catalog, server)
}

/// Processes whose parent this one is, dead ones that nobody has asked for included.
pub(crate) fn children() -> Vec<u32> {
    let ours = std::process::id();
    let processes = std::fs::read_dir("/proc").expect("proc");
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| parent(*pid) == Some(ours)).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// A pipe that a child and whatever it starts hold open as long as they live.
pub(crate) struct Life {
    folder: tempfile::TempDir,
    pipe: tokio::net::unix::pipe::Receiver,
}

impl Life {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        let made = std::process::Command::new("mkfifo").arg(folder.path().join("life")).status().expect("mkfifo runs");
        assert!(made.success());
        let opening = tokio::net::unix::pipe::OpenOptions::new().open_receiver(folder.path().join("life"));
        Self { pipe: opening.expect("a pipe"), folder }
    }

    /// Its path.
    pub(crate) fn path(&self) -> String {
        self.folder.path().join("life").to_string_lossy().into_owned()
    }

    /// Returns when nobody holds it who did.
    pub(crate) async fn ends(mut self) {
        let read = tokio::io::AsyncReadExt::read_to_end(&mut self.pipe, &mut Vec::new()).await;
        assert_eq!(read.expect("a pipe"), 0);
    }
}
