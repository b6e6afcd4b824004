//! What the server behind a call asks, put to the client's user, and the answer back. A client with a
//! session is asked while its call waits; one of the revision without sessions gets the question as
//! the call's result and sends the call again with the answers. What it sends back is the
//! number of a question that is kept in the store with what the server wants to have back, so that
//! nothing in it can be changed: it is good for one answer of the same caller about the same call.
//! Says who asks; a server's words reach a client with nothing hidden in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::ElicitRequest;
use rmcp::model::ElicitRequestParams;
use rmcp::model::ElicitResult;
use rmcp::model::InputRequest;
use rmcp::model::InputRequiredResult;
use rmcp::model::InputResponses;
use rmcp::service::RequestContext;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::domain::caller::Caller;
use crate::domain::elicitation::Asking;
use crate::domain::elicitation::ROUNDS;
use crate::domain::elicitation::Said;
use crate::domain::event::AskedCall;
use crate::domain::form::Form;
use crate::domain::form::shown;
use crate::domain::form::shown_label;
use crate::domain::ids::CallId;
use crate::engine::call::ANSWER_WITHIN;
use crate::engine::call::Before;
use crate::engine::ports::AskFn;
use crate::engine::ports::Askable;
use crate::engine::record::OpenForClient;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::confirm::can_ask;
use crate::mcp::proxy::confirm::without_sessions;
use crate::mcp::proxy::not_made;
use crate::mcp::session::said_of;

/// How the state of a server's question begins, so that none is taken for one whether to run something.
const STATE: &str = "tool-";

/// A question that waits to be put to the client's user.
pub(super) type Waiting = (Form, oneshot::Sender<Said>);

/// The question that a client answers with its call, if it answers one of a server.
pub(super) fn returned(state: Option<&str>) -> Result<Option<CallId>, ErrorData> {
    let Some(id) = state.and_then(|state| state.strip_prefix(STATE)) else { return Ok(None) };
    id.parse().map(Some).map_err(|_| unknown_state())
}

/// A state that none of our questions has.
pub(super) fn unknown_state() -> ErrorData {
    ErrorData::invalid_params("requestState is not one of this server", None)
}

/// What a client says, by the server's names of what it asked.
pub(super) fn said(responses: Option<InputResponses>) -> Result<BTreeMap<String, Said>, ErrorData> {
    let responses = responses.unwrap_or_default().into_iter();
    let said = responses.map(|(key, response)| {
        let answer = serde_json::from_value::<ElicitResult>(response).map(said_of);
        let wrong =
            |_| ErrorData::invalid_params(format!("inputResponses.{} is no answer to a form", shown(&key, 80)), None);
        answer.map_err(wrong).map(|said| (key.clone(), said))
    });
    said.collect()
}

/// How the user of a call can be asked; and where the questions come that wait to be put.
pub(super) fn askable(context: &RequestContext<RoleServer>) -> (Askable, mpsc::Receiver<Waiting>) {
    let (ask, asked) = mpsc::channel::<Waiting>(1);
    let askable = match (can_ask(context), without_sessions(context)) {
        (false, _) => Askable::No,
        (true, true) => Askable::Later,
        (true, false) => {
            let ask: AskFn = Arc::new(move |form| {
                let ask = ask.clone();
                Box::pin(async move {
                    let (reply, said) = oneshot::channel();
                    if ask.send((form, reply)).await.is_err() {
                        return Said::Cancel;
                    }
                    said.await.unwrap_or(Said::Cancel)
                })
            });
            Askable::Now(ask)
        }
    };
    (askable, asked)
}

impl Proxy {
    /// Puts a question to the user of a client with a session. One that does not answer in time gave no answer.
    pub(super) async fn put(&self, context: &RequestContext<RoleServer>, call: &AskedCall, form: &Form) -> Said {
        let Some(form) = to_client(call, form) else { return Said::Cancel };
        let asking = context.peer.create_elicitation_with_timeout(form, Some(ANSWER_WITHIN));
        tokio::select! {
            () = context.ct.cancelled() => Said::Cancel,
            answer = asking => answer.map_or(Said::Cancel, said_of),
        }
    }

    /// Keeps the question of a call's server, and makes it the result of the call.
    ///
    /// # Errors
    /// Why the client is not asked.
    pub(super) async fn ask_later(
        &self,
        caller: &Caller,
        call: AskedCall,
        confirmed: bool,
        asking: Asking,
        before: Before,
    ) -> Result<Result<InputRequiredResult, String>, ErrorData> {
        if before.round >= ROUNDS {
            return Ok(Err(format!("{} has asked {ROUNDS} times and is not answered any more", call.server)));
        }
        let forms = asking.forms.iter().map(|(key, form)| {
            let request = InputRequest::Elicitation(ElicitRequest::new(to_client(&call, form)?));
            Some((key.clone(), request))
        });
        let Some(requests) = forms.collect::<Option<BTreeMap<_, _>>>() else {
            return Ok(Err(format!("{} asks something that is no form", call.server)));
        };
        let open = OpenForClient { confirmed, asking, earlier: before.earlier, round: before.round + 1 };
        let question = self.engine.ask_client_for_tool(caller, call, open).await.map_err(not_made)?;
        Ok(Ok(InputRequiredResult::new(Some(requests), Some(format!("{STATE}{question}")))))
    }
}

/// A form as clients get it: with who asks, and with nothing hidden in its words.
fn to_client(call: &AskedCall, form: &Form) -> Option<ElicitRequestParams> {
    let mut schema = form.schema.clone();
    show(&mut schema);
    let requested_schema = serde_json::from_value(schema).ok()?;
    let who = format!("{} of the server {} asks: ", shown(&call.tool, 80), shown(&call.server, 80));
    let message = format!("{who}{}", form.shown());
    Some(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}

/// Writes out what cannot be seen in the words of a schema; what would be sent back stays as it is.
fn show(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("title" | "description", Value::String(text)) => *text = shown_label(text),
                    ("enumNames", Value::Array(names)) => {
                        for name in names {
                            if let Value::String(text) = name {
                                *text = shown_label(text);
                            }
                        }
                    }
                    (_, value) => show(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(show),
        _ => {}
    }
}
