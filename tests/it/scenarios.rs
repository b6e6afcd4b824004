//! The shipped scenarios: all with the honest model, each with the misbehaviours it names,
//! and a bounded adversarial set. The set itself is checked too: every rule of the policy
//! and every behaviour of the simulated model must be in it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use groundwire::domain::policy::router::Router;
use groundwire::domain::policy::rules::answers;
use groundwire::domain::policy::settings::Policy;
use groundwire::scenario::adversarial;
use groundwire::scenario::load;
use groundwire::scenario::load::Loaded;
use groundwire::scenario::raw::run_raw;
use groundwire::scenario::report;
use groundwire::scenario::run;
use groundwire::scenario::run::ScenarioRun;
use groundwire::scenario::run::Status;
use groundwire::scenario::world::Model;
use groundwire::sim::model::behaviour::Behaviour;

/// Runs side by side.
const JOBS: usize = 4;

fn shipped() -> Vec<Arc<Loaded>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    load::load(&[folder]).expect("the shipped scenarios can be read").into_iter().map(Arc::new).collect()
}

fn set_up() {
    // Other tests may have installed it before; that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn all_passed(runs: &[ScenarioRun]) {
    let lines: Vec<String> =
        runs.iter().filter(|run| run.status != Status::Passed).map(|run| report::line(run, false)).collect();
    assert!(lines.is_empty(), "{}\n{}", lines.join("\n"), report::summary(runs));
}

/// Scenarios that run with all misbehaviours they name.
const ALWAYS: [&str; 3] =
    ["call_tool/a_working_day.yaml", "call_tool/norwegian_page_is_no_total.yaml", "confirm/confirmed_then_run.yaml"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_passes_with_the_honest_model() {
    set_up();
    let jobs = run::plan(&shipped(), &Model::Simulated("honest".to_owned()), false, 1);
    all_passed(&run::run_all(jobs, JOBS, None, |_| {}).await);
}

/// Each misbehaviour over the first five scenarios that name it, and those of `ALWAYS`; the
/// whole matrix is `make scenarios`, which an unoptimised build takes minutes for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scenarios_pass_with_the_misbehaviours_they_name() {
    set_up();
    let mut jobs = Vec::new();
    let mut runs: BTreeMap<String, usize> = BTreeMap::new();
    for loaded in shipped() {
        for name in &loaded.scenario.also_with {
            let count = runs.entry(name.clone()).or_default();
            let always = ALWAYS.iter().any(|path| loaded.path.ends_with(path));
            if *count < 5 || always {
                *count += 1;
                jobs.extend(run::plan(&[Arc::clone(&loaded)], &Model::Simulated(name.clone()), false, 1));
            }
        }
    }
    all_passed(&run::run_all(jobs, JOBS, None, |_| {}).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_adversarial_turn_delivers_an_unsupported_value_or_withholds_data() {
    set_up();
    let summary = adversarial::run(300, 7, JOBS).await;
    let total = summary.total();
    assert!(total.turns >= 300, "{} turns", total.turns);
    assert!(!total.broken(), "{total:?}\n{:#?}\n{:?}", summary.offences, summary.errors);
    // A set in which nothing had to be stopped would prove nothing.
    assert!(total.stopped_turns >= 30, "{total:?}");
}

#[test]
fn every_rule_of_the_policy_is_used() {
    let router = Router::new(Policy::shipped().expect("the shipped policy reads")).expect("and compiles");
    let loaded = shipped();
    let used: BTreeSet<&str> = loaded.iter().flat_map(|loaded| loaded.scenario.rules()).collect();
    // A question can be answered twice only from two places at once, which a script is not; the tests
    // of the front door are.
    let answers = answers::ALL.iter().map(|(id, _, _)| *id).filter(|id| *id != answers::CLOSED);
    let ids = || router.rule_docs().into_iter().map(|(id, _)| id).chain(answers.clone());
    let unused: Vec<&str> = ids().filter(|id| !used.contains(id)).collect();
    assert!(unused.is_empty(), "no scenario names {unused:?}");
    let known: BTreeSet<&str> = ids().chain(["model", "default"]).collect();
    let unknown: Vec<&&str> = used.iter().filter(|id| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "the policy has no rule {unknown:?}");
}

#[test]
fn every_misbehaviour_runs_against_at_least_five_scenarios() {
    let mut counts: BTreeMap<&str, usize> = Behaviour::ALL.iter().map(|behaviour| (behaviour.name(), 0)).collect();
    let loaded = shipped();
    for name in loaded.iter().flat_map(|loaded| &loaded.scenario.also_with) {
        let count = counts.get_mut(name.as_str()).expect("loading knows all behaviours");
        *count += 1;
    }
    counts.remove("honest");
    let few: Vec<_> = counts.iter().filter(|(_, count)| **count < 5).collect();
    assert!(few.is_empty(), "{few:?}");
}

#[test]
fn there_are_scenarios_for_each_decision() {
    let loaded = shipped();
    assert!(loaded.len() >= 60, "{}", loaded.len());
    for folder in ["call_tool", "refresh", "use_shown", "clarify", "converse", "refuse"] {
        assert!(loaded.iter().any(|loaded| loaded.name.starts_with(folder)), "{folder}");
    }
}

/// Without the harness the same turns show what it stops; a model server that gives no answer
/// is told as such and not as a fine answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_bare_model_is_shown_as_it_is() {
    set_up();
    let status = shipped().into_iter().find(|loaded| loaded.name.ends_with("status_of_one_case")).expect("it is there");
    let bare = |behaviour: &'static str| {
        let status = Arc::clone(&status);
        async move {
            let model = Model::Simulated(behaviour.to_owned());
            let turns = run_raw(&status.scenario, &model).await.expect("the world starts");
            turns.into_iter().next().expect("it has a turn")
        }
    };
    let honest = bare("honest").await;
    assert_eq!((honest.failed.as_deref(), honest.wrong(), honest.no_call), (None, false, false), "{honest:?}");
    let invented = bare("fabricates").await;
    assert_eq!((invented.failed.as_deref(), invented.wrong()), (None, true), "{invented:?}");
    let skipped = bare("skips_tools").await;
    assert!(skipped.no_call, "{skipped:?}");
    let down = bare("http_500").await;
    assert!(down.failed.is_some(), "{down:?}");
}
