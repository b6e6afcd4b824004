//! Reports of scenario runs: lines for people, JSON for programs, JUnit for CI. A failure
//! shows what did not hold and what happened in its turn.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::NonSuccessKind;
use quick_junit::Report;
use quick_junit::TestCase;
use quick_junit::TestCaseStatus;
use quick_junit::TestSuite;
use serde_json::Value;
use serde_json::json;

use crate::scenario::run::ScenarioRun;
use crate::scenario::run::Status;
use crate::scenario::run::TurnRun;
use crate::scenario::stats::pass_hat;
use crate::scenario::stats::wilson;

/// Exit code when everything passed.
pub const ALL_PASSED: u8 = 0;
/// Exit code when something failed.
pub const SOME_FAILED: u8 = 1;
/// Exit code when nothing failed and something could not be told.
pub const SOME_INCONCLUSIVE: u8 = 3;

/// The exit code of a run. Inconclusive is not a pass, and neither is nothing.
pub fn exit_code(runs: &[ScenarioRun]) -> u8 {
    match runs.iter().map(|run| run.status).max() {
        Some(Status::Passed) => ALL_PASSED,
        Some(Status::Failed) => SOME_FAILED,
        Some(Status::Inconclusive) | None => SOME_INCONCLUSIVE,
    }
}

/// One line for a finished run, and below it why it did not pass.
pub fn line(run: &ScenarioRun, colour: bool) -> String {
    let (code, mark) = match run.status {
        Status::Passed => ("32", "passed      "),
        Status::Failed => ("31", "failed      "),
        Status::Inconclusive => ("33", "inconclusive"),
    };
    let mark = if colour { format!("\u{1b}[{code}m{mark}\u{1b}[0m") } else { mark.to_owned() };
    let attempt = if run.attempt > 1 { format!(" #{}", run.attempt) } else { String::new() };
    let mut text = format!("{mark} {}{attempt} ({}, {:.1} s)", run.name, run.model, run.seconds);
    if run.status != Status::Passed {
        text.push_str(&details(run));
    }
    text
}

fn details(run: &ScenarioRun) -> String {
    let mut text = String::new();
    for (index, turn) in run.turns.iter().enumerate().filter(|(_, turn)| turn.misses().next().is_some()) {
        text.push_str(&format!("\n  turn {}: {}", index + 1, turn.user));
        for miss in turn.misses() {
            text.push_str(&format!("\n    {}: wanted {}\n      got {}", miss.what, miss.wanted, indented(&miss.got)));
        }
        text.push_str("\n    events:");
        for event in &turn.seen.trace {
            text.push_str(&format!("\n      {event}"));
        }
    }
    if let Some(reason) = &run.reason {
        text.push_str(&format!("\n  {reason}"));
    }
    text
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n      ")
}

/// The counts at the end; with repeats also how sure they are.
pub fn summary(runs: &[ScenarioRun]) -> String {
    let count = |status: Status| runs.iter().filter(|run| run.status == status).count();
    let turns: usize = runs.iter().map(|run| run.turns.len()).sum();
    let mut text = format!(
        "{} runs, {turns} turns: {} passed, {} failed, {} inconclusive",
        runs.len(),
        count(Status::Passed),
        count(Status::Failed),
        count(Status::Inconclusive)
    );
    let repeated = repeats(runs);
    if repeated.values().any(|(_, tried)| *tried > 1) {
        let k = repeated.values().map(|(_, tried)| *tried).min().unwrap_or(1);
        let mean = |k: u32| {
            let sum: f64 = repeated.values().map(|(passed, tried)| pass_hat(*passed, *tried, k)).sum();
            sum / f64::from(u32::try_from(repeated.len()).unwrap_or(u32::MAX).max(1))
        };
        let (passed, tried) = repeated.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let interval = wilson(passed, tried);
        text.push_str(&format!(
            "\npass^1 {:.3} (95 % interval {:.3} to {:.3}), pass^{k} {:.3}",
            mean(1),
            interval.low,
            interval.high,
            mean(k)
        ));
    }
    text
}

/// Passed and tried per scenario and model.
fn repeats(runs: &[ScenarioRun]) -> BTreeMap<(&str, &str), (u32, u32)> {
    let mut counts = BTreeMap::new();
    for run in runs {
        let (passed, tried) = counts.entry((run.name.as_str(), run.model.as_str())).or_insert((0, 0));
        *passed += u32::from(run.status == Status::Passed);
        *tried += 1;
    }
    counts
}

/// The whole run for programs.
pub fn to_json(runs: &[ScenarioRun]) -> Value {
    let scenarios: Vec<Value> = repeats(runs)
        .into_iter()
        .map(|((name, model), (passed, tried))| {
            json!({
                "scenario": name, "model": model, "passed": passed, "tried": tried,
                "pass_hat": {"1": pass_hat(passed, tried, 1), (tried.to_string()): pass_hat(passed, tried, tried)},
                "interval": wilson(passed, tried),
            })
        })
        .collect();
    let count = |status: Status| runs.iter().filter(|run| run.status == status).count();
    json!({
        "passed": count(Status::Passed), "failed": count(Status::Failed), "inconclusive": count(Status::Inconclusive),
        "scenarios": scenarios,
        "runs": runs.iter().map(run_json).collect::<Vec<_>>(),
    })
}

fn run_json(run: &ScenarioRun) -> Value {
    json!({
        "scenario": run.name, "model": run.model, "attempt": run.attempt, "status": run.status.as_str(),
        "reason": run.reason, "seconds": run.seconds,
        "turns": run.turns.iter().map(turn_json).collect::<Vec<_>>(),
    })
}

fn turn_json(turn: &TurnRun) -> Value {
    let seen = &turn.seen;
    let calls: Vec<Value> = seen
        .calls
        .iter()
        .map(|call| json!({"tool": call.tool, "arguments": call.arguments, "made_by": call.made_by, "outcome": call.outcome}))
        .collect();
    json!({
        "user": turn.user, "turn_id": seen.id, "decision": seen.decision, "rule": seen.rule, "outcome": seen.outcome,
        "verdict": seen.verdict, "text": seen.text, "calls": calls, "stopped": seen.stopped, "usage": seen.usage,
        "checks": turn.checks, "events": seen.trace,
    })
}

/// The run as JUnit: a suite per model, a case per run.
///
/// # Errors
/// When the report cannot be written as XML.
pub fn to_junit(runs: &[ScenarioRun]) -> Result<String, String> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for run in runs {
        suites.entry(&run.model).or_insert_with(|| TestSuite::new(run.model.clone())).add_test_case(junit_case(run));
    }
    let mut report = Report::new("groundwire scenarios");
    report.add_test_suites(suites.into_values());
    report.to_string().map_err(|error| error.to_string())
}

fn junit_case(run: &ScenarioRun) -> TestCase {
    let status = match run.status {
        Status::Passed => TestCaseStatus::success(),
        Status::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let misses: usize = run.turns.iter().map(|turn| turn.misses().count()).sum();
            status.set_message(format!("{misses} expectations did not hold"));
            status.set_description(details(run));
            status
        }
        // CI knows no third colour; what could not be told must not look green.
        Status::Inconclusive => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(format!("inconclusive: {}", run.reason.as_deref().unwrap_or_default()));
            status
        }
    };
    let name = if run.attempt > 1 { format!("{} #{}", run.name, run.attempt) } else { run.name.clone() };
    let mut case = TestCase::new(name, status);
    case.set_classname(run.model.clone());
    case.set_time(Duration::from_secs_f64(run.seconds.max(0.0)));
    case
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(status: Status, attempt: u32) -> ScenarioRun {
        ScenarioRun {
            name: "refuse/weather".into(),
            model: "sim/honest".into(),
            attempt,
            status,
            reason: (status == Status::Inconclusive).then(|| "no world".to_owned()),
            turns: Vec::new(),
            seconds: 0.1,
        }
    }

    #[test]
    fn only_all_passed_is_a_pass() {
        assert_eq!(exit_code(&[run(Status::Passed, 1)]), 0);
        assert_eq!(exit_code(&[run(Status::Passed, 1), run(Status::Inconclusive, 2)]), 3);
        assert_eq!(exit_code(&[run(Status::Inconclusive, 1), run(Status::Failed, 2)]), 1);
        assert_eq!(exit_code(&[]), 3);
    }

    #[test]
    fn repeats_give_a_rate_and_its_interval() {
        let text = summary(&[run(Status::Passed, 1), run(Status::Failed, 2)]);
        assert!(text.contains("pass^1 0.500") && text.contains("pass^2 0.000"), "{text}");
    }

    #[test]
    fn junit_shows_inconclusive_as_an_error() {
        let xml = to_junit(&[run(Status::Passed, 1), run(Status::Inconclusive, 2)]).expect("writes");
        assert!(xml.contains("errors=\"1\"") && xml.contains("no world"), "{xml}");
    }
}
