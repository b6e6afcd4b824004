//! Confirmations: calls that need the user's yes are shown and wait; the answer to that is
//! claimed in the store before anything of it runs, by one insert, so that no second tab,
//! replica, retry or repeated message can use it again. A claim outlives whatever becomes
//! of its turn: a call that may have run is never made again by itself.
//!
//! The road of a yes: `Answered` (is it one?) → `Claimed` (is it the first?) →
//! `ReadyCall` (do the calls still fit?) → one call after the other, none after one that
//! failed → draft, check and judge as for any other result.

use jiff::Timestamp;

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
use crate::engine::turn::Reply;
use crate::engine::turn::Turn;
use crate::engine::turn::TurnOrder;
use crate::engine::turn::TurnRequest;

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
        Ok(first.then_some(Self { calls: confirmation.calls }))
    }

    /// Takes the yes to a question outside of any turn; `None` when somebody was first, or it is
    /// too late.
    pub(crate) async fn take_lone(
        store: &dyn TurnStore,
        owner: &str,
        question: CallId,
        at: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let asked = store.answer_about_call(owner, question, true, at).await?;
        Ok(asked.map(|call| Self { calls: vec![call] }))
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
        let said = match explicit {
            Some(answer) => Some(if answer.yes { Answer::Yes } else { Answer::No }),
            None if sees_the_end(&request.unverified, stored) => self.router.answer(&request.message),
            None => None,
        };
        let last = stored.messages.last().and_then(|message| message.turn_id);
        let (Some(said), Some(last), None) = (said, last, order.repeats) else {
            return if explicit.is_some() { Err(TurnError::NothingToConfirm) } else { Ok(None) };
        };
        let asked = match explicit {
            Some(answer) if answer.turn != last => None,
            _ => self.store.confirmation(owner, last).await?,
        };
        let Some(asked) = asked else {
            return if explicit.is_some() { Err(TurnError::NothingToConfirm) } else { Ok(None) };
        };
        let (language, message) = (asked.language, asked.message.clone());
        let claimed = Claimed::take(&*self.store, owner, asked, by, order.replaces, self.clock.now()).await?;
        match (claimed, said) {
            (Some(claimed), Answer::Yes) => Ok(Some(Answered::Yes { claimed, message, language })),
            (Some(_), Answer::No) => Ok(Some(Answered::No(language))),
            (None, _) if explicit.is_some() => Err(TurnError::NothingToConfirm),
            (None, _) => Ok(Some(Answered::Closed(language))),
        }
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
            Answered::Closed(language) => {
                self.settle(answers::CLOSED, RouterDecision::Refuse, language, Vec::new());
                let notice = Notice::new(NoticeKind::ConfirmationClosed, language, Vec::new());
                return Ok(self.notice_reply(notice, TurnOutcome::Refused));
            }
        };
        let tools = claimed.calls.iter().map(|call| call.tool.clone()).collect();
        let servers: Vec<String> = claimed.calls.iter().map(|call| call.server.clone()).collect();
        let ruling = self.settle(answers::CONFIRMED, RouterDecision::CallTool, language, tools);
        self.asked = Some(message);
        let ready = match ReadyCall::confirmed(claimed, &self.catalog, self.engine.router.policy()) {
            Ok(ready) => ready,
            Err(gone) => {
                // The credential that a call needs comes with the yes, or nothing runs.
                if let Some(notice) = self.not_brought(&servers, language) {
                    return Ok(self.notice_reply(notice, TurnOutcome::ToolUnavailable));
                }
                let awaits = self.catalog.waiting.iter().any(|spec| gone.contains(&named(&spec.tool, &spec.server)));
                let kind = if awaits { NoticeKind::ToolAwaitsApproval } else { NoticeKind::ConfirmedCallGone };
                let notice = Notice::new(kind, language, gone);
                return Ok(self.notice_reply(notice, TurnOutcome::ToolUnavailable));
            }
        };
        self.run_confirmed(ready).await;
        if let Some(reply) = self.confirmed_failure() {
            return Ok(reply);
        }
        self.draft_from_fresh(&ruling).await
    }

    /// What this request should have brought for one of these servers, and did not.
    fn not_brought(&self, servers: &[String], language: Lang) -> Option<Notice> {
        let missing = |server: &&ServerState| {
            server.credentials == WhoseCredentials::NoneOfThisRequest && servers.contains(&server.name)
        };
        let missing: Vec<&ServerState> = self.catalog.servers.iter().filter(missing).collect();
        (!missing.is_empty()).then(|| missing_notice(&missing, language))
    }

    /// The ruling of such a turn: the question settled it.
    fn settle(&mut self, rule: &str, decision: RouterDecision, language: Lang, tools: Vec<String>) -> Ruling {
        let doc = answers::ALL.iter().find(|(id, _, _)| *id == rule).map_or("", |(_, _, doc)| doc);
        let ruling = Ruling {
            decision,
            rule: rule.to_owned(),
            decided_by: DecidedBy::Rule,
            groups: Vec::new(),
            tools,
            arguments: serde_json::Map::new(),
            missing: Vec::new(),
            choices: Vec::new(),
            about: Vec::new(),
            reason: doc.to_owned(),
            language,
        };
        self.ruling = Some(ruling.clone());
        self.journal.add(TurnEvent::TurnRouted {
            decision,
            rule: ruling.rule.clone(),
            decided_by: ruling.decided_by,
            tools: self.offered(&ruling).iter().map(|spec| spec.name.to_string()).collect(),
            reason: ruling.reason.clone(),
        });
        ruling
    }

    /// One after the other, in the order that was shown; none after one that failed.
    async fn run_confirmed(&mut self, ready: Vec<ReadyCall>) {
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

    /// What the user must know when a confirmed call brought no answer: it may have run.
    fn confirmed_failure(&mut self) -> Option<Reply> {
        let failed = self.ledger.of_turn(self.id).find(|entry| !came_back(entry))?;
        let kind = match failed.outcome {
            Outcome::Denied => NoticeKind::ToolDenied,
            Outcome::InvalidArguments => NoticeKind::ArgumentsRefused,
            _ if failed.awaits_approval() => NoticeKind::ToolAwaitsApproval,
            _ => NoticeKind::MayHaveRun,
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

fn named(tool: &str, server: &str) -> String {
    format!("{tool} ({server})")
}
