//! The story of a turn, top to bottom: take the place, make earlier results stale, route,
//! gather, draft, check, judge, repair or render, commit, and only then show the answer.
//! Whatever fails on the way ends in a plain and true reply; if the record cannot be
//! written, there is no reply.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::domain::basis::basis;
use crate::domain::caller::Caller;
use crate::domain::elicitation::OpenCall;
use crate::domain::event::AskedCall;
use crate::domain::event::JournalEntry;
use crate::domain::event::Question;
use crate::domain::event::QuestionKind;
use crate::domain::event::ReplyVerdict;
use crate::domain::event::Stopped;
use crate::domain::event::TurnEvent;
use crate::domain::event::TurnOutcome;
use crate::domain::event::Usage;
use crate::domain::grounding::report::ApprovedReply;
use crate::domain::grounding::report::Basis;
use crate::domain::grounding::report::CallProof;
use crate::domain::grounding::report::Candidate;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::message::Conversation;
use crate::domain::message::Message;
use crate::domain::message::Role;
use crate::domain::notice::Notice;
use crate::domain::notice::NoticeKind;
use crate::domain::phrases::fact_label;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::signals::Signals;
use crate::engine::Engine;
use crate::engine::budget::Budget;
use crate::engine::confirm::Answered;
use crate::engine::confirm::Confirmed;
use crate::engine::error::TurnError;
use crate::engine::fingerprint::fingerprint;
use crate::engine::journal::Journal;
use crate::engine::ports::Catalog;
use crate::engine::ports::ModelRole;
use crate::engine::ports::StoredConversation;
use crate::engine::record::ModelExchange;
use crate::engine::record::TurnRecord;
use crate::engine::record::TurnTimings;
use crate::engine::repeat::repeatable;
use crate::engine::running::RunningTurn;

/// Characters of a message that become the title of its conversation.
const TITLE_CHARS: usize = 80;

/// A user message for a conversation.
#[derive(Clone, Debug)]
pub struct TurnRequest {
    /// The conversation; `None` starts a new one.
    pub conversation_id: Option<ConversationId>,
    /// What the user wrote.
    pub message: String,
    /// Model profile for the draft; `None`: the configured one.
    pub profile: Option<String>,
    /// History that a stateless client claims; helps to read the message, never evidence.
    pub unverified: Vec<Message>,
}

/// What a turn is to do besides answering its message.
#[derive(Clone, Copy, Debug, Default)]
pub struct TurnOrder {
    /// The turn it takes the place of: that one and all later ones of the conversation are
    /// not seen by this turn, and are hidden once it has a reply.
    pub replaces: Option<TurnId>,
    /// The result whose call it repeats, exactly, whatever the message says.
    pub repeats: Option<ResultId>,
    /// The question whether to run something that it answers, whatever the message says.
    pub answers: Option<AnswerTo>,
}

/// A plain answer to the question of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerTo {
    /// The turn that asked.
    pub turn: TurnId,
    /// Run it.
    pub yes: bool,
}

/// Everything a running turn knows. Steps add methods in their own files.
pub struct Turn {
    pub(crate) engine: Arc<Engine>,
    pub(crate) id: TurnId,
    pub(crate) caller: Caller,
    pub(crate) conversation: Conversation,
    pub(crate) history: Vec<Message>,
    /// History as a stateless client sent it: found again by it, never read as evidence.
    claimed: Option<Vec<Message>>,
    pub(crate) message: String,
    pub(crate) profile: Option<String>,
    pub(crate) order: TurnOrder,
    /// The plain answer that the message is, taken before the turn began.
    answered: Option<Answered>,
    /// The message that is answered when the turn's own is a plain yes, or the answer to a tool.
    pub(crate) asked: Option<String>,
    /// Calls that need the user's yes.
    pub(crate) pending: Vec<AskedCall>,
    pub(crate) confirmed: Confirmed,
    /// The call whose server asks something.
    pub(crate) open_call: Option<OpenCall>,
    /// The one whose answers this turn has taken.
    pub(crate) answering: Option<OpenCall>,
    pub(crate) ledger: Ledger,
    pub(crate) staled: Vec<ResultId>,
    pub(crate) superseded: Vec<(ResultId, ResultId)>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) ruling: Option<Ruling>,
    /// What earlier replies have shown, before this turn adds to the ledger.
    pub(crate) shown: Shown,
    pub(crate) signals: Option<Signals>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) cancel: CancellationToken,
    pub(crate) budget: Budget,
    pub(crate) usage: Usage,
    pub(crate) timings: TurnTimings,
    pub(crate) exchanges: Vec<ModelExchange>,
    pub(crate) stopped: Vec<Stopped>,
    pub(crate) started_at: Timestamp,
    pub(crate) started_ms: f64,
}

/// What the steps of a turn end in.
pub(crate) struct Reply {
    pub approved: ApprovedReply,
    pub outcome: TurnOutcome,
    pub shown: Vec<ResultId>,
    pub question: Option<Question>,
}

enum Ended {
    Done(Box<Result<Reply, TurnError>>),
    Cancelled,
    Late,
}

impl Engine {
    /// Starts a turn as a task of its own and returns its handle; the turn goes on when
    /// nobody listens, until it is done or cancelled.
    ///
    /// # Errors
    /// [`TurnError`] when the message is refused, the conversation is not the caller's, or
    /// another turn of it is running.
    pub async fn start_turn(self: &Arc<Self>, caller: Caller, request: TurnRequest) -> Result<RunningTurn, TurnError> {
        self.start_ordered(caller, request, TurnOrder::default()).await
    }

    /// The same for a turn that replaces another or repeats a call.
    ///
    /// # Errors
    /// [`TurnError`], also when what the order names is not there.
    pub async fn start_ordered(
        self: &Arc<Self>,
        caller: Caller,
        request: TurnRequest,
        order: TurnOrder,
    ) -> Result<RunningTurn, TurnError> {
        self.accept(&request)?;
        let now = self.clock.now();
        let stored = self.open_conversation(&caller, &request, order.replaces, now).await?;
        if let Some(result) = order.repeats {
            repeatable(&stored.ledger, result, &*self.tools.catalog(&caller).await)?;
        }
        let id = self.clock.turn_id();
        let running = RunningTurn {
            id,
            conversation_id: stored.conversation.id,
            owner: caller.subject().to_owned(),
            journal: Journal::new(Arc::clone(&self.clock)),
            cancel: CancellationToken::new(),
        };
        self.running.enter(running.clone())?;
        // The lease outlives the longest turn, so it passes only when its holder is gone.
        let lease = self.settings.turn_time + Duration::from_secs(30);
        if let Err(error) = self.store.begin_turn(stored.conversation.id, id, now, lease).await {
            self.running.leave(id);
            return Err(error.into());
        }
        let stored_id = stored.conversation.id;
        let answered = match self.answered(caller.subject(), &request, order, &stored, id).await {
            Ok(answered) => answered,
            Err(error) => {
                self.give_up(stored_id, id).await;
                return Err(error);
            }
        };
        let mut turn = Turn::new(Arc::clone(self), caller, request, order, stored, &running, now).await;
        turn.answered = answered;
        let engine = Arc::clone(self);
        let (conversation, journal) = (stored_id, Arc::clone(&running.journal));
        self.running.spawn(async move {
            // A defect of ours in one turn must not leave its readers waiting for ever.
            if AssertUnwindSafe(turn.run()).catch_unwind().await.is_err() {
                engine.broke_off(conversation, id, &journal).await;
            }
            engine.running.leave(id);
        });
        Ok(running)
    }

    /// Leaves the places of a turn that does not run.
    async fn give_up(&self, conversation: ConversationId, id: TurnId) {
        if let Err(error) = self.store.abandon_turn(conversation, id).await {
            tracing::warn!(turn.id = %id, error = %error, "the place of the turn is freed when its lease passes");
        }
        self.running.leave(id);
    }

    async fn broke_off(&self, conversation: ConversationId, id: TurnId, journal: &Journal) {
        tracing::error!(turn.id = %id, "turn broke off");
        if let Err(error) = self.store.abandon_turn(conversation, id).await {
            tracing::warn!(turn.id = %id, error = %error, "the place of the turn is freed when its lease passes");
        }
        journal.add(TurnEvent::TurnFailed {
            code: "internal".to_owned(),
            message: "the turn broke off; nothing of it was stored".to_owned(),
        });
    }

    fn accept(&self, request: &TurnRequest) -> Result<(), TurnError> {
        let limit = self.settings.message_bytes;
        if request.message.trim().is_empty() {
            return Err(TurnError::EmptyMessage);
        }
        if request.message.len() > limit {
            return Err(TurnError::MessageTooLong { bytes: request.message.len(), limit });
        }
        self.model.facts(ModelRole::Draft, request.profile.as_deref())?;
        Ok(())
    }

    async fn open_conversation(
        &self,
        caller: &Caller,
        request: &TurnRequest,
        replaces: Option<TurnId>,
        now: Timestamp,
    ) -> Result<StoredConversation, TurnError> {
        if let Some(id) = request.conversation_id {
            return Ok(match replaces {
                Some(turn) => self.store.load_before(caller.subject(), id, turn).await?,
                None => self.store.load(caller.subject(), id).await?,
            });
        }
        let conversation = Conversation {
            id: self.clock.conversation_id(),
            owner: caller.subject().to_owned(),
            title: title(&request.message),
            created_at: now,
            updated_at: now,
        };
        self.store.create_conversation(&conversation).await?;
        Ok(StoredConversation { conversation, messages: Vec::new(), ledger: Ledger::default(), asks: false })
    }
}

/// Title of a conversation: the start of its first message, on one line.
pub fn title(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_CHARS {
        return line;
    }
    line.chars().take(TITLE_CHARS - 1).chain("…".chars()).collect()
}

impl Turn {
    async fn new(
        engine: Arc<Engine>,
        caller: Caller,
        request: TurnRequest,
        order: TurnOrder,
        stored: StoredConversation,
        running: &RunningTurn,
        started_at: Timestamp,
    ) -> Self {
        let catalog = engine.tools.catalog(&caller).await;
        // A client that edits or repeats a message sends another history than the stored one;
        // its next request is found by what it will then send, so that is fingerprinted.
        let claimed = (!request.unverified.is_empty()).then(|| request.unverified.clone());
        let history = if stored.messages.is_empty() { request.unverified } else { stored.messages };
        Self {
            id: running.id,
            caller,
            conversation: stored.conversation,
            claimed,
            history,
            message: request.message,
            profile: request.profile,
            order,
            answered: None,
            asked: None,
            pending: Vec::new(),
            confirmed: Confirmed::default(),
            open_call: None,
            answering: None,
            shown: Shown::from_ledger(&stored.ledger),
            signals: None,
            ledger: stored.ledger,
            staled: Vec::new(),
            superseded: Vec::new(),
            catalog,
            ruling: None,
            journal: Arc::clone(&running.journal),
            cancel: running.cancel.clone(),
            budget: Budget::new(engine.settings.limits),
            usage: Usage::default(),
            timings: TurnTimings::default(),
            exchanges: Vec::new(),
            stopped: Vec::new(),
            started_at,
            started_ms: engine.clock.monotonic_ms(),
            engine,
        }
    }

    /// Runs the turn to its record.
    async fn run(mut self) {
        self.journal.add(TurnEvent::TurnStarted {
            turn_id: self.id,
            conversation_id: self.conversation.id,
            message: self.message.clone(),
        });
        self.staled = self.ledger.next_message();
        if !self.staled.is_empty() {
            self.journal.add(TurnEvent::ResultsStaled { result_ids: self.staled.clone() });
        }
        let cancel = self.cancel.clone();
        let limit = self.engine.settings.turn_time;
        let ended = tokio::select! {
            biased;
            () = cancel.cancelled() => Ended::Cancelled,
            ended = tokio::time::timeout(limit, self.steps()) => ended.map_or(Ended::Late, |ended| Ended::Done(Box::new(ended))),
        };
        match ended {
            Ended::Cancelled => self.finish_cancelled().await,
            Ended::Done(ended) => match *ended {
                Ok(reply) => self.finish(reply).await,
                Err(error) => self.finish_failed(&error).await,
            },
            Ended::Late => {
                let reply = self.late_reply();
                self.finish(reply).await;
            }
        }
    }

    /// The six kinds of turn; each arm ends in an approved reply. A plain answer to a question
    /// whether to run something is routed by that question.
    async fn steps(&mut self) -> Result<Reply, TurnError> {
        if let Some(answered) = self.answered.take() {
            return self.answer_to_confirmation(answered).await;
        }
        let ruling = match self.order.repeats {
            Some(result) => self.route_to_repeat(result),
            None => self.route().await?,
        };
        self.ruling = Some(ruling.clone());
        match ruling.decision {
            _ if self.order.repeats.is_some() => self.answer_by_repeating(&ruling).await,
            RouterDecision::CallTool | RouterDecision::Refresh => self.answer_from_calls(&ruling).await,
            RouterDecision::UseShown => self.answer_from_shown(&ruling).await,
            RouterDecision::Converse => self.converse(&ruling).await,
            RouterDecision::Clarify => Ok(self.clarify(&ruling)),
            RouterDecision::Refuse => Ok(self.refuse(&ruling)),
        }
    }

    fn clarify(&self, ruling: &Ruling) -> Reply {
        let kind = if ruling.choices.is_empty() && !ruling.missing.is_empty() {
            NoticeKind::MissingFacts
        } else {
            NoticeKind::WhichOne
        };
        let missing = ruling.missing.iter().map(|name| fact_label(name, ruling.language)).collect();
        let notice = Notice::question(kind, ruling.language, missing, ruling.choices.clone());
        self.question_reply(notice, TurnOutcome::Clarification)
    }

    /// A reply that asks back, in the gateway's words alone.
    pub(crate) fn question_reply(&self, notice: Notice, outcome: TurnOutcome) -> Reply {
        let kind = match outcome {
            TurnOutcome::Confirmation => QuestionKind::Confirmation,
            _ if self.open_call.is_some() => QuestionKind::Elicitation,
            _ => QuestionKind::Clarification,
        };
        let question =
            Question { kind, text: notice.text(), choices: notice.choices.clone(), calls: notice.calls().to_vec() };
        Reply { question: Some(question), ..self.notice_reply(notice, outcome) }
    }

    fn refuse(&self, ruling: &Ruling) -> Reply {
        let kind = self.engine.router.refusal(ruling);
        let notice = Notice::new(kind, ruling.language, self.group_labels());
        self.notice_reply(notice, TurnOutcome::Refused)
    }

    /// A reply made of one of the gateway's own sentences, with the calls of the turn as its basis.
    pub(crate) fn notice_reply(&self, notice: Notice, outcome: TurnOutcome) -> Reply {
        let calls: Vec<_> = self.ledger.of_turn(self.id).filter(|entry| entry.evidence).collect();
        let basis = basis(&calls, &self.ledger, notice.language, false);
        Reply { approved: self.approve_notice(notice, basis), outcome, shown: Vec::new(), question: None }
    }

    fn approve_notice(&self, notice: Notice, basis: Basis) -> ApprovedReply {
        ApprovedReply::approve(Candidate::Notice(notice), self.proof(), basis)
            .expect("a notice states no operational value and is always let through")
    }

    /// What the ledger proves for the decision of this turn.
    pub(crate) fn proof(&self) -> CallProof {
        let decision = self.ruling.as_ref().map_or(RouterDecision::CallTool, |ruling| ruling.decision);
        CallProof::from_ledger(decision, &self.ledger, self.id)
    }

    /// The question of this turn: the message, or the one that a plain yes stands for.
    pub(crate) fn question(&self) -> &str {
        self.asked.as_deref().unwrap_or(&self.message)
    }

    /// Language of the user, as far as it is known yet.
    pub(crate) fn language(&self) -> Lang {
        self.ruling.as_ref().map_or(Lang::En, |ruling| ruling.language)
    }

    /// Labels of what the connected tools can look up.
    pub(crate) fn group_labels(&self) -> Vec<String> {
        self.engine.router.group_labels(&self.catalog.tools, self.language())
    }

    /// The reply when the time limit passed: the data if there is any, else a plain sentence.
    fn late_reply(&mut self) -> Reply {
        if let Some(reply) = self.confirmed_too_late() {
            return reply;
        }
        let lead = NoticeKind::ModelGaveNothing;
        if self.ledger.fresh(self.id, self.engine.clock.now()).any(|entry| entry.outcome.answered())
            && let Some(reply) = self.rendered_reply(lead)
        {
            return reply;
        }
        let notice = Notice::new(NoticeKind::TurnTimedOut, self.language(), Vec::new());
        self.notice_reply(notice, TurnOutcome::Failed)
    }

    async fn finish(mut self, reply: Reply) {
        self.ledger.mark_shown(&reply.shown);
        let text = reply.approved.text().to_owned();
        let record = self.record(
            Some(&reply),
            vec![
                TurnEvent::AnswerText { text: text.clone() },
                TurnEvent::AnswerFinished {
                    outcome: reply.outcome,
                    text,
                    basis: reply.approved.basis().to_vec(),
                    citations: reply.approved.citations().to_vec(),
                    verdict: reply.approved.verdict(),
                    usage: self.usage,
                    stopped: self.stopped.clone(),
                    question: reply.question.clone(),
                },
            ],
        );
        self.commit(record).await;
    }

    async fn finish_cancelled(self) {
        let mut record = self.record(None, vec![TurnEvent::TurnCancelled {}]);
        record.outcome = TurnOutcome::Cancelled;
        self.commit(record).await;
    }

    async fn finish_failed(self, error: &TurnError) {
        tracing::error!(turn.id = %self.id, error = %error, "turn failed");
        let code = error.kind().to_owned();
        let message = error.to_string();
        let mut record = self.record(None, vec![TurnEvent::TurnFailed { code: code.clone(), message }]);
        record.failure = Some(code);
        self.commit(record).await;
    }

    /// Writes the record, then shows the last events. Without a record nothing is shown.
    async fn commit(self, record: TurnRecord) {
        match self.engine.store.commit_turn(&record).await {
            Ok(()) => {
                self.engine.tell_observers(&record, true);
                self.journal.conclude(Arc::new(record));
            }
            Err(error) => {
                self.engine.tell_observers(&record, false);
                tracing::error!(turn.id = %self.id, error = %error, "turn could not be stored; its answer is withheld");
                let place = self.engine.store.abandon_turn(self.conversation.id, self.id).await;
                if let Err(error) = place {
                    tracing::warn!(turn.id = %self.id, error = %error, "the place of the turn is freed when its lease passes");
                }
                self.journal.add(TurnEvent::TurnFailed {
                    code: format!("store_{}", error.kind()),
                    message: "the turn could not be stored, so its answer is withheld".to_owned(),
                });
            }
        }
    }

    fn record(&self, reply: Option<&Reply>, last: Vec<TurnEvent>) -> TurnRecord {
        let total = self.engine.clock.monotonic_ms() - self.started_ms;
        let mut events: Vec<JournalEntry> = self.journal.entries();
        events.extend(self.journal.stage(last));
        let text = reply.map_or(String::new(), |reply| reply.approved.text().to_owned());
        let approved = reply.map(|reply| &reply.approved);
        TurnRecord {
            id: self.id,
            conversation_id: self.conversation.id,
            owner: self.caller.subject().to_owned(),
            message: self.message.clone(),
            asked: self.asked.clone(),
            ruling: self.ruling.clone(),
            outcome: reply.map_or(TurnOutcome::Failed, |reply| reply.outcome),
            fingerprint: self.fingerprint_with(&text),
            text,
            verdict: approved.map_or(ReplyVerdict::None, ApprovedReply::verdict),
            basis: approved.map_or(Vec::new(), |approved| approved.basis().to_vec()),
            citations: approved.map_or(Vec::new(), |approved| approved.citations().to_vec()),
            claims: approved.map_or(Vec::new(), |approved| approved.claims().to_vec()),
            stopped: self.stopped.clone(),
            question: reply.and_then(|reply| reply.question.clone()),
            usage: self.usage,
            started_at: self.started_at,
            finished_at: self.engine.clock.now(),
            timings_ms: TurnTimings {
                total,
                own: (total - self.timings.model - self.timings.tools).max(0.0),
                ..self.timings
            },
            results: self.ledger.of_turn(self.id).cloned().collect(),
            staled: self.staled.clone(),
            shown: reply.map_or(Vec::new(), |reply| reply.shown.clone()),
            superseded: self.superseded.clone(),
            events,
            exchanges: self.exchanges.clone(),
            catalog_digest: self.catalog.digest().to_owned(),
            config_digest: self.engine.settings.config_digest.clone(),
            failure: None,
            replaces: self.order.replaces,
            open_call: self.open_call.clone().filter(|_| {
                let question = reply.and_then(|reply| reply.question.as_ref());
                question.is_some_and(|question| question.kind == QuestionKind::Elicitation)
            }),
        }
    }

    fn fingerprint_with(&self, reply: &str) -> String {
        let history = self.claimed.as_ref().unwrap_or(&self.history);
        let earlier = history.iter().map(|message| (message.role, message.content.as_str()));
        fingerprint(earlier.chain([(Role::User, self.message.as_str()), (Role::Assistant, reply)]))
    }
}
