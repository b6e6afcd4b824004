//! The MCP hub over real transports: a child process, streamable HTTP, servers that die,
//! results of any size. Relies on the sandbox and on the program itself as a child.

use std::sync::Arc;
use std::time::Duration;

use groundwire::domain::caller::Caller;
use groundwire::domain::event::TurnOutcome;
use groundwire::domain::tool::MadeBy;
use groundwire::domain::tool::RawToolResult;
use groundwire::domain::tool::ToolCall;
use groundwire::domain::tool::ToolFailure;
use groundwire::domain::tool::ToolName;
use groundwire::engine::ports::Follow;
use groundwire::engine::ports::Tools;
use groundwire::engine::record::TurnRecord;
use groundwire::engine::turn::TurnRequest;
use groundwire::sandbox::Sandbox;
use groundwire::sandbox::SandboxOptions;
use groundwire::sim::clock::Sleeper;
use groundwire::sim::faults::Fault;
use groundwire::sim::faults::FaultKind;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::install_tls;

const NOW: &str = "2026-02-09T08:15:30Z";

fn options() -> SandboxOptions {
    install_tls();
    SandboxOptions {
        now: NOW.parse().ok(),
        sleeper: Sleeper::instant(),
        backend_retries: 0,
        ..SandboxOptions::default()
    }
}

async fn ask(sandbox: &Sandbox, message: &str) -> Arc<TurnRecord> {
    let request =
        TurnRequest { conversation_id: None, message: message.to_owned(), profile: None, unverified: Vec::new() };
    let turn = sandbox.app().engine.start_turn(Caller::local(), request).await.expect("the turn starts");
    let mut events = turn.journal.read(0);
    while events.next().await.is_some() {}
    turn.journal.record().expect("the turn is stored")
}

async fn call(
    hub: &dyn Tools,
    server: &str,
    tool: &str,
    arguments: serde_json::Value,
) -> Result<RawToolResult, ToolFailure> {
    let call = ToolCall {
        id: "01939c5e-0000-7000-8000-000000000001".parse().expect("an id"),
        name: ToolName::qualify(server, tool),
        server: server.to_owned(),
        tool: tool.to_owned(),
        arguments,
        made_by: MadeBy::Gateway,
        attempt: 1,
        confirmed: false,
        given: None,
    };
    hub.call(&call, &Caller::local(), Follow::nobody(), &CancellationToken::new()).await
}

/// A sandbox in which Argus runs as a child over stdio.
async fn with_child() -> Sandbox {
    let mut options = options();
    options.adjust = Some(Arc::new(|config| {
        let embedded = config.mcp.servers.remove("argus").expect("the sandbox has argus");
        let groundwire::config::mcp::TransportConfig::Embedded { settings, .. } = embedded.transport else {
            unreachable!("argus is embedded in the sandbox")
        };
        let child = groundwire::config::mcp::McpServerConfig {
            transport: groundwire::config::mcp::TransportConfig::Stdio {
                command: env!("CARGO_BIN_EXE_groundwire").to_owned(),
                args: vec!["mcp".to_owned(), "argus".to_owned()],
                env: settings,
                cwd: None,
            },
            options: groundwire::config::mcp::McpServerOptions {
                groups: vec!["cases".to_owned()],
                ..Default::default()
            },
        };
        config.mcp.servers.insert("argus".to_owned(), child);
    }));
    Sandbox::start(options).await.expect("the sandbox starts")
}

/// Ids of our child processes that run `mcp argus` for this sandbox.
fn children(argus_url: &str) -> Vec<u32> {
    let ours = std::process::id();
    std::fs::read_dir("/proc")
        .expect("proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let environment = String::from_utf8_lossy(&environment).into_owned();
            parent == Some(ours) && environment.contains(argus_url)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_child_is_started_again_and_the_next_call_is_answered() {
    let sandbox = with_child().await;
    let hub = sandbox.app().hub.as_ref();
    let arguments = json!({"caseID": 4120771});
    let first = call(hub, "argus", "getArgusCaseByID", arguments.clone()).await.expect("answered");
    assert!(!first.is_error);
    let pids = children(sandbox.argus_url());
    assert_eq!(pids.len(), 1, "one child runs");
    let killed = std::process::Command::new("kill").args(["-9", &pids[0].to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let second = call(hub, "argus", "getArgusCaseByID", arguments).await.expect("answered after the restart");
    assert!(!second.is_error);
    let state = hub.shared().servers.iter().find(|server| server.name == "argus").cloned();
    assert!(state.is_some_and(|state| state.up));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_child_is_left_when_the_gateway_stops() {
    let sandbox = with_child().await;
    let url = sandbox.argus_url().to_owned();
    assert_eq!(children(&url).len(), 1);
    sandbox.stop().await;
    assert_eq!(children(&url), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_hides_no_other_and_its_absence_is_said() {
    let mut options = options();
    options.adjust = Some(Arc::new(|config| {
        let argus = config.mcp.servers.get_mut("argus").expect("the sandbox has argus");
        argus.transport = groundwire::config::mcp::TransportConfig::Stdio {
            command: "/nonexistent/argus-mcp".to_owned(),
            args: Vec::new(),
            env: Default::default(),
            cwd: None,
        };
        argus.options.groups = vec!["cases".to_owned(), "events".to_owned()];
    }));
    let sandbox = Sandbox::start(options).await.expect("the gateway starts without argus");
    let catalog = sandbox.app().hub.shared();
    assert!(catalog.tools.iter().any(|tool| tool.server == "sysdig"), "the other server is there");
    let record = ask(&sandbox, "Show me the open cases for Nordfjord").await;
    assert_eq!(record.outcome, TurnOutcome::ToolUnavailable);
    assert!(record.text.contains("argus"), "names the server: {}", record.text);
    assert!(!record.text.chars().any(|c| c.is_ascii_digit()), "no numbers: {}", record.text);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_of_ten_megabytes_is_kept_whole_and_answered_in_bounds() {
    let sandbox = Sandbox::start(options()).await.expect("the sandbox starts");
    let long = "padding ".repeat(10 * 1024 * 1024 / 8);
    let argus = &sandbox.simulators().argus;
    argus.patch_case(4_120_771, &json!({"description": long})).expect("the case takes the text");
    let record = ask(&sandbox, "What is the status of case 4120771?").await;
    let kept = record.results[0].content.to_string().len();
    assert!(kept > 10 * 1024 * 1024, "the whole payload is kept: {kept}");
    assert!(record.text.len() < 64 * 1024, "the reply stays small: {}", record.text.len());
    assert!(record.text.contains("4120771"));
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_fails_is_reported_without_numbers() {
    let sandbox = Sandbox::start(options()).await.expect("the sandbox starts");
    sandbox.simulators().argus.faults().add(Fault::new("/cases", FaultKind::Status).status(500).times(50));
    let record = ask(&sandbox, "Show me the open cases for Nordfjord").await;
    assert_eq!(record.outcome, TurnOutcome::ToolFailed, "{}", record.text);
    let sentence = record.text.split("\n\n").next().unwrap_or_default();
    assert!(!sentence.chars().any(|c| c.is_ascii_digit()), "no numbers: {sentence}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_backend_ends_in_the_time_limit_of_the_server() {
    let mut options = options();
    options.adjust = Some(Arc::new(|config| {
        if let Some(argus) = config.mcp.servers.get_mut("argus") {
            argus.options.timeout_seconds = 1;
        }
    }));
    let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
    sandbox.simulators().argus.faults().add(Fault::new("/cases", FaultKind::Timeout).times(50));
    let record = tokio::time::timeout(Duration::from_secs(60), ask(&sandbox, "Show me the open cases for Nordfjord"))
        .await
        .expect("the turn ends");
    assert_eq!(record.outcome, TurnOutcome::ToolUnavailable, "{}", record.text);
    sandbox.stop().await;
}
