//! One call over one connection, from its request to its result, with what its server asks on the
//! way. A question of a server with sessions is answered while the call waits, where its user can
//! be asked now or has answered that very question before. Otherwise the server is told that nobody
//! answers, the call ends, and what it asked is handed back: the call is made again with the answer.
//!
//! A tool whose questions cannot be told from those of other calls goes alone over its connection, and
//! only over one on which no call was broken off. A look-up of it never waits for a person, since others
//! would wait too; a call that may change something does, as it is not made again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use rmcp::model::CallToolRequest;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResult;
use rmcp::model::ClientRequest;
use rmcp::model::InputResponses;
use rmcp::model::RequestMetaObject;
use rmcp::model::ServerResult;
use rmcp::service::PeerRequestOptions;
use rmcp::service::ServiceError;
use serde_json::Value;
use tokio::sync::RwLock;
use tokio::sync::RwLockReadGuard;
use tokio::sync::RwLockWriteGuard;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::Given;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::Unasked;
use crate::engine::ports::Askable;
use crate::engine::ports::Follow;
use crate::engine::ports::ProtocolEra;
use crate::mcp::asks::Allowance;
use crate::mcp::asks::Asked;
use crate::mcp::asks::Flight;
use crate::mcp::asks::Ready;
use crate::mcp::asks::asking_of;
use crate::mcp::asks::asking_one;
use crate::mcp::connected::Connected;
use crate::mcp::connected::Pending;
use crate::mcp::session::Shared;
use crate::mcp::session::capabilities;
use crate::mcp::session::elicit_result;
use crate::mcp::upstream::Upstream;

/// How long what was told that nobody answers may take to end.
pub(super) const SETTLE: Duration = Duration::from_secs(2);

/// What came of a call.
pub(super) enum Came {
    /// Its result.
    Result(CallToolResult),
    /// It asks this and has ended, or waits for the answer with the next request.
    Asks(Asking),
    /// It asks what nobody is asked.
    InVain(Unasked),
    /// Nothing that could be used.
    Failed(ToolFailure),
    /// It may have been told that nobody answers, and may have gone on without its answer.
    Torn,
}

fn came_of(asking: Result<Asking, String>) -> Came {
    asking.map_or_else(|reason| Came::InVain(Unasked::Because(reason)), Came::Asks)
}

/// Which calls of a server go alone.
#[derive(Default)]
pub(super) struct Turns {
    lock: RwLock<()>,
    /// Calls whose users are asked while they hold their turn.
    asking: watch::Sender<usize>,
    // A std mutex: held for a map operation, never across an await. The value: whether it is certain.
    alone: Mutex<HashMap<String, bool>>,
}

/// The right to have a call under way.
pub(super) enum TurnToCall<'a> {
    /// Beside others.
    Beside(#[expect(dead_code, reason = "held")] RwLockReadGuard<'a, ()>),
    /// Alone.
    Alone(RwLockWriteGuard<'a, ()>),
    /// There is no telling apart to be done.
    Free,
}

impl Turns {
    /// Waits for the turn of a call; `None` for one that goes alone while a person is asked, since all
    /// that come after it would wait for that person too.
    pub(super) async fn take(&self, era: ProtocolEra, alone: bool) -> Option<TurnToCall<'_>> {
        match era {
            ProtocolEra::Sessionless => Some(TurnToCall::Free),
            ProtocolEra::WithSessions if alone => {
                let mut asking = self.asking.subscribe();
                tokio::select! {
                    biased;
                    _ = asking.wait_for(|calls| *calls > 0) => None,
                    turn = self.lock.write() => Some(TurnToCall::Alone(turn)),
                }
            }
            ProtocolEra::WithSessions => Some(TurnToCall::Beside(self.lock.read().await)),
        }
    }

    /// Waits until no person is asked any more, in nobody's way.
    pub(super) async fn nobody_is_asked(&self) {
        // Cannot end otherwise: the sender is ours.
        drop(self.asking.subscribe().wait_for(|calls| *calls == 0).await);
    }

    /// The right to have no call under way, where there is none at this moment.
    pub(super) fn nobody_calls(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        self.lock.try_write().ok()
    }

    /// A person is asked from now on until this is dropped.
    fn asking(&self) -> PersonAsked<'_> {
        self.asking.send_modify(|calls| *calls += 1);
        PersonAsked(self)
    }

    /// Whether a tool's calls go alone.
    pub(super) fn goes_alone(&self, tool: &str) -> bool {
        self.tools(|alone| alone.contains_key(tool))
    }

    /// Whether a tool goes alone because it did ask, and not because it might have.
    pub(super) fn is_known_to_ask(&self, tool: &str) -> bool {
        self.tools(|alone| alone.get(tool) == Some(&true))
    }

    /// It asked, and only because it was alone it is known that it was it.
    fn asks(&self, tool: &str) {
        self.tools(|alone| alone.insert(tool.to_owned(), true));
    }

    /// It may have been the one that asked.
    pub(super) fn may_ask(&self, tool: &str) {
        self.tools(|alone| *alone.entry(tool.to_owned()).or_insert(false));
    }

    /// It went alone and asked nothing.
    fn asked_nothing(&self, tool: &str) {
        self.tools(|alone| {
            if alone.get(tool) == Some(&false) {
                alone.remove(tool);
            }
        });
    }

    fn tools<T>(&self, act: impl FnOnce(&mut HashMap<String, bool>) -> T) -> T {
        act(&mut self.alone.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct PersonAsked<'a>(&'a Turns);

impl Drop for PersonAsked<'_> {
    fn drop(&mut self) {
        self.0.asking.send_modify(|calls| *calls -= 1);
    }
}

impl Upstream {
    pub(super) async fn call_once<'a>(
        &'a self,
        connected: &Arc<Connected>,
        call: &ToolCall,
        given: &Given,
        (follow, allowance): (&Follow, &Allowance),
        turn: TurnToCall<'a>,
    ) -> Result<Came, ServiceError> {
        let with_sessions = connected.era == ProtocolEra::WithSessions;
        let (questions, mut asked) = mpsc::channel(1);
        let flight = with_sessions.then(|| connected.shared.under_way.begin(Some(questions)));
        let (request, options) = request(call, given, &follow.askable, with_sessions);
        let handle = connected.connection.send_cancellable_request(request, options).await?;
        if let Some(flight) = &flight {
            flight.sent(&handle.id);
        }
        let token = handle.progress_token.clone();
        connected.shared.watch(token.clone(), follow.progress.clone());
        // Removed on every way out, a dropped future included.
        let _watch = Unwatch { shared: &connected.shared, token };
        let pending = Pending::new(&connected.connection, handle.id.clone(), &self.tasks);
        let mut talk =
            Talk { upstream: self, call, follow, allowance, ready: Ready::of(Some(given)), turn, asks: None };
        let answering = handle.await_response();
        tokio::pin!(answering);
        let answer = loop {
            let question = tokio::select! {
                biased;
                answer = &mut answering => break answer,
                // The closing may take longer than anybody wants to wait.
                () = connected.gone.cancelled() => break Err(ServiceError::TransportClosed),
                Some(question) = asked.recv() => question,
            };
            tokio::select! {
                biased;
                answer = &mut answering => break answer,
                () = connected.gone.cancelled() => break Err(ServiceError::TransportClosed),
                () = talk.answer(question) => {}
            }
            if talk.asks.is_some() {
                asked.close();
                // One that came in the same moment would otherwise wait for its answer.
                while asked.try_recv().is_ok() {}
                match tokio::time::timeout(SETTLE, &mut answering).await {
                    Ok(answer) => break answer,
                    // Given up: its server may be working on it all the same.
                    Err(_) => return Ok(talk.asks.take().unwrap_or(Came::Torn)),
                }
            }
        };
        pending.over();
        let torn = flight.is_some_and(Flight::ended);
        if let Some(asks) = talk.asks.take() {
            return Ok(asks);
        }
        if torn {
            return Ok(Came::Torn);
        }
        if matches!(talk.turn, TurnToCall::Alone(_)) {
            self.turns.asked_nothing(&call.tool);
        }
        match answer? {
            ServerResult::CallToolResult(result) => Ok(Came::Result(result)),
            ServerResult::InputRequiredResult(result) if !with_sessions => Ok(came_of(asking_of(result))),
            ServerResult::CreateTaskResult(begun) if !with_sessions => {
                match self.follow_task(connected, begun.task, (follow, allowance)).await {
                    // The task was at work before it asked.
                    Came::InVain(why) => Ok(Came::Failed(self.unanswered(why, call.confirmed))),
                    came => Ok(came),
                }
            }
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }
}

/// A call whose server may ask while it waits.
struct Talk<'a> {
    upstream: &'a Upstream,
    call: &'a ToolCall,
    follow: &'a Follow,
    allowance: &'a Allowance,
    ready: Ready,
    turn: TurnToCall<'a>,
    /// What was asked and is not answered now.
    asks: Option<Came>,
}

impl Talk<'_> {
    /// Answers one question, or keeps it and lets the server know that nobody does.
    async fn answer(&mut self, question: Asked) {
        let Asked { form, reply, for_certain } = question;
        if !for_certain {
            self.upstream.turns.asks(&self.call.tool);
        }
        if let Some(said) = self.ready.take(&form) {
            drop(reply.send(said));
            return;
        }
        let ask = match &self.follow.askable {
            Askable::Now(ask) if for_certain || self.call.confirmed => ask,
            // A look-up that blocks the turn of others while a person thinks is made again instead.
            _ => {
                self.asks = Some(came_of(asking_one(form)));
                return;
            }
        };
        if let Err(reason) = asking_one(form.clone()) {
            self.asks = Some(came_of(Err(reason)));
            return;
        }
        // Calls that ask nothing may go on beside it.
        let _asked = self.upstream.turns.asking();
        self.turn = match std::mem::replace(&mut self.turn, TurnToCall::Free) {
            TurnToCall::Alone(turn) => TurnToCall::Beside(RwLockWriteGuard::downgrade(turn)),
            turn => turn,
        };
        let said = self.allowance.pausing(ask(form)).await;
        drop(reply.send(said));
    }
}

/// The request of a call, with the answers that its server wanted where it takes them like that.
fn request(
    call: &ToolCall,
    given: &Given,
    askable: &Askable,
    with_sessions: bool,
) -> (ClientRequest, PeerRequestOptions) {
    let mut params = CallToolRequestParams::new(call.tool.clone());
    if let Value::Object(arguments) = &call.arguments {
        params = params.with_arguments(arguments.clone());
    }
    let mut options = PeerRequestOptions::no_options();
    if !with_sessions {
        (params.input_responses, params.request_state) = returned(given);
        if matches!(askable, Askable::No) {
            options.meta = Some(unasked());
        }
    }
    (ClientRequest::CallToolRequest(CallToolRequest::new(params)), options)
}

/// Answers as a server of the era without sessions takes them, with its state.
pub(super) fn returned(given: &Given) -> (Option<InputResponses>, Option<String>) {
    let answers = given.answers.iter().filter_map(|answer| {
        let said = serde_json::to_value(elicit_result(answer.said.clone())).ok()?;
        Some((answer.key.clone(), said))
    });
    let answers: InputResponses = answers.collect();
    (Some(answers).filter(|answers| !answers.is_empty()), given.state.clone())
}

/// Says of one request that its user cannot be asked.
pub(super) fn unasked() -> RequestMetaObject {
    let (mut meta, mut capabilities) = (RequestMetaObject::new(), capabilities());
    capabilities.elicitation = None;
    meta.set_client_capabilities(capabilities);
    meta
}

struct Unwatch<'a> {
    shared: &'a Shared,
    token: rmcp::model::ProgressToken,
}

impl Drop for Unwatch<'_> {
    fn drop(&mut self) {
        self.shared.unwatch(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use rmcp::ErrorData;
    use rmcp::RoleServer;
    use rmcp::ServerHandler;
    use rmcp::model::CallToolResponse;
    use rmcp::model::ContentBlock;
    use rmcp::model::ServerCapabilities;
    use rmcp::model::ServerConfig;
    use rmcp::service::RequestContext;
    use serde_json::json;
    use tokio::sync::Notify;

    use super::*;
    use crate::domain::elicitation::Said;
    use crate::engine::ports::AskFn;
    use crate::mcp::era::Way;
    use crate::mcp::tasks::tests::call_of;
    use crate::mcp::tasks::tests::in_memory;
    use crate::mcp::upstream::Tries;

    const SESSIONS: ProtocolEra = ProtocolEra::WithSessions;

    #[tokio::test]
    async fn nobody_waits_behind_a_call_that_would_wait_for_a_person() {
        let turns = Turns::default();
        let _held = turns.take(SESSIONS, false).await;
        let mut alone = Box::pin(turns.take(SESSIONS, true));
        let mut behind = Box::pin(turns.take(SESSIONS, false));
        assert!((&mut alone).now_or_never().is_none() && (&mut behind).now_or_never().is_none());
        let asked = turns.asking();
        assert!(alone.await.is_none(), "it would wait for a person");
        assert!(behind.await.is_some());
        assert!(turns.take(SESSIONS, true).await.is_none() && turns.take(SESSIONS, false).await.is_some());
        drop((asked, _held));
        assert!(turns.take(SESSIONS, true).await.is_some());
    }

    /// Asks in `ask`, and notes what it began.
    #[derive(Clone, Default)]
    struct Curious(Arc<Mutex<Vec<String>>>);

    impl ServerHandler for Curious {
        fn get_info(&self) -> ServerConfig {
            ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
        }

        async fn call_tool(
            &self,
            request: CallToolRequestParams,
            context: RequestContext<RoleServer>,
        ) -> Result<CallToolResponse, ErrorData> {
            self.0.lock().expect("whole").push(request.name.to_string());
            if request.name == "ask" {
                let form = json!({ "mode": "form", "message": "Which?", "requestedSchema": { "type": "object", "properties": {} } });
                let form = serde_json::from_value(form).expect("a form");
                drop(context.peer.create_elicitation(form).await);
            }
            Ok(CallToolResult::success(vec![ContentBlock::text("done")]).into())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_person_thinks_others_go_on_and_what_must_be_alone_is_told_at_once() {
        let upstream = in_memory(&Curious::default(), Way::WithSessions).await;
        let (is_asked, answers) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (told, waited) = (Arc::clone(&is_asked), Arc::clone(&answers));
        let ask: AskFn = Arc::new(move |_| {
            let (told, waited) = (Arc::clone(&told), Arc::clone(&waited));
            Box::pin(async move {
                told.notify_one();
                waited.notified().await;
                Said::Decline
            })
        });
        let follow = Follow { askable: Askable::Now(ask), ..Follow::nobody() };
        let changing = call_of(&upstream, "ask", Tries::Once, &follow);
        let others = async {
            is_asked.notified().await;
            let nobody = Follow::nobody();
            let alone = call_of(&upstream, "ask", Tries::AgainOnNewConnection, &nobody).await.expect_err("it waits");
            assert!(alone.to_string().contains("waits for its user"), "{alone}");
            call_of(&upstream, "look", Tries::AgainOnNewConnection, &nobody).await.expect("a result");
            // It was under way when another one asked, which says little of it.
            upstream.turns.may_ask("look");
            let mut waits = Box::pin(call_of(&upstream, "look", Tries::AgainOnNewConnection, &nobody));
            let second = std::time::Duration::from_secs(1);
            assert!(tokio::time::timeout(second, &mut waits).await.is_err(), "a person is asked");
            answers.notify_one();
            waits.await.expect("a result");
        };
        let (changed, ()) = tokio::join!(changing, others);
        changed.expect("a result");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_waited_for_its_turn_is_not_sent_over_a_connection_that_ended_meanwhile() {
        let server = Curious::default();
        let upstream = in_memory(&server, Way::WithSessions).await;
        upstream.turns.may_ask("change");
        let held = upstream.turns.take(SESSIONS, false).await;
        let nobody = Follow::nobody();
        let mut call = Box::pin(call_of(&upstream, "change", Tries::Once, &nobody));
        assert!((&mut call).now_or_never().is_none());
        let connected = upstream.connection.lock().expect("whole").clone().expect("one");
        connected.gone.cancel();
        drop(held);
        let failure = call.await.expect_err("no other connection can be made").to_string();
        assert!(!failure.contains("in the middle of a call"), "{failure}");
        assert_eq!(*server.0.lock().expect("whole"), Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_given_up_for_a_new_one_is_no_failure_of_its_server() {
        let upstream = in_memory(&Curious::default(), Way::WithSessions).await;
        let connected = upstream.connection.lock().expect("whole").clone().expect("one");
        upstream.change(|state| state.up = true);
        upstream.renew(&connected);
        assert!(connected.is_over() && upstream.connection.lock().expect("whole").is_none());
        assert_eq!((upstream.state().up, upstream.breaker(|breaker| breaker.failures())), (true, 0));
    }
}
