//! Scenarios and their runs. What happens in a run happens in a world of its own: its turns
//! have ids there and are no turns of this gateway. Only for the role `engineer`.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::Api;
use crate::http::auth::Engineer;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::Id;
use crate::http::input::Params;
use crate::http::input::PathOf;
use crate::http::native::turns::TraceParams;
use crate::http::native::types::WholeTurn;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;
use crate::scenario::runs;

/// All scenarios.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioList {
    /// Scenarios, sorted by id.
    pub items: Vec<Scenario>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
    /// Names of the models that a run may use: `sim/<behaviour>` for each behaviour of the
    /// simulated model, and the profiles of the configuration.
    pub models: Vec<String>,
}

/// One scenario: a scripted conversation with what must hold in each turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct Scenario {
    /// Its name, such as `refresh/became_empty`.
    pub id: String,
    /// What it shows.
    pub purpose: String,
    /// Router decision it is about; null when it names none.
    pub decision: Option<&'static str>,
    /// ISO 639-1 code of the language of its messages; null when that is none we know.
    pub language: Option<&'static str>,
    /// Number of its turns.
    pub turns: usize,
    /// Behaviours of the simulated model that it also holds for.
    pub also_with: Vec<String>,
}

/// What to run.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewScenarioRun {
    /// Id of the scenario.
    pub scenario: String,
    /// One of `models` in the list of scenarios; `sim/honest` when missing.
    #[serde(default)]
    pub model: Option<String>,
}

/// A run that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderedRun {
    /// Its id.
    pub id: Uuid,
}

/// The runs that this process remembers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioRunList {
    /// Runs, the last ordered first, without their turns.
    pub items: Vec<ScenarioRunHead>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
}

/// A run without its turns.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioRunHead {
    /// Id.
    pub id: Uuid,
    /// Id of the scenario.
    pub scenario: String,
    /// Name of the model.
    pub model: String,
    /// `queued`, `running`, `passed`, `failed` (a check did not hold), `inconclusive` (it could
    /// not be told) or `stopped` (the gateway goes down).
    pub state: &'static str,
    /// Why it was inconclusive, stopped, or did not come to its end.
    pub reason: Option<String>,
    /// When it began; while it is queued, when it was ordered.
    pub started_at: Time,
    /// When it ended.
    pub finished_at: Option<Time>,
}

/// A run with the turns that have begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioRun {
    /// The run.
    #[serde(flatten)]
    pub head: ScenarioRunHead,
    /// Turns in order; the last one may go on.
    pub turns: Vec<ScenarioTurn>,
}

/// One turn of a run, as far as it has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioTurn {
    /// What the user wrote.
    pub user: String,
    /// Its id in the run's own world.
    pub turn_id: Option<Uuid>,
    /// Router decision.
    pub decision: Option<&'static str>,
    /// Id of the rule; `model` or `default` where no rule decided.
    pub rule: Option<String>,
    /// How it ended.
    pub outcome: Option<&'static str>,
    /// Verdict of the reply.
    pub verdict: Option<&'static str>,
    /// The reply; empty before its end.
    pub text: String,
    /// Each expectation that was held against it; none before its end.
    pub checks: Vec<ScenarioCheck>,
    /// Whether it goes on.
    pub running: bool,
}

/// One expectation that was held against a turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioCheck {
    /// Which expectation, in the words of the file.
    pub what: String,
    /// Whether it held.
    pub passed: bool,
    /// What it wanted.
    pub wanted: String,
    /// What was there.
    pub got: String,
}

impl From<&runs::Run> for ScenarioRunHead {
    fn from(run: &runs::Run) -> Self {
        Self {
            id: run.id,
            scenario: run.scenario.clone(),
            model: run.model.clone(),
            state: run.state.as_str(),
            reason: run.reason.clone(),
            started_at: Time(run.started_at),
            finished_at: run.finished_at.map(Time),
        }
    }
}

impl From<&runs::RunTurn> for ScenarioTurn {
    fn from(turn: &runs::RunTurn) -> Self {
        let seen = &turn.seen;
        let check = turn.checks.iter().map(|check| ScenarioCheck {
            what: check.what.clone(),
            passed: check.passed,
            wanted: check.wanted.clone(),
            got: check.got.clone(),
        });
        Self {
            user: turn.user.clone(),
            turn_id: seen.id.map(|id| id.0),
            decision: seen.decision.map(|decision| decision.as_str()),
            rule: Some(seen.rule.clone()).filter(|rule| !rule.is_empty()),
            outcome: seen.outcome.map(|outcome| outcome.as_str()),
            verdict: seen.verdict.map(|verdict| verdict.as_str()),
            text: seen.text.clone(),
            checks: check.collect(),
            running: turn.running,
        }
    }
}

/// The scenarios of this gateway.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::SCENARIOS, operation_id = "list_scenarios",
    responses((status = 200, body = ScenarioList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(State(api): State<Api>, _engineer: Engineer) -> Json<ScenarioList> {
    api.runs.read().await;
    let items = api.runs.scenarios().iter().map(|scenario| Scenario {
        id: scenario.id.clone(),
        purpose: scenario.purpose.clone(),
        decision: scenario.decision.map(|decision| decision.as_str()),
        language: scenario.language.map(|language| language.code()),
        turns: scenario.turns,
        also_with: scenario.also_with.clone(),
    });
    Json(ScenarioList { items: items.collect(), next_cursor: None, models: api.runs.models() })
}

/// Orders a run. One goes on at a time; a few wait.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::SCENARIO_RUNS, operation_id = "start_scenario_run", request_body = NewScenarioRun,
    responses((status = 202, body = OrderedRun), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn start(
    State(api): State<Api>,
    Engineer(caller): Engineer,
    Body(new): Body<NewScenarioRun>,
) -> Result<(StatusCode, Json<OrderedRun>), ApiError> {
    api.runs.read().await;
    let id = api.runs.start(&new.scenario, new.model.as_deref())?;
    tracing::info!(run.id = %id, scenario = new.scenario, by = caller.subject(), "a scenario run was ordered");
    Ok((StatusCode::ACCEPTED, Json(OrderedRun { id })))
}

/// The runs that this process remembers.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::SCENARIO_RUNS, operation_id = "list_scenario_runs",
    responses((status = 200, body = ScenarioRunList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn runs(State(api): State<Api>, _engineer: Engineer) -> Json<ScenarioRunList> {
    let items = api.runs.list().iter().map(ScenarioRunHead::from).collect();
    Json(ScenarioRunList { items, next_cursor: None })
}

/// One run with its turns; while it goes on, as far as it has come.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::SCENARIO_RUN, operation_id = "get_scenario_run", params(("id" = Uuid, Path)),
    responses((status = 200, body = ScenarioRun), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn run(State(api): State<Api>, _engineer: Engineer, Id(id): Id<Uuid>) -> Result<Json<ScenarioRun>, ApiError> {
    let run = found(&api, id)?;
    let turns = run.turns.iter().map(ScenarioTurn::from).collect();
    Ok(Json(ScenarioRun { head: ScenarioRunHead::from(&run), turns }))
}

/// The whole record of a turn of a run. Its ids are those of the run's own world.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::SCENARIO_RUN_TURN, operation_id = "get_scenario_run_turn",
    params(("id" = Uuid, Path), ("n" = usize, Path, description = "Number of the turn, from 0"), TraceParams),
    responses((status = 200, body = WholeTurn), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn turn(
    State(api): State<Api>,
    _engineer: Engineer,
    PathOf((id, n)): PathOf<(String, String)>,
    Params(params): Params<TraceParams>,
) -> Result<Json<WholeTurn>, ApiError> {
    let id = id.parse().map_err(|_| ApiError::plain(Code::InvalidId).param("id"))?;
    let n: usize =
        n.parse().map_err(|_| ApiError::new(Code::InvalidId, "n must be the number of a turn, from 0").param("n"))?;
    let run = found(&api, id)?;
    let begun = run.turns.len();
    let none = || ApiError::new(Code::TurnNotFound, format!("the run has no turn {n}; {begun} have begun"));
    let turn = run.turns.get(n).ok_or_else(none)?;
    match &turn.record {
        Some(record) => Ok(Json(WholeTurn::with(record, params.results))),
        None if turn.running => Err(ApiError::plain(Code::TurnNotFinished)),
        None => Err(ApiError::new(Code::TurnNotFound, "the turn did not come to an end, so it has no record")),
    }
}

/// Stops a run, in the middle of a turn too, and forgets it.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(delete, path = paths::SCENARIO_RUN, operation_id = "delete_scenario_run", params(("id" = Uuid, Path)),
    responses((status = 204), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn remove(
    State(api): State<Api>,
    Engineer(caller): Engineer,
    Id(id): Id<Uuid>,
) -> Result<StatusCode, ApiError> {
    if !api.runs.remove(id) {
        return Err(ApiError::plain(Code::ScenarioRunNotFound));
    }
    tracing::info!(run.id = %id, by = caller.subject(), "a scenario run was stopped and forgotten");
    Ok(StatusCode::NO_CONTENT)
}

fn found(api: &Api, id: Uuid) -> Result<runs::Run, ApiError> {
    api.runs.get(id).ok_or_else(|| ApiError::plain(Code::ScenarioRunNotFound))
}
