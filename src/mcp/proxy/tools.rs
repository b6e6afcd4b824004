//! Tools as clients see them, and one call of a client from its arguments to its result.

use std::collections::BTreeMap;
use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::JsonObject;
use rmcp::model::MetaObject;
use rmcp::model::ProgressNotificationParam;
use rmcp::model::ProgressToken;
use rmcp::model::Tool;
use rmcp::service::Peer;
use rmcp::service::RequestContext;
use serde_json::Value;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc;

use crate::domain::caller::Caller;
use crate::domain::elicitation::FormAnswer;
use crate::domain::elicitation::Given;
use crate::domain::elicitation::Said;
use crate::domain::event::AskedCall;
use crate::domain::ids::CallId;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolSpec;
use crate::domain::tool::Unasked;
use crate::engine::call::Before;
use crate::engine::call::CallError;
use crate::engine::call::Called;
use crate::engine::call::Watch;
use crate::engine::ports::Catalog;
use crate::engine::ports::Follow;
use crate::engine::ports::ProgressFn;
use crate::engine::ports::Tools;
use crate::engine::ready_call::ReadyCall;
use crate::engine::ready_call::Sorted;
use crate::engine::record::LoneCall;
use crate::mcp::pass_through::Missing;
use crate::mcp::proxy::META;
use crate::mcp::proxy::Names;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::asks;
use crate::mcp::proxy::confirm::Returned;
use crate::mcp::proxy::confirm::Settled;
use crate::mcp::proxy::not_made;
use crate::mcp::proxy::refused;

/// Progress that waits to be sent; what comes while it is full is left out.
const PROGRESS: usize = 64;

impl Proxy {
    /// All tools that this caller sees and policy allows, in the order of their names, and the
    /// servers that are down.
    ///
    /// # Errors
    /// When there is no place to ask for them.
    pub(super) async fn tools(&self, caller: &Caller) -> Result<(Vec<Tool>, Vec<Missing>), ErrorData> {
        let _place = self.engine.place_for_client().await.map_err(not_made)?;
        let (catalog, lists) = self.hub.seen(caller).await;
        let allowed = catalog.tools.iter().filter(|spec| self.engine.router().policy().allows(spec));
        let tools = allowed.filter_map(|spec| self.definition(spec, lists.get(spec.server.as_str())?));
        let down = catalog.servers.iter().filter(|server| !server.up);
        let missing = down.map(|server| Missing {
            server: server.name.clone(),
            error: server.error.clone().unwrap_or_else(|| "not connected yet".to_owned()),
        });
        Ok((tools.collect(), missing.collect()))
    }

    /// One tool by the name that clients use, of a server that shows everybody the same.
    pub(super) fn tool(&self, name: &str) -> Option<Tool> {
        let spec = self.hub.shared().tools.iter().find(|spec| self.name(spec) == name).cloned()?;
        self.definition(&spec, &self.hub.shared_tools(&spec.server)?)
    }

    /// The tool as its server describes it, under our name.
    fn definition(&self, spec: &ToolSpec, listed: &[Tool]) -> Option<Tool> {
        // The list may be newer than the catalog.
        let accepted = |tool: &&Tool| tool.name == spec.tool && self.hub.pins().accepts(&spec.server, tool);
        let mut tool = listed.iter().find(accepted)?.clone();
        tool.name = self.name(spec).to_owned().into();
        if tool.description.is_some() {
            tool.description = Some(spec.description.clone().into());
        }
        Some(tool)
    }

    fn name<'a>(&self, spec: &'a ToolSpec) -> &'a str {
        match self.names {
            Names::Qualified => spec.name.as_str(),
            Names::Bare => &spec.tool,
        }
    }

    /// A tool that nobody has, or whose server is down.
    fn unknown(name: &str, catalog: &Catalog) -> ErrorData {
        let shown: String = name.chars().take(80).collect();
        let down = catalog.servers.iter().filter(|server| !server.up).map(|server| match &server.error {
            Some(error) => format!("{} ({error})", server.name),
            None => server.name.clone(),
        });
        let down: Vec<String> = down.collect();
        let mut text = format!("no tool {shown}");
        if !down.is_empty() {
            text.push_str(&format!("; not available now: {}, so their tools are missing", down.join(", ")));
        }
        ErrorData::invalid_params(text, None)
    }

    /// One call, asked about first where it must be.
    pub(super) async fn call(
        &self,
        caller: Caller,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.made(caller, request, context).await.or_else(|not| match not {
            Not::Called(error) => told(error).map(Into::into),
            Not::Understood(error) => Err(error),
        })
    }

    async fn made(
        &self,
        caller: Caller,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Not> {
        let catalog = self.hub.catalog(&caller).await;
        let spec = catalog.tools.iter().find(|spec| self.name(spec) == request.name);
        let spec = spec.ok_or_else(|| Self::unknown(&request.name, &catalog))?;
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let asked = named(&spec.server, &spec.tool, arguments.clone());
        let sorted = self.engine.sort_for_client(&caller, &catalog, spec, arguments)?;
        if let Some(question) = asks::returned(request.request_state.as_deref())? {
            let said = asks::said(request.input_responses)?;
            let place = self.engine.place_for_client().await?;
            let (ready, before) = self.engine.answered_by_client(&caller, question, sorted, &asked, said).await?;
            return self.finish(caller, (ready, place), Some(question), before, context).await;
        }
        let (ready, question, place) = match sorted {
            Sorted::Ready(_) if request.request_state.is_some() => return Err(asks::unknown_state().into()),
            // What a client says without being asked is for the server to judge.
            Sorted::Ready(ready) => {
                let ready = ready.with(unasked(asks::said(request.input_responses)?));
                (ready, None, self.engine.place_for_client().await?)
            }
            Sorted::Pending(pending) => {
                let returned = Returned { state: request.request_state, responses: request.input_responses };
                match self.settle(&caller, &pending, returned, &context).await? {
                    Settled::Run(ready, question, place) => (ready, Some(question), place),
                    Settled::Ask(question) => return Ok(question.into()),
                    Settled::Not(text) => return Ok(failed(text).into()),
                }
            }
            Sorted::Unfit(problems) => return Err(CallError::Arguments { problems }.into()),
        };
        self.finish(caller, (ready, place), question, Before::default(), context).await
    }

    /// Runs a call in its place to its result, or to what its server asks.
    async fn finish(
        &self,
        caller: Caller,
        (ready, place): (ReadyCall, OwnedSemaphorePermit),
        question: Option<CallId>,
        before: Before,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, Not> {
        let (asked, confirmed) = (ready.asked(), ready.is_confirmed());
        let called = self.run(caller.clone(), (ready, place), question, context).await?;
        let Err(ToolFailure::AsksUser { asking, .. }) = &called.answer else { return Ok(answer(called)?.into()) };
        match self.ask_later(&caller, asked, confirmed, (**asking).clone(), before).await? {
            Ok(question) => Ok(question.into()),
            Err(text) => Ok(failed(text).into()),
        }
    }

    /// Runs a call and passes its progress on, in order, until its end.
    async fn run(
        &self,
        caller: Caller,
        (ready, place): (ReadyCall, OwnedSemaphorePermit),
        question: Option<CallId>,
        context: RequestContext<RoleServer>,
    ) -> Result<Called, CallError> {
        let token = context.meta.get_progress_token();
        let (told, mut heard) = mpsc::channel(PROGRESS);
        let progress: ProgressFn = Arc::new(move |progress, total, message| {
            drop(told.try_send((progress, total, message)));
        });
        let (askable, mut asked) = asks::askable(&context);
        let call = ready.asked();
        let watch = Watch { follow: Follow { progress, askable }, cancel: context.ct.clone() };
        let running = self.engine.run_for_client(caller.clone(), ready, question, watch, place);
        tokio::pin!(running);
        loop {
            tokio::select! {
                biased;
                Some(step) = heard.recv() => pass_on(&context.peer, token.as_ref(), step).await,
                Some((form, reply)) = asked.recv() => {
                    let Some(_place) = self.engine.place_to_ask(&caller) else { return Err(CallError::TooManyAsked) };
                    tokio::select! {
                        said = self.put(&context, &call, &form) => drop(reply.send(said)),
                        called = &mut running => return called,
                    }
                }
                called = &mut running => {
                    while let Ok(step) = heard.try_recv() {
                        pass_on(&context.peer, token.as_ref(), step).await;
                    }
                    return called;
                }
            }
        }
    }
}

/// Why a call has no result of its server.
#[derive(Debug)]
enum Not {
    /// It was not made, or not to its end.
    Called(CallError),
    /// The request is none that the protocol or this server knows.
    Understood(ErrorData),
}

impl From<CallError> for Not {
    fn from(error: CallError) -> Self {
        Not::Called(error)
    }
}

impl From<ErrorData> for Not {
    fn from(error: ErrorData) -> Self {
        Not::Understood(error)
    }
}

/// Answers of a client to what it was not asked here.
pub(super) fn unasked(said: BTreeMap<String, Said>) -> Given {
    let answers = said.into_iter().map(|(key, said)| FormAnswer { key, form: None, said });
    Given { answers: answers.collect(), ..Given::default() }
}

async fn pass_on(
    peer: &Peer<RoleServer>,
    token: Option<&ProgressToken>,
    (progress, total, message): (f64, Option<f64>, Option<String>),
) {
    let Some(token) = token else { return };
    let mut step = ProgressNotificationParam::new(token.clone(), progress);
    step.total = total;
    step.message = message;
    if let Err(error) = peer.notify_progress(step).await {
        tracing::debug!(error = %error, "progress did not reach an MCP client");
    }
}

/// A result that says why there is none, for the client's user or model.
pub(super) fn failed(text: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// What the caller can mend is a result of the tool; the rest an error of the protocol.
fn told(error: CallError) -> Result<CallToolResult, ErrorData> {
    match error {
        CallError::Store(_) | CallError::BrokeOff | CallError::UnknownTool { .. } => Err(not_made(error)),
        error => Ok(failed(error.to_string())),
    }
}

/// What the server sent, with where and when it was obtained.
fn answer(called: Called) -> Result<CallToolResult, ErrorData> {
    let Called { record, observed_at, content, answer, .. } = called;
    // Shared with the structured content, which can then be moved.
    drop(content);
    let provenance = provenance(&record, observed_at);
    let raw = match answer {
        Ok(raw) => Arc::unwrap_or_clone(raw),
        Err(failure @ (ToolFailure::Refused { .. } | ToolFailure::InvalidArguments { .. })) => {
            return Err(refused(failure));
        }
        Err(failure) => {
            let mut result = failed(format!("{failure}{}", way_out(&failure)));
            result.meta = Some(with(None, provenance));
            return Ok(result);
        }
    };
    let RawToolResult { is_error, structured, blocks, meta, .. } = raw;
    let blocks: Result<Vec<ContentBlock>, _> = blocks.into_iter().map(serde_json::from_value).collect();
    let blocks = blocks.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let mut result = CallToolResult::success(blocks);
    result.is_error = Some(is_error);
    result.structured_content = structured.map(Arc::unwrap_or_clone);
    result.meta = Some(with(meta, provenance));
    Ok(result)
}

/// How else what a server asked would have been put to somebody, if there is a way.
fn way_out(failure: &ToolFailure) -> &'static str {
    match failure {
        ToolFailure::Unanswered { why: Unasked::NoWay, .. } => {
            ". What a server asks is put to users of clients that can show forms (elicitation), and of the portal's chat."
        }
        ToolFailure::Unanswered { why: Unasked::NotWhileItWaits, .. } => {
            ". What a server asks while a call waits is put to users of clients with a session that can show forms (elicitation)."
        }
        _ => "",
    }
}

/// Where and when something was obtained.
pub(super) fn provenance(record: &LoneCall, observed_at: jiff::Timestamp) -> Value {
    json!({
        "result_id": record.id,
        "server": record.server,
        "tool": record.tool,
        "observed_at": format!("{observed_at:.3}"),
        "outcome": record.outcome.as_str(),
    })
}

/// The server's own `_meta` with ours.
pub(super) fn with(meta: Option<Value>, provenance: Value) -> MetaObject {
    let mut fields = match meta {
        Some(Value::Object(fields)) => fields,
        _ => JsonObject::new(),
    };
    fields.insert(format!("{META}provenance"), provenance);
    MetaObject(fields)
}

/// The call that a client asks about.
pub(super) fn named(server: &str, tool: &str, arguments: Value) -> AskedCall {
    AskedCall { server: server.to_owned(), tool: tool.to_owned(), arguments }
}
