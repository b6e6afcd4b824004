//! The composition root: from a configuration to a running gateway. Names every outer
//! module; nothing else builds things.

pub mod argus_mcp;
pub mod callers;
mod embedded_mcp;
pub mod mcp_proxy;
pub mod probes;
pub mod sysdig_mcp;
mod upstreams;
mod users;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::app::callers::Taken;
use crate::app::probes::Probing;
use crate::app::upstreams::embedded_servers;
use crate::app::upstreams::hub;
use crate::auth::Auth;
use crate::auth::Authenticator;
use crate::config::Config;
use crate::config::Lookup;
use crate::config::auth::AuthMode;
use crate::config::engine::Judge;
use crate::config::error::ConfigError;
use crate::config::models::HonouredToolChoice;
use crate::config::models::ModelConfig;
use crate::config::models::Role;
use crate::config::models::Thinking as ConfigThinking;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::PolicyError;
use crate::domain::policy::settings::PolicyExtension;
use crate::engine::Engine;
use crate::engine::EngineSettings;
use crate::engine::JudgeMode;
use crate::engine::budget::Limits;
use crate::engine::fingerprint::digest;
use crate::engine::ports::Clock;
use crate::engine::ports::ModelRole;
use crate::engine::ports::StoreError;
use crate::llm::OpenAiModel;
use crate::llm::profile::ModelProfile;
use crate::llm::profile::ProfileError;
use crate::llm::profile::Thinking;
use crate::llm::profile::ToolChoiceSupport;
use crate::mcp::hub::Hub;
use crate::mcp::pins::Pins;
use crate::mcp::transport::ConnectError;
use crate::mcp_serve::Endpoint;
use crate::mcp_serve::streamable::Keeping;
use crate::prompts::PromptError;
use crate::prompts::Prompts;
use crate::store::Store;
use crate::store::StoreOptions;
use crate::vault::SealingKey;
use crate::vault::Vault;

/// How long the start waits for MCP servers before it goes on without them.
const SERVERS_SETTLE: Duration = Duration::from_secs(5);

/// Why the gateway cannot be built from a configuration.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A key or a secret.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    /// A model profile.
    #[error(transparent)]
    Model(#[from] ProfileError),
    /// No model profile at all.
    #[error("no model is configured; add a [models.NAME] section with base_url and model, or try `groundwire demo`")]
    NoModel,
    /// The policy section.
    #[error("policy: {0}")]
    Policy(#[from] PolicyError),
    /// A prompt file.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// What all servers elsewhere are reached with.
    #[error("no HTTP client for MCP servers can be set up: {0}")]
    Http(#[from] ConnectError),
    /// A server whose settings cannot be used.
    #[error("mcp.servers.{name}: {reason}")]
    Server {
        /// Configured name.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// A gateway, ready to serve.
pub struct App {
    /// What it was built from.
    pub config: Config,
    /// Runs turns.
    pub engine: Arc<Engine>,
    /// The database.
    pub store: Arc<Store>,
    /// The MCP servers.
    pub hub: Arc<Hub>,
    /// Users' own credentials for them, if any takes one.
    pub vault: Option<Arc<Vault>>,
    /// What of a request's headers is for them, if any takes it.
    pub taken: Taken,
    /// Who may come in.
    pub auth: Arc<Authenticator>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// The model client.
    pub model: Arc<OpenAiModel>,
    /// Profiles that are being probed.
    pub probing: Probing,
    /// The embedded Argus server by itself, for callers with keys of their own, if there is one.
    pub argus_mcp: Option<Endpoint>,
    /// The embedded Sysdig server by itself, likewise.
    pub sysdig_mcp: Option<sysdig_mcp::Endpoints>,
    /// All MCP servers as one.
    pub mcp_proxy: mcp_proxy::Endpoints,
    /// Ends the sessions of these.
    pub mcp_sessions: CancellationToken,
}

impl App {
    /// Builds everything and starts the MCP servers. A server or a model that is down does
    /// not stop the start; a database that cannot be used does.
    ///
    /// # Errors
    /// [`AppError`], naming what is wrong.
    pub async fn build(config: Config, lookup: Lookup<'_>, clock: Arc<dyn Clock>) -> Result<Self, AppError> {
        if config.models.0.is_empty() {
            return Err(AppError::NoModel);
        }
        Self::build_without_turns(config, lookup, clock).await
    }

    /// The same where no turn is run: with or without a model.
    ///
    /// # Errors
    /// [`AppError`], naming what is wrong.
    pub async fn build_without_turns(
        config: Config,
        lookup: Lookup<'_>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AppError> {
        let model = Arc::new(model_client(&config, lookup)?);
        let router = router(&config)?;
        let prompts = Arc::new(Prompts::load(config.grounding.prompts.as_deref().map(std::path::Path::new))?);
        let store = Arc::new(open_store(&config, lookup).await?);
        let pins = Pins::load(Arc::clone(&store), Arc::clone(&clock), embedded_servers(&config)).await?;
        let vault = vault(&config, lookup, &store)?;
        let hub = hub(&config, lookup, &clock, pins, vault.as_ref())?;
        let mcp_sessions = CancellationToken::new();
        let argus_mcp = argus_mcp::of_gateway(&config, lookup, &clock, &mcp_sessions)?;
        let sysdig_mcp = sysdig_mcp::of_gateway(&config, lookup, &clock, &mcp_sessions)?;
        hub.start();
        hub.settled(SERVERS_SETTLE).await;
        let settings = settings(&config, &prompts)?;
        let engine = Engine::new(
            Arc::clone(&model) as _,
            Arc::clone(&hub) as _,
            Arc::clone(&store) as _,
            Arc::clone(&clock),
            router,
            prompts,
            settings,
        );
        let mode = match config.auth.mode {
            AuthMode::None => Auth::None,
            AuthMode::Token => Auth::Token,
        };
        let auth = Arc::new(Authenticator::new(mode, Arc::clone(&store)));
        let (probing, taken) = (Probing::default(), Taken::of(&config));
        let tokens = mcp_proxy::Tokens { auth: Arc::clone(&auth), clock: Arc::clone(&clock) };
        let proxy = mcp_proxy::of_gateway(&config, &engine, &hub, tokens);
        let mcp_proxy = mcp_proxy::endpoints(&config, &proxy, Keeping::Sessions, &mcp_sessions);
        Ok(Self {
            config,
            engine,
            store,
            hub,
            vault,
            taken,
            auth,
            clock,
            model,
            probing,
            argus_mcp,
            sysdig_mcp,
            mcp_proxy,
            mcp_sessions,
        })
    }

    /// Lets running turns finish or stores them as cancelled, then ends servers and database.
    pub async fn close(&self) {
        let grace = Duration::from_secs(self.config.server.shutdown_grace_seconds);
        self.engine.running().close(grace).await;
        self.mcp_sessions.cancel();
        self.hub.close().await;
        self.store.close().await;
    }
}

/// Opens the database and brings its tables up to date.
///
/// # Errors
/// [`AppError::Store`], [`AppError::Config`].
pub async fn open_store(config: &Config, lookup: Lookup<'_>) -> Result<Store, AppError> {
    let options = StoreOptions { max_connections: config.store.connections, ..StoreOptions::default() };
    let store = Store::connect(&config.store.url(lookup)?, &options).await?;
    store.migrate().await?;
    Ok(store)
}

/// Users' own credentials, where a server takes them.
fn vault(config: &Config, lookup: Lookup<'_>, store: &Arc<Store>) -> Result<Option<Arc<Vault>>, AppError> {
    let Some(secret) = &config.store.sealing_key else { return Ok(None) };
    let key = SealingKey::from_hex(&secret.read("store.sealing_key", lookup)?)
        .map_err(|error| ConfigError::invalid("store.sealing_key", error.to_string()))?;
    Ok(Some(Arc::new(Vault::new(key, Arc::clone(store)))))
}

/// The shipped policy with the configured overrides.
///
/// # Errors
/// [`AppError::Policy`].
pub fn policy(config: &Config) -> Result<Policy, AppError> {
    Ok(Policy::shipped()?.extended(config.policy.clone()))
}

/// The router of the policy. That of the shipped one takes a while and is the same for every
/// gateway, so it is made once.
fn router(config: &Config) -> Result<Arc<Router>, AppError> {
    static SHIPPED: OnceLock<Arc<Router>> = OnceLock::new();
    let made = || Ok::<_, AppError>(Arc::new(Router::new(policy(config)?)?));
    if config.policy != PolicyExtension::default() {
        return made();
    }
    if let Some(router) = SHIPPED.get() {
        return Ok(Arc::clone(router));
    }
    let router = made()?;
    Ok(Arc::clone(SHIPPED.get_or_init(|| router)))
}

fn settings(config: &Config, prompts: &Prompts) -> Result<EngineSettings, AppError> {
    let limits = &config.limits;
    let effective = format!("{}\n{}", config.to_toml()?, prompts.digest());
    Ok(EngineSettings {
        limits: Limits { steps: limits.steps, calls: limits.calls, tokens: limits.tokens },
        turn_time: Duration::from_secs(limits.turn_seconds),
        message_bytes: limits.message_bytes,
        turns_at_once: limits.turns_at_once,
        calls_at_once: limits.calls_at_once,
        judge: match config.grounding.judge {
            Judge::Always => JudgeMode::Always,
            Judge::WhenUndecided => JudgeMode::WhenUndecided,
            Judge::Never => JudgeMode::Never,
        },
        prompt_result_bytes: limits.prompt_result_bytes,
        prompt_tool_bytes: limits.prompt_tool_bytes,
        zone: config.grounding.zone()?,
        config_digest: digest(effective.as_bytes()),
    })
}

fn model_client(config: &Config, lookup: Lookup<'_>) -> Result<OpenAiModel, AppError> {
    if config.models.0.is_empty() {
        return Ok(OpenAiModel::none()?);
    }
    let mut profiles = BTreeMap::new();
    for (name, model) in &config.models.0 {
        profiles.insert(name.clone(), profile(name, model, lookup)?);
    }
    Ok(OpenAiModel::new(profiles, None)?)
}

/// A model profile with its secret read.
///
/// # Errors
/// [`ConfigError::Secret`].
pub fn profile(name: &str, model: &ModelConfig, lookup: Lookup<'_>) -> Result<ModelProfile, ConfigError> {
    let key = format!("models.{name}.api_key");
    let api_key = model.api_key.as_ref().map(|secret| secret.read(&key, lookup)).transpose()?;
    let mut profile = ModelProfile::new(&model.base_url, &model.model);
    profile.api_key = api_key;
    profile.roles = model.roles.iter().map(|role| model_role(*role)).collect();
    profile.temperature = Some(f64::from(model.temperature));
    profile.top_p = model.top_p.map(f64::from);
    profile.seed = model.seed;
    profile.max_tokens = model.max_tokens;
    profile.context_tokens = model.context_tokens;
    profile.tool_choice = match model.tool_choice {
        HonouredToolChoice::Auto => ToolChoiceSupport::Auto,
        HonouredToolChoice::Required => ToolChoiceSupport::Required,
        HonouredToolChoice::Named => ToolChoiceSupport::Named,
    };
    profile.json_schema = model.json_schema;
    profile.thinking = match model.thinking {
        ConfigThinking::Default => Thinking::Default,
        ConfigThinking::On => Thinking::On,
        ConfigThinking::Off => Thinking::Off,
    };
    profile.timeout_ms = model.timeout_seconds.saturating_mul(1000);
    profile.first_byte_timeout_ms = profile.timeout_ms;
    profile.fallback.clone_from(&model.fallback);
    Ok(profile)
}

fn model_role(role: Role) -> ModelRole {
    match role {
        Role::Draft => ModelRole::Draft,
        Role::Judge => ModelRole::Judge,
        Role::Route => ModelRole::Route,
    }
}
