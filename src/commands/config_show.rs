//! `groundwire config show`: the effective configuration. Secrets are references, so
//! nothing secret is printed.

use clap::Args;
use clap::Subcommand;

use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigCommand {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Print it as TOML, defaults and environment included
    #[command(after_help = "Example:\n  GROUNDWIRE__SERVER__PORT=9000 groundwire config show")]
    Show(ConfigArgs),
}

/// Runs the action.
///
/// # Errors
/// When the configuration is wrong.
pub fn run(args: &ConfigCommand, variables: &Variables) -> anyhow::Result<u8> {
    let ConfigAction::Show(config) = &args.action;
    terminal::line(config.load(variables)?.to_toml()?.trim_end());
    Ok(0)
}
