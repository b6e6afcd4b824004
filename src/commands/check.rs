//! `groundwire check`: tests configuration, database, MCP servers and models, and probes
//! what each model server really honours. What a probe finds is kept in the database, where
//! the portal shows it; `--write` puts it into the profile.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use toml_edit::DocumentMut;
use toml_edit::value;

use crate::app::App;
use crate::clock::SystemClock;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::config::Config;
use crate::domain::probe::ProbeReport;
use crate::domain::tool::ToolSpec;
use crate::engine::ports::WhoseCredentials;
use crate::environment;
use crate::llm::probe;
use crate::llm::profile::ToolChoiceSupport;
use crate::scenario::load;
use crate::telemetry;

/// Longest probe of one model. Each of its requests has the profile's own limit.
const PROBE_TIME: Duration = Duration::from_secs(30 * 60);

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Which configuration.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Probe only this model profile
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Write what the probe found into the profile of the configuration file
    #[arg(long)]
    pub write: bool,
}

/// Prints one line per thing tested. Exit code 0 when all is well, 1 otherwise.
///
/// # Errors
/// When the configuration is wrong, or the database cannot be used.
pub async fn run(args: &CheckArgs, variables: &Variables) -> anyhow::Result<u8> {
    let config = args.config.load(variables)?;
    telemetry::init(&config.telemetry).map_err(anyhow::Error::msg)?;
    good("configuration");
    if let Some(name) = &args.model
        && !config.models.0.contains_key(name)
    {
        let known: Vec<&str> = config.models.0.keys().map(String::as_str).collect();
        anyhow::bail!("no model profile {name}; known are: {}", known.join(", "));
    }
    let lookup = |name: &str| environment::lookup(variables, name);
    let app = App::build(config.clone(), &lookup, Arc::new(SystemClock::new())).await?;
    app.engine.store().ping().await.context("the database takes no writes")?;
    good("database");
    let mut well = check_scenarios(&config);
    well &= check_servers(&app).await;
    for name in config.models.0.keys() {
        if args.model.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        let report = match app.probe(name, PROBE_TIME).await {
            Ok(probed) => probed.report,
            Err(error) => {
                bad(&format!("model {name}: {error}"));
                well = false;
                continue;
            }
        };
        well &= show_model(name, &report);
        if args.write && report.reachable {
            write_profile(&file(args)?, name, &report)?;
        }
    }
    app.close().await;
    Ok(u8::from(!well))
}

fn check_scenarios(config: &Config) -> bool {
    let Some(folder) = &config.server.scenarios else { return true };
    match load::own(folder) {
        Ok(set) => good(&format!("{} scenarios in {folder}", set.len())),
        Err(error) => {
            bad(&format!("server.scenarios: {error}"));
            return false;
        }
    }
    true
}

async fn check_servers(app: &App) -> bool {
    let catalog = app.hub.shared();
    let mut well = true;
    for server in &catalog.servers {
        let of_server = |tools: &[Arc<ToolSpec>]| tools.iter().filter(|tool| tool.server == server.name).count();
        let (tools, waiting) = (of_server(&catalog.tools), of_server(&catalog.waiting));
        if let Some(whose) = brought_by(server.credentials) {
            good(&format!("MCP server {} ({}): not tried here, since {whose}", server.name, server.transport));
        } else if !server.up {
            bad(&format!("MCP server {}: {}", server.name, server.error.as_deref().unwrap_or("not connected yet")));
            well = false;
        } else if waiting > 0 {
            bad(&format!(
                "MCP server {} ({}): {tools} tools, and {waiting} that await approval; see `groundwire tools list --waiting`",
                server.name, server.transport
            ));
            well = false;
        } else if tools == 0 {
            bad(&format!(
                "MCP server {}: connected, but it lists no tool; look at its credentials and rights",
                server.name
            ));
            well = false;
        } else {
            good(&format!("MCP server {} ({}): {tools} tools", server.name, server.transport));
        }
    }
    if catalog.servers.is_empty() {
        bad("no MCP server is configured, so no question about live data can be answered; add [mcp.servers.NAME]");
        return false;
    }
    well
}

/// Why nobody in particular can reach a server; none where everybody can.
fn brought_by(credentials: WhoseCredentials) -> Option<&'static str> {
    match credentials {
        WhoseCredentials::Gateway => None,
        WhoseCredentials::EachUser | WhoseCredentials::NoneOfThisUser => {
            Some("each user brings a credential of their own")
        }
        WhoseCredentials::EachRequest | WhoseCredentials::NoneOfThisRequest => {
            Some("each request brings its caller's credential")
        }
    }
}

fn show_model(name: &str, report: &ProbeReport) -> bool {
    if !report.reachable || !report.answers {
        bad(&format!("model {name}: {}", report.problems.join("; ")));
        return false;
    }
    good(&format!("model {name}"));
    let told = |found: Option<bool>| match found {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not tried",
    };
    terminal::line(&format!("       streaming {}, usage {}", told(report.streaming), told(report.usage)));
    terminal::line(&format!(
        "       tool calls {}, required {}, named {}, parallel {}",
        told(report.auto_calls),
        told(report.required_honoured),
        told(report.named_honoured),
        told(report.parallel_calls)
    ));
    terminal::line(&format!("       JSON schema {}", told(report.json_schema_honoured)));
    if let Some(field) = &report.reasoning_field {
        terminal::line(&format!("       thinking arrives in {field}"));
    }
    if report.model_listed == Some(false) {
        terminal::line(&format!("       the server does not list this model; it lists {}", report.models.join(", ")));
    }
    for problem in &report.problems {
        terminal::line(&format!("       note: {problem}"));
    }
    terminal::line(&format!(
        "       profile: tool_choice = \"{}\", json_schema = {}",
        tool_choice(report),
        probe::json_schema(report)
    ));
    true
}

fn tool_choice(report: &ProbeReport) -> &'static str {
    match probe::tool_choice(report) {
        ToolChoiceSupport::Named => "named",
        ToolChoiceSupport::Required => "required",
        _ => "auto",
    }
}

fn file(args: &CheckArgs) -> anyhow::Result<PathBuf> {
    let file = args.config.config.clone().unwrap_or_else(|| PathBuf::from("groundwire.toml"));
    anyhow::ensure!(file.exists(), "--write needs a configuration file; {} does not exist", file.display());
    Ok(file)
}

/// Sets `tool_choice` and `json_schema` of a profile; everything else in the file stays as it is.
fn write_profile(file: &Path, name: &str, report: &ProbeReport) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut document: DocumentMut = text.parse().with_context(|| format!("{} is not TOML", file.display()))?;
    let Some(table) =
        document.get_mut("models").and_then(|models| models.get_mut(name)).and_then(|m| m.as_table_like_mut())
    else {
        terminal::line(&format!("       not written: profile {name} comes from the environment, not from the file"));
        return Ok(());
    };
    table.insert("tool_choice", value(tool_choice(report)));
    table.insert("json_schema", value(probe::json_schema(report)));
    std::fs::write(file, document.to_string()).with_context(|| format!("cannot write {}", file.display()))?;
    terminal::line(&format!("       written to {}", file.display()));
    Ok(())
}

fn good(text: &str) {
    terminal::line(&format!("  ok   {text}"));
}

fn bad(text: &str) {
    terminal::line(&format!("  FAIL {text}"));
}
