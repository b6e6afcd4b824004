//! Whose a question is that a server of the era with sessions sends in the middle of a call.
//!
//! Over streamable HTTP it mostly comes on the stream of the call that it belongs to, and is that
//! call's. Otherwise it says nothing of that: it belongs to the one call under way, where there is
//! exactly one and none was broken off before that the server may still be working on. What
//! cannot be told for certain is put to nobody: the server is told that nobody answers, and every call
//! that the question could have been of is torn, since one of them goes on without its answer. Decided
//! where messages are read in order (`in_order`), so that a call which begins a moment later is
//! never taken for the one that asked.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use rmcp::model::ElicitRequest;
use rmcp::model::ElicitRequestParams;
use rmcp::model::InputRequest;
use rmcp::model::InputRequiredResult;
use rmcp::model::RequestId;
use rmcp::model::ServerResult;
use rmcp::service::InboundStreamOrigin;
use rmcp::service::ServiceError;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::elicitation::Asking;
use crate::domain::elicitation::FORM_BYTES;
use crate::domain::elicitation::FORMS;
use crate::domain::elicitation::FormAnswer;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::Said;
use crate::domain::form::Form;
use crate::mcp::upstream::bytes_within;

/// Most calls that were broken off and are remembered; after more it is never known that all are over.
const BROKEN_OFF: usize = 1_000;

/// What the one question of a server is called that gives its questions no names.
const ONLY: &str = "question";

/// A question for one call, and where its answer goes. Dropped, the server is told that nobody answers.
pub(crate) struct Asked {
    pub(crate) form: Form,
    pub(crate) reply: oneshot::Sender<Said>,
    /// It came on the call's own stream, so that no other call could be meant.
    pub(crate) for_certain: bool,
}

/// The calls under way over one connection.
#[derive(Default)]
pub(crate) struct UnderWay {
    // A std mutex: held for map operations, never across an await.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    calls: HashMap<u64, Call>,
    broken_off: HashSet<RequestId>,
    /// More were broken off than are remembered.
    too_many: bool,
    replies: HashMap<RequestId, oneshot::Receiver<Said>>,
}

impl State {
    fn has_broken_off(&self) -> bool {
        self.too_many || !self.broken_off.is_empty()
    }
}

struct Call {
    request: Option<RequestId>,
    questions: Option<mpsc::Sender<Asked>>,
    torn: bool,
}

impl UnderWay {
    /// Notes a call, or another request in which a server could ask; `questions` where it can be answered.
    pub(crate) fn begin(self: &Arc<Self>, questions: Option<mpsc::Sender<Asked>>) -> Flight {
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.calls.insert(number, Call { request: None, questions, torn: false });
        Flight { under_way: Arc::clone(self), number, ended: false }
    }

    /// A question has come, on a stream if that is known. Called in the order of messages.
    pub(crate) fn asked(&self, id: &RequestId, origin: Option<&InboundStreamOrigin>, params: &ElicitRequestParams) {
        let Some(form) = form_of(params) else { return };
        let mut state = self.lock();
        let of = match origin {
            Some(InboundStreamOrigin::OutboundRequest(request)) => {
                Some(state.calls.iter().find(|(_, call)| call.request.as_ref() == Some(request)).map(|(at, _)| *at))
            }
            _ => None,
        };
        let whose = match (of, state.calls.len()) {
            (Some(Some(found)), _) => Some(found),
            (Some(None), _) => {
                // Of one that is over, or of one whose name is not noted yet.
                let unnamed = state.calls.values_mut().filter(|call| call.request.is_none());
                unnamed.for_each(|call| call.torn = true);
                None
            }
            (None, 1) if !state.has_broken_off() => state.calls.keys().next().copied(),
            (None, _) => {
                state.calls.values_mut().for_each(|call| call.torn = true);
                None
            }
        };
        let Some(call) = whose.and_then(|at| state.calls.get_mut(&at)) else { return };
        let (reply, said) = oneshot::channel();
        let asked = Asked { form, reply, for_certain: of.is_some() };
        match call.questions.as_ref().map(|questions| questions.try_send(asked)) {
            Some(Ok(())) => drop(state.replies.insert(id.clone(), said)),
            // One more while the first is open is not answered.
            Some(Err(_)) => call.torn = true,
            None => {}
        }
    }

    /// An answer has come; a call that was broken off is over by that.
    pub(crate) fn answered(&self, id: &RequestId) {
        self.lock().broken_off.remove(id);
    }

    /// What is said to a question.
    pub(crate) async fn said(&self, id: &RequestId) -> Said {
        let said = self.lock().replies.remove(id);
        match said {
            Some(said) => said.await.unwrap_or(Said::Cancel),
            None => Said::Cancel,
        }
    }

    /// Whether the server may still be working on a call that nobody waits for.
    pub(crate) fn has_broken_off(&self) -> bool {
        self.lock().has_broken_off()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call under way. Dropped before it ended, it was broken off.
pub(crate) struct Flight {
    under_way: Arc<UnderWay>,
    number: u64,
    ended: bool,
}

impl Flight {
    /// It was sent under this id.
    pub(crate) fn sent(&self, id: &RequestId) {
        if let Some(call) = self.under_way.lock().calls.get_mut(&self.number) {
            call.request = Some(id.clone());
        }
    }

    /// It has ended; whether a question could have been of it that was put to nobody.
    pub(crate) fn ended(mut self) -> bool {
        self.ended = true;
        let call = self.under_way.lock().calls.remove(&self.number);
        call.is_some_and(|call| call.torn)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut state = self.under_way.lock();
        let call = state.calls.remove(&self.number);
        let Some(request) = call.and_then(|call| call.request) else { return };
        if state.broken_off.len() < BROKEN_OFF {
            state.broken_off.insert(request);
        } else {
            state.too_many = true;
        }
    }
}

/// The form of a question; `None` for a page that is to be opened.
pub(crate) fn form_of(params: &ElicitRequestParams) -> Option<Form> {
    let ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } = params else { return None };
    let schema = serde_json::to_value(requested_schema).ok()?;
    Some(Form { message: message.clone(), schema })
}

/// A question of a server with sessions, as one without would have answered with it.
///
/// # Errors
/// It is no form.
pub(crate) fn wanted(form: Form) -> Result<ServerResult, ServiceError> {
    let requested_schema = serde_json::from_value(form.schema).map_err(|_| ServiceError::UnexpectedResponse)?;
    let params = ElicitRequestParams::FormElicitationParams { meta: None, message: form.message, requested_schema };
    let request = InputRequest::Elicitation(ElicitRequest::new(params));
    Ok(InputRequiredResult::new(Some([(ONLY.to_owned(), request)].into()), None).into())
}

/// What a server of the era without sessions wants to know, within its bounds.
///
/// # Errors
/// Why nobody is asked that.
pub(crate) fn asking_of(result: InputRequiredResult) -> Result<Asking, String> {
    let requests = result.input_requests.unwrap_or_default();
    if requests.len() > FORMS {
        return Err(format!("it asks more than {FORMS} things at once"));
    }
    let mut asking = Asking { state: result.request_state, ..Asking::default() };
    for (key, request) in requests {
        let form = match &request {
            InputRequest::Elicitation(request) => form_of(&request.params),
            _ => None,
        };
        let form = form.ok_or("it asks for something else than a form to fill in")?;
        asking.forms.insert(key, form);
    }
    within_bounds(asking)
}

/// What a server of the era with sessions asks.
///
/// # Errors
/// Why nobody is asked that.
pub(crate) fn asking_one(form: Form) -> Result<Asking, String> {
    within_bounds(Asking { forms: [(ONLY.to_owned(), form)].into(), state: None })
}

fn within_bounds(asking: Asking) -> Result<Asking, String> {
    match bytes_within(&asking, FORM_BYTES) {
        Some(_) => Ok(asking),
        None => Err(format!("its question has more than {FORM_BYTES} bytes")),
    }
}

/// Answers that are there before a server with sessions asks; each is good for one question.
pub(crate) struct Ready(Vec<FormAnswer>);

impl Ready {
    pub(crate) fn of(given: Option<&Given>) -> Self {
        Self(given.map(|given| given.earlier.iter().chain(&given.answers).cloned().collect()).unwrap_or_default())
    }

    /// The answer to exactly this form.
    pub(crate) fn take(&mut self, form: &Form) -> Option<Said> {
        let at = self.0.iter().position(|answer| answer.form.as_ref() == Some(form))?;
        Some(self.0.remove(at).said)
    }
}

/// The time that a call may take, without the time in which its user is asked.
pub(crate) struct Allowance {
    until: watch::Sender<Option<Instant>>,
}

impl Allowance {
    pub(crate) fn new(limit: Duration) -> Self {
        Self { until: watch::Sender::new(Some(Instant::now() + limit)) }
    }

    /// Waits without the time running.
    pub(crate) async fn pausing<T>(&self, waiting: impl Future<Output = T>) -> T {
        let left = self.until.send_replace(None).map(|until| until.saturating_duration_since(Instant::now()));
        // Runs on whatever becomes of the waiting.
        let _runs_on = Paused { until: &self.until, left };
        waiting.await
    }

    /// Returns when the time is over.
    pub(crate) async fn over(&self) {
        let mut until = self.until.subscribe();
        loop {
            let at = *until.borrow_and_update();
            let passed = async {
                match at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = passed => return,
                changed = until.changed() => if changed.is_err() { return },
            }
        }
    }
}

struct Paused<'a> {
    until: &'a watch::Sender<Option<Instant>>,
    left: Option<Duration>,
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.until.send_replace(self.left.map(|left| Instant::now() + left));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(text: &str) -> ElicitRequestParams {
        let schema = json!({ "type": "object", "properties": {} });
        serde_json::from_value(json!({ "mode": "form", "message": text, "requestedSchema": schema })).expect("a form")
    }

    fn id(number: i64) -> RequestId {
        RequestId::Number(number)
    }

    fn call(under_way: &Arc<UnderWay>, number: i64) -> (Flight, mpsc::Receiver<Asked>) {
        let (questions, asked) = mpsc::channel(1);
        let flight = under_way.begin(Some(questions));
        flight.sent(&id(number));
        (flight, asked)
    }

    #[tokio::test]
    async fn a_question_belongs_to_the_one_call_under_way() {
        let under_way = Arc::<UnderWay>::default();
        let (flight, mut asked) = call(&under_way, 1);
        under_way.asked(&id(100), None, &question("q"));
        let got = asked.try_recv().expect("it is asked");
        assert_eq!((got.form.message.as_str(), got.for_certain), ("q", false));
        got.reply.send(Said::Decline).expect("somebody waits");
        assert_eq!(under_way.said(&id(100)).await, Said::Decline);
        assert!(!flight.ended());
    }

    #[tokio::test]
    async fn with_several_it_is_nobodys_and_all_are_torn() {
        let under_way = Arc::<UnderWay>::default();
        let ((one, mut of_one), (two, mut of_two)) = (call(&under_way, 1), call(&under_way, 2));
        under_way.asked(&id(100), None, &question("q"));
        assert_eq!(under_way.said(&id(100)).await, Said::Cancel);
        assert!(of_one.try_recv().is_err() && of_two.try_recv().is_err());
        let (later, _) = call(&under_way, 3);
        assert!(one.ended() && two.ended() && !later.ended());
    }

    #[tokio::test]
    async fn on_a_calls_own_stream_it_is_that_calls_and_nobody_elses() {
        let under_way = Arc::<UnderWay>::default();
        let ((one, mut of_one), (two, mut of_two)) = (call(&under_way, 1), call(&under_way, 2));
        under_way.asked(&id(100), Some(&InboundStreamOrigin::OutboundRequest(id(2))), &question("q"));
        assert!(of_one.try_recv().is_err() && of_two.try_recv().is_ok_and(|asked| asked.for_certain));
        under_way.asked(&id(101), Some(&InboundStreamOrigin::OutboundRequest(id(9))), &question("of one that is over"));
        assert_eq!(under_way.said(&id(101)).await, Said::Cancel);
        assert!(!one.ended() && !two.ended());
        let (three, _of_three) = call(&under_way, 3);
        let unnamed = under_way.begin(None);
        for at in [102, 103] {
            under_way.asked(&id(at), Some(&InboundStreamOrigin::OutboundRequest(id(3))), &question("two at once"));
        }
        under_way.asked(&id(104), Some(&InboundStreamOrigin::OutboundRequest(id(4))), &question("not noted yet"));
        assert!(three.ended() && unnamed.ended());
    }

    #[tokio::test]
    async fn a_call_that_was_broken_off_may_still_ask_so_the_next_gets_no_question() {
        let under_way = Arc::<UnderWay>::default();
        drop(call(&under_way, 1));
        let (two, mut of_two) = call(&under_way, 2);
        under_way.asked(&id(100), Some(&InboundStreamOrigin::Unassociated), &question("of the first"));
        assert!(of_two.try_recv().is_err() && two.ended());
        under_way.answered(&id(1));
        let (_three, mut of_three) = call(&under_way, 3);
        under_way.asked(&id(101), None, &question("of the third"));
        assert!(of_three.try_recv().is_ok(), "the first is known to be over");
        let many = i64::try_from(BROKEN_OFF).expect("not so many") + 1;
        for number in 1_000..1_000 + many {
            drop(call(&under_way, number));
        }
        (1_000..1_000 + many).for_each(|number| under_way.answered(&id(number)));
        assert!(under_way.has_broken_off(), "one of them was not remembered");
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_a_call_does_not_run_while_its_user_is_asked() {
        let allowance = Allowance::new(Duration::from_secs(1));
        let begun = Instant::now();
        let asking = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            allowance.pausing(tokio::time::sleep(Duration::from_secs(60))).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = asking => unreachable!("it never ends"),
            () = allowance.over() => assert_eq!(begun.elapsed().as_secs_f64().round(), 61.0),
        }
    }
}
