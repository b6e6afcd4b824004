//! Compares a finished turn with what a scenario expects. Each expectation that is named
//! becomes one check that says what was wanted and what was there, held or not; what is not
//! named is not looked at and becomes none.

use serde::Serialize;
use serde_json::Value;

use crate::domain::event::AskedCall;
use crate::domain::event::BasisItem;
use crate::domain::outcome::Outcome;
use crate::scenario::observed::SeenCall;
use crate::scenario::observed::SeenTurn;
use crate::scenario::observed::short;
use crate::scenario::spec::AskedSpec;
use crate::scenario::spec::BasisSpec;
use crate::scenario::spec::CallSpec;
use crate::scenario::spec::ClaimSpec;
use crate::scenario::spec::Expectation;
use crate::scenario::spec::OneOf;

/// Characters of the reply that a check shows when something in it is missing or in the way.
const REPLY_CHARS: usize = 600;
/// Characters of the line of the reply that a check shows when the line has what was wanted.
const LINE_CHARS: usize = 200;

/// One expectation that was held against a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which expectation.
    pub what: String,
    /// Whether it held.
    pub passed: bool,
    /// What it wanted.
    pub wanted: String,
    /// What was there.
    pub got: String,
}

/// Every expectation held against the turn, in the order of the file format.
pub fn checks(turn: &SeenTurn, expected: &Expectation) -> Vec<Check> {
    let mut checks = Checks::default();
    checks.head(turn, expected);
    checks.calls(turn, expected);
    checks.stopped(turn, expected);
    checks.text(turn, expected);
    checks.claims(turn, expected);
    checks.basis(turn, expected);
    checks.question(turn, expected);
    checks.events(turn, expected);
    checks.budget(turn, expected);
    checks.0
}

#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, what: &str, passed: bool, wanted: impl Into<String>, got: impl Into<String>) {
        self.0.push(Check { what: what.to_owned(), passed, wanted: wanted.into(), got: got.into() });
    }

    fn one_of<T: PartialEq>(
        &mut self,
        what: &str,
        wanted: Option<&OneOf<T>>,
        got: Option<T>,
        name: impl Fn(&T) -> String,
    ) {
        let Some(wanted) = wanted else { return };
        let passed = got.as_ref().is_some_and(|got| wanted.allows(got));
        let names: Vec<String> = wanted.values().iter().map(&name).collect();
        self.add(what, passed, names.join(" or "), got.as_ref().map_or("nothing".to_owned(), name));
    }

    fn head(&mut self, turn: &SeenTurn, expected: &Expectation) {
        self.one_of("decision", expected.decision.as_ref(), turn.decision, |decision| decision.as_str().to_owned());
        self.one_of("rule", expected.rule.as_ref(), Some(turn.rule.clone()), Clone::clone);
        self.one_of("outcome", expected.outcome.as_ref(), turn.outcome, |outcome| outcome.as_str().to_owned());
        self.one_of("verdict", expected.verdict.as_ref(), turn.verdict, |verdict| verdict.as_str().to_owned());
    }

    fn calls(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let tools = listed(turn.calls.iter().map(|call| call.tool.clone()), ", ", "no call");
        if let Some(wanted) = expected.new_call {
            let words = if wanted { "a call in this turn" } else { "no call in this turn" };
            self.add("new_call", wanted != turn.calls.is_empty(), words, tools.clone());
        }
        let mut used = vec![false; turn.calls.len()];
        for wanted in &expected.calls {
            let found = turn.calls.iter().enumerate().position(|(index, call)| !used[index] && call_fits(call, wanted));
            let got = match found {
                Some(index) => {
                    used[index] = true;
                    call_line(&turn.calls[index])
                }
                None => listed(turn.calls.iter().map(call_line), "; ", "no call"),
            };
            self.add("calls", found.is_some(), wanted_line(wanted), got);
        }
        for tool in &expected.not_called {
            let passed = !turn.calls.iter().any(|call| call.tool == *tool);
            self.add("not_called", passed, format!("no call of {tool}"), tools.clone());
        }
    }

    fn stopped(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let has = |code: &String| turn.stopped.iter().any(|stopped| stopped.code == *code);
        let mut codes: Vec<String> = turn.stopped.iter().map(|stopped| stopped.code.clone()).collect();
        codes.dedup();
        let there = listed(codes.into_iter(), ", ", "nothing stopped");
        for code in &expected.stopped {
            self.add("stopped", has(code), code.clone(), there.clone());
        }
        if !expected.stopped_any.is_empty() {
            let passed = expected.stopped_any.iter().any(has);
            self.add("stopped_any", passed, expected.stopped_any.join(" or "), there);
        }
        if expected.nothing_stopped {
            let items = turn.stopped.iter().map(|stopped| {
                format!("{} {:?}: {}", stopped.code, short(&stopped.text, 80), short(&stopped.reason, 120))
            });
            let got = listed(items, "; ", "nothing stopped");
            self.add("nothing_stopped", turn.stopped.is_empty(), "nothing stopped", got);
        }
    }

    fn text(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let text = &turn.text;
        for wanted in &expected.text.contains {
            let found = line_with(text, |line| holds(line, wanted));
            self.add("text contains", found.is_some(), wanted.clone(), found.unwrap_or_else(|| reply(turn)));
        }
        if !expected.text.contains_any.is_empty() {
            let found = line_with(text, |line| expected.text.contains_any.iter().any(|wanted| holds(line, wanted)));
            let wanted = expected.text.contains_any.join(" or ");
            self.add("text contains_any", found.is_some(), wanted, found.unwrap_or_else(|| reply(turn)));
        }
        for unwanted in &expected.text.lacks {
            let found = line_with(text, |line| holds(line, unwanted));
            let passed = found.is_none();
            self.add("text lacks", passed, unwanted.clone(), found.unwrap_or_else(|| "not in the reply".to_owned()));
        }
        for pattern in &expected.text.matches {
            // Loading has compiled each pattern once, so a failure here means no match.
            let compiled = regex::Regex::new(pattern).ok();
            let found =
                compiled.and_then(|compiled| compiled.find(text).map(|found| short(found.as_str(), LINE_CHARS)));
            self.add("text matches", found.is_some(), pattern.clone(), found.unwrap_or_else(|| reply(turn)));
        }
    }

    fn claims(&mut self, turn: &SeenTurn, expected: &Expectation) {
        for wanted in &expected.claims {
            let fits = |pointer: &str, cited: &str| {
                pointer_fits(&wanted.from, pointer) && cited.to_lowercase().contains(&wanted.says.to_lowercase())
            };
            let found = turn.citations.iter().find(|citation| fits(&citation.pointer, &turn.cited(citation)));
            let got = found.map_or_else(
                || cited_lines(turn, wanted),
                |citation| format!("{:?} from {}", short(&turn.cited(citation), 60), citation.pointer),
            );
            self.add("claims", found.is_some(), claim_line(wanted), got);
        }
    }

    fn basis(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let line = |item: &BasisItem| format!("{} {}", item.tool, item.outcome.as_str());
        let mut used = vec![false; turn.basis.len()];
        for wanted in &expected.basis {
            let found =
                turn.basis.iter().enumerate().position(|(index, item)| !used[index] && basis_fits(turn, item, wanted));
            let got = match found {
                Some(index) => {
                    used[index] = true;
                    line(&turn.basis[index])
                }
                None => listed(turn.basis.iter().map(line), ", ", "no result"),
            };
            self.add("basis", found.is_some(), basis_line(wanted), got);
        }
    }

    fn question(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let choices = turn.question.iter().flat_map(|question| &question.choices);
        let labels: Vec<String> = choices.map(|choice| choice.label.clone()).collect();
        for text in &expected.choices {
            let found = labels.iter().find(|label| holds(label, text));
            let got = found.cloned().unwrap_or_else(|| listed(labels.iter().cloned(), "; ", "no choice"));
            self.add("choices", found.is_some(), text.clone(), got);
        }
        let kind = turn.question.as_ref().map(|question| question.kind);
        self.one_of("question", expected.question.kind.map(OneOf::One).as_ref(), kind, |kind| kind.as_str().to_owned());
        if let Some(wanted) = &expected.question.calls {
            self.asked_calls(turn, wanted);
        }
    }

    fn asked_calls(&mut self, turn: &SeenTurn, wanted: &[AskedSpec]) {
        let asked = turn.question.as_ref().map(|question| question.calls.as_slice()).unwrap_or_default();
        let fits = |(wanted, asked): (&AskedSpec, &AskedCall)| {
            wanted.tool == asked.tool && (wanted.arguments.is_null() || within(&wanted.arguments, &asked.arguments))
        };
        let passed = wanted.len() == asked.len() && wanted.iter().zip(asked).all(fits);
        let wanted = listed(wanted.iter().map(|call| format!("{} {}", call.tool, call.arguments)), "; ", "no call");
        let asked = listed(asked.iter().map(|call| format!("{} {}", call.tool, call.arguments)), "; ", "no call");
        self.add("question", passed, wanted, asked);
    }

    fn events(&mut self, turn: &SeenTurn, expected: &Expectation) {
        if expected.events.is_empty() {
            return;
        }
        let mut events = turn.events.iter();
        let missing = expected.events.iter().find(|name| !events.any(|event| event == name));
        let order = expected.events.join(", ");
        let wanted = missing.map_or_else(|| order.clone(), |missing| format!("{missing}, in the order {order}"));
        self.add("events", missing.is_none(), wanted, turn.events.join(", "));
    }

    fn budget(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let rows = [
            ("model calls", expected.budget.model_calls, turn.usage.model_calls),
            ("tool calls", expected.budget.tool_calls, turn.calls.len() as u64),
        ];
        for (name, limit, used) in rows {
            if let Some(limit) = limit {
                self.add("budget", used <= limit, format!("at most {limit} {name}"), format!("{used} {name}"));
            }
        }
    }
}

fn listed(items: impl Iterator<Item = String>, between: &str, none: &str) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { none.to_owned() } else { items.join(between) }
}

/// In any case.
fn holds(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(&wanted.to_lowercase())
}

/// The first line that fits; the beginning of the text when only the text as a whole does.
fn line_with(text: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let line = text.lines().find(|line| fits(line));
    line.map(|line| short(line.trim(), LINE_CHARS)).or_else(|| fits(text).then(|| short(text, REPLY_CHARS)))
}

fn reply(turn: &SeenTurn) -> String {
    short(&turn.text, REPLY_CHARS)
}

fn call_fits(call: &SeenCall, wanted: &CallSpec) -> bool {
    call.tool == wanted.tool
        && (wanted.arguments.is_null() || within(&wanted.arguments, &call.arguments))
        && wanted.made_by.is_none_or(|by| by == call.made_by)
        && wanted.outcome.as_ref().is_none_or(|outcome| call.outcome.is_some_and(|got| outcome.allows(&got)))
}

/// Whether all of `wanted` is in `got`: members of objects, items of lists in any order.
/// Numbers and their texts are the same thing here, as YAML writers take them to be.
pub fn within(wanted: &Value, got: &Value) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            wanted.iter().all(|(key, value)| got.get(key).is_some_and(|got| within(value, got)))
        }
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.iter().all(|value| got.iter().any(|got| within(value, got)))
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => false,
        (wanted, got) => wanted == got || scalar(wanted) == scalar(got),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => format!("{float:.0}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn pointer_fits(wanted: &str, got: &str) -> bool {
    let (wanted, got): (Vec<&str>, Vec<&str>) = (wanted.split('/').collect(), got.split('/').collect());
    wanted.len() == got.len() && wanted.iter().zip(&got).all(|(wanted, got)| *wanted == "*" || wanted == got)
}

fn basis_fits(turn: &SeenTurn, item: &BasisItem, wanted: &BasisSpec) -> bool {
    let call = turn.calls.iter().find(|call| call.result_id == Some(item.result_id));
    item.tool == wanted.tool
        && wanted.outcome.as_ref().is_none_or(|outcome| outcome.allows(&item.outcome))
        && wanted.shown_earlier.is_none_or(|earlier| earlier == call.is_none())
        && wanted.replaces.is_none_or(|replaces| replaces == call.is_some_and(|call| !call.supersedes.is_empty()))
}

fn call_line(call: &SeenCall) -> String {
    format!("{} {} {:?} {}", call.tool, call.arguments, call.made_by, call.outcome.map_or("running", Outcome::as_str))
}

fn wanted_line(wanted: &CallSpec) -> String {
    let mut line = wanted.tool.clone();
    if !wanted.arguments.is_null() {
        line.push_str(&format!(" {}", wanted.arguments));
    }
    if let Some(by) = wanted.made_by {
        line.push_str(&format!(" {by:?}"));
    }
    if let Some(outcome) = &wanted.outcome {
        let names: Vec<&str> = outcome.values().iter().map(|outcome| outcome.as_str()).collect();
        line.push_str(&format!(" {}", names.join(" or ")));
    }
    line
}

fn basis_line(wanted: &BasisSpec) -> String {
    let mut line = wanted.tool.clone();
    if let Some(outcome) = &wanted.outcome {
        let names: Vec<&str> = outcome.values().iter().map(|outcome| outcome.as_str()).collect();
        line.push_str(&format!(" {}", names.join(" or ")));
    }
    match wanted.shown_earlier {
        Some(true) => line.push_str(", fetched in an earlier turn"),
        Some(false) => line.push_str(", fetched in this turn"),
        None => {}
    }
    match wanted.replaces {
        Some(true) => line.push_str(", replacing an earlier result"),
        Some(false) => line.push_str(", replacing nothing"),
        None => {}
    }
    line
}

fn claim_line(wanted: &ClaimSpec) -> String {
    format!("{:?} from {}", wanted.says, wanted.from)
}

fn cited_lines(turn: &SeenTurn, wanted: &ClaimSpec) -> String {
    let says = wanted.says.to_lowercase();
    let near = |line: &String| line.to_lowercase().contains(&says) || line.ends_with(&wanted.from);
    let lines: Vec<String> = turn
        .citations
        .iter()
        .map(|citation| format!("{:?} from {}", short(&turn.cited(citation), 60), citation.pointer))
        .filter(near)
        .take(6)
        .collect();
    if lines.is_empty() { format!("none like it among {} citations", turn.citations.len()) } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::event::TurnEvent;
    use crate::domain::event::TurnOutcome;
    use crate::scenario::spec::BudgetSpec;
    use crate::scenario::spec::TextSpec;

    fn failed() -> SeenTurn {
        SeenTurn::of(&[TurnEvent::TurnFailed { code: "store_full".into(), message: "full".into() }])
    }

    #[test]
    fn what_is_not_named_is_not_looked_at() {
        assert_eq!(checks(&failed(), &Expectation::default()), Vec::new());
    }

    #[test]
    fn each_expectation_is_one_check_that_held_or_not() {
        let expected = Expectation {
            outcome: Some(OneOf::Any(vec![TurnOutcome::Answered, TurnOutcome::Failed])),
            new_call: Some(true),
            events: vec!["turn.failed".into(), "answer.finished".into()],
            stopped: vec!["invented_value".into()],
            nothing_stopped: true,
            ..Expectation::default()
        };
        let found = checks(&failed(), &expected);
        let held: Vec<(&str, bool)> = found.iter().map(|check| (check.what.as_str(), check.passed)).collect();
        assert_eq!(
            held,
            [("outcome", true), ("new_call", false), ("stopped", false), ("nothing_stopped", true), ("events", false)]
        );
        assert_eq!((found[0].wanted.as_str(), found[0].got.as_str()), ("answered or failed", "failed"));
        assert_eq!(found[4].wanted, "answer.finished, in the order turn.failed, answer.finished");
    }

    #[test]
    fn a_check_of_the_text_shows_the_line_that_decided() {
        let mut turn = failed();
        turn.text = "Two cases.\n- 4120771 is Open\n".to_owned();
        let text = |contains: &str, lacks: &str| TextSpec {
            contains: vec![contains.to_owned()],
            lacks: vec![lacks.to_owned()],
            ..TextSpec::default()
        };
        let of = |text: TextSpec| {
            let found = checks(&turn, &Expectation { text, ..Expectation::default() });
            found.into_iter().map(|check| (check.passed, check.got)).collect::<Vec<_>>()
        };
        let line = "- 4120771 is Open".to_owned();
        assert_eq!(of(text("OPEN", "closed")), [(true, line.clone()), (true, "not in the reply".to_owned())]);
        assert_eq!(of(text("closed", "open")), [(false, turn.text.clone()), (false, line)]);
        assert_eq!(of(text("cases.\n- 41", "x"))[0], (true, turn.text.clone()), "across lines");
    }

    #[test]
    fn a_bound_of_the_work_is_a_check_of_its_own() {
        let budget = BudgetSpec { model_calls: Some(0), tool_calls: Some(3) };
        let found = checks(&failed(), &Expectation { budget, ..Expectation::default() });
        let lines: Vec<String> = found.iter().map(|check| format!("{}: {}", check.wanted, check.got)).collect();
        assert_eq!(lines, ["at most 0 model calls: 0 model calls", "at most 3 tool calls: 0 tool calls"]);
        assert!(found.iter().all(|check| check.passed));
    }

    #[test]
    fn arguments_need_only_hold_what_is_wanted() {
        let got =
            json!({"request": {"customer": ["nordfjord"], "limit": 25, "currentStatus": ["a", "b"]}, "n": 4120771});
        assert!(within(&json!({"request": {"currentStatus": ["b"]}}), &got));
        assert!(within(&json!({"n": "4120771"}), &got) && within(&json!({"n": 4_120_771.0}), &got));
        assert!(!within(&json!({"request": {"customer": ["havbris"]}}), &got));
        assert!(!within(&json!({"request": {"customer": "nordfjord"}}), &got));
        assert!(!within(&json!({"other": null}), &got));
    }

    #[test]
    fn a_star_stands_for_one_step_of_a_pointer() {
        assert!(pointer_fits("/data/*/status", "/data/0/status"));
        assert!(!pointer_fits("/data/*/status", "/data/0/a/status") && !pointer_fits("/data/*", "/data"));
    }
}
