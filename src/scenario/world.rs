//! A scenario's world: a sandbox of its own with a standing clock, whatever the file asks
//! of simulators and servers, and the model under test. Turns run here as they do behind
//! HTTP, through the same engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::config::limits::LimitsConfig;
use crate::config::models::ModelConfig;
use crate::domain::caller::Caller;
use crate::domain::event::TurnEvent;
use crate::domain::ids::ConversationId;
use crate::engine::record::TurnRecord;
use crate::engine::turn::TurnRequest;
use crate::sandbox::Sandbox;
use crate::sandbox::SandboxError;
use crate::sandbox::SandboxOptions;
use crate::scenario::observed::SeenTurn;
use crate::scenario::spec::Backend;
use crate::scenario::spec::Before;
use crate::scenario::spec::ServerName;
use crate::scenario::spec::World;
use crate::sim::clock::Sleeper;
use crate::sim::faults::FaultKind;
use crate::sim::faults::FaultList;

/// Seconds that a tool call may take when a fault makes the backend hang.
const SHORT_CALL_SECONDS: u64 = 1;

/// The model under test.
#[derive(Clone)]
pub enum Model {
    /// A behaviour of the simulated model, without `sim/`.
    Simulated(String),
    /// A configured profile.
    Configured {
        /// Its name.
        profile: String,
        /// All configured profiles, so that routing and judging keep theirs.
        models: BTreeMap<String, ModelConfig>,
        /// What the configuration allows prompts and turns.
        limits: LimitsConfig,
        /// The environment, for their secrets.
        variables: Arc<Vec<(String, String)>>,
    },
}

impl Model {
    /// Name for reports.
    pub fn name(&self) -> String {
        match self {
            Model::Simulated(behaviour) => format!("sim/{behaviour}"),
            Model::Configured { profile, .. } => profile.clone(),
        }
    }

    /// Whether it means well: `expect_honest` holds for it as well.
    pub fn means_well(&self) -> bool {
        match self {
            Model::Simulated(behaviour) => behaviour == "honest",
            Model::Configured { .. } => true,
        }
    }

    /// Name of the profile that drafts; simulated models are the sandbox's own.
    pub fn profile(&self) -> Option<String> {
        match self {
            Model::Simulated(_) => None,
            Model::Configured { profile, .. } => Some(profile.clone()),
        }
    }

    fn limits(&self) -> Option<LimitsConfig> {
        match self {
            Model::Simulated(_) => None,
            Model::Configured { limits, .. } => Some(limits.clone()),
        }
    }
}

/// Why a world or a turn in it did not come about. Nothing can be said about the gateway then.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The sandbox.
    #[error("the world did not start: {0}")]
    Start(#[from] SandboxError),
    /// A change that the simulator refused.
    #[error("the simulated {server} refused the change: {problem}")]
    Change {
        /// Which one.
        server: &'static str,
        /// Its words.
        problem: String,
    },
    /// More faults than it takes.
    #[error("the simulated {server} takes no more faults")]
    Faults {
        /// Which one.
        server: &'static str,
    },
    /// The turn was not accepted.
    #[error("the turn was not accepted: {0}")]
    Refused(String),
    /// The record of a finished turn.
    #[error("the record of the turn cannot be read: {0}")]
    Record(String),
    /// Somebody stopped the run.
    #[error("the run was stopped")]
    Stopped,
    /// A defect of ours.
    #[error("the run broke off: {0}")]
    BrokeOff(String),
}

/// A running world with one conversation in it.
pub struct LiveWorld {
    sandbox: Sandbox,
    profile: Option<String>,
    conversation: Option<ConversationId>,
}

impl LiveWorld {
    /// Starts the world of a scenario with a model.
    ///
    /// # Errors
    /// See [`WorldError`].
    pub async fn start(world: &World, model: &Model, hangs: bool) -> Result<Self, WorldError> {
        let mut options = SandboxOptions {
            seed: world.seed,
            now: Some(world.now),
            judge: world.judge.clone(),
            sleeper: Sleeper::instant(),
            confirm: world.confirm.clone(),
            desk: world.servers.contains(&ServerName::Desk),
            adjust: Some(adjust(&world.servers, model.limits(), hangs)),
            ..SandboxOptions::default()
        };
        if let Some(key) = world.argus.key {
            options.argus_key = key.text();
        }
        if let Some(token) = world.sysdig.token {
            options.sysdig_token = token.text();
        }
        match (model, &world.behaviour) {
            (_, Some(fixed)) => options.behaviour.clone_from(fixed),
            (Model::Simulated(behaviour), None) => options.behaviour.clone_from(behaviour),
            (Model::Configured { models, variables, .. }, None) => {
                options.models = Some(models.clone());
                options.variables.clone_from(variables);
            }
        }
        let profile = if world.behaviour.is_some() { None } else { model.profile() };
        let live = Self { sandbox: Sandbox::start(options).await?, profile, conversation: None };
        let start = Before { argus: world.argus.backend(), sysdig: world.sysdig.backend(), advance: None };
        if let Err(error) = live.apply(&start) {
            live.stop().await;
            return Err(error);
        }
        Ok(live)
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Name of the drafting profile, when it is not the sandbox's own.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// Changes the world before a turn.
    ///
    /// # Errors
    /// See [`WorldError`].
    pub fn apply(&self, before: &Before) -> Result<(), WorldError> {
        let simulators = self.sandbox.simulators();
        if let Some(by) = before.advance {
            simulators.clock.advance(by);
        }
        arm("Argus", simulators.argus.faults(), &before.argus)?;
        arm("Sysdig", simulators.sysdig.faults(), &before.sysdig)?;
        if let Some(change) = &before.argus.change {
            let refused = |problem| WorldError::Change { server: "Argus", problem };
            simulators.argus.patch(change).map_err(refused)?;
        }
        if let Some(change) = &before.sysdig.change {
            let refused = |problem| WorldError::Change { server: "Sysdig", problem };
            simulators.sysdig.patch(change).map_err(refused)?;
        }
        Ok(())
    }

    /// The world and the conversation as they were at the start; the clock stays.
    pub fn begin_again(&mut self) {
        self.sandbox.simulators().argus.reset();
        self.sandbox.simulators().sysdig.reset();
        self.conversation = None;
    }

    /// Runs one turn to its end.
    ///
    /// # Errors
    /// [`WorldError::Refused`].
    pub async fn turn(&mut self, message: &str) -> Result<SeenTurn, WorldError> {
        let (seen, _) = self.followed(message, &CancellationToken::new(), |_| {}).await?;
        Ok(seen)
    }

    /// Runs one turn to its end; `heard` gets each event as it comes. `stop` cancels the turn,
    /// which then ends as any cancelled turn does. The record is missing when the turn could
    /// not be stored.
    ///
    /// # Errors
    /// [`WorldError::Refused`].
    pub async fn followed(
        &mut self,
        message: &str,
        stop: &CancellationToken,
        mut heard: impl FnMut(&TurnEvent),
    ) -> Result<(SeenTurn, Option<Arc<TurnRecord>>), WorldError> {
        let request = TurnRequest {
            conversation_id: self.conversation,
            message: message.to_owned(),
            profile: self.profile.clone(),
            unverified: Vec::new(),
        };
        let engine = &self.sandbox.app().engine;
        let running = engine
            .start_turn(Caller::local(), request)
            .await
            .map_err(|error| WorldError::Refused(error.to_string()))?;
        self.conversation = Some(running.conversation_id);
        let mut reader = running.journal.read(0);
        let mut seen = SeenTurn::default();
        loop {
            let next = tokio::select! {
                next = reader.next() => next,
                () = stop.cancelled(), if !running.cancel.is_cancelled() => {
                    running.cancel.cancel();
                    continue;
                }
            };
            let Some(entry) = next else { break };
            seen.take(&entry.event);
            heard(&entry.event);
        }
        Ok((seen, running.journal.record()))
    }

    /// The stored record of a finished turn.
    ///
    /// # Errors
    /// [`WorldError::Record`].
    pub async fn record(&self, turn: &SeenTurn) -> Result<TurnRecord, WorldError> {
        let Some(id) = turn.id else { return Err(WorldError::Record("the turn has no id".to_owned())) };
        let store = self.sandbox.app().engine.store();
        store.turn(Caller::local().subject(), id).await.map_err(|error| WorldError::Record(error.to_string()))
    }

    /// Ends everything.
    pub async fn stop(self) {
        self.sandbox.stop().await;
    }
}

/// Whether a fault of the scenario makes a backend hang, so that calls should give up soon.
pub fn hangs(backends: &[&Backend]) -> bool {
    backends
        .iter()
        .filter_map(|backend| backend.faults.as_ref())
        .flatten()
        .any(|fault| fault.kind == FaultKind::Timeout)
}

fn arm(server: &'static str, list: &FaultList, backend: &Backend) -> Result<(), WorldError> {
    let Some(faults) = &backend.faults else { return Ok(()) };
    list.clear();
    for fault in faults {
        if !list.add(fault.clone()) {
            return Err(WorldError::Faults { server });
        }
    }
    Ok(())
}

type Adjust = Arc<dyn Fn(&mut Config) + Send + Sync>;

fn adjust(servers: &[ServerName], limits: Option<LimitsConfig>, hangs: bool) -> Adjust {
    let kept: Vec<&str> = servers.iter().map(|server| server.as_str()).collect();
    Arc::new(move |config| {
        if let Some(limits) = &limits {
            config.limits = limits.clone();
        }
        if !kept.is_empty() {
            config.mcp.servers.retain(|name, _| kept.contains(&name.as_str()));
        }
        if hangs {
            for server in config.mcp.servers.values_mut() {
                server.options.timeout_seconds = SHORT_CALL_SECONDS;
            }
        }
        // A scenario that stops does so at once; its turns are done by then.
        config.server.shutdown_grace_seconds = Duration::from_secs(5).as_secs();
    })
}
