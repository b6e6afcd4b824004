//! `groundwire token`: API tokens. The secret is shown once, at creation.

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;
use comfy_table::Table;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::app::open_store;
use crate::auth::NewToken;
use crate::auth::create_token;
use crate::auth::list_tokens;
use crate::auth::revoke_token;
use crate::clock::SystemClock;
use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::domain::caller::AccessRole;
use crate::engine::ports::Clock;
use crate::environment;

/// Arguments of `token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: TokenAction,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenAction {
    /// Make a token and show its secret once
    #[command(after_help = "Example:\n  groundwire token create --name alice --role analyst --days 90")]
    Create {
        /// Name of the party; owner of what it creates
        #[arg(long)]
        name: String,
        /// What it may do
        #[arg(long, value_enum, default_value = "analyst")]
        role: RoleArg,
        /// Days until it expires; without it never
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        days: Option<u16>,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Show all tokens, without secrets
    #[command(after_help = "Example:\n  groundwire token list")]
    List {
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Take a token back for good
    #[command(after_help = "Example:\n  groundwire token revoke 01939c5e-…")]
    Revoke {
        /// Its id, from `token list`
        id: Uuid,
        /// Which configuration.
        #[command(flatten)]
        config: ConfigArgs,
    },
}

/// A role on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArg {
    /// Reads own conversations and results
    Reader,
    /// Asks questions
    Analyst,
    /// Runs scenarios, sees traces
    Engineer,
    /// Manages tokens and tools
    Admin,
}

impl From<RoleArg> for AccessRole {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Reader => AccessRole::Reader,
            RoleArg::Analyst => AccessRole::Analyst,
            RoleArg::Engineer => AccessRole::Engineer,
            RoleArg::Admin => AccessRole::Admin,
        }
    }
}

/// Runs the action.
///
/// # Errors
/// When the database cannot be used, the name is refused, or there is no such token.
pub async fn run(args: TokenArgs, variables: &Variables) -> anyhow::Result<u8> {
    let (TokenAction::Create { config, .. } | TokenAction::List { config } | TokenAction::Revoke { config, .. }) =
        &args.action;
    let lookup = |name: &str| environment::lookup(variables, name);
    let store = open_store(&config.load(variables)?, &lookup).await?;
    let clock = SystemClock::new();
    match args.action {
        TokenAction::Create { name, role, days, .. } => {
            let now = clock.now();
            let expires_at = days.map(|days| now + SignedDuration::from_hours(i64::from(days) * 24));
            let new = NewToken { name, role: role.into(), expires_at };
            let random: [u8; 32] = rand::random();
            let (token, secret) = create_token(&store, new, clock.new_uuid(), random, now).await?;
            terminal::line(secret.expose_secret());
            terminal::error_line(&format!(
                "token {} for {}; the line above is its secret and is not shown again",
                token.id, token.name
            ));
        }
        TokenAction::List { .. } => {
            let mut table = Table::new();
            table.set_header(["id", "name", "role", "created", "expires", "last used", "revoked"]);
            let time = |at: Option<jiff::Timestamp>| at.map_or("-".to_owned(), |at| format!("{at:.0}"));
            for token in list_tokens(&store).await? {
                table.add_row([
                    token.id.to_string(),
                    token.name.clone(),
                    format!("{:?}", token.role).to_lowercase(),
                    time(Some(token.created_at)),
                    time(token.expires_at),
                    time(token.last_used_at),
                    time(token.revoked_at),
                ]);
            }
            terminal::line(&table.to_string());
        }
        TokenAction::Revoke { id, .. } => {
            revoke_token(&store, id, clock.now()).await?;
            terminal::line(&format!("token {id} is revoked"));
        }
    }
    store.close().await;
    Ok(0)
}
