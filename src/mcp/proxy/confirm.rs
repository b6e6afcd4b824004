//! Asks a client's user before a call that may change something, in the words of chat and with
//! exactly what would run. Clients with a session are asked while their call waits; those of the
//! revision without sessions get the question as the call's result and send the call again with
//! the answer. What they send back is the number of a question that is kept here, so nothing in
//! it can be changed: it is good for one answer of the same caller about the same call.

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ElicitRequest;
use rmcp::model::ElicitRequestParams;
use rmcp::model::ElicitResult;
use rmcp::model::ElicitationAction;
use rmcp::model::InputRequest;
use rmcp::model::InputRequiredResult;
use rmcp::model::InputResponses;
use rmcp::model::ProtocolVersion;
use rmcp::service::RequestContext;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use crate::domain::caller::Caller;
use crate::domain::ids::CallId;
use crate::domain::lang::Lang;
use crate::domain::notice::NoticeKind;
use crate::domain::phrases::phrase;
use crate::engine::call::ANSWER_WITHIN;
use crate::engine::call::CallError;
use crate::engine::ready_call::PendingCall;
use crate::engine::ready_call::ReadyCall;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::asks::unknown_state;
use crate::mcp::proxy::not_made;

/// The question among the requests for input.
const QUESTION: &str = "confirm";
/// The field of the form.
const RUN: &str = "run";

/// What a client sends with a call that it makes again.
pub(super) struct Returned {
    pub(super) state: Option<String>,
    pub(super) responses: Option<InputResponses>,
}

/// What came of asking.
pub(super) enum Settled {
    /// The user said yes to this question; with the place for the call.
    Run(ReadyCall, CallId, OwnedSemaphorePermit),
    /// The client has to ask, and to make the call again.
    Ask(InputRequiredResult),
    /// It does not run, and why.
    Not(String),
}

impl Proxy {
    /// Asks, or takes the answer.
    pub(super) async fn settle(
        &self,
        caller: &Caller,
        pending: &PendingCall,
        returned: Returned,
        context: &RequestContext<RoleServer>,
    ) -> Result<Settled, ErrorData> {
        if let Some(state) = returned.state {
            let question: CallId = state.parse().map_err(|_| unknown_state())?;
            let given = returned.responses.and_then(|mut responses| responses.remove(QUESTION));
            let given = given.and_then(|answer| serde_json::from_value::<ElicitResult>(answer).ok());
            let missing = || ErrorData::invalid_params(format!("inputResponses has no answer to {QUESTION}"), None);
            return self.answered(caller, pending, question, given.ok_or_else(missing)?).await;
        }
        if !can_ask(context) {
            return Ok(Settled::Not(cannot_ask(pending)));
        }
        let (question, text) = self.engine.ask_client(caller, pending).await.map_err(not_made)?;
        let form = form(text);
        if without_sessions(context) {
            let request = InputRequest::Elicitation(ElicitRequest::new(form));
            let requests = [(QUESTION.to_owned(), request)].into();
            return Ok(Settled::Ask(InputRequiredResult::new(Some(requests), Some(question.to_string()))));
        }
        let asking = context.peer.create_elicitation_with_timeout(form, Some(ANSWER_WITHIN));
        let answer = tokio::select! {
            () = context.ct.cancelled() => None,
            answer = asking => answer.ok(),
        };
        match answer {
            Some(answer) => self.answered(caller, pending, question, answer).await,
            None => {
                self.engine.declined_by_client(caller, question).await.map_err(not_made)?;
                Ok(Settled::Not(format!("the client did not answer. {}", declined())))
            }
        }
    }

    async fn answered(
        &self,
        caller: &Caller,
        pending: &PendingCall,
        question: CallId,
        answer: ElicitResult,
    ) -> Result<Settled, ErrorData> {
        let ticked = answer.content.is_some_and(|content| content[RUN] == json!(true));
        if answer.action != ElicitationAction::Accept || !ticked {
            self.engine.declined_by_client(caller, question).await.map_err(not_made)?;
            return Ok(Settled::Not(declined().to_owned()));
        }
        let place = match self.engine.place_for_client().await {
            Ok(place) => place,
            Err(error) => return Ok(Settled::Not(error.to_string())),
        };
        match self.engine.confirmed_by_client(caller, question, &pending.asked()).await {
            Ok(ready) => Ok(Settled::Run(ready, question, place)),
            Err(error @ CallError::Store(_)) => Err(not_made(error)),
            Err(error) => Ok(Settled::Not(error.to_string())),
        }
    }
}

/// Not run; nothing was called.
fn declined() -> &'static str {
    phrase(NoticeKind::Declined, Lang::default())
}

fn form(message: String) -> ElicitRequestParams {
    let schema = json!({
        "type": "object",
        "properties": { RUN: { "type": "boolean", "title": "Run it", "description": "Make the call exactly as shown" } },
        "required": [RUN],
    });
    let requested_schema = serde_json::from_value(schema).expect("a form of one yes or no is a valid one");
    ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema }
}

/// Whether the client speaks the revision in which a server asks by its results.
pub(super) fn without_sessions(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

/// Whether the client can show a form; one that says nothing of forms or pages can.
pub(super) fn can_ask(context: &RequestContext<RoleServer>) -> bool {
    let elicitation = context.client_capabilities().and_then(|can| can.elicitation);
    elicitation.is_some_and(|can| can.form.is_some() || can.url.is_none())
}

fn cannot_ask(pending: &PendingCall) -> String {
    let call = pending.asked();
    let (server, tool) = (call.server, call.tool);
    let operator = if pending.only_looks() {
        format!("take it from options.confirm of mcp.servers.{server}")
    } else {
        format!("add it to options.read_only of mcp.servers.{server}, if it changes nothing")
    };
    format!(
        "{tool} ({server}) runs only after a yes of its user, and this client offers no way to ask (elicitation). \
         Nothing was run. Use a client that can ask, or the chat of the portal; or let the operator {operator}."
    )
}
