//! `groundwire mcp sysdig` over HTTP as a real process over the simulated Sysdig.

use std::process::Command;

use groundwire::sandbox::Simulators;
use reqwest::RequestBuilder;
use serde_json::Value;
use serde_json::json;

use crate::support::served::Served;
use crate::support::served::answer;

/// Header with a Sysdig token.
pub(crate) const TOKEN: &str = "X-Sysdig-Token";
/// Header with a Sysdig host.
pub(crate) const HOST: &str = "X-Sysdig-Host";
/// Token of the simulated Sysdig that opens everything; the process has it too.
pub(crate) const FULL: &str = "tok-full";
/// One that opens events only.
pub(crate) const EVENTS: &str = "tok-events";
/// One that opens metrics and the making of queries.
pub(crate) const MONITOR: &str = "tok-monitor";
/// What a request without a token is told.
pub(crate) const NO_TOKEN: &str = "Missing or invalid Authorization header";

impl Served {
    /// Starts it, told by variables alone, with a token of its own that it must not use.
    pub(crate) fn sysdig(simulators: &Simulators, variables: &[(&str, &str)]) -> Self {
        let mut command = sysdig(variables);
        for (name, value) in [
            ("SYSDIG_MCP_API_HOST", simulators.sysdig_url()),
            ("SYSDIG_MCP_API_SECURE_TOKEN", FULL),
            ("SYSDIG_MCP_TRANSPORT", "streamable-http"),
            ("SYSDIG_MCP_LISTENING_HOST", "127.0.0.1"),
            ("SYSDIG_MCP_LISTENING_PORT", "0"),
            ("SYSDIG_MCP_LOGLEVEL", "TRACE"),
        ] {
            if variables.iter().all(|(known, _)| *known != name) {
                command.env(name, value);
            }
        }
        Self::spawn(command, "sysdig-mcp: listening on ")
    }
}

/// The program by its own name, with these variables and no others.
pub(crate) fn sysdig(variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundwire"));
    command.args(["mcp", "sysdig"]).env_clear().envs(variables.iter().copied());
    // Where no `.env` file is.
    command.current_dir("/");
    command
}

/// Tokens that the simulated Sysdig was asked with, in order.
pub(crate) fn tokens_seen(simulators: &Simulators) -> Vec<&'static str> {
    simulators.sysdig.requests().iter().map(|seen| seen.token.unwrap_or("none that it knows")).collect()
}

/// Asks for the tools.
pub(crate) fn list() -> Value {
    json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
}

/// Asks for one event.
pub(crate) fn call(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": "get_event_info", "arguments": {"event_id": "00000000000000000000000000000001"}}})
}

/// The names in a list of tools.
pub(crate) async fn names(request: RequestBuilder) -> Vec<String> {
    let listed = answer(request.send().await.expect("an answer")).await;
    let tools = listed["result"]["tools"].as_array().unwrap_or_else(|| panic!("{listed}")).clone();
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

/// The text of a failed call.
pub(crate) fn failure(answer: &Value) -> &str {
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    answer["result"]["content"][0]["text"].as_str().expect("a text")
}
