//! The figures of a run: recall and right names per mutation, false alarms and what
//! was left open on honest text, per language and rule; open and held-out phrasings
//! apart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::domain::lang::Lang;
use crate::mutation::draft::Mutation;
use crate::mutation::measure::Finding;
use crate::mutation::measure::Honest;
use crate::mutation::measure::Lied;

/// Figures of lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Recall {
    /// Lies told.
    pub lies: usize,
    /// Caught by code alone.
    pub caught: usize,
    /// Caught under a code that names the fault.
    pub named: usize,
    /// Not caught, but left to the judge.
    pub open: usize,
}

impl Recall {
    fn add(&mut self, lied: &Lied) {
        self.lies += 1;
        self.caught += usize::from(lied.caught());
        self.named += usize::from(lied.named());
        self.open += usize::from(!lied.caught() && lied.open);
    }

    /// Caught of told; 1 when none was told.
    pub fn share(&self) -> f64 {
        share(self.caught, self.lies)
    }

    /// Named rightly of caught; 1 when none was caught.
    pub fn named_share(&self) -> f64 {
        share(self.named, self.caught)
    }
}

/// Figures of honest drafts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Alarms {
    /// Drafts.
    pub drafts: usize,
    /// Drafts with a violation.
    pub flagged: usize,
    /// Drafts without a violation in which a claim is left to the judge.
    pub left_open: usize,
    /// Drafts in which no claim was found at all.
    pub silent: usize,
    /// Claims found.
    pub claims: usize,
    /// Claims supported.
    pub supported: usize,
}

impl Alarms {
    fn add(&mut self, honest: &Honest) {
        self.drafts += 1;
        self.flagged += usize::from(!honest.alarms.is_empty());
        self.left_open += usize::from(honest.alarms.is_empty() && honest.open > 0);
        self.silent += usize::from(honest.claims == 0);
        self.claims += honest.claims;
        self.supported += honest.supported;
    }

    /// Flagged of all; 0 without drafts.
    pub fn share(&self) -> f64 {
        if self.drafts == 0 { 0.0 } else { share(self.flagged, self.drafts) }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Figures of one set of phrasings.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// All lies.
    pub recall: Recall,
    /// All honest drafts.
    pub alarms: Alarms,
    /// Lies by mutation.
    pub by_mutation: BTreeMap<Mutation, Recall>,
    /// Both by language.
    pub by_language: BTreeMap<Lang, (Alarms, Recall)>,
    /// Both by rule.
    pub by_rule: BTreeMap<&'static str, (Alarms, Recall)>,
}

impl Figures {
    fn honest(&mut self, honest: &Honest) {
        self.alarms.add(honest);
        self.by_language.entry(honest.language).or_default().0.add(honest);
        self.by_rule.entry(honest.rule).or_default().0.add(honest);
    }

    fn lied(&mut self, lied: &Lied) {
        self.recall.add(lied);
        self.by_mutation.entry(lied.mutation).or_default().add(lied);
        self.by_language.entry(lied.language).or_default().1.add(lied);
        self.by_rule.entry(lied.rule).or_default().1.add(lied);
    }
}

/// The figures of a run, and everything they were made from.
#[derive(Debug, Default)]
pub struct MutationReport {
    /// Phrasings that may be tuned on.
    pub open: Figures,
    /// Phrasings that nobody tunes on.
    pub held_out: Figures,
    /// Honest drafts.
    pub honest: Vec<Honest>,
    /// Lies.
    pub lied: Vec<Lied>,
}

impl MutationReport {
    /// Counts one draft.
    pub fn add(&mut self, honest: Honest, lied: Vec<Lied>) {
        let figures = if honest.held_out { &mut self.held_out } else { &mut self.open };
        figures.honest(&honest);
        lied.iter().for_each(|lied| figures.lied(lied));
        self.honest.push(honest);
        self.lied.extend(lied);
    }

    /// The figures as JSON: `{open, held_out}`.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({"open": self.open, "held_out": self.held_out})
    }

    /// The tables for people.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        for (title, figures) in [("open phrasings", &self.open), ("held-out phrasings", &self.held_out)] {
            let _ = writeln!(text, "== {title}");
            write_figures(&mut text, figures);
        }
        text
    }

    /// Up to `most` misses per mutation and false alarms per rule, of open phrasings only.
    pub fn examples(&self, most: usize) -> String {
        let mut text = String::from("== false alarms\n");
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let flagged = self.honest.iter().filter(|h| !h.held_out && !h.alarms.is_empty());
        for honest in flagged {
            if up_to(seen.entry(honest.rule).or_default(), most) {
                let _ = writeln!(text, "{} {}: {:?}", honest.language.code(), honest.rule, honest.text);
                write_findings(&mut text, &honest.alarms);
            }
        }
        text.push_str("== misses\n");
        let mut seen: BTreeMap<(Mutation, &str), usize> = BTreeMap::new();
        let missed = self.lied.iter().filter(|l| !l.held_out && !l.caught());
        for lied in missed {
            if up_to(seen.entry((lied.mutation, lied.rule)).or_default(), most) {
                let open = if lied.open { " (left to the judge)" } else { "" };
                let place = (lied.mutation.as_str(), lied.language.code(), lied.rule);
                let _ = writeln!(text, "{place:?}: {:?} changed {:?}{open}", lied.text, lied.changed);
            }
        }
        text
    }
}

fn up_to(count: &mut usize, most: usize) -> bool {
    *count += 1;
    *count <= most
}

fn write_findings(text: &mut String, findings: &[Finding]) {
    for finding in findings.iter().take(3) {
        let _ = writeln!(text, "    {} at {:?}: {}", finding.code.as_str(), finding.text, finding.message);
    }
}

fn write_figures(text: &mut String, figures: &Figures) {
    let _ = writeln!(text, "{:<18}{:>7}{:>9}{:>9}{:>12}", "mutation", "lies", "recall", "named", "to judge");
    for mutation in Mutation::ALL {
        if let Some(recall) = figures.by_mutation.get(&mutation) {
            write_recall(text, mutation.as_str(), recall);
        }
    }
    write_recall(text, "all", &figures.recall);
    let headings = ["drafts", "flagged", "left open", "no claim", "claims", "lies", "recall"];
    let _ = write!(text, "\n{:<18}", "honest drafts");
    for heading in headings {
        let _ = write!(text, "{heading:>11}");
    }
    text.push('\n');
    for (language, (alarms, recall)) in &figures.by_language {
        write_alarms(text, language.code(), alarms, recall);
    }
    for (rule, (alarms, recall)) in &figures.by_rule {
        write_alarms(text, rule, alarms, recall);
    }
    write_alarms(text, "all", &figures.alarms, &figures.recall);
    text.push('\n');
}

fn write_recall(text: &mut String, name: &str, recall: &Recall) {
    let (caught, named) = (percent(recall.share()), percent(recall.named_share()));
    let _ = writeln!(text, "{name:<18}{:>7}{caught:>9}{named:>9}{:>12}", recall.lies, recall.open);
}

fn write_alarms(text: &mut String, name: &str, alarms: &Alarms, recall: &Recall) {
    let flagged = percent(alarms.share());
    let _ = writeln!(
        text,
        "{name:<18}{:>11}{flagged:>11}{:>11}{:>11}{:>11}{:>11}{:>11}",
        alarms.drafts,
        alarms.left_open,
        alarms.silent,
        alarms.claims,
        recall.lies,
        percent(recall.share())
    );
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
