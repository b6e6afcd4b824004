//! From evidence to a draft: the fresh results in a fenced block, stale ones as stubs. While
//! steps are left the model may ask for further tools of the same group instead of writing;
//! it gets them, and drafts again with everything in view.

use std::sync::Arc;

use crate::domain::event::TurnEvent;
use crate::domain::event::TurnOutcome;
use crate::domain::ids::ResultId;
use crate::domain::ledger::LedgerEntry;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::Ruling;
use crate::domain::recover::recover_calls;
use crate::domain::recover::strip_calls;
use crate::domain::recover::strip_thinking;
use crate::domain::tool::ToolSpec;
use crate::engine::error::TurnError;
use crate::engine::force::proposed;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::engine::ports::ToolChoice;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;
use crate::prompts::DraftContext;

/// Upper bound of a draft in tokens.
const DRAFT_TOKENS: u32 = 1200;

impl Turn {
    /// An answer from the results of this turn.
    pub(crate) async fn draft_from_fresh(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        if let Some(reply) = self.ambiguous_reply() {
            return Ok(reply);
        }
        let draft = self.draft_with_tools(ruling).await?;
        if let Some(reply) = self.tool_asks_reply() {
            return Ok(reply);
        }
        let ids: Vec<ResultId> = self.fresh_entries().iter().map(|entry| entry.id).collect();
        let all_empty = self
            .fresh_entries()
            .iter()
            .filter(|entry| entry.outcome.answered())
            .all(|entry| entry.outcome == Outcome::Empty);
        let outcome = if all_empty { TurnOutcome::NoData } else { TurnOutcome::Answered };
        self.validated(ruling, draft, ids, outcome).await
    }

    /// An answer from results shown earlier, as of their time.
    pub(crate) async fn answer_from_shown(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        let mut about: Vec<ResultId> = ruling.about.clone();
        if about.is_empty() {
            about = self.ledger.latest_shown().iter().map(|entry| entry.id).collect();
        }
        if about.is_empty() {
            let notice = Notice::new(NoticeKind::NothingShown, ruling.language, Vec::new());
            return Ok(self.notice_reply(notice, TurnOutcome::Clarification));
        }
        let request = self.draft_request(ruling, &about, Vec::new())?;
        let draft = self.write(1, request).await;
        self.validated(ruling, draft, about, TurnOutcome::AnsweredFromShown).await
    }

    /// Talk without operational data: drafted, and checked against no evidence at all.
    pub(crate) async fn converse(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        let request = self.draft_request(ruling, &[], Vec::new())?;
        let draft = self.write(1, request).await;
        self.validated(ruling, draft, Vec::new(), TurnOutcome::Conversed).await
    }

    /// Writes a draft; follows further calls of the model while the budget lasts.
    async fn draft_with_tools(&mut self, ruling: &Ruling) -> Result<Option<String>, TurnError> {
        let mut tools = self.further_tools(ruling);
        loop {
            let ids: Vec<ResultId> = self.fresh_entries().iter().map(|entry| entry.id).collect();
            let request = self.draft_request(ruling, &ids, tools.clone())?;
            self.journal.add(TurnEvent::DraftStarted { attempt: 1 });
            let Ok(answer) = self.ask("draft", ModelRole::Draft, request).await else {
                return Ok(None);
            };
            let further = proposed(&answer, &tools, 1).ready;
            let before = self.ledger.entries().len();
            if !further.is_empty() {
                self.run_calls(further).await;
            }
            if self.open_call.is_some() {
                return Ok(None);
            }
            if self.ledger.entries().len() > before && self.budget.take_step() {
                continue;
            }
            let text = text_of(&answer, &self.offered(ruling));
            if text.is_empty() && !tools.is_empty() {
                // It only asked for what it already has: the same question without tools.
                tools = Vec::new();
                continue;
            }
            self.journal.add(TurnEvent::DraftFinished { attempt: 1 });
            return Ok(Some(text).filter(|text| !text.is_empty()));
        }
    }

    /// Tools a draft may still ask for: those of the routed groups that run by themselves, while
    /// steps are left. A search that was answered in full needs none.
    fn further_tools(&self, ruling: &Ruling) -> Vec<Arc<ToolSpec>> {
        let enough = ruling.groups.len() < 2 && self.fresh_entries().iter().any(|entry| entry.outcome.answered());
        if enough || !self.budget.has_step() {
            return Vec::new();
        }
        // Results are in view by now: whatever they ask for, it cannot be more than a look-up.
        self.offered(ruling).into_iter().filter(|spec| spec.read_only).collect()
    }

    /// The request for a draft over these results.
    pub(crate) fn draft_request(
        &self,
        ruling: &Ruling,
        about: &[ResultId],
        tools: Vec<Arc<ToolSpec>>,
    ) -> Result<ModelRequest, TurnError> {
        Ok(ModelRequest {
            messages: self.engine.prompts.draft(&self.draft_context(ruling, about))?,
            tools: self.shown_tools(ruling, &tools),
            tool_choice: ToolChoice::Auto,
            response_schema: None,
            max_tokens: DRAFT_TOKENS,
            profile: None,
        })
    }

    pub(crate) fn draft_context(&self, ruling: &Ruling, about: &[ResultId]) -> DraftContext {
        let entries: Vec<&LedgerEntry> = about.iter().filter_map(|id| self.ledger.get(*id)).collect();
        let (usable, failed): (Vec<&LedgerEntry>, Vec<&LedgerEntry>) =
            entries.into_iter().partition(|entry| entry.outcome.answered());
        DraftContext {
            message: self.question().to_owned(),
            decision: ruling.decision,
            language: ruling.language,
            now: self.engine.clock.now(),
            results: self.views(&usable),
            stubs: if ruling.decision.needs_call() { self.stubs() } else { Vec::new() },
            failures: failed
                .iter()
                .map(|entry| format!("{} ({}): {}", entry.tool, entry.server, entry.outcome.as_str()))
                .collect(),
        }
    }

    /// One draft without tools; `None` when the model gave none.
    pub(crate) async fn write(&mut self, attempt: u32, request: ModelRequest) -> Option<String> {
        self.journal.add(TurnEvent::DraftStarted { attempt });
        let step = if attempt == 1 { "draft" } else { "repair" };
        let answer = self.ask(step, ModelRole::Draft, request).await.ok()?;
        self.journal.add(TurnEvent::DraftFinished { attempt });
        let text = text_of(&answer, &self.catalog.tools);
        (!text.is_empty()).then_some(text)
    }

    /// Several objects matched where one was asked for: ask which.
    fn ambiguous_reply(&self) -> Option<Reply> {
        let entries = self.fresh_entries();
        if entries.iter().any(|entry| entry.outcome.answered()) {
            return None;
        }
        let entry = entries.iter().find(|entry| entry.outcome == Outcome::Ambiguous)?;
        let choices = self.engine.router.choices_from_rows(&entry.tool, &entry.content, self.language());
        let notice = Notice::question(NoticeKind::WhichOne, self.language(), Vec::new(), choices);
        Some(self.question_reply(notice, TurnOutcome::Clarification))
    }
}

/// The text of an answer, thinking, misplaced calls and an unfinished end removed; empty when
/// nothing is left.
fn text_of(answer: &ModelAnswer, known: &[Arc<ToolSpec>]) -> String {
    let (mut text, _thinking) = strip_thinking(&answer.content);
    if answer.finish_reason.as_deref() == Some("length") {
        text = finished_part(&text).to_owned();
    }
    let names: Vec<&str> = known.iter().map(|spec| spec.name.as_str()).collect();
    if recover_calls(&text, "", &names).is_empty() {
        return text.trim().to_owned();
    }
    strip_calls(&text, &names)
}

/// What stands before the unfinished last line or sentence of a text that ran out of tokens: half
/// a value would be stopped as an invented one, and the whole draft with it.
fn finished_part(text: &str) -> &str {
    let text = text.trim_end();
    let last_line = text.rfind('\n').map_or("", |at| &text[..at]).trim_end();
    let last_sentence = text.rfind(". ").map_or("", |at| &text[..=at]);
    match (last_line, last_sentence) {
        ("", "") => text,
        ("", sentence) => sentence,
        (line, sentence) if sentence.len() > line.len() => sentence,
        (line, _) => line,
    }
}

#[cfg(test)]
mod tests {
    use super::finished_part;

    #[test]
    fn a_draft_that_ran_out_of_tokens_loses_its_unfinished_end() {
        assert_eq!(finished_part("Case 1: open\nCase 2: clo"), "Case 1: open");
        assert_eq!(finished_part("Case 1 is open. Case 2 was created 2026-0"), "Case 1 is open.");
        assert_eq!(finished_part("Cases:\n- 1 is open. It was created 20"), "Cases:\n- 1 is open.");
        assert_eq!(finished_part("Case 1 was crea"), "Case 1 was crea");
    }
}
