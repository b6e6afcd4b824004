//! A whole gateway with its surroundings in one process: simulated Argus, Sysdig, help desk and model
//! over real HTTP on loopback, embedded MCP servers, a database of its own. The demo, the
//! scenario runner, tests and benchmarks all start here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::app::App;
use crate::app::AppError;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::mcp::Embedded;
use crate::config::mcp::McpServerConfig;
use crate::config::mcp::McpServerOptions;
use crate::config::mcp::Setting;
use crate::config::mcp::TransportConfig;
use crate::config::models::ModelConfig;
use crate::config::models::Role;
use crate::domain::caller::Caller;
use crate::engine::ports::Clock;
use crate::environment::lookup;
use crate::sim::argus::ArgusSim;
use crate::sim::argus::DEFAULT_SEED;
use crate::sim::argus::keys;
use crate::sim::clock::SimClock;
use crate::sim::clock::Sleeper;
use crate::sim::desk;
use crate::sim::desk::DeskSim;
use crate::sim::model::SimModel;
use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::behaviour::Persona;
use crate::sim::sysdig::SysdigSim;
use crate::sim::sysdig::tokens;

/// Pause of the `slow` behaviour before each piece.
const SLOW_PAUSE: Duration = Duration::from_millis(40);
/// Where links to cases and events of the made-up world lead: nowhere.
const ARGUS_PORTAL: &str = "https://portal.argus.example";

/// Changes the configuration of a sandbox before the gateway is built.
pub type Adjust = Arc<dyn Fn(&mut Config) + Send + Sync>;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct SandboxOptions {
    /// Behaviour of the simulated model, without `sim/`.
    pub behaviour: String,
    /// Behaviour of the judge, when it differs.
    pub judge: Option<String>,
    /// Models to use instead of the simulated one.
    pub models: Option<BTreeMap<String, ModelConfig>>,
    /// Variables that secrets of those models are read from.
    pub variables: Arc<Vec<(String, String)>>,
    /// Seed of the world.
    pub seed: u64,
    /// Let the clocks stand at this time; `None` follows the real clock.
    pub now: Option<Timestamp>,
    /// How often the Argus server tries a failing backend again; each try waits longer than the one before.
    pub backend_retries: u32,
    /// Key of the Argus server, one of the simulator's.
    pub argus_key: &'static str,
    /// Token of the Sysdig server, one of the simulator's.
    pub sysdig_token: &'static str,
    /// Database URL; `None`: SQLite in memory.
    pub store: Option<String>,
    /// Tools that run only with the user's yes, whatever their server says of them.
    pub confirm: Vec<String>,
    /// Connect the simulated help desk too, whose tool asks its user.
    pub desk: bool,
    /// Further settings, laid over the sandbox's own.
    pub adjust: Option<Adjust>,
    /// How simulators wait.
    pub sleeper: Sleeper,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            behaviour: "honest".to_owned(),
            judge: None,
            models: None,
            variables: Arc::default(),
            seed: DEFAULT_SEED,
            now: None,
            backend_retries: 1,
            argus_key: keys::FULL,
            sysdig_token: tokens::FULL,
            store: None,
            confirm: Vec::new(),
            desk: false,
            adjust: None,
            sleeper: Sleeper::real(),
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No port on loopback.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[from] std::io::Error),
    /// No such behaviour.
    #[error("no behaviour {name}; known are: {}", known.join(", "))]
    UnknownBehaviour {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No server has such a tool.
    #[error("no tool {name} to confirm; known are: {}", known.join(", "))]
    UnknownTool {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The gateway.
    #[error(transparent)]
    App(#[from] AppError),
}

/// The simulators of a sandbox.
pub struct Simulators {
    /// The Argus backend.
    pub argus: ArgusSim,
    /// The Sysdig backend.
    pub sysdig: SysdigSim,
    /// Their clock.
    pub clock: SimClock,
    argus_url: String,
    desk_url: String,
    sysdig_url: String,
    model_url: String,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Simulators {
    /// Starts all of them on free loopback ports.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(seed: u64, clock: SimClock, sleeper: Sleeper) -> std::io::Result<Self> {
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let argus = ArgusSim::new(seed, clock.clone(), sleeper.clone());
        let sysdig = SysdigSim::new(seed, clock.clone(), sleeper.clone());
        let (listener, argus_url) = loopback().await?;
        tasks.spawn(argus.clone().serve(listener, stop.clone()));
        let (listener, desk_url) = loopback().await?;
        tasks.spawn(DeskSim::new(argus.clone()).serve(listener, stop.clone()));
        let (listener, sysdig_url) = loopback().await?;
        tasks.spawn(sysdig.clone().serve(listener, stop.clone()));
        let (listener, model_url) = loopback().await?;
        let model = SimModel::new().with_pauses(sleeper, SLOW_PAUSE);
        let model_stop = stop.clone();
        tasks.spawn(async move { model.serve(listener, model_stop).await });
        tasks.close();
        Ok(Self { argus, sysdig, clock, argus_url, desk_url, sysdig_url, model_url, stop, tasks })
    }

    /// Base URL of the simulated model, without `/v1`.
    pub fn model_url(&self) -> &str {
        &self.model_url
    }

    /// Base URL of the simulated Argus.
    pub fn argus_url(&self) -> &str {
        &self.argus_url
    }

    /// Base URL of the simulated Sysdig.
    pub fn sysdig_url(&self) -> &str {
        &self.sysdig_url
    }

    /// Ends all of them.
    pub async fn stop(&self) {
        self.stop.cancel();
        // Connections that clients hold open would keep the servers; they end with the process.
        let patience = Duration::from_secs(2);
        drop(tokio::time::timeout(patience, self.tasks.wait()).await);
    }
}

async fn loopback() -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// A gateway over simulators.
pub struct Sandbox {
    app: App,
    simulators: Simulators,
}

impl Sandbox {
    /// Starts simulators and builds the gateway over them.
    ///
    /// # Errors
    /// See [`SandboxError`].
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        for name in [Some(&options.behaviour), options.judge.as_ref()].into_iter().flatten() {
            if Persona::from_model(&format!("sim/{name}")).is_none() {
                let known = Behaviour::ALL.iter().map(|behaviour| behaviour.name().to_owned()).collect();
                return Err(SandboxError::UnknownBehaviour { name: name.clone(), known });
            }
        }
        let system = Arc::new(SystemClock::new());
        let sim_clock = match options.now {
            Some(at) => SimClock::standing_at(at),
            None => {
                let system = Arc::clone(&system);
                SimClock::new(move || system.now())
            }
        };
        let simulators = Simulators::start(options.seed, sim_clock.clone(), options.sleeper.clone()).await?;
        let clock: Arc<dyn Clock> = match options.now {
            Some(_) => Arc::new(WorldClock { world: sim_clock, system }),
            None => system,
        };
        let config = config(&options, &simulators);
        let app = match App::build(config, &|name| lookup(&options.variables, name), clock).await {
            Ok(app) => app,
            Err(error) => {
                simulators.stop().await;
                return Err(error.into());
            }
        };
        let sandbox = Self { app, simulators };
        match sandbox.unknown_tool(&options.confirm).await {
            Some(unknown) => {
                sandbox.stop().await;
                Err(unknown)
            }
            None => Ok(sandbox),
        }
    }

    /// The first of these tools that no server has.
    async fn unknown_tool(&self, tools: &[String]) -> Option<SandboxError> {
        let catalog = self.app.engine.tools().catalog(&Caller::local()).await;
        let name = tools.iter().find(|name| catalog.by_tool(name).next().is_none())?.clone();
        Some(SandboxError::UnknownTool { name, known: catalog.tools.iter().map(|spec| spec.tool.clone()).collect() })
    }

    /// The gateway.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The simulators.
    pub fn simulators(&self) -> &Simulators {
        &self.simulators
    }

    /// Base URL of the simulated Argus.
    pub fn argus_url(&self) -> &str {
        &self.simulators.argus_url
    }

    /// Base URL of the simulated Sysdig.
    pub fn sysdig_url(&self) -> &str {
        &self.simulators.sysdig_url
    }

    /// Gateway and simulators apart.
    pub fn into_parts(self) -> (App, Simulators) {
        (self.app, self.simulators)
    }

    /// Ends everything.
    pub async fn stop(self) {
        self.app.close().await;
        self.simulators.stop().await;
    }
}

/// The configuration of a sandbox: what a user would write for these simulators.
fn config(options: &SandboxOptions, simulators: &Simulators) -> Config {
    let mut config = Config::default();
    config.store.url = options.store.clone().unwrap_or_else(|| "sqlite::memory:".to_owned());
    match &options.models {
        Some(models) => config.models.0.clone_from(models),
        None => {
            let judge = options.judge.as_ref().unwrap_or(&options.behaviour);
            let draft = simulated(&simulators.model_url, &options.behaviour, vec![Role::Draft, Role::Route]);
            config.models.0.insert("sim".to_owned(), draft);
            let judge = simulated(&simulators.model_url, judge, vec![Role::Judge]);
            config.models.0.insert("sim-judge".to_owned(), judge);
        }
    }
    let retries = options.backend_retries.to_string();
    let argus = [
        ("ARGUS_API_URL", simulators.argus_url.as_str()),
        ("ARGUS_API_KEY", options.argus_key),
        ("ARGUS_API_MAX_RETRIES", retries.as_str()),
        ("ARGUS_PORTAL_URL", ARGUS_PORTAL),
    ];
    config.mcp.servers.insert("argus".to_owned(), embedded(Embedded::Argus, &argus));
    let sysdig =
        [("SYSDIG_MCP_API_HOST", simulators.sysdig_url.as_str()), ("SYSDIG_MCP_API_TOKEN", options.sysdig_token)];
    config.mcp.servers.insert("sysdig".to_owned(), embedded(Embedded::Sysdig, &sysdig));
    if options.desk {
        let url = format!("{}{}", simulators.desk_url, desk::PATH);
        let transport = TransportConfig::StreamableHttp { url, headers: BTreeMap::new() };
        let desk = McpServerConfig { transport, options: McpServerOptions::default() };
        config.mcp.servers.insert("desk".to_owned(), desk);
    }
    if let Some(adjust) = &options.adjust {
        adjust(&mut config);
    }
    for server in config.mcp.servers.values_mut() {
        server.options.confirm.extend(options.confirm.iter().cloned());
    }
    config
}

fn simulated(url: &str, behaviour: &str, roles: Vec<Role>) -> ModelConfig {
    let mut model = ModelConfig::new(&format!("{url}/v1"), &format!("sim/{behaviour}"));
    model.roles = roles;
    model
}

fn embedded(server: Embedded, settings: &[(&str, &str)]) -> McpServerConfig {
    let settings =
        settings.iter().map(|(name, value)| ((*name).to_owned(), Setting::Plain((*value).to_owned()))).collect();
    McpServerConfig { transport: TransportConfig::Embedded { server, settings }, options: McpServerOptions::default() }
}

/// The gateway's clock over a world whose clock is set by hand.
struct WorldClock {
    world: SimClock,
    system: Arc<SystemClock>,
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn new_uuid(&self) -> Uuid {
        self.system.new_uuid()
    }

    fn monotonic_ms(&self) -> f64 {
        self.system.monotonic_ms()
    }
}

/// Where a test or demo may keep files: a path that the caller removes.
pub fn sqlite_url(folder: &std::path::Path) -> String {
    let file: PathBuf = folder.join("groundwire.db");
    format!("sqlite:{}", file.display())
}
