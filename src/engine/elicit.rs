//! What a tool asks its user. The call counts as not made, the turn ends in the question, and the
//! answer of the next message makes the same call again, with the answers. A turn asks one thing:
//! a form is filled in field by field. What a server says is shown as a quotation; it is no
//! evidence and in no prompt.
//!
//! The answer is claimed like a yes (`confirm`), so it is taken once, from the same user, in the
//! same conversation. What the asking turn had decided is kept with the question, and its turn goes on
//! from there: its look-ups are made again, since their results are stale by now and an answer rests on
//! one moment, then the further steps of its plan. What one of them does not bring, or asks in its turn,
//! is told with what the others do.
//!
//! A call that the user had said yes to stays confirmed with those that come after it. Those before it
//! are not made again, so what they brought is shown with the question.

use jiff::Timestamp;

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::Fits;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::OpenCall;
use crate::domain::elicitation::Plan;
use crate::domain::elicitation::ROUNDS;
use crate::domain::event::AskedCall;
use crate::domain::event::TurnOutcome;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::rules::answers;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolCall;
use crate::engine::confirm::ANSWER_WITHIN;
use crate::engine::confirm::Claimed;
use crate::engine::confirm::named;
use crate::engine::error::TurnError;
use crate::engine::ready_call::ReadyCall;
use crate::engine::ready_call::Sorted;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;

impl Turn {
    /// Keeps a call whose server asks; the first of a turn, or the one that was just answered.
    ///
    /// # Errors
    /// Why the user cannot be asked now: what it asks for is told as not obtained.
    pub(crate) fn keep_open(&mut self, call: &ToolCall, asking: Asking) -> Result<(), &'static str> {
        let asked =
            AskedCall { server: call.server.clone(), tool: call.tool.clone(), arguments: call.arguments.clone() };
        if !asking.can_be_put() {
            return Err("it cannot be put to a user field by field");
        }
        if self.open_call.is_some() {
            return Err("another question is put to the user first");
        }
        let open = match self.answering.clone() {
            Some(answered) if answered.call == asked && answered.round < ROUNDS => answered.asked_again(asking),
            Some(answered) if answered.call == asked => return Err("it has asked as often as one call may"),
            // The look-up that was answered would have to be made, and asked, again.
            Some(_) if !call.confirmed => return Err("another question was put to the user first"),
            _ => OpenCall {
                call: asked,
                confirmed: call.confirmed,
                after: Vec::new(),
                beside: Vec::new(),
                plan: self.plan().filter(|_| !call.confirmed),
                given: Given { state: asking.state.clone(), ..Given::default() },
                asking,
                filled: serde_json::Map::new(),
                round: 1,
                message: self.question().to_owned(),
                language: self.language(),
            },
        };
        self.open_call = Some(open);
        Ok(())
    }

    /// What this turn has decided, unless it is about one call alone.
    fn plan(&self) -> Option<Plan> {
        let ruling = self.ruling.clone().filter(|_| self.order.repeats.is_none())?;
        Some(Plan { turn: self.id, at: self.started_at, ruling })
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

    /// The other look-ups of this turn: what they brought will be stale when the answer comes, and what
    /// they did not bring is to be told. Steps on the way too, unless the call that asks is where they lead: it
    /// holds what they brought, and is what the user is asked about.
    fn look_ups_beside(&self, call: &AskedCall) -> Vec<AskedCall> {
        let router = &self.engine.router;
        let at_the_end = router.is_data_tool(&call.tool);
        let made = self.ledger.of_turn(self.id).filter(|entry| entry.outcome != Outcome::InvalidArguments);
        let made = made.filter(|entry| !at_the_end || router.is_data_tool(&entry.tool));
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
            let notice = Notice::new(NoticeKind::CannotBeAsked, open.language, names).not_run(open.after);
            return self.notice_reply(notice, TurnOutcome::ToolFailed);
        };
        let notice = Notice::elicitation(kind, open.language, &open.call, form, &field);
        let confirmed = open.confirmed;
        self.open_call = Some(open);
        let reply = self.question_reply(notice.clone(), TurnOutcome::Clarification);
        let answered = self.fresh_entries().iter().any(|entry| entry.outcome.answered());
        match Some(notice).filter(|_| confirmed && answered).and_then(|notice| self.rendered_behind(notice)) {
            Some(rendered) => Reply { question: reply.question, outcome: reply.outcome, ..rendered },
            None => reply,
        }
    }

    /// The turn of an answer to what a tool asked.
    pub(crate) async fn answer_to_tool(
        &mut self,
        claimed: Claimed,
        open: OpenCall,
        fits: Fits,
    ) -> Result<Reply, TurnError> {
        let language = open.language;
        match fits {
            Fits::Leaves => Ok(self.left_unanswered(open).await),
            Fits::No => {
                self.settle(answers::TOOL_ASKS_ON, RouterDecision::Clarify, language, Vec::new());
                Ok(self.ask_on(NoticeKind::AnswerDoesNotFit, open))
            }
            Fits::Yes if !open.is_answered() => {
                self.settle(answers::TOOL_ASKS_ON, RouterDecision::Clarify, language, Vec::new());
                Ok(self.ask_on(NoticeKind::ToolAsks, open))
            }
            Fits::Yes => {
                self.asked = Some(open.message.clone());
                let ruling = self.taken_up(&open);
                self.call_with_answers(claimed, open, &ruling).await
            }
        }
    }

    /// The plan of the message that led to the call, if that is not long ago: however often the user was
    /// asked, "the last hour" still means about what it meant then.
    fn plan_of<'a>(&self, open: &'a OpenCall) -> Option<&'a Plan> {
        open.plan.as_ref().filter(|plan| self.started_at.duration_since(plan.at) <= ANSWER_WITHIN)
    }

    /// The moment that the question is asked at, for what it says of time.
    pub(crate) fn question_time(&self) -> Timestamp {
        let plan = self.answering.as_ref().and_then(|open| self.plan_of(open));
        plan.map_or_else(|| self.engine.clock.now(), |plan| plan.at)
    }

    /// The ruling of the message that led to the call, with what was read off it.
    fn taken_up(&mut self, open: &OpenCall) -> Ruling {
        let Some(plan) = self.plan_of(open) else {
            let tools = vec![open.call.tool.clone()];
            return self.settle(answers::TOOL_ANSWERED, RouterDecision::CallTool, open.language, tools);
        };
        self.signals = Some(self.signals_of(&open.message, plan));
        self.settle_as(answers::TOOL_ANSWERED, plan.ruling.clone())
    }

    /// The user does not answer: the look-ups beside the call are made all the same.
    async fn left_unanswered(&mut self, mut open: OpenCall) -> Reply {
        // Nothing follows a step on the way any more.
        open.beside.retain(|call| self.engine.router.yields_data(&call.tool));
        let tools: Vec<String> = open.beside.iter().map(|call| call.tool.clone()).collect();
        let decision = if tools.is_empty() { RouterDecision::Refuse } else { RouterDecision::CallTool };
        self.settle(answers::TOOL_NOT_ANSWERED, decision, open.language, tools);
        self.asked = Some(open.message.clone());
        self.answering = Some(open.clone());
        let mut names = vec![named(&open.call.tool, &open.call.server)];
        names.extend(self.look_beside(&open.beside).await);
        let notice = Notice::new(NoticeKind::NotAnswered, open.language, names).not_run(open.after);
        let answered = self.fresh_entries().iter().any(|entry| entry.outcome.answered());
        let rendered = if answered { self.rendered_behind(notice.clone()) } else { None };
        rendered.unwrap_or_else(|| self.notice_reply(notice, TurnOutcome::Refused))
    }

    /// Makes look-ups of the turn that asked again; names those that cannot be called any more.
    async fn look_beside(&mut self, beside: &[AskedCall]) -> Vec<String> {
        let (mut ready, mut gone) = (Vec::new(), Vec::new());
        for call in beside {
            match self.look_up(call) {
                Some(Sorted::Ready(call)) => ready.push(call),
                _ => gone.push(named(&call.tool, &call.server)),
            }
        }
        self.run_calls(ready).await;
        gone
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
            let mut ready = match ReadyCall::confirmed(claimed, &self.catalog, self.engine.router.policy()) {
                Ok(ready) => ready,
                Err(gone) => {
                    let notice = self.gone(NoticeKind::ConfirmedCallGone, open.language, gone).not_run(open.after);
                    return Ok(self.notice_reply(notice, TurnOutcome::ToolUnavailable));
                }
            };
            let first = ready.remove(0).with(open.given);
            ready.insert(0, first);
            self.run_confirmed(ready).await;
            return self.reply_to_confirmed(ruling).await;
        }
        let Some(Sorted::Ready(call)) = self.look_up(&open.call) else {
            let gone = vec![named(&open.call.tool, &open.call.server)];
            let notice = self.gone(NoticeKind::ToolUnavailable, open.language, gone);
            return Ok(self.notice_reply(notice, TurnOutcome::ToolUnavailable));
        };
        self.run_alone(call.with(open.given.clone())).await;
        if let Some(reply) = self.tool_asks_reply() {
            return Ok(reply);
        }
        let gone = self.look_beside(&open.beside).await;
        // A refresh that has its data is complete, as in the turn that asked.
        if self.plan_of(&open).is_some() && (ruling.decision != RouterDecision::Refresh || !self.has_data_call()) {
            match self.engine.router.is_data_tool(&open.call.tool) {
                true => self.follow_up_with_data(ruling).await,
                false => self.follow_up(ruling).await?,
            }
        }
        if !gone.is_empty() && self.pending.is_empty() && self.failure_reply().is_none() {
            let lead = self.gone(NoticeKind::ToolUnavailable, open.language, gone);
            if let Some(reply) = self.rendered_behind(lead) {
                return Ok(reply);
            }
        }
        self.reply_from_calls(ruling).await
    }

    /// A call as the catalog of now has it.
    fn look_up(&self, call: &AskedCall) -> Option<Sorted> {
        let spec = self.catalog.by_tool(&call.tool).find(|spec| spec.server == call.server)?;
        let spec = Some(spec).filter(|spec| self.engine.router.policy().allows(spec))?;
        Some(Sorted::of(spec, call.arguments.clone(), MadeBy::Gateway, 1))
    }
}
