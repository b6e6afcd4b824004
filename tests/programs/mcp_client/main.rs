//! A user of the gateway, for the client side of the conformance suite. The suite starts an MCP
//! server, runs this program with its URL, and judges what reaches the server. Between the two
//! stands the real program, `groundwire mcp proxy`, so that what is judged is the hub: how it
//! connects, which revision it finds, its headers, its retries.
//!
//!     mcp-client GROUNDWIRE CONFIG TURNS URL
//!
//! The server of the configuration is called `upstream`. The suite runs all its scenarios at once; as
//! many gateways run as there are files in the folder TURNS, so that none is judged by how busy the
//! machine is. What a scenario wants used is told by
//! `MCP_CONFORMANCE_SCENARIO` and `MCP_CONFORMANCE_CONTEXT`. Says what it does; if nothing failed, the
//! last line is `done` and the status 0. Does not know what is judged.

mod wanted;

use std::fs::File;
use std::io;
use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use rmcp::ClientHandler;
use rmcp::ErrorData;
use rmcp::RoleClient;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::model::ClientCapabilities;
use rmcp::model::ClientConfig;
use rmcp::model::ElicitRequestParams;
use rmcp::model::ElicitResult;
use rmcp::model::ElicitationAction;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::Implementation;
use rmcp::model::ProtocolVersion;
use rmcp::model::ReadResourceRequestParams;
use rmcp::service::Peer;
use rmcp::service::RequestContext;
use rmcp::transport::TokioChildProcess;
use serde_json::Value;
use tokio::process::Command;

use wanted::Wanted;
use wanted::filled;

/// The suite gives up later, and then ends the shell that it has started, and not this.
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, config, turns, url] = arguments.as_slice() else {
        anyhow::bail!("usage: mcp-client GROUNDWIRE CONFIG TURNS URL");
    };
    let wanted = Wanted::by_suite()?;
    let _turn = turn(turns).with_context(|| format!("{turns} gives no turns"))?;
    let mut command = Command::new(program);
    command.args(["mcp", "proxy", "--config", config]).env("GROUNDWIRE__MCP__SERVERS__UPSTREAM__URL", url);
    let gateway = TokioChildProcess::new(command).with_context(|| format!("{program} does not start"))?;
    let using = async {
        let client = User.serve(gateway).await.context("the gateway was not reached")?;
        let failed = use_gateway(&client, &wanted).await?;
        client.cancel().await?;
        anyhow::ensure!(failed == 0, "{failed} requests failed");
        Ok(())
    };
    tokio::time::timeout(LIMIT, using).await.context("it took too long")??;
    say("done")
}

/// Waits for a turn, which ends with the file.
fn turn(folder: &str) -> anyhow::Result<File> {
    let files = std::fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<io::Result<Vec<_>>>()?;
    // Processes that are started one after the other have ids one after the other.
    let number = std::process::id() as usize % files.len().max(1);
    let file = File::open(files.get(number).context("it is empty")?)?;
    file.lock()?;
    Ok(file)
}

/// A client whose user accepts every form as it is proposed.
struct User;

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let can = ClientCapabilities::builder().enable_elicitation().build();
        ClientConfig::new(can, Implementation::new("mcp-client", "1"))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { requested_schema, .. } = request else {
            return Ok(ElicitResult::new(ElicitationAction::Decline));
        };
        let form = serde_json::to_value(requested_schema);
        let form = form.map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(filled(&form)))
    }
}

/// Uses what is wanted; how many requests failed.
async fn use_gateway(gateway: &Peer<RoleClient>, wanted: &Wanted) -> anyhow::Result<usize> {
    let listed = gateway.list_tools(None).await?;
    let down = listed.meta.as_ref().and_then(|meta| meta.0.get("groundwire/servers_down"));
    anyhow::ensure!(down.is_none(), "the gateway does not reach the server: {}", down.unwrap_or(&Value::Null));
    say(&format!("{} tools", listed.tools.len()))?;
    let mut outcomes = Vec::new();
    for (tool, arguments) in wanted.calls(&listed.tools)? {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool.clone()).with_arguments(arguments);
        let outcome = match gateway.call_tool(call).await {
            Ok(result) if result.is_error == Some(true) => Err(serde_json::to_string(&result.content)?),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        outcomes.push((format!("tool {tool}"), outcome));
    }
    if wanted.lists_alone() {
        return report(outcomes);
    }
    if let Some(first) = gateway.list_resources(None).await?.resources.first() {
        let read = gateway.read_resource(ReadResourceRequestParams::new(first.uri.clone())).await;
        outcomes.push((format!("resource {}", first.uri), read.map(drop).map_err(|error| error.to_string())));
    }
    if let Some(first) = gateway.list_prompts(None).await?.prompts.first() {
        let prompt = gateway.get_prompt(GetPromptRequestParams::new(first.name.clone())).await;
        outcomes.push((format!("prompt {}", first.name), prompt.map(drop).map_err(|error| error.to_string())));
    }
    report(outcomes)
}

fn report(outcomes: Vec<(String, Result<(), String>)>) -> anyhow::Result<usize> {
    let mut failed = 0;
    for (what, outcome) in outcomes {
        match outcome {
            Ok(()) => say(&format!("{what}: ok"))?,
            Err(why) => {
                failed += 1;
                say(&format!("{what}: failed: {why}"))?;
            }
        }
    }
    Ok(failed)
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
