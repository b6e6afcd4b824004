//! Confirmations: calls that need the user's yes are shown and wait; the answer to that is
//! claimed in the store before anything of it runs, by one insert, so that no second tab,
//! replica, retry or repeated message can use it again. A claim outlives whatever becomes
//! of its turn: a call that may have run is never made again by itself.
//!
//! What a tool asks its user is answered by the same claim (`elicit`): the answer is the message,
//! whatever it says.
//!
//! The road of a yes: `Answered` (is it one?) → `Claimed` (is it the first?) →
//! `ReadyCall` (do the calls still fit?) → one call after the other, none after one that
//! failed → draft, check and judge as for any other result.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::domain::elicitation::Fits;
use crate::domain::elicitation::OpenCall;
use crate::domain::event::AskedCall;
use crate::domain::event::TurnEvent;
use crate::domain::event::TurnOutcome;
use crate::domain::ids::CallId;
use crate::domain::ids::TurnId;
use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Message;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::outcome::Outcome;
use crate::domain::policy::answer::Answer;
use crate::domain::policy::decision::DecidedBy;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::rules::answers;
use crate::domain::tool::Cause;
use crate::engine::Engine;
use crate::engine::error::TurnError;
use crate::engine::gather::missing_notice;
use crate::engine::ports::ServerState;
use crate::engine::ports::StoreError;
use crate::engine::ports::StoredConversation;
use crate::engine::ports::TurnStore;
use crate::engine::ports::WhoseCredentials;
use crate::engine::ready_call::PendingCall;
use crate::engine::ready_call::ReadyCall;
use crate::engine::record::Confirmation;
use crate::engine::record::TakenQuestion;
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;
use crate::engine::turn::TurnOrder;
use crate::engine::turn::TurnRequest;

/// How long what a tool asks in a conversation waits for its answer.
pub(crate) const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Most calls of one question: what a person can read before saying yes. More are refused as a whole.
const CALLS_AT_MOST: usize = 5;

/// A confirmation that this turn has taken for itself. Made by the claim in the store alone.
#[derive(Debug)]
pub(crate) struct Claimed {
    calls: Vec<AskedCall>,
}

impl Claimed {
    /// Takes it; `None` when somebody was first, or it is no longer the last of its conversation.
    async fn take(
        store: &dyn TurnStore,
        owner: &str,
        confirmation: Confirmation,
        by: TurnId,
        replaces: Option<TurnId>,
        at: Timestamp,
    ) -> Result<Option<Self>, TurnError> {
        let first = store.claim_confirmation(owner, confirmation.turn_id, by, replaces, at).await?;
        // The user had said yes to a call that asks something before that.
        let open = confirmation.open.filter(|open| open.confirmed);
        let asking = open.into_iter().flat_map(|open| std::iter::once(open.call).chain(open.after));
        let calls = confirmation.calls.into_iter().chain(asking).collect();
        Ok(first.then_some(Self { calls }))
    }

    /// Takes the answer to a question outside of any turn; `None` when somebody was first, or it is
    /// too late. What its server asked comes with it; a call that no user has said yes to is
    /// among the calls of the claim only where the question was just that.
    pub(crate) async fn take_lone(
        store: &dyn TurnStore,
        owner: &str,
        question: CallId,
        at: Timestamp,
    ) -> Result<Option<(Self, TakenQuestion)>, StoreError> {
        let taken = store.answer_about_call(owner, question, true, at).await?;
        Ok(taken.map(|taken| {
            let confirmed = taken.open.as_ref().is_none_or(|open| open.confirmed);
            (Self { calls: confirmed.then(|| taken.call.clone()).into_iter().collect() }, taken)
        }))
    }

    /// Whether it is for this call and no other.
    pub(crate) fn is_for(&self, call: &AskedCall) -> bool {
        self.calls == [call.clone()]
    }

    /// The calls, in order.
    pub(crate) fn into_calls(self) -> Vec<AskedCall> {
        self.calls
    }
}

/// What the message of a turn answers.
#[derive(Debug)]
pub(crate) enum Answered {
    /// Run them.
    Yes {
        /// The calls.
        claimed: Claimed,
        /// The message that led to them.
        message: String,
        /// Its language.
        language: Lang,
    },
    /// Do not.
    No(Lang),
    /// To what a tool asks.
    ToTool {
        /// The calls that the user had said yes to.
        claimed: Claimed,
        /// The call, with what was said taken in.
        open: Box<OpenCall>,
        /// What it was.
        fits: Fits,
    },
    /// The question is no longer open.
    Closed(Lang),
}

/// Confirmed calls that are being made.
#[derive(Debug, Default)]
pub(crate) struct Confirmed {
    /// The one that was sent and has not come back.
    under_way: Option<String>,
    /// Those that follow it.
    waiting: Vec<AskedCall>,
}

impl Confirmed {
    /// Those that were not made yet.
    pub(crate) fn waiting(&self) -> &[AskedCall] {
        &self.waiting
    }
}

impl Engine {
    /// What a message answers, if the last reply of its conversation asked whether to run
    /// something and the message, or the order, is a plain answer to that. Claims it.
    ///
    /// # Errors
    /// [`TurnError::NothingToConfirm`] when the order names a question that is not open.
    pub(crate) async fn answered(
        &self,
        owner: &str,
        request: &TurnRequest,
        order: TurnOrder,
        stored: &StoredConversation,
        by: TurnId,
    ) -> Result<Option<Answered>, TurnError> {
        let explicit = order.answers;
        let last = stored.messages.last().and_then(|message| message.turn_id).filter(|_| stored.asks);
        let nothing = || if explicit.is_some() { Err(TurnError::NothingToConfirm) } else { Ok(None) };
        let (Some(last), None) = (last, order.repeats) else { return nothing() };
        if explicit.is_some_and(|answer| answer.turn != last) {
            return nothing();
        }
        if explicit.is_none() && !sees_the_end(&request.unverified, stored) {
            return Ok(None);
        }
        let Some(asked) = self.store.confirmation(owner, last).await? else { return nothing() };
        let plain = self.router.answer(&request.message);
        let said = match explicit {
            Some(answer) => Some(if answer.yes { Answer::Yes } else { Answer::No }),
            None => plain,
        };
        let (language, message, open) = (asked.language, asked.message.clone(), asked.open.clone());
        // A yes or no by click is for what would run; what a tool asks is answered by a message.
        if (open.is_some() && explicit.is_some()) || (open.is_none() && said.is_none()) {
            return nothing();
        }
        // A message that comes much later is hardly meant for the server.
        if open.is_some() && self.clock.now().duration_since(asked.asked_at) > ANSWER_WITHIN {
            return Ok(None);
        }
        let claimed = Claimed::take(&*self.store, owner, asked, by, order.replaces, self.clock.now()).await?;
        let Some(claimed) = claimed else {
            return match (explicit, open, order.replaces) {
                (Some(_), ..) => Err(TurnError::NothingToConfirm),
                // What takes the place of the answer to a tool is a message like any other.
                (None, Some(_), Some(_)) => Ok(None),
                _ => Ok(Some(Answered::Closed(language))),
            };
        };
        Ok(Some(match (open, said) {
            (Some(mut open), _) => {
                let fits = open.take(&request.message, plain);
                Answered::ToTool { claimed, open: Box::new(open), fits }
            }
            (None, Some(Answer::Yes)) => Answered::Yes { claimed, message, language },
            (None, _) => Answered::No(language),
        }))
    }
}

/// Whether a client that sends its history shows its user the last reply. It may have gone back
/// to an earlier one, or be in another conversation that began the same; its yes is to something
/// else then.
fn sees_the_end(claimed: &[Message], stored: &StoredConversation) -> bool {
    let (Some(seen), Some(last)) = (claimed.last(), stored.messages.last()) else {
        return claimed.is_empty();
    };
    seen.role == last.role && seen.content.trim() == last.content.trim()
}

impl Turn {
    /// Keeps calls that need the user's yes; the turn ends in the question.
    pub(crate) fn hold(&mut self, pending: Vec<PendingCall>) {
        for call in pending.iter().map(PendingCall::asked) {
            if !self.pending.contains(&call) {
                self.pending.push(call);
            }
        }
    }

    /// The question whether to run what waits; no model has a word in it.
    pub(crate) fn confirmation_reply(&mut self, ruling: &Ruling) -> Option<Reply> {
        if self.pending.is_empty() {
            return None;
        }
        if self.pending.len() > CALLS_AT_MOST {
            let notice = Notice::new(NoticeKind::TooMuchToConfirm, ruling.language, Vec::new());
            return Some(self.notice_reply(notice, TurnOutcome::Refused));
        }
        let notice = Notice::confirmation(ruling.language, std::mem::take(&mut self.pending));
        Some(self.question_reply(notice, TurnOutcome::Confirmation))
    }

    /// The turn of a plain yes or no.
    pub(crate) async fn answer_to_confirmation(&mut self, answered: Answered) -> Result<Reply, TurnError> {
        let (claimed, message, language) = match answered {
            Answered::Yes { claimed, message, language } => (claimed, message, language),
            Answered::No(language) => {
                self.settle(answers::DECLINED, RouterDecision::Refuse, language, Vec::new());
                return Ok(
                    self.notice_reply(Notice::new(NoticeKind::Declined, language, Vec::new()), TurnOutcome::Refused)
                );
            }
            Answered::ToTool { claimed, open, fits } => return self.answer_to_tool(claimed, *open, fits).await,
            Answered::Closed(language) => {
                self.settle(answers::CLOSED, RouterDecision::Refuse, language, Vec::new());
                let notice = Notice::new(NoticeKind::ConfirmationClosed, language, Vec::new());
                return Ok(self.notice_reply(notice, TurnOutcome::Refused));
            }
        };
        let tools = claimed.calls.iter().map(|call| call.tool.clone()).collect();
        let ruling = self.settle(answers::CONFIRMED, RouterDecision::CallTool, language, tools);
        self.asked = Some(message);
        let ready = match ReadyCall::confirmed(claimed, &self.catalog, self.engine.router.policy()) {
            Ok(ready) => ready,
            Err(gone) => {
                let notice = self.gone(NoticeKind::ConfirmedCallGone, language, gone);
                return Ok(self.notice_reply(notice, TurnOutcome::ToolUnavailable));
            }
        };
        self.run_confirmed(ready).await;
        self.reply_to_confirmed(&ruling).await
    }

    /// Says that these calls cannot be made any more: that the request should have brought a
    /// credential for them, that they await approval, or else `kind`.
    pub(crate) fn gone(&self, kind: NoticeKind, language: Lang, gone: Vec<String>) -> Notice {
        if let Some(notice) = self.not_brought(&gone, language) {
            return notice;
        }
        let awaits = self.catalog.waiting.iter().any(|spec| gone.contains(&named(&spec.tool, &spec.server)));
        Notice::new(if awaits { NoticeKind::ToolAwaitsApproval } else { kind }, language, gone)
    }

    /// What came of confirmed calls.
    pub(crate) async fn reply_to_confirmed(&mut self, ruling: &Ruling) -> Result<Reply, TurnError> {
        if let Some(reply) = self.tool_asks_reply().or_else(|| self.confirmed_failure()) {
            return Ok(reply);
        }
        self.draft_from_fresh(ruling).await
    }

    /// What this request should have brought for the server of one of these calls, and did not.
    fn not_brought(&self, gone: &[String], language: Lang) -> Option<Notice> {
        let missing = |server: &&ServerState| {
            let of_it = format!("({})", server.name);
            server.credentials == WhoseCredentials::NoneOfThisRequest && gone.iter().any(|call| call.ends_with(&of_it))
        };
        let missing: Vec<&ServerState> = self.catalog.servers.iter().filter(missing).collect();
        (!missing.is_empty()).then(|| missing_notice(&missing, language))
    }

    /// The ruling of such a turn: the question settled it.
    pub(crate) fn settle(
        &mut self,
        rule: &str,
        decision: RouterDecision,
        language: Lang,
        tools: Vec<String>,
    ) -> Ruling {
        let ruling = Ruling {
            decision,
            rule: String::new(),
            decided_by: DecidedBy::Rule,
            groups: Vec::new(),
            tools,
            arguments: serde_json::Map::new(),
            missing: Vec::new(),
            choices: Vec::new(),
            about: Vec::new(),
            reason: String::new(),
            language,
        };
        self.settle_as(rule, ruling)
    }

    /// The same where the rest of the ruling stands already.
    pub(crate) fn settle_as(&mut self, rule: &str, ruling: Ruling) -> Ruling {
        let doc = answers::ALL.iter().find(|(id, _, _)| *id == rule).map_or("", |(_, _, doc)| doc);
        let (rule, reason) = (rule.to_owned(), doc.to_owned());
        let ruling = Ruling { rule, decided_by: DecidedBy::Rule, reason, ..ruling };
        self.ruling = Some(ruling.clone());
        self.journal.add(TurnEvent::TurnRouted {
            decision: ruling.decision,
            rule: ruling.rule.clone(),
            decided_by: ruling.decided_by,
            tools: self.offered(&ruling).iter().map(|spec| spec.name.to_string()).collect(),
            reason: ruling.reason.clone(),
        });
        ruling
    }

    /// One after the other, in the order that was shown; none after one that failed.
    pub(crate) async fn run_confirmed(&mut self, ready: Vec<ReadyCall>) {
        self.confirmed.waiting = ready.iter().map(ReadyCall::asked).collect();
        for call in ready {
            self.confirmed.waiting.remove(0);
            self.confirmed.under_way = Some(named(&call.spec().tool, &call.spec().server));
            let entry = self.run_alone(call).await;
            self.confirmed.under_way = None;
            if !self.ledger.get(entry).is_some_and(came_back) {
                return;
            }
        }
    }

    /// What the user must know when a confirmed call brought no answer: it may have run, unless it is known that it did not.
    fn confirmed_failure(&mut self) -> Option<Reply> {
        let failed = self.ledger.of_turn(self.id).find(|entry| !came_back(entry))?;
        let kind = match (failed.cause, failed.outcome) {
            (Some(Cause::AwaitsApproval), _) => NoticeKind::ToolAwaitsApproval,
            (Some(Cause::AskedTooLate), _) => NoticeKind::AskedTooLate,
            (Some(Cause::AskedInVain), _) => NoticeKind::CannotBeAsked,
            (Some(Cause::NotSent), _) => NoticeKind::NotSent,
            (None, Outcome::Denied) => NoticeKind::ToolDenied,
            (None, Outcome::InvalidArguments) => NoticeKind::ArgumentsRefused,
            (None, _) => NoticeKind::MayHaveRun,
        };
        let outcome = match failed.outcome {
            Outcome::Timeout | Outcome::Unavailable => TurnOutcome::ToolUnavailable,
            _ => TurnOutcome::ToolFailed,
        };
        let name = named(&failed.tool, &failed.server);
        Some(self.broken_off(kind, name, outcome))
    }

    /// The same when the time of the turn ended in the middle of one.
    pub(crate) fn confirmed_too_late(&mut self) -> Option<Reply> {
        let name = self.confirmed.under_way.take()?;
        Some(self.broken_off(NoticeKind::MayHaveRun, name, TurnOutcome::ToolUnavailable))
    }

    /// The sentence, the calls that were therefore not made, and the results of those before.
    fn broken_off(&mut self, kind: NoticeKind, name: String, outcome: TurnOutcome) -> Reply {
        let waiting = std::mem::take(&mut self.confirmed.waiting);
        let notice = Notice::new(kind, self.language(), vec![name]).not_run(waiting);
        let answered = self.fresh_entries().iter().any(|entry| entry.outcome.answered());
        let rendered = if answered { self.rendered_behind(notice.clone()) } else { None };
        match rendered {
            Some(reply) => Reply { outcome, ..reply },
            None => self.notice_reply(notice, outcome),
        }
    }
}

fn came_back(entry: &LedgerEntry) -> bool {
    entry.outcome.answered() || entry.outcome == Outcome::Ambiguous
}

pub(crate) fn named(tool: &str, server: &str) -> String {
    format!("{tool} ({server})")
}
