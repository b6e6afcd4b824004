//! `groundwire db migrate`: brings the tables up to date without starting the gateway.

use clap::Args;
use clap::Subcommand;

use crate::app::open_store;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::environment;

/// Arguments of `db`.
#[derive(Debug, Args)]
pub struct DbArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: DbAction,
}

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Bring the tables up to date
    #[command(after_help = "Example:\n  groundwire db migrate")]
    Migrate(ConfigArgs),
}

/// Runs the action.
///
/// # Errors
/// When the database cannot be used.
pub async fn run(args: &DbArgs, variables: &Variables) -> anyhow::Result<u8> {
    let DbAction::Migrate(config) = &args.action;
    let lookup = |name: &str| environment::lookup(variables, name);
    let store = open_store(&config.load(variables)?, &lookup).await?;
    terminal::line("the database is up to date");
    store.close().await;
    Ok(0)
}
