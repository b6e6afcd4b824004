//! Runs a scenario in a world of its own, telling what happens as it happens; and many of
//! them side by side, as often as asked, with the model asked for. Or against a gateway at a
//! URL, where only a scenario that needs no world of its own can be told: any other is
//! inconclusive, and that is not a pass.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt;
use futures::StreamExt;
use futures::stream;
use tokio_util::sync::CancellationToken;

use crate::domain::event::TurnEvent;
use crate::engine::record::TurnRecord;
use crate::gateway_client::ClientError;
use crate::gateway_client::GatewayClient;
use crate::scenario::expect::Check;
use crate::scenario::expect::checks;
use crate::scenario::load::Loaded;
use crate::scenario::observed::SeenTurn;
use crate::scenario::observed::event_of;
use crate::scenario::spec::Before;
use crate::scenario::spec::Scenario;
use crate::scenario::spec::TurnSpec;
use crate::scenario::world::LiveWorld;
use crate::scenario::world::Model;
use crate::scenario::world::WorldError;
use crate::scenario::world::hangs;

/// Most runs side by side.
pub const MAX_JOBS: usize = 64;

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Everything held.
    Passed,
    /// It could not be told.
    Inconclusive,
    /// Something did not hold.
    Failed,
}

impl Status {
    /// What turns with or without a check that failed, and an end of the scripted
    /// conversation or none, come to. A check that failed stays failed, whatever came after.
    pub fn of(any_failed: bool, complete: bool) -> Self {
        match (any_failed, complete) {
            (true, _) => Status::Failed,
            (false, true) => Status::Passed,
            (false, false) => Status::Inconclusive,
        }
    }

    /// Name for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Inconclusive => "inconclusive",
            Status::Failed => "failed",
        }
    }
}

/// One turn of a run.
#[derive(Clone, Debug)]
pub struct TurnRun {
    /// What the user wrote.
    pub user: String,
    /// What happened.
    pub seen: SeenTurn,
    /// Each expectation that was held against it.
    pub checks: Vec<Check>,
}

impl TurnRun {
    /// What did not hold.
    pub fn misses(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// What is told of a run while it goes on.
#[derive(Debug)]
pub enum Heard<'a> {
    /// A turn begins with this message.
    Begins(&'a str),
    /// Something happened in it.
    Event(&'a TurnEvent),
    /// It has ended. The record is missing when it could not be stored.
    Ended(Box<TurnRun>, Option<Arc<TurnRecord>>),
}

/// One run of one scenario.
#[derive(Clone, Debug)]
pub struct ScenarioRun {
    /// Short name of the scenario.
    pub name: String,
    /// Name of the model.
    pub model: String,
    /// From 1.
    pub attempt: u32,
    /// What it came to.
    pub status: Status,
    /// Why it could not be told.
    pub reason: Option<String>,
    /// The turns that ran.
    pub turns: Vec<TurnRun>,
    /// Wall time.
    pub seconds: f64,
}

/// One run to do.
#[derive(Clone)]
pub struct Job {
    /// The scenario.
    pub loaded: Arc<Loaded>,
    /// The model.
    pub model: Model,
    /// From 1.
    pub attempt: u32,
}

/// The runs for these scenarios: with the model asked for, and with `matrix` also with each
/// behaviour that a file names.
pub fn plan(scenarios: &[Arc<Loaded>], model: &Model, matrix: bool, repeat: u32) -> Vec<Job> {
    let mut jobs = Vec::new();
    for loaded in scenarios {
        let mut models = vec![model.clone()];
        if matrix {
            models.extend(loaded.scenario.also_with.iter().map(|name| Model::Simulated(name.clone())));
        }
        for model in models {
            jobs.extend((1..=repeat.max(1)).map(|attempt| Job {
                loaded: Arc::clone(loaded),
                model: model.clone(),
                attempt,
            }));
        }
    }
    jobs
}

/// Runs all jobs, so many at once; `done` hears of each as it ends. Results keep the order of the jobs.
pub async fn run_all(
    jobs: Vec<Job>,
    at_once: usize,
    gateway: Option<GatewayClient>,
    mut done: impl FnMut(&ScenarioRun),
) -> Vec<ScenarioRun> {
    let mut running = stream::iter(jobs.into_iter().enumerate())
        .map(|(index, job)| {
            let gateway = gateway.clone();
            // A task of its own: a run that panics must not take the others along.
            let task = tokio::spawn(run_one(job.clone(), gateway));
            async move {
                let run = task.await.unwrap_or_else(|error| told(&job, Vec::new(), 0.0, Err(error.to_string())));
                (index, run)
            }
        })
        .buffer_unordered(at_once.clamp(1, MAX_JOBS));
    let mut runs = Vec::new();
    while let Some((index, run)) = running.next().await {
        done(&run);
        runs.push((index, run));
    }
    runs.sort_by_key(|(index, _)| *index);
    runs.into_iter().map(|(_, run)| run).collect()
}

async fn run_one(job: Job, gateway: Option<GatewayClient>) -> ScenarioRun {
    let started = Instant::now();
    let mut turns = Vec::new();
    let scenario = &job.loaded.scenario;
    let ended = match gateway {
        Some(gateway) => at_url(&gateway, &job, &mut turns).await,
        None => {
            let mut keep = |heard: Heard<'_>| {
                if let Heard::Ended(turn, _) = heard {
                    turns.push(*turn);
                }
            };
            let never = CancellationToken::new();
            in_world(scenario, &job.model, &never, &mut keep).await.map_err(|error| error.to_string())
        }
    };
    told(&job, turns, started.elapsed().as_secs_f64(), ended)
}

fn told(job: &Job, turns: Vec<TurnRun>, seconds: f64, ended: Result<(), String>) -> ScenarioRun {
    let status = Status::of(turns.iter().any(|turn| turn.misses().next().is_some()), ended.is_ok());
    ScenarioRun {
        name: job.loaded.name.clone(),
        model: job.model.name(),
        attempt: job.attempt,
        status,
        reason: ended.err(),
        turns,
        seconds,
    }
}

/// Runs a scenario in a world of its own. `heard` is told what happens as it happens; `stop`
/// ends the run, in the middle of a turn too. The world has ended when this returns.
///
/// # Errors
/// [`WorldError`]: why the run did not come to its end. A panic on the way is one of these.
pub async fn in_world(
    scenario: &Scenario,
    model: &Model,
    stop: &CancellationToken,
    heard: &mut (dyn FnMut(Heard<'_>) + Send),
) -> Result<(), WorldError> {
    let mut world = guarded(LiveWorld::start(&scenario.world, model, hangs_somewhere(scenario))).await?;
    let ended = guarded(all_turns(&mut world, scenario, model, stop, heard)).await;
    world.stop().await;
    ended
}

/// Turns a panic into an error, so that what was started is ended all the same.
async fn guarded<T>(work: impl Future<Output = Result<T, WorldError>>) -> Result<T, WorldError> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|panic| Err(WorldError::BrokeOff(words(panic.as_ref()))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

/// Whether any fault of the scenario hangs.
pub fn hangs_somewhere(scenario: &Scenario) -> bool {
    let argus = scenario.world.argus.backend();
    let sysdig = scenario.world.sysdig.backend();
    let later = scenario.turns.iter().flat_map(|turn| [&turn.before.argus, &turn.before.sysdig]);
    hangs(&[&argus, &sysdig].into_iter().chain(later).collect::<Vec<_>>())
}

async fn all_turns(
    world: &mut LiveWorld,
    scenario: &Scenario,
    model: &Model,
    stop: &CancellationToken,
    heard: &mut (dyn FnMut(Heard<'_>) + Send),
) -> Result<(), WorldError> {
    // A fixed behaviour is what the file was written for.
    let honest = model.means_well() || scenario.world.behaviour.is_some();
    for turn in &scenario.turns {
        if stop.is_cancelled() {
            return Err(WorldError::Stopped);
        }
        world.apply(&turn.before)?;
        heard(Heard::Begins(&turn.user));
        let (seen, record) = world.followed(&turn.user, stop, |event| heard(Heard::Event(event))).await?;
        // What a turn would have come to is not known when it was stopped.
        if stop.is_cancelled() {
            return Err(WorldError::Stopped);
        }
        heard(Heard::Ended(Box::new(compared(turn, seen, honest)), record));
    }
    Ok(())
}

fn compared(turn: &TurnSpec, seen: SeenTurn, honest: bool) -> TurnRun {
    let mut held = checks(&seen, &turn.expect);
    if honest {
        held.extend(checks(&seen, &turn.expect_honest));
    }
    TurnRun { user: turn.user.clone(), seen, checks: held }
}

async fn at_url(gateway: &GatewayClient, job: &Job, turns: &mut Vec<TurnRun>) -> Result<(), String> {
    let scenario = &job.loaded.scenario;
    if !scenario.world.is_plain() || scenario.turns.iter().any(|turn| turn.before != Before::default()) {
        return Err(
            "needs a world of its own (clock, faults or changes), which a gateway at a URL does not give".to_owned()
        );
    }
    let profile = job.model.profile();
    let conversation = gateway.create_conversation().await.map_err(|error| error.to_string())?;
    for turn in &scenario.turns {
        let seen = turn_at_url(gateway, &conversation, &turn.user, profile.as_deref()).await?;
        turns.push(compared(turn, seen, job.model.means_well()));
    }
    Ok(())
}

async fn turn_at_url(
    gateway: &GatewayClient,
    conversation: &str,
    message: &str,
    profile: Option<&str>,
) -> Result<SeenTurn, String> {
    let text = |error: ClientError| error.to_string();
    let mut stream = std::pin::pin!(gateway.run_turn(conversation, message, profile).await.map_err(text)?);
    let mut events: Vec<TurnEvent> = Vec::new();
    while let Some(next) = stream.next().await {
        let (name, data) = next.map_err(text)?;
        let event = event_of(&name, &data)?;
        let last = event.is_last();
        events.push(event);
        if last {
            return Ok(SeenTurn::of(&events));
        }
    }
    Err("the gateway's stream ended before the turn did".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_with_its_words_and_no_pass() {
        let broken = guarded(async { panic!("no {}", "ground") }).await as Result<(), WorldError>;
        let error = broken.expect_err("a panic is no success");
        assert_eq!(error.to_string(), "the run broke off: no ground");
        assert_eq!(Status::of(false, false), Status::Inconclusive);
        assert_eq!(Status::of(true, false), Status::Failed);
    }
}
