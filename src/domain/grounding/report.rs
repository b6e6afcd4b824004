//! The report of a check, the judge's ruling over it, and the one type that may
//! leave: [`ApprovedReply`]. All fields are private and each type has one
//! constructor, so text that was not checked, or that failed, cannot become a
//! reply. A judge can withdraw support and settle what code left open; it cannot
//! overrule what code found contradicted or missing.

use serde::Deserialize;
use serde::Serialize;

use crate::domain::event::BasisItem;
use crate::domain::event::Citation;
use crate::domain::event::ReplyVerdict;
use crate::domain::event::Stopped;
use crate::domain::grounding::claim::Claim;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::Violation;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::ids::TurnId;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notice::Notice;
use crate::domain::policy::decision::RouterDecision;

/// What the checker found in one text. Made by [`super::check`] alone.
#[derive(Clone, Debug, PartialEq)]
pub struct GroundingReport {
    text: String,
    claims: Vec<Claim>,
    violations: Vec<Violation>,
    tells: bool,
}

impl GroundingReport {
    /// Claims and violations sorted by place. Every claim that is contradicted or
    /// unsupported has its violation, whatever the caller passed.
    pub(super) fn new(text: &str, mut claims: Vec<Claim>, mut violations: Vec<Violation>) -> Self {
        for claim in &mut claims {
            if matches!(claim.verdict, Verdict::Contradicted | Verdict::Unsupported) {
                let code = *claim.code.get_or_insert(ViolationCode::UnsupportedStatement);
                let known = violations.iter().any(|v| v.code == code && v.span == claim.span);
                if !known {
                    violations.push(Violation { code, span: claim.span, message: claim.reason.clone() });
                }
            }
        }
        claims.sort_by_key(|claim| claim.span);
        violations.sort_by_key(|violation| (violation.span, violation.code));
        let tells = !claims.is_empty();
        Self { text: text.to_owned(), claims, violations, tells }
    }

    /// The same report for a text whose claims all stand in questions or offers.
    #[must_use]
    pub(super) fn asking_only(mut self) -> Self {
        self.tells = false;
        self
    }

    /// Whether something is stated of the results, rather than only asked or offered.
    pub fn tells(&self) -> bool {
        self.tells
    }

    /// The text that was checked, unchanged.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Claims, by place.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// Violations, by place.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Nothing is wrong and nothing is left open.
    pub fn settled(&self) -> bool {
        self.violations.is_empty() && self.undecided().next().is_none()
    }

    /// What a stateless check answers: nothing is wrong, and what is said rests on the results.
    /// With the judge asked, nothing may be left open; with the checker alone, statements
    /// without a value stay open and are listed as such, but something must be supported
    /// where anything is claimed: silence is no approval.
    pub fn grounded(&self, judged: bool) -> bool {
        let supported = self.claims.iter().any(|claim| claim.verdict == Verdict::Supported);
        self.settled() || (!judged && self.violations.is_empty() && supported)
    }

    /// Claims that code cannot tell.
    pub fn undecided(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| claim.verdict == Verdict::NotCheckable)
    }

    /// Supported claims / checkable claims, 0 to 1; `None` when nothing is checkable.
    pub fn groundedness(&self) -> Option<f64> {
        let checkable = self.claims.iter().filter(|c| c.verdict != Verdict::NotCheckable).count();
        let supported = self.claims.iter().filter(|c| c.verdict == Verdict::Supported).count();
        #[expect(clippy::cast_precision_loss, reason = "claim counts are far below 2^52")]
        (checkable > 0).then(|| supported as f64 / checkable as f64)
    }

    /// What would be told to the user as stopped: one item per violation.
    pub fn stopped(&self) -> Vec<Stopped> {
        let chars: Vec<char> = self.text.chars().collect();
        self.violations
            .iter()
            .map(|violation| Stopped {
                text: slice(&chars, violation.span),
                code: violation.code.as_str().to_owned(),
                reason: violation.message.clone(),
            })
            .collect()
    }

    /// The report after the judge spoke: open claims it supports become supported,
    /// any claim it rejects becomes `judge_rejected`; claims that code found wrong stay wrong.
    #[must_use]
    pub fn with_judge(mut self, ruling: &JudgeRuling) -> Self {
        let whole = [0, self.text.chars().count()];
        match ruling {
            JudgeRuling::Answered(answers) => {
                for (index, claim) in self.claims.iter_mut().enumerate() {
                    let Some(answer) = answers.claims.iter().find(|answer| answer.claim == index) else {
                        continue;
                    };
                    settle(claim, answer);
                }
                for problem in &answers.problems {
                    self.violations.push(Violation {
                        code: ViolationCode::JudgeRejected,
                        span: whole,
                        message: problem.clone(),
                    });
                }
            }
            JudgeRuling::Unavailable(reason) => self.violations.push(Violation {
                code: ViolationCode::JudgeUnavailable,
                span: whole,
                message: reason.clone(),
            }),
            JudgeRuling::NotAsked => {}
        }
        let Self { text, claims, violations, tells } = self;
        Self { tells, ..Self::new(&text, claims, violations) }
    }
}

fn settle(claim: &mut Claim, answer: &JudgedClaim) {
    match (claim.verdict, answer.supported) {
        (Verdict::NotCheckable, true) => {
            claim.verdict = Verdict::Supported;
            claim.reason = format!("judge: {}", answer.reason);
        }
        (Verdict::NotCheckable | Verdict::Supported, false) => {
            claim.verdict = Verdict::Unsupported;
            claim.code = Some(ViolationCode::JudgeRejected);
            claim.reason = format!("judge: {}", answer.reason);
        }
        // Code has settled these; the judge cannot overrule it.
        (Verdict::Contradicted | Verdict::Unsupported, _) | (Verdict::Supported, true) => {}
    }
}

fn slice(chars: &[char], [start, end]: [usize; 2]) -> String {
    chars.get(start..end.min(chars.len())).unwrap_or_default().iter().collect()
}

/// The judge's answer about one claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedClaim {
    /// Index into the report's claims.
    pub claim: usize,
    /// Whether the results support it.
    pub supported: bool,
    /// The judge's words; may be empty where it agrees.
    #[serde(default)]
    pub reason: String,
}

/// A well-formed answer of the judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct JudgeAnswers {
    /// One per open claim, and one per supported claim that it withdraws.
    pub claims: Vec<JudgedClaim>,
    /// What is wrong with the text as a whole (latest call not stated, error hidden, invention); empty if nothing.
    pub problems: Vec<String>,
}

/// What came of asking the judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JudgeRuling {
    /// Configuration says not to ask.
    NotAsked,
    /// It answered, and covered every open claim.
    Answered(JudgeAnswers),
    /// Down, malformed, or it left claims out. Fails closed.
    Unavailable(String),
}

/// The basis: which calls a reply rests on. Made from the ledger alone.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Basis {
    items: Vec<BasisItem>,
    line: String,
}

impl Basis {
    /// Items of the entries, and the line that `write` makes of them.
    pub fn from_entries(entries: &[&LedgerEntry], write: impl FnOnce(&[&LedgerEntry]) -> String) -> Self {
        let items = entries
            .iter()
            .map(|entry| BasisItem {
                result_id: entry.id,
                server: entry.server.clone(),
                tool: entry.tool.clone(),
                arguments: entry.arguments.clone(),
                observed_at: entry.observed_at,
                outcome: entry.outcome,
            })
            .collect();
        let line = if entries.is_empty() { String::new() } else { write(entries) };
        Self { items, line }
    }

    /// The items.
    pub fn items(&self) -> &[BasisItem] {
        &self.items
    }
}

/// What the ledger proves about the calls of a turn.
#[derive(Clone, Copy, Debug)]
pub struct CallProof {
    decision: RouterDecision,
    answered_calls: usize,
}

impl CallProof {
    /// Counts the calls that the ledger records for the turn and that brought evidence.
    pub fn from_ledger(decision: RouterDecision, ledger: &Ledger, turn: TurnId) -> Self {
        let answered_calls = ledger.of_turn(turn).filter(|entry| entry.evidence && entry.outcome.answered()).count();
        Self { decision, answered_calls }
    }
}

/// A text that asks to leave.
#[derive(Clone, Debug)]
pub enum Candidate {
    /// A draft of the model, checked, with the judge's ruling applied.
    Draft(GroundingReport),
    /// The gateway's own rendering of results, checked like any other text, behind one of its fixed sentences.
    Rendered {
        /// Check of the rendering alone.
        report: GroundingReport,
        /// Says why the rendering stands in for an answer.
        lead: Notice,
    },
    /// One of the gateway's fixed sentences: states no operational value. Calls that it shows are
    /// quoted as JSON in a fence, under the sentence that they have not been made; they are the
    /// one text of a model's making that leaves unchecked, and they leave as nothing but a call.
    Notice(Notice),
}

/// Why a candidate may not leave.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Rejected {
    /// The text needs a call of this turn and the ledger has none that was answered.
    #[error("no answered tool call in this turn")]
    NoCall,
    /// Violations, or claims nobody settled.
    #[error("the text is not supported")]
    NotSupported(Vec<Stopped>),
}

/// The only text that may leave. There is one way to make it: [`ApprovedReply::approve`].
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovedReply {
    text: String,
    verdict: ReplyVerdict,
    basis: Basis,
    citations: Vec<Citation>,
    claims: Vec<Claim>,
}

impl ApprovedReply {
    /// Lets a candidate through, or says why not.
    ///
    /// # Errors
    /// [`Rejected::NoCall`] for a text about live data without an answered call of its turn;
    /// [`Rejected::NotSupported`] when a violation or an unsettled claim is left.
    pub fn approve(candidate: Candidate, proof: CallProof, basis: Basis) -> Result<Self, Rejected> {
        let (mut report, lead) = match candidate {
            Candidate::Notice(notice) => return Ok(Self::from_notice(&notice, basis)),
            Candidate::Draft(report) => (report, None),
            Candidate::Rendered { report, lead } => (report, Some(lead.text())),
        };
        if proof.decision.needs_call() && proof.answered_calls == 0 {
            return Err(Rejected::NoCall);
        }
        if !report.settled() {
            return Err(Rejected::NotSupported(report.unsettled()));
        }
        let verdict = match (&lead, report.claims.is_empty()) {
            (Some(_), _) => ReplyVerdict::Replaced,
            (None, true) => ReplyVerdict::NothingToCheck,
            (None, false) => ReplyVerdict::Grounded,
        };
        if let Some(lead) = lead {
            report.prepend(&format!("{lead}\n\n"));
        }
        let citations = citations(&report.claims);
        let text = join(&report.text, &basis.line);
        Ok(Self { text, verdict, basis, citations, claims: report.claims })
    }

    fn from_notice(notice: &Notice, basis: Basis) -> Self {
        Self {
            text: join(&notice.text(), &basis.line),
            verdict: ReplyVerdict::NothingToCheck,
            basis,
            citations: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// The reply, basis line included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Verdict of the reply.
    pub fn verdict(&self) -> ReplyVerdict {
        self.verdict
    }

    /// What it rests on.
    pub fn basis(&self) -> &[BasisItem] {
        &self.basis.items
    }

    /// Evidence of each value.
    pub fn citations(&self) -> &[Citation] {
        &self.citations
    }

    /// Every claim of the text with its verdict.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }
}

impl GroundingReport {
    /// Puts a sentence of our own in front and moves the spans along.
    fn prepend(&mut self, lead: &str) {
        let shift = lead.chars().count();
        for claim in &mut self.claims {
            claim.span = claim.span.map(|place| place + shift);
        }
        self.text.insert_str(0, lead);
    }

    fn unsettled(&self) -> Vec<Stopped> {
        let mut stopped = self.stopped();
        stopped.extend(self.undecided().map(|claim| Stopped {
            text: claim.text.clone(),
            code: ViolationCode::UnsupportedStatement.as_str().to_owned(),
            reason: "neither the checker nor the judge could tell".to_owned(),
        }));
        stopped
    }
}

fn join(body: &str, basis: &str) -> String {
    if basis.is_empty() { body.to_owned() } else { format!("{}\n\n{basis}", body.trim_end()) }
}

fn citations(claims: &[Claim]) -> Vec<Citation> {
    claims
        .iter()
        .filter(|claim| claim.verdict == Verdict::Supported)
        .flat_map(|claim| {
            claim.evidence.iter().filter_map(|place| {
                let result_id = place.result_id.parse().ok()?;
                Some(Citation { span: claim.span, result_id, pointer: place.pointer.clone() })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::domain::grounding::claim::ClaimKind;
    use crate::domain::ids::CallId;
    use crate::domain::ids::ResultId;
    use crate::domain::lang::Lang;
    use crate::domain::notice::NoticeKind;
    use crate::domain::outcome::Outcome;
    use crate::domain::tool::MadeBy;

    const TURN: TurnId = TurnId(Uuid::from_u128(7));

    fn claim(verdict: Verdict) -> Claim {
        Claim {
            text: "x".to_owned(),
            span: [0, 1],
            kind: ClaimKind::Statement,
            verdict,
            evidence: Vec::new(),
            reason: "r".to_owned(),
            code: None,
        }
    }

    fn entry(turn: TurnId, outcome: Outcome, evidence: bool) -> LedgerEntry {
        LedgerEntry {
            id: ResultId(Uuid::from_u128(1)),
            call_id: CallId(Uuid::from_u128(1)),
            turn_id: turn,
            server: "s".to_owned(),
            tool: "t".to_owned(),
            arguments: json!({}),
            made_by: MadeBy::Model,
            observed_at: Timestamp::UNIX_EPOCH,
            outcome,
            digest: String::new(),
            content: Arc::new(json!({})),
            page: None,
            error: None,
            cause: None,
            max_age_ms: None,
            evidence,
            shown: false,
            stale: false,
            superseded_by: None,
        }
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop::sample::select(vec![
            Verdict::Supported,
            Verdict::Contradicted,
            Verdict::Unsupported,
            Verdict::NotCheckable,
        ])
    }

    fn any_entry() -> impl Strategy<Value = LedgerEntry> {
        let outcomes =
            prop::sample::select(vec![Outcome::Ok, Outcome::Empty, Outcome::Error, Outcome::Timeout, Outcome::Denied]);
        (any::<bool>(), outcomes, any::<bool>()).prop_map(|(this_turn, outcome, evidence)| {
            let turn = if this_turn { TURN } else { TurnId(Uuid::from_u128(8)) };
            entry(turn, outcome, evidence)
        })
    }

    proptest! {
        #[test]
        fn no_text_about_live_data_leaves_without_an_answered_call_of_its_turn(
            verdicts in prop::collection::vec(verdict(), 0..6),
            entries in prop::collection::vec(any_entry(), 0..6),
            refresh in any::<bool>(),
            rendered in any::<bool>(),
        ) {
            let decision = if refresh { RouterDecision::Refresh } else { RouterDecision::CallTool };
            let called = entries.iter().any(|e| e.turn_id == TURN && e.evidence && e.outcome.answered());
            let clean = verdicts.iter().all(|verdict| *verdict == Verdict::Supported);
            let report = GroundingReport::new("x", verdicts.into_iter().map(claim).collect(), Vec::new());
            let lead = Notice::new(NoticeKind::DraftStopped, Lang::En, Vec::new());
            let candidate = if rendered { Candidate::Rendered { report, lead } } else { Candidate::Draft(report) };
            let proof = CallProof::from_ledger(decision, &Ledger::from_entries(entries), TURN);
            let approved = ApprovedReply::approve(candidate, proof, Basis::default());
            prop_assert_eq!(approved.is_ok(), called && clean);
        }

        #[test]
        fn a_judge_never_overrules_what_code_found_wrong(
            verdicts in prop::collection::vec(verdict(), 1..6),
            answers in prop::collection::vec((0usize..6, any::<bool>()), 0..12),
        ) {
            let wrong = verdicts.iter().any(|v| matches!(v, Verdict::Contradicted | Verdict::Unsupported));
            let report = GroundingReport::new("x", verdicts.into_iter().map(claim).collect(), Vec::new());
            let claims = answers
                .into_iter()
                .map(|(claim, supported)| JudgedClaim { claim, supported, reason: String::new() })
                .collect();
            let judged = report.with_judge(&JudgeRuling::Answered(JudgeAnswers { claims, problems: Vec::new() }));
            prop_assert!(!wrong || !judged.settled());
        }
    }

    #[test]
    fn an_unavailable_judge_fails_closed() {
        let report = GroundingReport::new("x", vec![claim(Verdict::Supported)], Vec::new());
        assert!(report.settled());
        let judged = report.with_judge(&JudgeRuling::Unavailable("down".to_owned()));
        assert!(!judged.settled());
        assert_eq!(judged.violations()[0].code, ViolationCode::JudgeUnavailable);
    }

    #[test]
    fn a_lead_moves_spans_and_citations_along() {
        let mut supported = claim(Verdict::Supported);
        let id = Uuid::from_u128(1).to_string();
        supported.evidence = vec![crate::domain::grounding::claim::EvidenceRef {
            result_id: id,
            pointer: "/a".to_owned(),
            value: json!("x"),
        }];
        let report = GroundingReport::new("x", vec![supported], Vec::new());
        let lead = Notice::new(NoticeKind::DraftStopped, Lang::Ja, Vec::new());
        let ledger = Ledger::from_entries(vec![entry(TURN, Outcome::Ok, true)]);
        let proof = CallProof::from_ledger(RouterDecision::CallTool, &ledger, TURN);
        let reply =
            ApprovedReply::approve(Candidate::Rendered { report, lead }, proof, Basis::default()).expect("approved");
        let [start, end] = reply.citations()[0].span;
        let cited: String = reply.text().chars().skip(start).take(end - start).collect();
        assert_eq!(cited, "x");
    }
}
