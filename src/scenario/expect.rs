//! Compares a finished turn with what a scenario expects. Each expectation that does not
//! hold becomes one miss that says what was wanted and what was there.

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
use crate::scenario::spec::QuestionSpec;

/// An expectation that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// Which expectation.
    pub what: String,
    /// What it wanted.
    pub wanted: String,
    /// What was there.
    pub got: String,
}

/// All misses of a turn.
pub fn misses(turn: &SeenTurn, expected: &Expectation) -> Vec<Miss> {
    let mut found = Misses::default();
    found.head(turn, expected);
    found.calls(turn, expected);
    found.stopped(turn, expected);
    found.text(turn, expected);
    found.basis(turn, expected);
    found.rest(turn, expected);
    found.0
}

#[derive(Default)]
struct Misses(Vec<Miss>);

impl Misses {
    fn add(&mut self, what: &str, wanted: impl Into<String>, got: impl Into<String>) {
        self.0.push(Miss { what: what.to_owned(), wanted: wanted.into(), got: got.into() });
    }

    fn one_of<T: PartialEq>(
        &mut self,
        what: &str,
        wanted: Option<&OneOf<T>>,
        got: Option<T>,
        name: impl Fn(&T) -> String,
    ) {
        let Some(wanted) = wanted else { return };
        if !got.as_ref().is_some_and(|got| wanted.allows(got)) {
            let names: Vec<String> = wanted.values().iter().map(&name).collect();
            self.add(what, names.join(" or "), got.as_ref().map_or("nothing".to_owned(), name));
        }
    }

    fn head(&mut self, turn: &SeenTurn, expected: &Expectation) {
        self.one_of("decision", expected.decision.as_ref(), turn.decision, |decision| decision.as_str().to_owned());
        self.one_of("rule", expected.rule.as_ref(), Some(turn.rule.clone()), Clone::clone);
        self.one_of("outcome", expected.outcome.as_ref(), turn.outcome, |outcome| outcome.as_str().to_owned());
        self.one_of("verdict", expected.verdict.as_ref(), turn.verdict, |verdict| verdict.as_str().to_owned());
    }

    fn calls(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let tools = || turn.calls.iter().map(|call| call.tool.as_str()).collect::<Vec<_>>().join(", ");
        match expected.new_call {
            Some(true) if turn.calls.is_empty() => self.add("new_call", "a call in this turn", "none"),
            Some(false) if !turn.calls.is_empty() => self.add("new_call", "no call in this turn", tools()),
            _ => {}
        }
        let mut used = vec![false; turn.calls.len()];
        for wanted in &expected.calls {
            let found = turn.calls.iter().enumerate().position(|(index, call)| !used[index] && call_fits(call, wanted));
            match found {
                Some(index) => used[index] = true,
                None => {
                    let made: Vec<String> = turn.calls.iter().map(call_line).collect();
                    self.add(
                        "calls",
                        wanted_line(wanted),
                        if made.is_empty() { "no call".to_owned() } else { made.join("; ") },
                    );
                }
            }
        }
        for tool in &expected.not_called {
            if turn.calls.iter().any(|call| call.tool == *tool) {
                self.add("not_called", format!("no call of {tool}"), tools());
            }
        }
    }

    fn stopped(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let has = |code: &String| turn.stopped.iter().any(|stopped| stopped.code == *code);
        let mut codes: Vec<&str> = turn.stopped.iter().map(|stopped| stopped.code.as_str()).collect();
        codes.dedup();
        let there = if codes.is_empty() { "nothing stopped".to_owned() } else { codes.join(", ") };
        for code in expected.stopped.iter().filter(|code| !has(code)) {
            self.add("stopped", code.clone(), there.clone());
        }
        if !expected.stopped_any.is_empty() && !expected.stopped_any.iter().any(has) {
            self.add("stopped_any", expected.stopped_any.join(" or "), there.clone());
        }
        if expected.nothing_stopped && !turn.stopped.is_empty() {
            let items: Vec<String> = turn
                .stopped
                .iter()
                .map(|stopped| {
                    format!("{} {:?}: {}", stopped.code, short(&stopped.text, 80), short(&stopped.reason, 120))
                })
                .collect();
            self.add("nothing_stopped", "nothing stopped", items.join("; "));
        }
    }

    fn text(&mut self, turn: &SeenTurn, expected: &Expectation) {
        let lower = turn.text.to_lowercase();
        let has = |text: &String| lower.contains(&text.to_lowercase());
        let reply = || short(&turn.text, 600);
        for text in expected.text.contains.iter().filter(|text| !has(text)) {
            self.add("text contains", text.clone(), reply());
        }
        if !expected.text.contains_any.is_empty() && !expected.text.contains_any.iter().any(has) {
            self.add("text contains_any", expected.text.contains_any.join(" or "), reply());
        }
        for text in expected.text.lacks.iter().filter(|text| has(text)) {
            self.add("text lacks", text.clone(), reply());
        }
        for pattern in &expected.text.matches {
            // Loading has compiled each pattern once, so a failure here means no match.
            if !regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(&turn.text)) {
                self.add("text matches", pattern.clone(), reply());
            }
        }
    }

    fn basis(&mut self, turn: &SeenTurn, expected: &Expectation) {
        for wanted in &expected.claims {
            if !turn.citations.iter().any(|citation| {
                pointer_fits(&wanted.from, &citation.pointer) && {
                    let cited = turn.cited(citation).to_lowercase();
                    cited.contains(&wanted.says.to_lowercase())
                }
            }) {
                self.add("claims", claim_line(wanted), cited_lines(turn, wanted));
            }
        }
        let mut used = vec![false; turn.basis.len()];
        for wanted in &expected.basis {
            let found =
                turn.basis.iter().enumerate().position(|(index, item)| !used[index] && basis_fits(turn, item, wanted));
            match found {
                Some(index) => used[index] = true,
                None => {
                    let items: Vec<String> =
                        turn.basis.iter().map(|item| format!("{} {}", item.tool, item.outcome.as_str())).collect();
                    self.add("basis", format!("{wanted:?}"), items.join(", "));
                }
            }
        }
    }

    fn rest(&mut self, turn: &SeenTurn, expected: &Expectation) {
        for text in &expected.choices {
            let choices = turn.question.iter().flat_map(|question| &question.choices);
            let labels: Vec<&str> = choices.map(|choice| choice.label.as_str()).collect();
            if !labels.iter().any(|label| label.to_lowercase().contains(&text.to_lowercase())) {
                self.add("choices", text.clone(), labels.join("; "));
            }
        }
        self.question(turn, &expected.question);
        let mut events = turn.events.iter();
        if let Some(missing) = expected.events.iter().find(|name| !events.any(|event| event == name)) {
            self.add(
                "events",
                format!("{missing}, in the order {}", expected.events.join(", ")),
                turn.events.join(", "),
            );
        }
        let bound = |limit: Option<u64>, used: u64| limit.is_some_and(|limit| used > limit);
        if bound(expected.budget.model_calls, turn.usage.model_calls) {
            self.add("budget", format!("{:?}", expected.budget), format!("{} model calls", turn.usage.model_calls));
        }
        if bound(expected.budget.tool_calls, turn.calls.len() as u64) {
            self.add("budget", format!("{:?}", expected.budget), format!("{} tool calls", turn.calls.len()));
        }
    }
}

impl Misses {
    fn question(&mut self, turn: &SeenTurn, expected: &QuestionSpec) {
        let kind = turn.question.as_ref().map(|question| question.kind);
        self.one_of("question", expected.kind.map(OneOf::One).as_ref(), kind, |kind| kind.as_str().to_owned());
        let Some(wanted) = &expected.calls else { return };
        let asked = turn.question.as_ref().map(|question| question.calls.as_slice()).unwrap_or_default();
        let fits = |(wanted, asked): (&AskedSpec, &AskedCall)| {
            wanted.tool == asked.tool && (wanted.arguments.is_null() || within(&wanted.arguments, &asked.arguments))
        };
        if wanted.len() != asked.len() || !wanted.iter().zip(asked).all(fits) {
            let wanted: Vec<String> = wanted.iter().map(|call| format!("{} {}", call.tool, call.arguments)).collect();
            let asked: Vec<String> = asked.iter().map(|call| format!("{} {}", call.tool, call.arguments)).collect();
            self.add("question", wanted.join("; "), asked.join("; "));
        }
    }
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

    fn failed() -> SeenTurn {
        SeenTurn::of(&[TurnEvent::TurnFailed { code: "store_full".into(), message: "full".into() }])
    }

    #[test]
    fn what_is_not_named_is_not_looked_at() {
        assert_eq!(misses(&failed(), &Expectation::default()), Vec::new());
    }

    #[test]
    fn each_expectation_that_does_not_hold_is_one_miss() {
        let expected = Expectation {
            outcome: Some(OneOf::One(TurnOutcome::Answered)),
            new_call: Some(true),
            events: vec!["turn.failed".into(), "answer.finished".into()],
            stopped: vec!["invented_value".into()],
            ..Expectation::default()
        };
        let what: Vec<String> = misses(&failed(), &expected).into_iter().map(|miss| miss.what).collect();
        assert_eq!(what, ["outcome", "new_call", "stopped", "events"]);
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
