//! One call outside of any turn: tried by hand, or asked for by a client of the MCP proxy. It
//! goes through the same gate as a call of a turn: policy, schema, and a yes before anything that
//! is not known to change nothing. It is written down before it is shown: no record, no result.
//! It is evidence of nothing.
//!
//! By hand only tools that change nothing are tried, made to their end even when nobody waits any
//! more. A client of the proxy is asked first where a yes is needed (`ask_client`); the
//! answer is claimed in the store before anything runs, as in chat, so it runs once. A client
//! that goes away stops its call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::AccessRole;
use crate::domain::caller::Caller;
use crate::domain::classify::Classified;
use crate::domain::elicitation::FormAnswer;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::Said;
use crate::domain::event::AskedCall;
use crate::domain::ids::CallId;
use crate::domain::lang::Lang;
use crate::domain::ledger::Page;
use crate::domain::notice::Notice;
use crate::domain::tool::MadeBy;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolSpec;
use crate::engine::Engine;
use crate::engine::confirm::Claimed;
use crate::engine::open_questions::QuestionPlace;
use crate::engine::ports::Askable;
use crate::engine::ports::Catalog;
use crate::engine::ports::Follow;
use crate::engine::ports::StoreError;
use crate::engine::ready_call::PendingCall;
use crate::engine::ready_call::ReadyCall;
use crate::engine::ready_call::Sorted;
use crate::engine::record::CallOrigin;
use crate::engine::record::CallQuestion;
use crate::engine::record::LoneCall;
use crate::engine::record::OpenForClient;
use crate::engine::tool_call::failed_answer;
use crate::engine::tool_call::sort_answer;

/// How long a client's yes may take.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(10 * 60);

/// What a call brought, once it is written down.
#[derive(Clone, Debug)]
pub struct Called {
    /// What was written down.
    pub record: LoneCall,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// Page data, when the content is a list.
    pub page: Option<Page>,
    /// The whole payload.
    pub content: Arc<Value>,
    /// What the server sent, or why it sent nothing.
    pub answer: Result<Arc<RawToolResult>, ToolFailure>,
}

/// Why a call was not made, or what came of it is not shown.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The caller may look, and not call.
    #[error("this needs the role {0} or a higher one")]
    RoleMissing(&'static str),
    /// Not in the catalog.
    #[error("no tool {tool} of a server {server} is connected{}", why(because.as_deref()))]
    UnknownTool {
        /// Server asked for, shortened.
        server: String,
        /// Tool asked for, shortened.
        tool: String,
        /// Why there is nothing of that server, if there is not.
        because: Option<String>,
    },
    /// Its definition is not the accepted one.
    #[error("{tool} is not offered: its definition awaits approval")]
    AwaitsApproval {
        /// The tool.
        tool: String,
    },
    /// It may change something, or policy keeps it off limits.
    #[error("{tool} is not known to change nothing, or is off limits by policy")]
    NotAllowed {
        /// The tool.
        tool: String,
    },
    /// The arguments do not fit.
    #[error("arguments refused: {}", problems.join("; "))]
    Arguments {
        /// Every problem found, each naming its place.
        problems: Vec<String>,
    },
    /// The question is not this caller's, was answered before, is too old, or was for another call.
    #[error("the question whether to run this is no longer open, or was for another call; nothing was run")]
    NothingToConfirm,
    /// The tool changed between question and yes.
    #[error("{tool} is not there any more, is off limits now or takes other arguments; nothing was run")]
    Gone {
        /// The tool.
        tool: String,
    },
    /// As many are made as may be at once.
    #[error("as many calls are made as may be at once; nothing was run, so it can be asked for again")]
    Busy,
    /// Its server asked something, and as many users are asked as may be at once.
    #[error(
        "its server asked a question in the middle of the call, and as many questions to users are open as may be \
         at once, in all or to this one; the call was broken off: what it has changed by then stays changed"
    )]
    TooManyAsked,
    /// It could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A defect of ours.
    #[error("the call broke off")]
    BrokeOff,
}

fn why(because: Option<&str>) -> String {
    because.map(|because| format!(": {because}")).unwrap_or_default()
}

/// What the server of a call has asked and was answered.
#[derive(Debug, Default)]
pub(crate) struct Before {
    pub(crate) earlier: Vec<FormAnswer>,
    pub(crate) round: u32,
}

/// Who follows a call while it runs, and may stop it.
pub struct Watch {
    /// Is told of progress, and may be asked.
    pub follow: Follow,
    /// Stops it.
    pub cancel: CancellationToken,
}

impl Watch {
    fn nobody() -> Self {
        Self { follow: Follow::nobody(), cancel: CancellationToken::new() }
    }
}

impl Engine {
    /// Tries a tool that changes nothing by hand. The call is made to its end and written down
    /// even when nobody waits any more.
    ///
    /// # Errors
    /// [`CallError`]. A tool that fails is no error but an outcome.
    pub async fn try_tool(
        self: &Arc<Self>,
        caller: Caller,
        server: &str,
        tool: &str,
        arguments: Value,
    ) -> Result<Called, CallError> {
        let spec = self.callable(&*self.tools.catalog(&caller).await, server, tool)?;
        let not_allowed = || CallError::NotAllowed { tool: spec.tool.clone() };
        if !spec.read_only {
            return Err(not_allowed());
        }
        let ready = match Sorted::of(&spec, arguments, MadeBy::Gateway, 1) {
            Sorted::Ready(ready) => ready,
            Sorted::Pending(_) => return Err(not_allowed()),
            Sorted::Unfit(problems) => return Err(CallError::Arguments { problems }),
        };
        let place = Arc::clone(&self.trials).try_acquire_owned().map_err(|_| CallError::Busy)?;
        self.run_lone(caller, ready, CallOrigin::Trial, Watch::nobody(), place).await
    }

    /// Whether a client's call of a tool in its catalog may run as it is, or needs the client's yes.
    ///
    /// # Errors
    /// [`CallError`]: the role, the tool, the arguments.
    pub(crate) fn sort_for_client(
        &self,
        caller: &Caller,
        catalog: &Catalog,
        spec: &ToolSpec,
        arguments: Value,
    ) -> Result<Sorted, CallError> {
        may_call(caller)?;
        let spec = self.callable(catalog, &spec.server, &spec.tool)?;
        match Sorted::of(&spec, arguments, MadeBy::Gateway, 1) {
            Sorted::Unfit(problems) => Err(CallError::Arguments { problems }),
            sorted => Ok(sorted),
        }
    }

    /// Writes down that a client is asked whether to run a call; the number of the question, and its
    /// text, the one that chat uses.
    ///
    /// # Errors
    /// [`CallError::Store`].
    pub(crate) async fn ask_client(
        &self,
        caller: &Caller,
        pending: &PendingCall,
    ) -> Result<(CallId, String), CallError> {
        let text = Notice::confirmation(Lang::default(), vec![pending.asked()]).text();
        Ok((self.keep_question(caller, pending.asked(), None).await?, text))
    }

    /// Writes down what the server of a client's call asks; the client is asked under this id.
    ///
    /// # Errors
    /// [`CallError::Store`].
    pub(crate) async fn ask_client_for_tool(
        &self,
        caller: &Caller,
        call: AskedCall,
        open: OpenForClient,
    ) -> Result<CallId, CallError> {
        Ok(self.keep_question(caller, call, Some(open)).await?)
    }

    async fn keep_question(
        &self,
        caller: &Caller,
        call: AskedCall,
        open: Option<OpenForClient>,
    ) -> Result<CallId, StoreError> {
        let (id, asked_at) = (self.clock.call_id(), self.clock.now());
        let owner = caller.subject().to_owned();
        let expires_at = asked_at.saturating_add(ANSWER_WITHIN).unwrap_or(asked_at);
        self.store.ask_about_call(&CallQuestion { id, owner, call, asked_at, expires_at, open }).await?;
        Ok(id)
    }

    /// The client answered what the server of its call asked: the call with the answers, if the
    /// question was for exactly this one; what was asked before comes with it.
    ///
    /// # Errors
    /// [`CallError`].
    pub(crate) async fn answered_by_client(
        &self,
        caller: &Caller,
        question: CallId,
        sorted: Sorted,
        call: &AskedCall,
        said: BTreeMap<String, Said>,
    ) -> Result<(ReadyCall, Before), CallError> {
        let (claimed, confirmed, given, before) = self.take_answers(caller, question, call, said).await?;
        let gone = || CallError::Gone { tool: call.tool.clone() };
        let ready = match sorted {
            Sorted::Ready(ready) if !confirmed => ready,
            Sorted::Pending(_) if confirmed => {
                let catalog = self.tools.catalog(caller).await;
                let ready = ReadyCall::confirmed(claimed, &catalog, self.router.policy()).map_err(|_| gone())?;
                ready.into_iter().next().ok_or_else(gone)?
            }
            _ => return Err(gone()),
        };
        Ok((ready.with(given), before))
    }

    /// The same for another request of a client, such as reading a resource.
    ///
    /// # Errors
    /// [`CallError`].
    pub(crate) async fn answered_about(
        &self,
        caller: &Caller,
        question: CallId,
        what: &AskedCall,
        said: BTreeMap<String, Said>,
    ) -> Result<(Given, Before), CallError> {
        let (_, confirmed, given, before) = self.take_answers(caller, question, what, said).await?;
        if confirmed { Err(CallError::NothingToConfirm) } else { Ok((given, before)) }
    }

    /// Claims a question and takes the answers to it; whether it was about a confirmed call.
    async fn take_answers(
        &self,
        caller: &Caller,
        question: CallId,
        what: &AskedCall,
        said: BTreeMap<String, Said>,
    ) -> Result<(Claimed, bool, Given, Before), CallError> {
        may_call(caller)?;
        let taken = Claimed::take_lone(&*self.store, caller.subject(), question, self.clock.now()).await?;
        let (claimed, taken) = taken.filter(|(_, taken)| taken.call == *what).ok_or(CallError::NothingToConfirm)?;
        let Some(open) = taken.open else { return Err(CallError::NothingToConfirm) };
        let answers: Vec<FormAnswer> = said
            .into_iter()
            .map(|(key, said)| FormAnswer { form: open.asking.forms.get(&key).cloned(), key, said })
            .collect();
        let earlier = open.earlier.iter().chain(&answers).cloned().collect();
        let before = Before { earlier, round: open.round };
        let given = Given { earlier: open.earlier, answers, state: open.asking.state };
        Ok((claimed, open.confirmed, given, before))
    }

    /// The client said yes: the call, once, if the question was for exactly this one.
    ///
    /// # Errors
    /// [`CallError`].
    pub(crate) async fn confirmed_by_client(
        &self,
        caller: &Caller,
        question: CallId,
        call: &AskedCall,
    ) -> Result<ReadyCall, CallError> {
        may_call(caller)?;
        let taken = Claimed::take_lone(&*self.store, caller.subject(), question, self.clock.now()).await?;
        let yes = taken.filter(|(claimed, taken)| taken.open.is_none() && claimed.is_for(call));
        let (claimed, _) = yes.ok_or(CallError::NothingToConfirm)?;
        let catalog = self.tools.catalog(caller).await;
        let gone = || CallError::Gone { tool: call.tool.clone() };
        let ready = ReadyCall::confirmed(claimed, &catalog, self.router.policy()).map_err(|_| gone())?;
        ready.into_iter().next().ok_or_else(gone)
    }

    /// The client said no: the question is settled.
    ///
    /// # Errors
    /// [`CallError::Store`].
    pub(crate) async fn declined_by_client(&self, caller: &Caller, question: CallId) -> Result<(), CallError> {
        self.store.answer_about_call(caller.subject(), question, false, self.clock.now()).await?;
        Ok(())
    }

    /// Makes a client's call in its place. Whoever drops the future stops it.
    ///
    /// # Errors
    /// [`CallError`]. A tool that fails is no error but an answer.
    pub(crate) async fn run_for_client(
        self: &Arc<Self>,
        caller: Caller,
        ready: ReadyCall,
        question: Option<CallId>,
        watch: Watch,
        place: OwnedSemaphorePermit,
    ) -> Result<Called, CallError> {
        let cancel = watch.cancel.child_token();
        let watch = Watch { cancel: cancel.clone(), ..watch };
        let _stops = cancel.drop_guard();
        self.run_lone(caller, ready, CallOrigin::Mcp { question }, watch, place).await
    }

    /// Makes another request of a client, such as reading a resource, in its place, and writes it down
    /// before its answer is shown.
    ///
    /// # Errors
    /// [`CallError`]. What fails at the server is in the inner result.
    pub(crate) async fn fetch_for_client<T>(
        &self,
        caller: &Caller,
        _place: OwnedSemaphorePermit,
        what: AskedCall,
        fetched: impl Future<Output = Result<T, ToolFailure>>,
        sorted: impl Fn(&T) -> (Classified, String),
    ) -> Result<(LoneCall, Result<T, ToolFailure>), CallError> {
        may_call(caller)?;
        let started_at = self.clock.now();
        let answer = tokio::time::timeout(self.settings.turn_time, fetched).await;
        let answer = answer.unwrap_or_else(|_| Err(too_late(&what.server, self.settings.turn_time)));
        let (found, digest) = match &answer {
            Ok(fetched) => sorted(fetched),
            Err(failure) => failed_answer(failure),
        };
        let made = Made { id: self.clock.call_id(), what, started_at, finished_at: self.clock.now() };
        let record = self.write_down(caller, CallOrigin::Mcp { question: None }, made, &found, digest).await?;
        Ok((record, answer))
    }

    /// A tool that may be called at all.
    fn callable(&self, catalog: &Catalog, server: &str, tool: &str) -> Result<Arc<ToolSpec>, CallError> {
        if catalog.awaits(server, tool) {
            return Err(CallError::AwaitsApproval { tool: tool.chars().take(80).collect() });
        }
        let spec = catalog.by_tool(tool).find(|spec| spec.server == server).ok_or_else(|| CallError::UnknownTool {
            server: server.chars().take(80).collect(),
            tool: tool.chars().take(80).collect(),
            because: catalog.missing_because(server).map(str::to_owned),
        })?;
        if !self.router.policy().allows(spec) {
            return Err(CallError::NotAllowed { tool: spec.tool.clone() });
        }
        Ok(Arc::clone(spec))
    }

    /// A place for a question to a client's user while a call waits; `None` when as many are open
    /// as may be, in all or of this caller, so that calls which wait for people leave room for others.
    pub(crate) fn place_to_ask(&self, caller: &Caller) -> Option<QuestionPlace> {
        self.client_questions.take(caller.subject())
    }

    /// A place for a client's call, or for a list that servers are asked for, waited for as long as
    /// the call itself might take. Nobody may wait for one while holding another.
    /// A call gets it before an answer is claimed, so that none is used up by a call that is not made.
    ///
    /// # Errors
    /// [`CallError::Busy`].
    pub(crate) async fn place_for_client(&self) -> Result<OwnedSemaphorePermit, CallError> {
        let waiting = Arc::clone(&self.client_calls).acquire_owned();
        let place = tokio::time::timeout(self.settings.turn_time, waiting).await;
        place.ok().and_then(Result::ok).ok_or(CallError::Busy)
    }

    async fn run_lone(
        self: &Arc<Self>,
        caller: Caller,
        ready: ReadyCall,
        origin: CallOrigin,
        watch: Watch,
        place: OwnedSemaphorePermit,
    ) -> Result<Called, CallError> {
        let (sender, called) = oneshot::channel();
        let engine = Arc::clone(self);
        self.running.spawn(async move {
            let called = engine.make(&caller, ready, origin, watch).await;
            drop(place);
            drop(sender.send(called));
        });
        called.await.unwrap_or(Err(CallError::BrokeOff))
    }

    async fn make(
        &self,
        caller: &Caller,
        ready: ReadyCall,
        origin: CallOrigin,
        watch: Watch,
    ) -> Result<Called, CallError> {
        let call = ready.call(self.clock.call_id());
        let started_at = self.clock.now();
        // The time in which a user may answer while the call waits is not the call's own.
        let asking = if matches!(watch.follow.askable, Askable::Now(_)) { ANSWER_WITHIN } else { Duration::ZERO };
        let answer = self.tools.call(&call, caller, watch.follow, &watch.cancel);
        let limit = self.settings.turn_time + asking;
        let answer = tokio::time::timeout(limit, answer).await;
        let answer = answer.unwrap_or_else(|_| Err(too_late(&call.server, limit))).map(Arc::new);
        let (sorted, digest) = sort_answer(answer.clone(), call.arguments.clone()).await;
        let finished_at = self.clock.now();
        let what = AskedCall { server: call.server, tool: call.tool, arguments: call.arguments };
        let made = Made { id: call.id, what, started_at, finished_at };
        let record = self.write_down(caller, origin, made, &sorted, digest).await?;
        let observed_at = sorted.observed_at.unwrap_or(finished_at);
        Ok(Called { record, observed_at, page: sorted.page, content: sorted.content, answer })
    }

    async fn write_down(
        &self,
        caller: &Caller,
        origin: CallOrigin,
        made: Made,
        sorted: &Classified,
        digest: String,
    ) -> Result<LoneCall, StoreError> {
        let record = LoneCall {
            id: made.id,
            origin,
            owner: caller.subject().to_owned(),
            server: made.what.server,
            tool: made.what.tool,
            arguments: made.what.arguments,
            outcome: sorted.outcome,
            digest,
            error: sorted.error.clone(),
            started_at: made.started_at,
            finished_at: made.finished_at,
        };
        self.store.record_call(&record).await?;
        Ok(record)
    }
}

fn too_late(server: &str, limit: Duration) -> ToolFailure {
    let limit_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    ToolFailure::Timeout { server: server.to_owned(), limit_ms }
}

/// A call that was made, whatever came of it.
struct Made {
    id: CallId,
    what: AskedCall,
    started_at: Timestamp,
    finished_at: Timestamp,
}

/// Readers see what there is; asking is for analysts and those above.
pub(crate) fn may_call(caller: &Caller) -> Result<(), CallError> {
    if caller.role() >= AccessRole::Analyst { Ok(()) } else { Err(CallError::RoleMissing("analyst")) }
}
