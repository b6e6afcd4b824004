//! Runs scenarios side by side, each in a world of its own, as often as asked, with the
//! model asked for; or against a gateway at a URL, where only a scenario that needs no
//! world of its own can be told: any other is inconclusive, and that is not a pass.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use futures::stream;

use crate::domain::event::TurnEvent;
use crate::gateway_client::ClientError;
use crate::gateway_client::GatewayClient;
use crate::scenario::expect::Miss;
use crate::scenario::expect::misses;
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
    /// What did not hold.
    pub misses: Vec<Miss>,
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
        None => in_process(scenario, &job.model, &mut turns).await.map_err(|error| error.to_string()),
    };
    told(&job, turns, started.elapsed().as_secs_f64(), ended)
}

fn told(job: &Job, turns: Vec<TurnRun>, seconds: f64, ended: Result<(), String>) -> ScenarioRun {
    let status = if turns.iter().any(|turn| !turn.misses.is_empty()) {
        Status::Failed
    } else if ended.is_err() {
        Status::Inconclusive
    } else {
        Status::Passed
    };
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

async fn in_process(scenario: &Scenario, model: &Model, turns: &mut Vec<TurnRun>) -> Result<(), WorldError> {
    let mut world = LiveWorld::start(&scenario.world, model, hangs_somewhere(scenario)).await?;
    let ended = all_turns(&mut world, scenario, model, turns).await;
    world.stop().await;
    ended
}

/// Whether any fault of the scenario hangs.
pub fn hangs_somewhere(scenario: &Scenario) -> bool {
    let starts = [&scenario.world.argus, &scenario.world.sysdig];
    let later = scenario.turns.iter().flat_map(|turn| [&turn.before.argus, &turn.before.sysdig]);
    hangs(&starts.into_iter().chain(later).collect::<Vec<_>>())
}

async fn all_turns(
    world: &mut LiveWorld,
    scenario: &Scenario,
    model: &Model,
    turns: &mut Vec<TurnRun>,
) -> Result<(), WorldError> {
    // A fixed behaviour is what the file was written for.
    let honest = model.means_well() || scenario.world.behaviour.is_some();
    for turn in &scenario.turns {
        world.apply(&turn.before)?;
        let seen = world.turn(&turn.user).await?;
        turns.push(compared(turn, seen, honest));
    }
    Ok(())
}

fn compared(turn: &TurnSpec, seen: SeenTurn, honest: bool) -> TurnRun {
    let mut found = misses(&seen, &turn.expect);
    if honest {
        found.extend(misses(&seen, &turn.expect_honest));
    }
    TurnRun { user: turn.user.clone(), seen, misses: found }
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
