//! The second pass over a draft: what the judge is asked, how its answer is read, and what
//! it comes to. An answer that is malformed or leaves an open claim out is no answer.

use std::sync::Arc;

use serde::Deserialize;

use crate::domain::event::TurnEvent;
use crate::domain::grounding::claim::Claim;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::report::GroundingReport;
use crate::domain::grounding::report::JudgeAnswers;
use crate::domain::grounding::report::JudgeRuling;
use crate::domain::grounding::report::JudgedClaim;
use crate::domain::policy::decision::RouterDecision;
use crate::engine::error::TurnError;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ToolChoice;
use crate::engine::views::object_in;
use crate::prompts::ClaimView;
use crate::prompts::JudgeContext;
use crate::prompts::ResultView;
use crate::prompts::judge_schema;

/// Upper bound of a judge's answer in tokens: a fixed part and some per claim.
const JUDGE_TOKENS: u32 = 160;
const JUDGE_TOKENS_PER_CLAIM: u32 = 40;
/// Most claims put to the judge at once; open ones come first, and none of them is left out.
const JUDGE_CLAIMS: usize = 40;

/// How the event stream tells a ruling.
pub(crate) fn judge_event(ruling: &JudgeRuling) -> TurnEvent {
    let (verdict, reason) = match ruling {
        JudgeRuling::NotAsked => ("not_asked", String::new()),
        JudgeRuling::Unavailable(reason) => ("unavailable", reason.clone()),
        JudgeRuling::Answered(answers) => {
            let against: Vec<&str> = answers
                .claims
                .iter()
                .filter(|claim| !claim.supported)
                .map(|claim| claim.reason.as_str())
                .chain(answers.problems.iter().map(String::as_str))
                .collect();
            (if against.is_empty() { "approved" } else { "rejected" }, against.join("; "))
        }
    };
    TurnEvent::JudgeFinished { verdict: verdict.to_owned(), reason }
}

/// One question to the judge; also serves stateless validation.
pub(crate) struct JudgeQuestion<'a> {
    pub message: &'a str,
    pub decision: RouterDecision,
    pub now: jiff::Timestamp,
    pub results: Vec<ResultView>,
    pub report: &'a GroundingReport,
}

impl JudgeQuestion<'_> {
    pub(crate) fn request(&self, prompts: &Arc<crate::prompts::Prompts>) -> Result<ModelRequest, TurnError> {
        let claims = self.claims();
        let count = u32::try_from(claims.len()).unwrap_or(u32::MAX);
        let context = JudgeContext {
            message: self.message.to_owned(),
            draft: self.report.text().to_owned(),
            decision: self.decision,
            now: self.now,
            results: self.results.clone(),
            claims,
        };
        Ok(ModelRequest {
            messages: prompts.judge(&context)?,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            response_schema: Some(judge_schema()),
            max_tokens: JUDGE_TOKENS.saturating_add(JUDGE_TOKENS_PER_CLAIM.saturating_mul(count)),
            profile: None,
        })
    }

    /// Open claims first; supported ones as long as there is room.
    fn claims(&self) -> Vec<ClaimView> {
        let indexed = || self.report.claims().iter().enumerate();
        let open = indexed().filter(|(_, claim)| claim.verdict == Verdict::NotCheckable);
        let settled = indexed().filter(|(_, claim)| claim.verdict != Verdict::NotCheckable);
        let n_open = self.report.undecided().count();
        open.chain(settled.take(JUDGE_CLAIMS.saturating_sub(n_open)))
            .map(|(index, claim)| claim_view(index, claim))
            .collect()
    }
}

fn claim_view(index: usize, claim: &Claim) -> ClaimView {
    // One place is enough to see what the checker took a supported value from.
    let places = if claim.verdict == Verdict::Supported { 1 } else { 4 };
    ClaimView {
        index,
        text: claim.text.clone(),
        kind: claim.kind,
        verdict: claim.verdict,
        nearest: claim
            .evidence
            .iter()
            .take(places)
            .map(|place| format!("{} = {}", place.pointer, place.value).chars().take(160).collect())
            .collect(),
    }
}

#[derive(Deserialize)]
struct JudgeWire {
    claims: Vec<JudgedClaim>,
    #[serde(default = "yes")]
    latest_call_stated: bool,
    #[serde(default)]
    invented: bool,
    #[serde(default = "yes")]
    errors_reported: bool,
    #[serde(default)]
    problems: Vec<String>,
}

fn yes() -> bool {
    true
}

/// Reads the judge's answer; anything but a full answer to every open claim is `Unavailable`.
pub(crate) fn judge_ruling(answer: &ModelAnswer, report: &GroundingReport, failed_calls: bool) -> JudgeRuling {
    let object = object_in(&answer.content).or_else(|| object_in(&answer.reasoning));
    let Some(wire) = object.and_then(|object| serde_json::from_value::<JudgeWire>(object).ok()) else {
        return JudgeRuling::Unavailable("the judge gave no well-formed answer".to_owned());
    };
    let mut open = report.claims().iter().enumerate().filter(|(_, c)| c.verdict == Verdict::NotCheckable);
    if open.any(|(index, _)| !wire.claims.iter().any(|answer| answer.claim == index)) {
        return JudgeRuling::Unavailable("the judge left claims out".to_owned());
    }
    // The gateway itself states the calls of the turn. Only a draft that speaks of checks or of
    // their time can say anything false about them.
    let speaks_of_work = report.claims().iter().any(|claim| claim.kind == ClaimKind::Work);
    let faults = [
        (wire.invented, "the judge says that something is invented"),
        (failed_calls && !wire.errors_reported, "the judge says that a failed call is not reported"),
        (speaks_of_work && !wire.latest_call_stated, "the judge says that the draft misstates its calls"),
    ];
    let mut problems = wire.problems;
    if problems.is_empty() {
        problems.extend(faults.into_iter().find(|(so, _)| *so).map(|(_, fault)| fault.to_owned()));
    }
    JudgeRuling::Answered(JudgeAnswers { claims: wire.claims, problems })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;
    use serde_json::json;

    use super::judge_ruling;
    use crate::domain::grounding::check;
    use crate::domain::grounding::input::CheckInput;
    use crate::domain::grounding::input::EvidenceResult;
    use crate::domain::grounding::input::Stance;
    use crate::domain::grounding::report::GroundingReport;
    use crate::domain::grounding::report::JudgeRuling;
    use crate::domain::lang::Lang;
    use crate::domain::outcome::Outcome;
    use crate::domain::policy::decision::RouterDecision;
    use crate::engine::ports::ModelAnswer;

    fn report(draft: &str) -> GroundingReport {
        let results = [EvidenceResult {
            id: "r1".to_owned(),
            tool: "getArgusCaseByID".to_owned(),
            arguments: json!({"caseID": 4_120_771}),
            observed_at: "2026-02-09T08:15:30Z".parse().unwrap(),
            outcome: Outcome::Ok,
            content: Arc::new(json!({"data": {"id": 4_120_771, "status": "closed"}})),
            page: None,
            error: None,
        }];
        check(&CheckInput {
            user_message: "",
            draft,
            now: "2026-02-09T08:16:00Z".parse().unwrap(),
            zone: jiff::tz::TimeZone::UTC,
            results: &results,
            stale: &[],
            stance: Stance::Turn(RouterDecision::CallTool),
            language: Lang::En,
        })
    }

    fn ruled(draft: &str, answer: &Value, failed_calls: bool) -> JudgeRuling {
        let answer = ModelAnswer { content: answer.to_string(), ..ModelAnswer::default() };
        judge_ruling(&answer, &report(draft), failed_calls)
    }

    fn problems(ruling: JudgeRuling) -> usize {
        match ruling {
            JudgeRuling::Answered(answers) => answers.problems.len(),
            other => panic!("{other:?}"),
        }
    }

    const CLOSED: &str = "Case 4120771 is closed.";

    #[test]
    fn each_fault_of_the_whole_draft_is_a_problem() {
        let fine = json!({"claims": [], "latest_call_stated": true, "invented": false, "errors_reported": true});
        assert_eq!(problems(ruled(CLOSED, &fine, true)), 0);
        assert_eq!(problems(ruled(CLOSED, &json!({"claims": [], "invented": true}), false)), 1);
        assert_eq!(problems(ruled(CLOSED, &json!({"claims": [], "errors_reported": false}), true)), 1);
        assert_eq!(problems(ruled(CLOSED, &json!({"claims": [], "problems": ["a", "b"]}), false)), 2);
    }

    #[test]
    fn misstated_calls_count_where_the_draft_speaks_of_them() {
        let misstated = json!({"claims": [], "latest_call_stated": false});
        assert_eq!(problems(ruled("I checked case 4120771: it is closed.", &misstated, false)), 1);
        assert_eq!(problems(ruled(CLOSED, &misstated, false)), 0);
    }

    #[test]
    fn an_answer_without_an_open_claim_is_none() {
        let open = "Case 4120771 is closed. Somebody walked a small dog through the whole building.";
        let left_out = ruled(open, &json!({"claims": []}), false);
        assert!(matches!(left_out, JudgeRuling::Unavailable(_)), "{left_out:?}");
        let malformed = ruled(CLOSED, &json!("yes"), false);
        assert!(matches!(malformed, JudgeRuling::Unavailable(_)), "{malformed:?}");
    }
}
