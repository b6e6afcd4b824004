//! What a tool asks its user. The call counts as not made, the turn ends in the question, and the
//! answer of the next message makes the same call again, with the answers. A turn asks one thing:
//! a form is filled in field by field. What a server says is shown as a quotation; it is no
//! evidence and in no prompt.
//!
//! The answer is claimed like a yes (`confirm`), so it is taken once, from the same user, in the
//! same conversation. A call that the user had said yes to stays confirmed with those that
//! come after it; look-ups of the same turn are made again, since their results are stale by now.

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::Fits;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::OpenCall;
use crate::domain::elicitation::ROUNDS;
use crate::domain::event::AskedCall;
use crate::domain::event::TurnOutcome;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::rules::answers;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolCall;
use crate::engine::confirm::Claimed;
use crate::engine::confirm::named;
use crate::engine::error::TurnError;
use crate::engine::ready_call::ReadyCall;
use crate::engine::ready_call::Sorted;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;

impl Turn {
    /// Keeps a call whose server asks; the first of a turn, or the one that was just answered.
    pub(crate) fn keep_open(&mut self, call: &ToolCall, asking: Asking) {
        let asked =
            AskedCall { server: call.server.clone(), tool: call.tool.clone(), arguments: call.arguments.clone() };
        if self.open_call.is_some() {
            return;
        }
        let open = match self.answering.clone() {
            Some(answered) if answered.call == asked && answered.round < ROUNDS => answered.asked_again(asking),
            // The one that was answered goes first; what else asks now is told as not obtained.
            Some(_) => return,
            None => OpenCall {
                call: asked,
                confirmed: call.confirmed,
                after: Vec::new(),
                beside: Vec::new(),
                given: Given { state: asking.state.clone(), ..Given::default() },
                asking,
                filled: serde_json::Map::new(),
                round: 1,
                message: self.question().to_owned(),
                language: self.language(),
            },
        };
        self.open_call = Some(open);
    }

    /// The question of a tool, if one asks and can be understood.
    pub(crate) fn tool_asks_reply(&mut self) -> Option<Reply> {
        let mut open = self.open_call.take()?;
        if open.confirmed {
            open.after = self.confirmed.waiting().to_vec();
        } else if open.beside.is_empty() {
            open.beside = self.look_ups_beside(&open.call);
        }
        Some(self.ask_on(NoticeKind::ToolAsks, open))
    }

    /// Look-ups of this turn that were answered, for they will be stale when the answer comes.
    fn look_ups_beside(&self, call: &AskedCall) -> Vec<AskedCall> {
        let made = self.ledger.of_turn(self.id).filter(|entry| entry.evidence && entry.outcome.answered());
        let made = made.map(|entry| AskedCall {
            server: entry.server.clone(),
            tool: entry.tool.clone(),
            arguments: entry.arguments.clone(),
        });
        made.filter(|made| made != call).collect()
    }

    /// Asks for what is open of a call; what cannot be put to a user is told as a failure.
    fn ask_on(&mut self, kind: NoticeKind, open: OpenCall) -> Reply {
        let Some((form, field)) = open.at() else {
            let names = vec![named(&open.call.tool, &open.call.server)];
            let kind = if open.confirmed { NoticeKind::AskedTooLate } else { NoticeKind::CannotBeAsked };
            return self.notice_reply(Notice::new(kind, open.language, names), TurnOutcome::ToolFailed);
        };
        let notice = Notice::elicitation(kind, open.language, &open.call, form, &field);
        self.open_call = Some(open);
        self.question_reply(notice, TurnOutcome::Clarification)
    }

    /// The turn of an answer to what a tool asked.
    pub(crate) async fn answer_to_tool(
        &mut self,
        claimed: Claimed,
        open: OpenCall,
        fits: Fits,
    ) -> Result<Reply, TurnError> {
        let (language, tool) = (open.language, open.call.tool.clone());
        match fits {
            Fits::Leaves => {
                self.settle(answers::TOOL_NOT_ANSWERED, RouterDecision::Refuse, language, Vec::new());
                let names = vec![named(&tool, &open.call.server)];
                Ok(self.notice_reply(Notice::new(NoticeKind::NotAnswered, language, names), TurnOutcome::Refused))
            }
            Fits::No => {
                self.settle(answers::TOOL_ASKS_ON, RouterDecision::Clarify, language, Vec::new());
                Ok(self.ask_on(NoticeKind::AnswerDoesNotFit, open))
            }
            Fits::Yes if open.at().is_some() => {
                self.settle(answers::TOOL_ASKS_ON, RouterDecision::Clarify, language, Vec::new());
                Ok(self.ask_on(NoticeKind::ToolAsks, open))
            }
            Fits::Yes => {
                let ruling = self.settle(answers::TOOL_ANSWERED, RouterDecision::CallTool, language, vec![tool]);
                self.asked = Some(open.message.clone());
                self.call_with_answers(claimed, open, &ruling).await
            }
        }
    }

    /// The same call, with its answers.
    async fn call_with_answers(
        &mut self,
        claimed: Claimed,
        open: OpenCall,
        ruling: &Ruling,
    ) -> Result<Reply, TurnError> {
        self.answering = Some(open.clone());
        if open.confirmed {
            let ready = ReadyCall::confirmed(claimed, &self.catalog, self.engine.router.policy());
            let Ok(mut ready) = ready else { return Ok(self.open_call_gone(&open)) };
            let first = ready.remove(0).with(open.given);
            ready.insert(0, first);
            self.run_confirmed(ready).await;
            return self.reply_to_confirmed(ruling).await;
        }
        let Some(Sorted::Ready(call)) = self.look_up(&open.call) else { return Ok(self.open_call_gone(&open)) };
        self.run_alone(call.with(open.given.clone())).await;
        if let Some(reply) = self.tool_asks_reply() {
            return Ok(reply);
        }
        let beside = open.beside.iter().filter_map(|call| self.look_up(call));
        let beside = beside.filter_map(|call| if let Sorted::Ready(call) = call { Some(call) } else { None }).collect();
        self.run_calls(beside).await;
        if let Some(reply) = self.failure_reply() {
            return Ok(reply);
        }
        self.draft_from_fresh(ruling).await
    }

    /// A call as the catalog of now has it.
    fn look_up(&self, call: &AskedCall) -> Option<Sorted> {
        let spec = self.catalog.by_tool(&call.tool).find(|spec| spec.server == call.server)?;
        let spec = Some(spec).filter(|spec| self.engine.router.policy().allows(spec))?;
        Some(Sorted::of(spec, call.arguments.clone(), MadeBy::Gateway, 1))
    }

    fn open_call_gone(&self, open: &OpenCall) -> Reply {
        let names = vec![named(&open.call.tool, &open.call.server)];
        let notice = Notice::new(NoticeKind::ConfirmedCallGone, open.language, names);
        self.notice_reply(notice, TurnOutcome::ToolUnavailable)
    }
}
