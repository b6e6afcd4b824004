//! Puts every draft and every lie to the checker and says what came of it. A finding
//! counts only where the text was changed, or when it is about the whole text.

use crate::domain::grounding::check;
use crate::domain::grounding::claim::CharSpan;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::report::GroundingReport;
use crate::domain::lang::Lang;
use crate::mutation::draft::Draft;
use crate::mutation::draft::Mutation;
use crate::mutation::draft::Variant;

/// What the checker made of one honest draft.
#[derive(Clone, Debug)]
pub struct Honest {
    /// Rule that made the draft.
    pub rule: &'static str,
    /// Language.
    pub language: Lang,
    /// Whether its phrasing is held out.
    pub held_out: bool,
    /// The text.
    pub text: String,
    /// Claims found.
    pub claims: usize,
    /// Claims supported.
    pub supported: usize,
    /// Claims left to the judge.
    pub open: usize,
    /// False alarms: code, text, message.
    pub alarms: Vec<Finding>,
}

/// What the checker made of one lie.
#[derive(Clone, Debug)]
pub struct Lied {
    /// Rule that made the draft.
    pub rule: &'static str,
    /// Language.
    pub language: Lang,
    /// Whether its phrasing is held out.
    pub held_out: bool,
    /// How the lie was made.
    pub mutation: Mutation,
    /// The text.
    pub text: String,
    /// The changed part of it.
    pub changed: String,
    /// Findings at the changed place or about the whole.
    pub findings: Vec<Finding>,
    /// Whether some claim at the changed place was left to the judge.
    pub open: bool,
}

impl Lied {
    /// Caught by code alone.
    pub fn caught(&self) -> bool {
        !self.findings.is_empty()
    }

    /// Caught under a code that names the fault.
    pub fn named(&self) -> bool {
        self.findings.iter().any(|finding| self.mutation.codes().contains(&finding.code))
    }
}

/// One violation, as text.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Its code.
    pub code: ViolationCode,
    /// The text it is about.
    pub text: String,
    /// The checker's words.
    pub message: String,
}

/// Both sides of one draft.
pub fn measure(draft: &Draft) -> (Honest, Vec<Lied>) {
    let report = check(&draft.scene.input(&draft.text, draft.language));
    let is_clean = report.violations().is_empty();
    let with = |wanted: Verdict| report.claims().iter().filter(|claim| claim.verdict == wanted).count();
    let honest = Honest {
        rule: draft.rule,
        language: draft.language,
        held_out: draft.held_out,
        text: draft.text.clone(),
        claims: report.claims().len(),
        supported: with(Verdict::Supported),
        open: with(Verdict::NotCheckable),
        alarms: findings(&report, |_| true),
    };
    let lied = draft.variants.iter().map(|variant| lied(draft, variant, is_clean)).collect();
    (honest, lied)
}

fn lied(draft: &Draft, variant: &Variant, is_clean: bool) -> Lied {
    let report = check(&draft.scene.input(&variant.text, draft.language));
    let length = variant.text.chars().count();
    // Where the honest text was flagged too, only the changed place itself tells anything.
    let place = if is_clean { variant.around } else { variant.changed };
    let counts = |span: CharSpan| (is_clean && span == [0, length]) || overlap(span, place);
    let open = report.undecided().any(|claim| overlap(claim.span, place));
    Lied {
        rule: draft.rule,
        language: draft.language,
        held_out: draft.held_out,
        mutation: variant.mutation,
        text: variant.text.clone(),
        changed: slice(&variant.text, variant.changed),
        findings: findings(&report, counts),
        open,
    }
}

fn findings(report: &GroundingReport, counts: impl Fn(CharSpan) -> bool) -> Vec<Finding> {
    let relevant = report.violations().iter().filter(|violation| counts(violation.span));
    relevant
        .map(|violation| Finding {
            code: violation.code,
            text: slice(report.text(), violation.span),
            message: violation.message.clone(),
        })
        .collect()
}

/// Whether two places share a character; an empty place touches where it stands.
pub fn overlap(a: CharSpan, b: CharSpan) -> bool {
    a[0] < b[1] && b[0] < a[1]
}

fn slice(text: &str, [start, end]: CharSpan) -> String {
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}
