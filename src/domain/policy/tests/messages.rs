//! Labelled messages in eight languages. `labelled.tsv` guides the word lists;
//! `held_out.tsv` was written before any tuning. Its first run got 63 of 66 right
//! (95 %), with no error away from a call; the rest came right with fixes that the
//! labelled set asked for. `held_out_late.tsv` was written last; its first run got 35
//! of 40 right (88 %), four of the five wrong towards a call or the model, one a poem
//! that was refused. Some of its causes have been fixed since; it bounds what is left.

use crate::domain::policy::rules::RULES;
use crate::domain::policy::tests::fixtures::ROUTER;
use crate::domain::policy::tests::fixtures::input;
use crate::domain::policy::tests::fixtures::shown;

struct Score {
    total: usize,
    /// Message, expected, got.
    wrong: Vec<(String, String, String)>,
    /// Wrong answers that would have let a data question pass without a call.
    unsafe_ones: Vec<String>,
}

fn score(table: &str) -> Score {
    let mut score = Score { total: 0, wrong: Vec::new(), unsafe_ones: Vec::new() };
    for line in table.lines().filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let [lang, context, expected, message] = fields[..] else { panic!("bad line {line}") };
        let shown = shown(context);
        let (signals, ruling) = ROUTER.decide(&input(message, &shown));
        let got = ruling.as_ref().map_or("open", |ruling| ruling.decision.as_str());
        let rule = ruling.as_ref().map_or("-", |ruling| ruling.rule.as_str());
        score.total += 1;
        if got != expected {
            let seen =
                format!("{got} by {rule} ({:?}, {:?}, loose {})", signals.language, signals.groups, signals.loose);
            score.wrong.push((format!("[{lang} {context}] {message}"), expected.to_owned(), seen));
            if !matches!(got, "call_tool" | "refresh" | "open") {
                score.unsafe_ones.push(format!("[{lang} {context}] {message}: {got}"));
            }
        }
    }
    score
}

fn listed(score: &Score) -> String {
    score
        .wrong
        .iter()
        .map(|(message, expected, got)| format!("{message}\n    wanted {expected}, got {got}\n"))
        .collect()
}

#[test]
fn labelled_messages_get_their_decision() {
    let score = score(include_str!("labelled.tsv"));
    assert!(score.total >= 200, "{}", score.total);
    assert!(score.unsafe_ones.is_empty(), "errors away from a call: {:#?}", score.unsafe_ones);
    assert!(
        score.wrong.len() * 50 <= score.total,
        "{} of {} wrong:\n{}",
        score.wrong.len(),
        score.total,
        listed(&score)
    );
}

#[test]
fn held_out_messages_reach_the_measured_bound() {
    let score = score(include_str!("held_out.tsv"));
    assert!(score.total >= 60, "{}", score.total);
    assert!(score.wrong.is_empty(), "{} of {} wrong:\n{}", score.wrong.len(), score.total, listed(&score));
}

#[test]
fn messages_held_out_until_the_end_reach_the_measured_bound() {
    let score = score(include_str!("held_out_late.tsv"));
    assert!(score.unsafe_ones.is_empty(), "errors away from a call: {:#?}", score.unsafe_ones);
    assert!(
        score.wrong.len() * 20 <= score.total,
        "{} of {} wrong:\n{}",
        score.wrong.len(),
        score.total,
        listed(&score)
    );
}

#[test]
fn rule_ids_are_unique_and_snake_case() {
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn every_rule_claims_a_labelled_message() {
    let mut used: Vec<String> = Vec::new();
    for line in include_str!("labelled.tsv").lines().chain(include_str!("held_out.tsv").lines()) {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let shown = shown(fields[1]);
        used.extend(ROUTER.decide(&input(fields[3], &shown)).1.map(|ruling| ruling.rule));
    }
    // This one needs a catalog without the group; see the properties.
    let unused: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.id)
        .filter(|id| *id != "group_without_tool" && !used.iter().any(|u| u == id))
        .collect();
    assert!(unused.is_empty(), "{unused:?}");
}
