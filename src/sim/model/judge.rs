//! The simulated judge: a claim is supported when every value in it is found in the
//! results or in the user's message, and when it does not claim work or absence that
//! the results do not show. It compares words; it does not understand them.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::job::Asked;
use crate::sim::model::job::Job;
use crate::sim::model::story::Story;
use crate::sim::model::story::tell;

/// Words of claims that say what was done or that all is well.
const CLAIMED_WORK: &[&str] = &[
    "just checked",
    "confirmed",
    "i checked",
    "i searched",
    "have verified",
    "nettopp sjekket",
    "bekreftet",
    "jeg sjekket",
    "gerade auch",
    "geprüft",
    "bestätigt",
];
const ALL_QUIET: &[&str] =
    &["everything is", "no action is needed", "all clear", "alt er", "ingen tiltak", "alles ist", "nichts zu tun"];

/// The judge's answer under a behaviour.
pub(super) fn answer(behaviour: Behaviour, job: &Job) -> String {
    match behaviour {
        Behaviour::JudgeMalformed => r#"{"claims": "all of them look fine", "#.to_owned(),
        Behaviour::JudgeApprovesAll => verdicts(job, |_| (true, "looks right".to_owned()), &[]).to_string(),
        Behaviour::JudgeRejectsAll => {
            let problem = "the draft is not supported by the results".to_owned();
            verdicts(job, |_| (false, "not convinced".to_owned()), &[problem]).to_string()
        }
        _ => honest(job).to_string(),
    }
}

fn verdicts(job: &Job, judge: impl Fn(&Asked) -> (bool, String), problems: &[String]) -> Value {
    let claims: Vec<Value> = job
        .claims
        .iter()
        .map(|claim| {
            let (supported, reason) = judge(claim);
            json!({"claim": claim.index, "supported": supported, "reason": reason})
        })
        .collect();
    json!({
        "claims": claims,
        "latest_call_stated": true,
        "invented": !problems.is_empty(),
        "errors_reported": true,
        "problems": problems,
    })
}

fn honest(job: &Job) -> Value {
    let evidence = Evidence::of(job);
    let mut verdicts = verdicts(job, |claim| evidence.judge(claim), &[]);
    let draft = job.draft.to_lowercase();
    let invented: Vec<String> =
        values(&job.draft).into_iter().filter(|value| is_identifier(value) && !evidence.holds(value)).collect();
    let mut problems: Vec<String> = invented.iter().map(|value| format!("{value} is in no result")).collect();
    let stories: Vec<Story> = job.results.iter().map(tell).collect();
    let failed = stories.iter().any(|story| matches!(story, Story::Failed { .. }));
    let hidden = failed && says(&draft, ALL_QUIET);
    if hidden {
        problems.push("a call failed and the draft does not say so".to_owned());
    }
    verdicts["invented"] = json!(!invented.is_empty());
    verdicts["errors_reported"] = json!(!hidden);
    verdicts["latest_call_stated"] = json!(!says(&draft, CLAIMED_WORK));
    verdicts["problems"] = json!(problems);
    verdicts
}

struct Evidence {
    /// Everything in the results and the message, in lower case.
    text: String,
    /// Counts that follow from the results.
    counts: BTreeSet<String>,
    has_results: bool,
    talk: bool,
}

impl Evidence {
    fn of(job: &Job) -> Self {
        let mut text = job.message.to_lowercase();
        let mut counts = BTreeSet::new();
        for seen in &job.results {
            for part in [&seen.content, &seen.arguments] {
                text.push('\n');
                text.push_str(&part.to_string().to_lowercase());
            }
            for time in [&seen.observed_at, &seen.error].into_iter().flatten() {
                text.push('\n');
                text.push_str(&time.to_lowercase());
            }
            text.push_str(&seen.tool.to_lowercase());
            counts.extend([seen.rows_shown, seen.rows_total].into_iter().flatten().map(|n| n.to_string()));
            if let Story::Rows { rows, shown, total, .. } = tell(seen) {
                counts.insert(rows.len().to_string());
                counts.insert(rows.len().min(super::story::MAX_ROWS).to_string());
                counts.insert(shown.to_string());
                counts.extend(total.map(|total| total.to_string()));
            }
        }
        let talk = matches!(job.decision.as_str(), "converse" | "clarify" | "refuse");
        Self { text, counts, has_results: !job.results.is_empty(), talk }
    }

    fn holds(&self, value: &str) -> bool {
        self.text.contains(&value.to_lowercase()) || self.counts.contains(value)
    }

    fn judge(&self, claim: &Asked) -> (bool, String) {
        let lower = claim.text.to_lowercase();
        if matches!(claim.verdict.as_str(), "contradicted" | "unsupported") {
            return (false, "the checker found it wrong".to_owned());
        }
        if says(&lower, CLAIMED_WORK) {
            return (false, "no such check is in the results".to_owned());
        }
        if says(&lower, ALL_QUIET) {
            return (false, "the results do not say that".to_owned());
        }
        // Code has bound value and owner already; a word search knows less.
        if claim.verdict == "supported" {
            return (true, "the value is in the results".to_owned());
        }
        let values = values(&claim.text);
        if let Some(missing) = values.iter().find(|value| !self.holds(value)) {
            return (false, format!("{missing} is in no result"));
        }
        if !values.is_empty() {
            return (true, "every value is in the results".to_owned());
        }
        if self.talk || self.has_results && (self.shares_words(&lower) || !claim.nearest.is_empty()) {
            return (true, "nothing in it goes beyond the results".to_owned());
        }
        let reason = "the results do not speak of it".to_owned();
        (lower.split_whitespace().count() <= 4 || self.shares_words(&lower), reason)
    }

    /// Whether a longer word of the claim is in the results or the message.
    fn shares_words(&self, claim: &str) -> bool {
        let mut words = claim.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 4).peekable();
        words.peek().is_none() || words.any(|word| self.text.contains(word) || OWN_WORDS.contains(&word))
    }
}

/// Words with which a model speaks of results as such.
const OWN_WORDS: &[&str] = &[
    "result",
    "results",
    "search",
    "found",
    "nothing",
    "known",
    "failed",
    "resultatet",
    "søket",
    "mislyktes",
    "opplysninger",
    "ergebnis",
    "suche",
    "fehlgeschlagen",
    "bekannt",
    "weitere",
    "there",
    "flere",
    "shown",
    "vises",
    "gezeigt",
];

fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Words that carry a value: with a digit, or a code with a capital letter inside.
fn values(text: &str) -> Vec<String> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '"' | '“' | '”' | '«' | '»' | ',' | ';' | '|' | '*' | '`')
    })
    .map(|word| word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '\'' | '–')))
    .filter(|word| {
        word.chars().any(|c| c.is_ascii_digit())
            || word.chars().skip(1).any(|c| c.is_ascii_uppercase()) && word.chars().any(|c| c.is_ascii_lowercase())
    })
    .map(str::to_owned)
    .collect()
}

/// Whether a value names something: long numbers, addresses, names with digits.
fn is_identifier(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().filter(|c| c.is_ascii_alphabetic()).count();
    // Times may be written another way than in the results; the checker knows them.
    let day = value.len() == 10 && value.chars().all(|c| c.is_ascii_digit() || c == '-');
    let time = day || value.contains(':') || value.contains('T') && value.contains('-');
    !time && (digits >= 5 || value.matches('.').count() == 3 || (letters >= 3 && digits >= 2 && value.contains('-')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_identifiers_are_told_apart() {
        assert_eq!(values("Case 4711 has status pendingSoc (10.0.0.1)."), ["4711", "pendingSoc", "10.0.0.1"]);
        assert!(is_identifier("4120771") && is_identifier("fin-srv-88") && is_identifier("10.0.0.1"));
        assert!(!is_identifier("12") && !is_identifier("2026-02-09T08:00:00Z"));
    }
}
