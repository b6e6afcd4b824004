//! Check, judge, one repair, else the fallback: the only road from a draft to a reply. A
//! draft that code has found wrong is not put to the judge, since the judge cannot overrule
//! that. A judge that is down, malformed or leaves claims out fails closed.

use crate::domain::basis::basis;
use crate::domain::event::Stopped;
use crate::domain::event::TurnEvent;
use crate::domain::event::TurnOutcome;
use crate::domain::grounding::check;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::input::CheckInput;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::grounding::render::render_results;
use crate::domain::grounding::report::ApprovedReply;
use crate::domain::grounding::report::Candidate;
use crate::domain::grounding::report::GroundingReport;
use crate::domain::grounding::report::JudgeRuling;
use crate::domain::grounding::report::Rejected;
use crate::domain::ids::ResultId;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::engine::JudgeMode;
use crate::engine::error::TurnError;
use crate::engine::gather::is_blank;
use crate::engine::judge::JudgeQuestion;
use crate::engine::judge::judge_event;
use crate::engine::judge::judge_ruling;
use crate::engine::ports::ModelRole;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;

/// Payloads above this many bytes are checked off the async threads.
const LARGE: usize = 128 * 1024;

/// Why the data is rendered instead of a draft.
struct NotApproved {
    lead: NoticeKind,
    stopped: Vec<Stopped>,
}

impl Turn {
    /// Brings a draft to an approved reply: at most one repair, then the rendering.
    pub(crate) async fn validated(
        &mut self,
        ruling: &Ruling,
        draft: Option<String>,
        about: Vec<ResultId>,
        outcome: TurnOutcome,
    ) -> Result<Reply, TurnError> {
        let mut lead = NoticeKind::ModelGaveNothing;
        if let Some(draft) = draft {
            match self.approve(ruling, &draft, &about).await? {
                Ok(approved) => return Ok(self.reply(approved, about, outcome)),
                Err(not) => {
                    lead = not.lead;
                    // Without a judge a redraft could not be approved either.
                    if not.lead == NoticeKind::DraftStopped
                        && let Some(reply) =
                            self.repaired(ruling, &draft, not.stopped, &about, outcome, &mut lead).await?
                    {
                        return Ok(reply);
                    }
                }
            }
        }
        Ok(self.fallback(ruling, &about, lead))
    }

    async fn repaired(
        &mut self,
        ruling: &Ruling,
        draft: &str,
        stopped: Vec<Stopped>,
        about: &[ResultId],
        outcome: TurnOutcome,
        lead: &mut NoticeKind,
    ) -> Result<Option<Reply>, TurnError> {
        self.journal.add(TurnEvent::RepairStarted { stopped: stopped.clone() });
        let messages = self.engine.prompts.repair(&self.draft_context(ruling, about), draft, &stopped)?;
        let mut request = self.draft_request(ruling, about, Vec::new())?;
        request.messages = messages;
        let Some(redraft) = self.write(2, request).await else { return Ok(None) };
        match self.approve(ruling, &redraft, about).await? {
            Ok(approved) => Ok(Some(self.reply(approved, about.to_vec(), outcome))),
            Err(not) => {
                *lead = not.lead;
                Ok(None)
            }
        }
    }

    /// One full check of a text: checker, judge, gate.
    async fn approve(
        &mut self,
        ruling: &Ruling,
        draft: &str,
        about: &[ResultId],
    ) -> Result<Result<ApprovedReply, NotApproved>, TurnError> {
        let report = self.checked(draft, about).await;
        self.journal.add(TurnEvent::CheckFinished {
            verdict: check_verdict(&report).to_owned(),
            claims: u32::try_from(report.claims().len()).unwrap_or(u32::MAX),
            violations: report.violations().iter().map(|v| v.code.as_str().to_owned()).collect(),
        });
        if let Some(not) = self.says_nothing(&report, about) {
            return Ok(Err(not));
        }
        let judge = self.judge(ruling, &report, about).await?;
        let unavailable = matches!(judge, JudgeRuling::Unavailable(_));
        let report = report.with_judge(&judge);
        let basis = self.basis_of(about);
        Ok(match ApprovedReply::approve(Candidate::Draft(report), self.proof(), basis) {
            Ok(approved) => Ok(approved),
            Err(rejected) => {
                let stopped = match rejected {
                    Rejected::NotSupported(stopped) => stopped,
                    Rejected::NoCall => vec![Stopped {
                        text: draft.to_owned(),
                        code: ViolationCode::PhantomCall.as_str().to_owned(),
                        reason: "no answered tool call in this turn".to_owned(),
                    }],
                };
                self.stopped.extend(stopped.iter().cloned());
                let lead = if unavailable { NoticeKind::ValidationImpossible } else { NoticeKind::DraftStopped };
                Err(NotApproved { lead, stopped })
            }
        })
    }

    /// A text over results that states nothing of them (no claim at all, or only questions back)
    /// tells the user nothing, however it sounds; there is nothing that a judge could be asked.
    fn says_nothing(&mut self, report: &GroundingReport, about: &[ResultId]) -> Option<NotApproved> {
        if about.is_empty() || report.tells() || !report.violations().is_empty() {
            return None;
        }
        let stopped = vec![Stopped {
            text: report.text().to_owned(),
            code: ViolationCode::UnsupportedStatement.as_str().to_owned(),
            reason: "the text states nothing of the results: give the values that answer the question".to_owned(),
        }];
        self.stopped.extend(stopped.iter().cloned());
        Some(NotApproved { lead: NoticeKind::DraftStopped, stopped })
    }

    /// The checker over the whole payloads, off the async threads when they are large.
    async fn checked(&self, draft: &str, about: &[ResultId]) -> GroundingReport {
        let check = self.check_job(draft, about);
        if check.bytes() < LARGE {
            return check.run();
        }
        let blank = check.clone_text_only();
        match tokio::task::spawn_blocking(move || check.run()).await {
            Ok(report) => report,
            // The checker died on this input: nothing is supported.
            Err(_) => blank.run(),
        }
    }

    fn check_job(&self, draft: &str, about: &[ResultId]) -> CheckJob {
        let decision = self.ruling.as_ref().map_or(RouterDecision::CallTool, |ruling| ruling.decision);
        let results: Vec<EvidenceResult> =
            about.iter().filter_map(|id| self.ledger.get(*id)).map(EvidenceResult::from).collect();
        // Also what a result of this turn replaces: news is held against that.
        let replaced = |entry: &LedgerEntry| entry.superseded_by.is_none_or(|by| about.contains(&by));
        let earlier = |entry: &&LedgerEntry| entry.shown && replaced(entry) && !about.contains(&entry.id);
        let stale = self.ledger.entries().iter().filter(earlier).map(EvidenceResult::from).collect();
        CheckJob {
            user_message: self.question().to_owned(),
            draft: draft.to_owned(),
            now: self.engine.clock.now(),
            zone: self.engine.settings.zone.clone(),
            results,
            stale,
            stance: Stance::Turn(decision),
            language: self.language(),
        }
    }

    async fn judge(
        &mut self,
        ruling: &Ruling,
        report: &GroundingReport,
        about: &[ResultId],
    ) -> Result<JudgeRuling, TurnError> {
        let undecided = report.undecided().count();
        let ask = match self.engine.settings.judge {
            JudgeMode::Always => !report.claims().is_empty(),
            JudgeMode::WhenUndecided => undecided > 0,
            JudgeMode::Never => false,
        };
        // What code has found wrong cannot be mended by a judge.
        if !ask || !report.violations().is_empty() {
            return Ok(JudgeRuling::NotAsked);
        }
        let entries: Vec<&LedgerEntry> = about.iter().filter_map(|id| self.ledger.get(*id)).collect();
        let failed_calls = entries.iter().any(|entry| !entry.outcome.answered());
        let question = JudgeQuestion {
            message: self.question(),
            decision: ruling.decision,
            now: self.engine.clock.now(),
            results: self.views(&entries),
            report,
        };
        let request = question.request(&self.engine.prompts)?;
        let ruling = match self.ask("judge", ModelRole::Judge, request).await {
            Ok(answer) => judge_ruling(&answer, report, failed_calls),
            Err(error) => JudgeRuling::Unavailable(format!("the judge could not be asked: {}", error.kind())),
        };
        self.journal.add(judge_event(&ruling));
        Ok(ruling)
    }

    /// The gateway's own rendering, or a plain sentence where there is nothing to render.
    fn fallback(&mut self, ruling: &Ruling, about: &[ResultId], lead: NoticeKind) -> Reply {
        if about.is_empty() {
            let notice = Notice::new(NoticeKind::Capabilities, ruling.language, self.group_labels());
            return self.notice_reply(notice, TurnOutcome::Conversed);
        }
        let lead = match (ruling.decision, lead) {
            (RouterDecision::UseShown, NoticeKind::DraftStopped) => NoticeKind::ShownEarlier,
            (_, lead) => lead,
        };
        match self.rendering(about, Notice::new(lead, self.language(), Vec::new())) {
            Some(reply) => reply,
            None => {
                let notice = Notice::new(NoticeKind::CannotShow, ruling.language, Vec::new());
                self.notice_reply(notice, TurnOutcome::Fallback)
            }
        }
    }

    /// The rendering of everything fresh, for a turn that ran out of time.
    pub(crate) fn rendered_reply(&mut self, lead: NoticeKind) -> Option<Reply> {
        self.rendered_behind(Notice::new(lead, self.language(), Vec::new()))
    }

    /// The rendering of everything fresh behind a sentence of ours.
    pub(crate) fn rendered_behind(&mut self, lead: Notice) -> Option<Reply> {
        let about: Vec<ResultId> = self.fresh_entries().iter().map(|entry| entry.id).collect();
        self.rendering(&about, lead)
    }

    fn rendering(&mut self, about: &[ResultId], lead: Notice) -> Option<Reply> {
        let results: Vec<EvidenceResult> = about
            .iter()
            .filter_map(|id| self.ledger.get(*id))
            .filter(|entry| !entry.outcome.has_data() || !is_blank(&entry.content))
            .map(EvidenceResult::from)
            .collect();
        let text = render_results(&results, self.language());
        let report = self.check_job(&text, about).run();
        let candidate = Candidate::Rendered { report, lead };
        match ApprovedReply::approve(candidate, self.proof(), self.basis_of(about)) {
            Ok(approved) => Some(self.reply(approved, about.to_vec(), TurnOutcome::Fallback)),
            Err(error) => {
                tracing::error!(turn.id = %self.id, error = ?error, "the rendering of a result did not pass its own check");
                None
            }
        }
    }

    fn basis_of(&self, about: &[ResultId]) -> crate::domain::grounding::report::Basis {
        let entries: Vec<&LedgerEntry> = about.iter().filter_map(|id| self.ledger.get(*id)).collect();
        let earlier = entries.iter().any(|entry| entry.turn_id != self.id);
        basis(&entries, &self.ledger, self.language(), earlier)
    }

    fn reply(&self, approved: ApprovedReply, shown: Vec<ResultId>, outcome: TurnOutcome) -> Reply {
        Reply { approved, outcome, shown, question: None }
    }
}

/// An owned check, fit for another thread.
#[derive(Clone)]
pub(crate) struct CheckJob {
    pub user_message: String,
    pub draft: String,
    pub now: jiff::Timestamp,
    pub zone: jiff::tz::TimeZone,
    pub results: Vec<EvidenceResult>,
    pub stale: Vec<EvidenceResult>,
    pub stance: Stance,
    pub language: crate::domain::lang::Lang,
}

impl CheckJob {
    pub(crate) fn run(&self) -> GroundingReport {
        check(&CheckInput {
            user_message: &self.user_message,
            draft: &self.draft,
            now: self.now,
            zone: self.zone.clone(),
            results: &self.results,
            stale: &self.stale,
            stance: self.stance,
            language: self.language,
        })
    }

    /// A rough size: enough to choose a thread.
    fn bytes(&self) -> usize {
        self.results.iter().chain(&self.stale).map(|result| weigh(&result.content)).sum()
    }

    fn clone_text_only(&self) -> Self {
        Self { results: Vec::new(), stale: Vec::new(), ..self.clone() }
    }
}

/// Bytes of the texts and a constant for everything else.
fn weigh(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::String(text) => text.len() + 8,
        serde_json::Value::Array(items) => items.iter().map(weigh).sum(),
        serde_json::Value::Object(map) => map.iter().map(|(key, value)| key.len() + weigh(value)).sum(),
        _ => 8,
    }
}

/// Whether the checker alone settled a text.
pub(crate) fn check_verdict(report: &GroundingReport) -> &'static str {
    match (report.violations().is_empty(), report.undecided().next()) {
        (true, None) => "supported",
        (true, Some(_)) => "undecided",
        (false, _) => "rejected",
    }
}
