//! `groundwire tools`: pinned tool definitions, straight from the database of the configuration:
//! which there are, what changed, accepting a change. Gateways that run notice it by themselves.

use anyhow::Context;
use clap::Args;
use clap::Subcommand;
use comfy_table::Table;

use crate::app::open_store;
use crate::clock::SystemClock;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::domain::exact_json::visible;
use crate::domain::pin;
use crate::domain::pin::Acceptance;
use crate::domain::pin::Pin;
use crate::domain::pin::changes::changes;
use crate::domain::pin::flags::flags;
use crate::engine::ports::Clock;
use crate::environment;
use crate::store::Store;

/// Digits of a hash in a table.
const SHORT_HASH: usize = 12;

/// Arguments of `tools`.
#[derive(Debug, Args)]
pub struct ToolsArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: ToolsAction,
}

/// What to do with pinned tools.
#[derive(Debug, Subcommand)]
pub enum ToolsAction {
    /// Show the tools of servers that were seen, and which of them await approval
    #[command(after_help = "Example:\n  groundwire tools list --waiting")]
    List {
        /// Only those that await approval; exit code 1 when there are any
        #[arg(long)]
        waiting: bool,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Show what differs between the accepted definition of a tool and the one that waits
    #[command(after_help = "Example:\n  groundwire tools diff desk closeCase")]
    Diff {
        /// Name of the server in the configuration
        server: String,
        /// Name of the tool at its server, as `tools list` shows it
        tool: String,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Accept the definition that waits; the tool is offered from then on
    #[command(after_help = "Example:\n  groundwire tools accept desk closeCase --hash 9f86d081884c7d65…")]
    Accept {
        /// Name of the server in the configuration
        server: String,
        /// Name of the tool at its server, as `tools list` shows it
        tool: String,
        /// Its whole hash, from `tools diff`: says which definition was looked at
        #[arg(long)]
        hash: String,
        /// Who accepts it, for the audit; without it the name of the user who runs this
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Forget the definitions of tools that are no longer there; one that is listed again is seen
    /// for the first time, and accepted as it is then
    #[command(after_help = "Example:\n  groundwire tools forget desk closeCase")]
    Forget {
        /// Name of the server, as `tools list` shows it
        server: String,
        /// Name of the tool at its server, as `tools list` shows it; without it all of the server
        tool: Option<String>,
        /// Also those that await approval: seen again, the definition that waits is accepted unless it
        /// hides characters
        #[arg(long)]
        waiting: bool,
        /// Who forgets it, for the audit; without it the name of the user who runs this
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// Runs the action.
///
/// # Errors
/// When the database cannot be used, there is no such tool, or another definition waits.
pub async fn run(args: ToolsArgs, variables: &Variables) -> anyhow::Result<u8> {
    let (ToolsAction::List { config, .. }
    | ToolsAction::Diff { config, .. }
    | ToolsAction::Accept { config, .. }
    | ToolsAction::Forget { config, .. }) = &args.action;
    let lookup = |name: &str| environment::lookup(variables, name);
    let store = open_store(&config.load(variables)?, &lookup).await?;
    let who = |by: &Option<String>| {
        let user = by.clone().or_else(|| lookup("USER")).unwrap_or_else(|| "unknown".to_owned());
        format!("command line ({user})")
    };
    let done = match &args.action {
        ToolsAction::List { waiting, .. } => list(&store, *waiting).await,
        ToolsAction::Diff { server, tool, .. } => diff(&store, server, tool).await,
        ToolsAction::Accept { server, tool, hash, by, .. } => accept(&store, server, tool, hash, &who(by)).await,
        ToolsAction::Forget { server, tool, waiting, by, .. } => {
            forget(&store, server, tool.as_deref(), *waiting, &who(by)).await
        }
    };
    store.close().await;
    done
}

async fn list(store: &Store, only_waiting: bool) -> anyhow::Result<u8> {
    let mut table = Table::new();
    table.set_header(["server", "tool", "state", "accepted", "by", "at", "waits", "since"]);
    let time = |at: Option<jiff::Timestamp>| at.map_or("-".to_owned(), |at| format!("{at:.0}"));
    let short = |hash: Option<&String>| hash.map_or("-".to_owned(), |hash| hash.chars().take(SHORT_HASH).collect());
    let mut pins = store.tool_pins().await?;
    pins.retain(|pin| !only_waiting || pin.seen.is_some());
    for pin in &pins {
        let (accepted, seen) = (pin.accepted.as_ref(), pin.seen.as_ref());
        let by = accepted.map(|accepted| accepted.by.clone().unwrap_or_else(|| "first sight".to_owned()));
        table.add_row([
            pin.server.clone(),
            visible(&pin.tool),
            state(pin).to_owned(),
            short(accepted.map(|accepted| &accepted.hash)),
            visible(&by.unwrap_or_else(|| "-".to_owned())),
            time(accepted.map(|accepted| accepted.at)),
            short(seen.map(|seen| &seen.hash)),
            time(seen.map(|seen| seen.at)),
        ]);
    }
    terminal::line(&table.to_string());
    Ok(u8::from(only_waiting && !pins.is_empty()))
}

fn state(pin: &Pin) -> &'static str {
    if pin.seen.is_some() { "quarantined" } else { "pinned" }
}

async fn diff(store: &Store, server: &str, tool: &str) -> anyhow::Result<u8> {
    let pin = named(store, server, tool).await?;
    let Some(seen) = &pin.seen else {
        terminal::line(&format!("{} of {server} is pinned; nothing waits", pin.tool));
        return Ok(0);
    };
    let was = pin.accepted.as_ref().and_then(|accepted| accepted.definition.as_ref());
    let found = changes(was, &seen.definition);
    for change in &found.items {
        terminal::line(&change.pointer);
        terminal::line(&format!("  was {}", change.was.as_deref().unwrap_or("-")));
        terminal::line(&format!("  is  {}", change.is.as_deref().unwrap_or("-")));
    }
    if found.more > 0 {
        terminal::line(&format!("and {} more fields", found.more));
    }
    for flag in flags(&seen.definition) {
        terminal::line(&format!("look: {} at {}: {}", flag.kind.as_str(), flag.pointer, flag.text));
    }
    terminal::line(&format!("to accept it: groundwire tools accept {server} {} --hash {}", pin.tool, seen.hash));
    Ok(0)
}

async fn accept(store: &Store, server: &str, tool: &str, hash: &str, by: &str) -> anyhow::Result<u8> {
    let pin = named(store, server, tool).await?;
    let clock = SystemClock::new();
    let hash = hash.to_ascii_lowercase();
    match store.accept_tool(clock.new_uuid(), server, &pin.tool, &hash, by, clock.now()).await? {
        Acceptance::Done => terminal::line(&format!("{} of {server} is accepted", pin.tool)),
        Acceptance::Already => terminal::line(&format!("{} of {server} was accepted already", pin.tool)),
        Acceptance::Other { hash } => anyhow::bail!(
            "{} of {server} has another definition than that, with the hash {hash}; look at it with `groundwire tools diff`",
            pin.tool
        ),
    }
    Ok(0)
}

/// What awaits approval stays unless it is named: forgotten, it would be accepted unseen.
async fn forget(store: &Store, server: &str, tool: Option<&str>, waiting: bool, by: &str) -> anyhow::Result<u8> {
    let pin = match tool {
        Some(tool) => Some(named(store, server, tool).await?),
        None => None,
    };
    let tool = pin.as_ref().map(|pin| pin.tool.as_str());
    let forgotten = store.forget_tools(server, tool, waiting, by, SystemClock::new().now()).await?;
    let mut left = store.tool_pins().await?;
    left.retain(|left| left.server == server && tool.is_none_or(|tool| left.tool == tool) && left.seen.is_some());
    if forgotten == 0 && left.is_empty() {
        anyhow::bail!("no tool of {server} was ever seen; `groundwire tools list` shows those that were");
    }
    if let ([_], Some(tool)) = (left.as_slice(), tool) {
        anyhow::bail!(
            "{tool} of {server} awaits approval: forgotten, it would be accepted unseen once it is listed again; \
             look at it with `groundwire tools diff {server} {tool}`, or forget it all the same with --waiting"
        );
    }
    terminal::line(&format!("{forgotten} of {server} forgotten"));
    if !left.is_empty() {
        terminal::line(&format!(
            "{} await approval and stay; `groundwire tools list --waiting` shows them",
            left.len()
        ));
    }
    Ok(0)
}

/// The pin of a tool, named as its server does or as the list shows it.
async fn named(store: &Store, server: &str, tool: &str) -> anyhow::Result<Pin> {
    let found = match store.tool_pin(server, tool).await {
        Err(_) => store.tool_pin(server, &pin::key(tool)).await,
        found => found,
    };
    found.with_context(|| "no such tool was ever seen; `groundwire tools list` shows those that were")
}
