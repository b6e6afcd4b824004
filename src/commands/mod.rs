//! The command line: one file per command. Output for people goes to standard output,
//! logs and errors to standard error.

pub mod ask;
pub mod check;
pub mod config_show;
pub mod db;
pub mod demo;
pub mod mcp;
pub mod mutations;
pub mod scenario;
pub mod serve;
pub mod simulate;
pub mod terminal;
pub mod token;
pub mod tools;
pub mod validate;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::Parser;
use clap::Subcommand;

use crate::config::Config;

/// A chat gateway that lets no answer about live operational data out unless tools really
/// were called and their results support it.
#[derive(Debug, Parser)]
#[command(name = "groundwire", version, after_help = "Example:\n  groundwire demo")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything in one process without any outside service
    #[command(after_help = "Example:\n  groundwire demo --port 8080 --behaviour fabricates")]
    Demo(demo::DemoArgs),
    /// Start the gateway
    #[command(after_help = "Example:\n  groundwire serve --config groundwire.toml")]
    Serve(ConfigArgs),
    /// Test configuration, database, MCP servers and models, and find out what the models honour; the portal shows it
    #[command(after_help = "Example:\n  groundwire check --config groundwire.toml --model qwen")]
    Check(check::CheckArgs),
    /// Ask one question; exit code 0 with a reply, 1 without, 3 when a tool's own question is left open
    #[command(after_help = "Example:\n  groundwire ask \"Show me the open cases for Nordfjord\"")]
    Ask(ask::AskArgs),
    /// Talk in the terminal
    #[command(after_help = "Example:\n  groundwire chat --url http://127.0.0.1:8080")]
    Chat(ask::ChatArgs),
    /// Run an embedded MCP server by itself, or all configured servers as one
    #[command(after_help = mcp::EXAMPLES)]
    Mcp(mcp::McpArgs),
    /// Run a simulator by itself
    #[command(after_help = "Example:\n  groundwire simulate model --listen 127.0.0.1:9000")]
    Simulate(simulate::SimulateArgs),
    /// Run or list scenarios
    #[command(after_help = "Example:\n  groundwire scenario run scenarios --model sim/honest --junit report.xml")]
    Scenario(scenario::ScenarioArgs),
    /// Check an answer against tool results, offline; exit code 0 grounded, 1 not
    #[command(after_help = "Example:\n  groundwire validate --results results.json --answer answer.txt")]
    Validate(validate::ValidateArgs),
    /// Measure how well the checker tells honest answers from false ones, on generated drafts
    #[command(after_help = "Example:\n  groundwire mutations --per-rule 3 --show 2")]
    Mutations(mutations::MutationsArgs),
    /// Create, list and revoke API tokens
    #[command(after_help = "Example:\n  groundwire token create --name alice --role analyst --days 90")]
    Token(token::TokenArgs),
    /// Show which tools of MCP servers await approval, what changed in them, and accept it
    #[command(after_help = "Example:\n  groundwire tools diff desk closeCase")]
    Tools(tools::ToolsArgs),
    /// Show the effective configuration
    #[command(after_help = "Example:\n  groundwire config show --config groundwire.toml")]
    Config(config_show::ConfigCommand),
    /// Work on the database
    #[command(after_help = "Example:\n  groundwire db migrate --config groundwire.toml")]
    Db(db::DbArgs),
}

/// Which configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// Configuration file; without it `groundwire.toml` of the working directory, if there is one
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Variables of the process environment.
pub type Variables = [(String, String)];

impl ConfigArgs {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the named file is missing or anything in it is wrong.
    pub fn load(&self, variables: &Variables) -> anyhow::Result<Config> {
        let default = PathBuf::from("groundwire.toml");
        let file = self.config.clone().or_else(|| default.exists().then_some(default));
        Ok(Config::load(file.as_deref(), variables)?)
    }
}

/// Reads the arguments. Called by the name of an embedded server, the program is that server.
/// Nothing is left to do where the arguments ask for a version by that name.
pub fn read(arguments: Vec<OsString>) -> Option<Cli> {
    let Some(server) = mcp::by_name::server(&arguments) else { return Some(Cli::parse_from(arguments)) };
    let args = mcp::by_name::read(server, arguments)?;
    Some(Cli { command: Command::Mcp(args) })
}

/// Runs one command and returns its exit code.
///
/// # Errors
/// Whatever stopped it; printed by [`fail`].
pub async fn run(cli: Cli, variables: &Variables) -> anyhow::Result<u8> {
    match cli.command {
        // Boxed where a whole gateway is in the future: the compiler follows a type only so deep.
        Command::Demo(args) => Box::pin(demo::run(args, variables)).await,
        Command::Serve(args) => Box::pin(serve::run(&args, variables)).await,
        Command::Check(args) => Box::pin(check::run(&args, variables)).await,
        Command::Ask(args) => Box::pin(ask::ask(args, variables)).await,
        Command::Chat(args) => Box::pin(ask::chat(args, variables)).await,
        Command::Mcp(args) => Box::pin(mcp::run(&args, variables)).await,
        Command::Simulate(args) => simulate::run(&args).await,
        Command::Scenario(args) => Box::pin(scenario::run(args, variables)).await,
        Command::Validate(args) => validate::run(&args),
        Command::Mutations(args) => mutations::run(&args).await,
        Command::Token(args) => token::run(args, variables).await,
        Command::Tools(args) => tools::run(args, variables).await,
        Command::Config(args) => config_show::run(&args, variables),
        Command::Db(args) => db::run(&args, variables).await,
    }
}

/// Prints an error with its causes; exit code 2.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    terminal::error_line(&format!("error: {error}"));
    for cause in error.chain().skip(1) {
        terminal::error_line(&format!("  because: {cause}"));
    }
    ExitCode::from(2)
}
