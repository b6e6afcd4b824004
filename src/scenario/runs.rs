//! Scenario runs of a gateway: ordered, looked at while they go on, stopped. One runs at a
//! time, a few wait, the last ones are remembered; nothing of them is stored. Each has a
//! world of its own, so a run neither sees nor changes what the gateway serves. Running
//! itself is `run::in_world`, as on the command line. Knows no HTTP and no caller.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::lang::Lang;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::router::Router;
use crate::engine::ports::Clock;
use crate::engine::record::TurnRecord;
use crate::scenario::expect::Check;
use crate::scenario::load;
use crate::scenario::load::LoadError;
use crate::scenario::load::Loaded;
use crate::scenario::models::ModelChoice;
use crate::scenario::models::UnknownModel;
use crate::scenario::observed::SeenTurn;
use crate::scenario::run;
use crate::scenario::run::Heard;
use crate::scenario::run::Status;
use crate::scenario::world::Model;
use crate::scenario::world::WorldError;

/// The model of a run that names none.
const DEFAULT_MODEL: &str = "sim/honest";

/// How much is run, kept and waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Runs that may wait for the one under way.
    pub waiting: usize,
    /// Finished runs that are remembered.
    pub remembered: usize,
    /// Longest run.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { waiting: 8, remembered: 20, time: Duration::from_secs(30 * 60) }
    }
}

/// One scenario of the set.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name, which tells it apart.
    pub id: String,
    /// What it shows, on one line.
    pub purpose: String,
    /// The decision it is about: the folder it stands in, else what its last turn expects.
    pub decision: Option<RouterDecision>,
    /// Language of its messages, when they have one that is known.
    pub language: Option<Lang>,
    /// Number of its turns.
    pub turns: usize,
    /// Behaviours it also holds for.
    pub also_with: Vec<String>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It waits for its turn.
    Queued,
    /// It goes on.
    Running,
    /// It came to its end in one of these ways.
    Ended(Status),
    /// The gateway went down first.
    Stopped,
}

impl RunState {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            RunState::Queued => "queued",
            RunState::Running => "running",
            RunState::Ended(status) => status.as_str(),
            RunState::Stopped => "stopped",
        }
    }

    fn is_over(self) -> bool {
        matches!(self, RunState::Ended(_) | RunState::Stopped)
    }
}

/// One turn of a run, as far as it has come.
#[derive(Clone, Debug)]
pub struct RunTurn {
    /// What the user wrote.
    pub user: String,
    /// What has happened.
    pub seen: SeenTurn,
    /// Each expectation that was held against it; none before its end.
    pub checks: Vec<Check>,
    /// Whether it goes on.
    pub running: bool,
    /// Its whole record, once it has one.
    pub record: Option<Arc<TurnRecord>>,
}

/// One run, as far as it has come.
#[derive(Clone, Debug)]
pub struct Run {
    /// Id.
    pub id: Uuid,
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the model.
    pub model: String,
    /// How far it is.
    pub state: RunState,
    /// Why it could not be told, or was stopped.
    pub reason: Option<String>,
    /// When it began; while it waits, when it was ordered.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The turns that have begun.
    pub turns: Vec<RunTurn>,
}

/// Why a run was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No such scenario.
    #[error("no scenario {0}; the list of scenarios has their names")]
    UnknownScenario(String),
    /// No such model.
    #[error(transparent)]
    UnknownModel(#[from] UnknownModel),
    /// Enough runs wait.
    #[error("one scenario runs and {waiting} wait; stop one of them, or try again when one has ended")]
    Full {
        /// How many wait.
        waiting: usize,
    },
    /// The gateway is going down.
    #[error("the gateway is going down")]
    Closing,
}

/// The scenarios of a gateway and their runs.
pub struct ScenarioRuns {
    set: LazyLock<Set, Box<dyn FnOnce() -> Set + Send>>,
    models: ModelChoice,
    clock: Arc<dyn Clock>,
    bounds: Bounds,
    // A std mutex: held for a look or a change, never across an await.
    runs: Mutex<Runs>,
    changed: watch::Sender<u64>,
    tasks: TaskTracker,
}

/// What can be run. Few gateways are asked for it, and to read it all takes longer than the rest of a start.
struct Set {
    by_name: BTreeMap<String, Arc<Loaded>>,
    listed: Vec<Listed>,
}

impl Set {
    fn of(loaded: Vec<Loaded>, router: &Router) -> Self {
        let listed = loaded.iter().map(|loaded| listed(loaded, router)).collect();
        Self { by_name: loaded.into_iter().map(|loaded| (loaded.name.clone(), Arc::new(loaded))).collect(), listed }
    }
}

#[derive(Default)]
struct Runs {
    /// In the order in which they were ordered.
    all: VecDeque<Entry>,
    /// Whether a task works on them.
    at_work: bool,
    closing: bool,
}

struct Entry {
    run: Run,
    order: Order,
}

/// What it takes to carry a run out.
#[derive(Clone)]
struct Order {
    loaded: Arc<Loaded>,
    model: Model,
    stop: CancellationToken,
}

impl ScenarioRuns {
    /// The scenarios that a configuration names, or the shipped ones, with its models. The shipped ones are
    /// read when they are first wanted.
    ///
    /// # Errors
    /// [`LoadError`] for the first file that cannot be used.
    pub fn open(
        config: &Config,
        variables: &[(String, String)],
        router: &Arc<Router>,
        clock: Arc<dyn Clock>,
        bounds: Bounds,
    ) -> Result<Arc<Self>, LoadError> {
        let own = config.server.scenarios.as_deref().map(load::own).transpose()?;
        let router = Arc::clone(router);
        let read = move || {
            let shipped = || load::shipped().expect("each is read by a test");
            Set::of(own.unwrap_or_else(shipped), &router)
        };
        Ok(Arc::new(Self {
            set: LazyLock::new(Box::new(read)),
            models: ModelChoice::of(config, variables),
            clock,
            bounds,
            runs: Mutex::default(),
            changed: watch::Sender::new(0),
            tasks: TaskTracker::new(),
        }))
    }

    /// Reads the shipped scenarios where nobody has wanted them before. That takes a while: on a thread for it.
    pub async fn read(self: &Arc<Self>) {
        let runs = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || runs.set.listed.len()).await;
        read.expect("each is read by a test");
    }

    /// The scenarios, by name.
    pub fn scenarios(&self) -> &[Listed] {
        &self.set.listed
    }

    /// Names of the models that a run may use.
    pub fn models(&self) -> Vec<String> {
        self.models.names()
    }

    /// Orders a run. It begins at once, or when those before it have ended.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn start(self: &Arc<Self>, scenario: &str, model: Option<&str>) -> Result<Uuid, RunError> {
        let unknown = || RunError::UnknownScenario(scenario.chars().take(200).collect());
        let loaded = Arc::clone(self.set.by_name.get(scenario).ok_or_else(unknown)?);
        let model = self.models.named(model.unwrap_or(DEFAULT_MODEL))?;
        let run = Run {
            id: self.clock.new_uuid(),
            scenario: loaded.name.clone(),
            model: model.name(),
            state: RunState::Queued,
            reason: None,
            started_at: self.clock.now(),
            finished_at: None,
            turns: Vec::new(),
        };
        let id = run.id;
        let mut runs = self.lock();
        if runs.closing {
            return Err(RunError::Closing);
        }
        let under_way = runs.all.iter().filter(|entry| !entry.run.state.is_over()).count();
        if under_way > self.bounds.waiting {
            return Err(RunError::Full { waiting: self.bounds.waiting });
        }
        runs.all.push_back(Entry { run, order: Order { loaded, model, stop: CancellationToken::new() } });
        if !runs.at_work {
            runs.at_work = true;
            self.tasks.spawn(Arc::clone(self).work());
        }
        drop(runs);
        self.tell();
        Ok(id)
    }

    /// The runs that are remembered, the last ordered first, without their turns.
    pub fn list(&self) -> Vec<Run> {
        let head = |entry: &Entry| Run {
            id: entry.run.id,
            scenario: entry.run.scenario.clone(),
            model: entry.run.model.clone(),
            state: entry.run.state,
            reason: entry.run.reason.clone(),
            started_at: entry.run.started_at,
            finished_at: entry.run.finished_at,
            turns: Vec::new(),
        };
        self.lock().all.iter().rev().map(head).collect()
    }

    /// A run that is remembered.
    pub fn get(&self, id: Uuid) -> Option<Run> {
        self.lock().all.iter().find(|entry| entry.run.id == id).map(|entry| entry.run.clone())
    }

    /// Stops a run, in the middle of a turn too, and forgets it. `false`: there is none.
    pub fn remove(&self, id: Uuid) -> bool {
        let mut runs = self.lock();
        let Some(place) = runs.all.iter().position(|entry| entry.run.id == id) else { return false };
        if let Some(entry) = runs.all.remove(place) {
            entry.order.stop.cancel();
        }
        drop(runs);
        self.tell();
        true
    }

    /// A number that goes up whenever a run has come further.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Takes no further runs, stops those there are, and waits until their worlds have ended.
    pub async fn close(&self) {
        {
            let mut runs = self.lock();
            runs.closing = true;
            for entry in &mut runs.all {
                entry.order.stop.cancel();
                if entry.run.state == RunState::Queued {
                    entry.run.state = RunState::Stopped;
                    entry.run.finished_at = Some(self.clock.now());
                }
            }
        }
        self.tasks.close();
        self.tasks.wait().await;
        self.tell();
    }

    /// Carries out one order after the other until none is left.
    async fn work(self: Arc<Self>) {
        while let Some((id, order)) = self.next() {
            self.tell();
            let ended = self.carry_out(id, &order).await;
            self.finish(id, ended);
            self.tell();
        }
    }

    fn next(&self) -> Option<(Uuid, Order)> {
        let mut runs = self.lock();
        let waiting = runs.all.iter_mut().find(|entry| entry.run.state == RunState::Queued);
        let next = waiting.map(|entry| {
            entry.run.state = RunState::Running;
            entry.run.started_at = self.clock.now();
            (entry.run.id, entry.order.clone())
        });
        runs.at_work = next.is_some();
        next
    }

    async fn carry_out(&self, id: Uuid, order: &Order) -> Result<(), String> {
        let mut hear = |heard: Heard<'_>| self.hear(id, heard);
        let running = run::in_world(&order.loaded.scenario, &order.model, &order.stop, &mut hear);
        let mut running = std::pin::pin!(running);
        if let Ok(ended) = tokio::time::timeout(self.bounds.time, &mut running).await {
            return ended.map_err(|error| error.to_string());
        }
        order.stop.cancel();
        running.await.map_err(|error| match error {
            WorldError::Stopped => format!("it took longer than {} seconds", self.bounds.time.as_secs()),
            other => other.to_string(),
        })
    }

    /// A run that was forgotten in the meantime hears nothing.
    fn hear(&self, id: Uuid, heard: Heard<'_>) {
        let mut runs = self.lock();
        let Some(entry) = runs.all.iter_mut().find(|entry| entry.run.id == id) else { return };
        let turns = &mut entry.run.turns;
        match (heard, turns.last_mut()) {
            (Heard::Begins(user), _) => turns.push(RunTurn {
                user: user.to_owned(),
                seen: SeenTurn::default(),
                checks: Vec::new(),
                running: true,
                record: None,
            }),
            (Heard::Event(event), Some(turn)) => turn.seen.take(event),
            (Heard::Ended(ended, record), Some(turn)) => {
                *turn = RunTurn { user: ended.user, seen: ended.seen, checks: ended.checks, running: false, record };
            }
            (Heard::Event(_) | Heard::Ended(..), None) => {}
        }
        drop(runs);
        self.tell();
    }

    fn finish(&self, id: Uuid, ended: Result<(), String>) {
        let mut runs = self.lock();
        let closing = runs.closing;
        if let Some(entry) = runs.all.iter_mut().find(|entry| entry.run.id == id) {
            let run = &mut entry.run;
            for turn in &mut run.turns {
                turn.running = false;
            }
            let failed = run.turns.iter().flat_map(|turn| &turn.checks).any(|check| !check.passed);
            run.state = match (closing, &ended) {
                (true, Err(_)) => RunState::Stopped,
                _ => RunState::Ended(Status::of(failed, ended.is_ok())),
            };
            run.reason = ended.err();
            run.finished_at = Some(self.clock.now());
        }
        // The oldest finished ones are forgotten.
        let over = |entry: &Entry| entry.run.state.is_over();
        let mut too_many = runs.all.iter().filter(|entry| over(entry)).count().saturating_sub(self.bounds.remembered);
        runs.all.retain(|entry| {
            let forget = too_many > 0 && over(entry);
            too_many -= usize::from(forget);
            !forget
        });
    }

    fn tell(&self) {
        self.changed.send_modify(|changes| *changes += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listed(loaded: &Loaded, router: &Router) -> Listed {
    let scenario = &loaded.scenario;
    let folder = loaded.name.split('/').next();
    let of_folder = RouterDecision::ALL.into_iter().find(|decision| Some(decision.as_str()) == folder);
    let expected = scenario.turns.iter().rev().find_map(|turn| match turn.expect.decision.as_ref()?.values() {
        [decision] => Some(*decision),
        _ => None,
    });
    let said: Vec<&str> = scenario.turns.iter().map(|turn| turn.user.as_str()).collect();
    let said = said.join("\n");
    let language = said.chars().any(char::is_alphabetic).then(|| router.language(&said));
    Listed {
        id: loaded.name.clone(),
        purpose: scenario.purpose.split_whitespace().collect::<Vec<_>>().join(" "),
        decision: of_folder.or(expected),
        language: language.filter(|language| *language != Lang::Other),
        turns: scenario.turns.len(),
        also_with: scenario.also_with.clone(),
    }
}
