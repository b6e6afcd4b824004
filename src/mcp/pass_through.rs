//! What goes through the hub besides calls of tools: prompts, resources, their templates, and
//! completion, asked for at the moment they are wanted and kept nowhere. Lists are bounded, and a
//! server that is down or fails is left out and named, so that it hides no other.
//!
//! Requests are sent past the client library's cache: what it holds may be old, and it answers
//! from there when the server fails.

use std::sync::Arc;
use std::sync::Mutex;

use jiff::Timestamp;
use rmcp::model::CallToolResult;
use rmcp::model::ClientRequest;
use rmcp::model::ContentBlock;
use rmcp::model::ListPromptsRequest;
use rmcp::model::ListResourceTemplatesRequest;
use rmcp::model::ListResourcesRequest;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::Prompt;
use rmcp::model::Resource;
use rmcp::model::ResourceTemplate;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerResult;
use rmcp::service::PeerRequestOptions;
use rmcp::service::ServiceError;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::caller::Caller;
use crate::domain::elicitation::Given;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::Unasked;
use crate::domain::tool::text_block;
use crate::engine::ports::ProtocolEra;
use crate::mcp::asking_call::SETTLE;
use crate::mcp::asking_call::unasked;
use crate::mcp::asks::Flight;
use crate::mcp::asks::Ready;
use crate::mcp::asks::wanted;
use crate::mcp::breaker::Breaker;
use crate::mcp::connected::Connected;
use crate::mcp::connected::Pending;
use crate::mcp::hub::Hub;
use crate::mcp::upstream::Upstream;
use crate::mcp::upstream::bytes_within;
use crate::mcp::upstream::is_over;

/// Most items of one list of one server; what comes after is left out.
const ITEMS: usize = 5_000;
/// Most bytes of such a list.
const LIST_BYTES: usize = 16 * 1024 * 1024;
/// Most pages of such a list.
const PAGES: usize = 100;

/// What all servers together offer of one kind.
#[derive(Debug)]
pub(crate) struct Offered<T> {
    /// Servers in the order of their names, each with its items in its own order.
    pub(crate) by_server: Vec<(String, Vec<T>)>,
    /// Servers that are down or did not answer.
    pub(crate) missing: Vec<Missing>,
}

/// A server that a list is without.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) server: String,
    /// Why, without secrets.
    pub(crate) error: String,
}

/// A kind of thing that servers list.
pub(crate) trait Listed: Sized + Send + Serialize {
    /// Whether a server has such things at all.
    fn offered(capabilities: &ServerCapabilities) -> bool;
    /// The request for one page.
    fn request(page: PaginatedRequestParams) -> ClientRequest;
    /// The items of an answer, and where the next page begins.
    fn page(answer: ServerResult) -> Option<(Vec<Self>, Option<String>)>;
}

macro_rules! listed {
    ($kind:ty, $capability:ident, $request:ident, $result:ident, $items:ident) => {
        impl Listed for $kind {
            fn offered(capabilities: &ServerCapabilities) -> bool {
                capabilities.$capability.is_some()
            }

            fn request(page: PaginatedRequestParams) -> ClientRequest {
                ClientRequest::$request($request::with_param(page))
            }

            fn page(answer: ServerResult) -> Option<(Vec<Self>, Option<String>)> {
                match answer {
                    ServerResult::$result(list) => Some((list.$items, list.next_cursor)),
                    _ => None,
                }
            }
        }
    };
}

listed!(Prompt, prompts, ListPromptsRequest, ListPromptsResult, prompts);
listed!(Resource, resources, ListResourcesRequest, ListResourcesResult, resources);
listed!(ResourceTemplate, resources, ListResourceTemplatesRequest, ListResourceTemplatesResult, resource_templates);

impl Hub {
    /// What the servers that are up offer this caller of a kind.
    pub(crate) async fn offered<T: Listed>(&self, caller: &Caller) -> Offered<T> {
        let upstreams = self.upstreams(caller).await.into_iter();
        let asked = upstreams.map(async |(name, upstream)| {
            let listed = match upstream {
                Ok(upstream) => upstream.list::<T>().await,
                Err(failure) => Err(failure),
            };
            (name.to_owned(), listed)
        });
        let mut offered = Offered { by_server: Vec::new(), missing: Vec::new() };
        for (server, listed) in futures::future::join_all(asked).await {
            match listed {
                Ok(items) => offered.by_server.push((server, items)),
                Err(failure) => {
                    tracing::debug!(upstream.name = server, error = %failure, "a list of an MCP server is missing");
                    offered.missing.push(Missing { server, error: failure.reason() });
                }
            }
        }
        offered
    }
}

impl Upstream {
    /// Whether it has things of a kind, as it said when it was connected. One that was lost a
    /// moment ago is waited for, as for a call; one that is down is not.
    ///
    /// # Errors
    /// [`ToolFailure::Unavailable`].
    pub(crate) async fn offers(&self, kind: impl Fn(&ServerCapabilities) -> bool) -> Result<bool, ToolFailure> {
        let _use = self.uses.begin();
        let state = self.state();
        if !state.up && !self.was_lost_just_now() {
            return Err(self.unavailable(state.error.as_deref().unwrap_or("not connected yet")));
        }
        let info = self.recovered().await?.connection.peer_info();
        Ok(info.is_some_and(|info| kind(&info.capabilities)))
    }

    /// One list, to its end or its bound.
    async fn list<T: Listed>(self: &Arc<Self>) -> Result<Vec<T>, ToolFailure> {
        if !self.offers(T::offered).await? {
            return Ok(Vec::new());
        }
        let mut items = Vec::new();
        let mut page = PaginatedRequestParams::default();
        let mut room = LIST_BYTES;
        for _ in 0..PAGES {
            let answer = self.request(T::request(page), None, &CancellationToken::new()).await?;
            let (more, next) = T::page(answer).ok_or_else(|| self.unexpected())?;
            let Some(rest) = bytes_within(&more, room).map(|bytes| room - bytes) else {
                tracing::warn!(upstream.name = self.name(), "an MCP server lists more bytes than are passed on");
                break;
            };
            room = rest;
            items.extend(more);
            let Some(next) = next.filter(|_| items.len() < ITEMS) else { break };
            page = PaginatedRequestParams::default().with_cursor(Some(next));
        }
        if items.len() > ITEMS {
            tracing::warn!(upstream.name = self.name(), "an MCP server lists more than is passed on");
            items.truncate(ITEMS);
        }
        Ok(items)
    }

    /// One request that changes nothing, within the time for lists. With `asks`, what its server wants
    /// to know first is its answer.
    ///
    /// # Errors
    /// See [`ToolFailure`].
    pub(crate) async fn request(
        self: &Arc<Self>,
        request: ClientRequest,
        asks: Option<Asks<'_>>,
        cancel: &CancellationToken,
    ) -> Result<ServerResult, ToolFailure> {
        let _use = self.uses.begin();
        let limit = self.time_for_lists();
        let used: Mutex<Option<Arc<Connected>>> = Mutex::default();
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ToolFailure::Cancelled),
            answer = tokio::time::timeout(limit, self.asked(request, asks, &used)) => answer.unwrap_or_else(|_| {
                if let Some(connected) = used.lock().ok().and_then(|mut used| used.take()) {
                    self.doubt(&connected);
                }
                Err(self.too_slow())
            }),
        }
    }

    /// Asks, and once more on a new connection where the old one turns out to be over, or where the server
    /// may have been told that nobody answers; `used` tells over which.
    async fn asked(
        &self,
        request: ClientRequest,
        asks: Option<Asks<'_>>,
        used: &Mutex<Option<Arc<Connected>>>,
    ) -> Result<ServerResult, ToolFailure> {
        let (mut again, mut torn_before) = (true, false);
        loop {
            let connected = self.recovered().await?;
            if let Ok(mut used) = used.lock() {
                *used = Some(Arc::clone(&connected));
            }
            let mut torn = false;
            let answer = self.asked_once(&connected, request.clone(), asks.map(|asks| (asks, &mut torn))).await;
            if torn && !answer.as_ref().is_err_and(is_over) {
                if std::mem::replace(&mut torn_before, true) {
                    let why = "it asked something, and it could not be told for certain about which request";
                    return Err(self.unanswered(Unasked::Because(why.to_owned()), false));
                }
                // What was broken off may go on asking. Nobody's call ends with that connection.
                if connected.shared.under_way.has_broken_off()
                    && let Some(_alone) = self.turns.nobody_calls()
                {
                    self.renew(&connected);
                }
                continue;
            }
            let error = match answer {
                Ok(answer) => {
                    self.breaker(Breaker::proved);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if is_over(&error) {
                self.lost(&connected, "the connection ended in the middle of a request");
                if std::mem::take(&mut again) {
                    continue;
                }
            }
            return Err(self.failure(&error));
        }
    }

    /// Asks over one connection. A question that a server with sessions sends meanwhile is answered if
    /// its answer is there, and else handed back as one without sessions would: the request is made again.
    /// `asks` also takes whether a question that was put to nobody could have been about this request.
    pub(super) async fn asked_once(
        &self,
        connected: &Connected,
        mut request: ClientRequest,
        asks: Option<(Asks<'_>, &mut bool)>,
    ) -> Result<ServerResult, ServiceError> {
        let (asks, torn) = asks.unzip();
        let mut options = PeerRequestOptions::no_options();
        let (questions, mut asked) = mpsc::channel(1);
        let mut flight = None;
        match connected.era {
            ProtocolEra::WithSessions => {
                take_out_answers(&mut request);
                // A question could be about this one, too, where it is put to nobody.
                flight = Some(connected.shared.under_way.begin(asks.map(|_| questions)));
            }
            ProtocolEra::Sessionless => options.meta = (!asks.is_some_and(|asks| asks.askable)).then(unasked),
        }
        let handle = connected.connection.send_cancellable_request(request, options).await?;
        if let Some(flight) = &flight {
            flight.sent(&handle.id);
        }
        let pending = Pending::new(&connected.connection, handle.id.clone(), &self.tasks);
        let mut ready = Ready::of(asks.map(|asks| asks.given));
        let answering = handle.await_response();
        tokio::pin!(answering);
        let answer = loop {
            let question = tokio::select! {
                biased;
                answer = &mut answering => break match answer {
                    Ok(ServerResult::InputRequiredResult(_)) if flight.is_some() => Err(ServiceError::UnexpectedResponse),
                    answer => answer,
                },
                () = connected.gone.cancelled() => break Err(ServiceError::TransportClosed),
                Some(question) = asked.recv() => question,
            };
            if let Some(said) = ready.take(&question.form) {
                drop(question.reply.send(said));
                continue;
            }
            let asks = wanted(question.form);
            // Nobody answers now, nor what came in the same moment.
            drop((question.reply, asked));
            if tokio::time::timeout(SETTLE, &mut answering).await.is_ok() {
                pending.over();
                flight.map(Flight::ended);
            }
            // Given up otherwise: its server may be working on it all the same.
            return asks;
        };
        pending.over();
        if let (Some(flight), Some(torn)) = (flight, torn) {
            *torn = flight.ended();
        }
        answer
    }

    /// An answer of another kind than was asked for.
    pub(crate) fn unexpected(&self) -> ToolFailure {
        let reason = "it answers something else than was asked for".to_owned();
        ToolFailure::BadAnswer { server: self.name().to_owned(), reason }
    }
}

/// What becomes of a question about a request.
#[derive(Clone, Copy)]
pub(crate) struct Asks<'a> {
    /// Answers that are there before a server with sessions asks.
    pub(crate) given: &'a Given,
    /// Whether a person can be asked.
    pub(crate) askable: bool,
}

/// Answers are for servers without sessions alone; the others ask anew.
fn take_out_answers(request: &mut ClientRequest) {
    let returned = match request {
        ClientRequest::GetPromptRequest(request) => {
            (&mut request.params.input_responses, &mut request.params.request_state)
        }
        ClientRequest::ReadResourceRequest(request) => {
            (&mut request.params.input_responses, &mut request.params.request_state)
        }
        _ => return,
    };
    (*returned.0, *returned.1) = (None, None);
}

/// What is kept of a tool's result: all of it, unless it is too large; the text then says so.
pub(crate) fn kept(result: CallToolResult, limit: usize, received_at: Timestamp) -> Result<RawToolResult, String> {
    let mut blocks = Vec::with_capacity(result.content.len());
    let mut bytes = 0_usize;
    for block in result.content {
        let block = written(block)?;
        bytes = bytes.saturating_add(text_bytes(&block));
        blocks.push(block);
    }
    if bytes > limit {
        return Err(format!("the result has {bytes} bytes, the limit is {limit}"));
    }
    Ok(RawToolResult {
        is_error: result.is_error.unwrap_or(false),
        structured: result.structured_content.map(Arc::new),
        blocks,
        meta: result.meta.map(|meta| Value::Object(meta.0)),
        received_at,
    })
}

fn written(block: ContentBlock) -> Result<Value, String> {
    match block {
        ContentBlock::Text(text) if text.meta.is_none() && text.annotations.is_none() => Ok(text_block(text.text)),
        block => serde_json::to_value(block).map_err(|error| error.to_string()),
    }
}

/// Bytes of all strings.
fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.values().map(text_bytes).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::ErrorData;
    use rmcp::RoleServer;
    use rmcp::ServerHandler;
    use rmcp::model::ElicitResult;
    use rmcp::model::ElicitationAction;
    use rmcp::model::ReadResourceRequest;
    use rmcp::model::ReadResourceRequestParams;
    use rmcp::model::ReadResourceResponse;
    use rmcp::model::ReadResourceResult;
    use rmcp::model::ResourceContents;
    use rmcp::model::ServerConfig;
    use rmcp::service::RequestContext;
    use serde_json::json;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::domain::elicitation::FormAnswer;
    use crate::domain::elicitation::Said;
    use crate::mcp::asks::asking_of;
    use crate::mcp::era::Way;
    use crate::mcp::tasks::tests::in_memory;

    /// Asks about the resource `ask`, and shows `slow` when it may.
    #[derive(Clone)]
    struct Curious {
        came: Arc<Semaphore>,
        may: Arc<Semaphore>,
    }

    impl ServerHandler for Curious {
        fn get_info(&self) -> ServerConfig {
            ServerConfig::new(ServerCapabilities::builder().enable_resources().build())
        }

        async fn read_resource(
            &self,
            request: ReadResourceRequestParams,
            context: RequestContext<RoleServer>,
        ) -> Result<ReadResourceResponse, ErrorData> {
            let text = if request.uri == "ask" {
                let form = json!({ "mode": "form", "message": "Which?", "requestedSchema": { "type": "object", "properties": {} } });
                let form = serde_json::from_value(form).expect("a form");
                match context.peer.create_elicitation(form).await {
                    Ok(ElicitResult { action: ElicitationAction::Accept, .. }) => "answered",
                    // As real servers do: no error, though nobody has answered.
                    _ => "made up",
                }
            } else {
                self.came.add_permits(1);
                self.may.acquire().await.expect("it is open").forget();
                "slow"
            };
            Ok(ReadResourceResult::new(vec![ResourceContents::text(text, request.uri)]).into())
        }
    }

    async fn read(upstream: &Arc<Upstream>, uri: &str, given: &Given) -> Result<ServerResult, ToolFailure> {
        let request = ReadResourceRequest::new(ReadResourceRequestParams::new(uri));
        let asks = Some(Asks { given, askable: true });
        upstream.request(ClientRequest::ReadResourceRequest(request), asks, &CancellationToken::new()).await
    }

    fn text(answer: Result<ServerResult, ToolFailure>) -> String {
        let ServerResult::ReadResourceResult(result) = answer.expect("an answer") else { panic!("no resource") };
        let ResourceContents::TextResourceContents { text, .. } = &result.contents[0] else { panic!("no text") };
        text.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_server_says_whose_question_was_put_to_nobody_is_no_answer() {
        let server = Curious { came: Arc::new(Semaphore::new(0)), may: Arc::new(Semaphore::new(0)) };
        let upstream = in_memory(&server, Way::WithSessions).await;
        let nothing = Given::default();
        let meanwhile = async {
            server.came.acquire().await.expect("it is open").forget();
            let failure = read(&upstream, "ask", &nothing).await.expect_err("it is not known whose question it was");
            assert!(failure.to_string().contains("could not be told for certain"), "{failure}");
            server.may.add_permits(2);
        };
        // It could have been of this one, which is read again.
        let (slow, ()) = tokio::join!(read(&upstream, "slow", &nothing), meanwhile);
        assert_eq!((text(slow).as_str(), server.came.available_permits()), ("slow", 1));

        let Ok(ServerResult::InputRequiredResult(asked)) = read(&upstream, "ask", &nothing).await else {
            panic!("alone it asks")
        };
        let form = asking_of(asked).expect("a form").forms.into_values().next();
        let said = Said::Accept(json!({}));
        let answer = FormAnswer { key: "question".to_owned(), form, said };
        let given = Given { answers: vec![answer], ..Given::default() };
        assert_eq!(text(read(&upstream, "ask", &given).await), "answered");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_on_which_something_was_broken_off_is_made_anew_for_what_asks() {
        let server = Curious { came: Arc::new(Semaphore::new(0)), may: Arc::new(Semaphore::new(0)) };
        let upstream = in_memory(&server, Way::WithSessions).await;
        let connected = upstream.connection.lock().expect("whole").clone().expect("one");
        let nothing = Given::default();
        tokio::select! {
            _ = read(&upstream, "slow", &nothing) => unreachable!("it may not end"),
            came = server.came.acquire() => came.expect("it is open").forget(),
        }
        assert!(connected.shared.under_way.has_broken_off() && !connected.is_over());
        // There is no other connection to be had here.
        read(&upstream, "ask", &nothing).await.expect_err("no made up answer");
        assert!(connected.is_over());
    }
}
