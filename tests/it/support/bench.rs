//! An MCP server on the network whose every trouble can be ordered: which eras it speaks, what
//! becomes of the next call, whether it answers at all, what of its resources changes. Streamable HTTP at
//! `/mcp`, HTTP+SSE at `/sse`.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use futures::StreamExt;
use groundwire::mcp_serve::Limits;
use groundwire::mcp_serve::door::Admitted;
use groundwire::mcp_serve::door::Door;
use groundwire::mcp_serve::door::Hosts;
use groundwire::mcp_serve::sse;
use groundwire::mcp_serve::streamable;
use groundwire::mcp_serve::streamable::Keeping;
use http::StatusCode;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::GetPromptResponse;
use rmcp::model::GetPromptResult;
use rmcp::model::ListPromptsResult;
use rmcp::model::ListResourcesResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::Prompt;
use rmcp::model::PromptMessage;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::ReadResourceResponse;
use rmcp::model::ReadResourceResult;
use rmcp::model::Resource;
use rmcp::model::ResourceContents;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::model::Role;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::SubscribeRequestParams;
use rmcp::model::SubscriptionFilter;
use rmcp::model::Tool;
use rmcp::model::ToolAnnotations;
use rmcp::model::UnsubscribeRequestParams;
use rmcp::service::RequestContext;
use rmcp::service::SubscriptionContext;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::sync::broadcast;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The resource that it lists; it has many.
pub(crate) const TEXT: &str = "bench://text";
/// What it has not.
pub(crate) const NOTHING: &str = "bench://nothing";
/// What it never answers to, whoever subscribes to it.
pub(crate) const HANGS: &str = "bench://hangs";
/// What it turns down with the HTTP status that the URI ends with, whoever subscribes to it.
pub(crate) const TURNED_DOWN: &str = "bench://status/";

/// Which eras it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eras {
    Both,
    WithSessions,
    Sessionless,
    /// With sessions; what it does not know it answers with an empty result.
    Agreeable,
}

/// What becomes of the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// 401.
    Unauthorized,
    /// 400, with an error for nobody.
    UnknownSession,
    /// It is done, and the answer is lost.
    Cut,
    /// It is done, and the answer is no JSON.
    Corrupt,
    /// The answer has no end.
    Flood,
}

#[derive(Default)]
struct Seen {
    methods: BTreeMap<String, usize>,
    /// Calls that ran, by tool.
    ran: BTreeMap<String, usize>,
}

/// The server.
#[derive(Clone)]
pub(crate) struct Bench(Arc<Inner>, Session);

/// Ends with the clone of the server that serves a session; a clone is for another one.
#[derive(Default)]
struct Session(CancellationToken);

impl Clone for Session {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

struct Inner {
    eras: Mutex<Eras>,
    seen: Mutex<Seen>,
    troubles: Mutex<VecDeque<Trouble>>,
    /// How many of them are to come.
    left: watch::Sender<usize>,
    /// Troubles for the stream of HTTP+SSE.
    on_stream: Mutex<VecDeque<Trouble>>,
    hung: watch::Sender<bool>,
    /// One more tool for each.
    more: watch::Sender<usize>,
    /// Calls of `wait` that came, and those that were cancelled.
    came: Semaphore,
    cancelled: Semaphore,
    /// Streams that were opened to hear of changes.
    listening: Semaphore,
    /// Sessions that their clients ended.
    gone: Semaphore,
    /// Whether it has no subscriptions.
    deaf: AtomicBool,
    /// The statuses that come instead of streams for what belongs to no request.
    streamless: Mutex<Vec<StatusCode>>,
    /// Floods of updates that were sent to their end.
    flooded: Semaphore,
    updates: broadcast::Sender<Update>,
    /// How many subscriptions there are to each resource.
    followed: watch::Sender<BTreeMap<String, usize>>,
    /// What ends a subscription of a session, by whose and to what.
    ends: Mutex<BTreeMap<(String, String), CancellationToken>>,
}

/// A resource changed so many times; for whoever has this credential, or for all.
#[derive(Clone)]
struct Update {
    owner: Option<String>,
    uri: String,
    times: usize,
}

impl Update {
    fn is_for(&self, owner: &str, uri: &str) -> bool {
        self.uri == uri && self.owner.as_deref().is_none_or(|of| of == owner)
    }
}

/// Whose request it is: the value of the header `x-own`.
#[derive(Clone)]
struct Owner(String);

fn owner(extensions: &rmcp::model::Extensions) -> String {
    let parts = extensions.get::<http::request::Parts>();
    parts.and_then(|parts| parts.extensions.get::<Owner>()).map(|owner| owner.0.clone()).unwrap_or_default()
}

/// Counts subscriptions while they last.
struct Following(Arc<Inner>, Vec<String>);

impl Following {
    fn of(inner: &Arc<Inner>, uris: Vec<String>) -> Self {
        inner
            .followed
            .send_modify(|followed| uris.iter().for_each(|uri| *followed.entry(uri.clone()).or_default() += 1));
        Self(Arc::clone(inner), uris)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.0.followed.send_modify(|followed| {
            self.1.iter().for_each(|uri| *followed.get_mut(uri).expect("it was counted") -= 1);
        });
    }
}

impl Bench {
    pub(crate) fn new(eras: Eras) -> Self {
        let inner = Inner {
            eras: Mutex::new(eras),
            seen: Mutex::default(),
            troubles: Mutex::default(),
            left: watch::Sender::new(0),
            on_stream: Mutex::default(),
            hung: watch::Sender::new(false),
            more: watch::Sender::new(0),
            came: Semaphore::new(0),
            cancelled: Semaphore::new(0),
            listening: Semaphore::new(0),
            gone: Semaphore::new(0),
            deaf: AtomicBool::new(false),
            streamless: Mutex::default(),
            flooded: Semaphore::new(0),
            updates: broadcast::Sender::new(256),
            followed: watch::Sender::default(),
            ends: Mutex::default(),
        };
        Self(Arc::new(inner), Session::default())
    }

    /// It has no subscriptions from the next connection on.
    pub(crate) fn deaf(&self) {
        self.0.deaf.store(true, Ordering::SeqCst);
    }

    /// So many times the stream for what belongs to no request does not come, but this status.
    pub(crate) fn streamless(&self, times: usize, status: StatusCode) {
        *self.0.streamless.lock().expect("nobody panicked") = vec![status; times];
    }

    /// A resource changed.
    pub(crate) fn update(&self, uri: &str) {
        self.updates(None, uri, 1);
    }

    /// What this credential sees under a URI changed.
    pub(crate) fn update_of(&self, owner: &str, uri: &str) {
        self.updates(Some(owner.to_owned()), uri, 1);
    }

    /// A resource changed so many times.
    pub(crate) fn updates(&self, owner: Option<String>, uri: &str, times: usize) {
        // Nobody may be subscribed.
        drop(self.0.updates.send(Update { owner, uri: uri.to_owned(), times }));
    }

    /// Waits until there are so many subscriptions to a resource.
    pub(crate) async fn followed(&self, uri: &str, by: usize) {
        let mut followed = self.0.followed.subscribe();
        let wanted = |followed: &BTreeMap<String, usize>| followed.get(uri).copied().unwrap_or(0) == by;
        followed.wait_for(wanted).await.expect("its sender is here");
    }

    /// Waits until more than one update was sent at once.
    pub(crate) async fn flooded(&self) {
        self.0.flooded.acquire().await.expect("open for good").forget();
    }

    /// Waits until a client has ended a session.
    pub(crate) async fn left(&self) {
        self.0.gone.acquire().await.expect("open for good").forget();
    }

    pub(crate) fn speak(&self, eras: Eras) {
        *self.0.eras.lock().expect("nobody panicked") = eras;
    }

    pub(crate) fn order(&self, troubles: &[Trouble]) {
        self.0.left.send_modify(|left| *left += troubles.len());
        self.0.troubles.lock().expect("nobody panicked").extend(troubles);
    }

    /// Lets everything wait, or go on.
    pub(crate) fn hang(&self, hung: bool) {
        self.0.hung.send_replace(hung);
    }

    pub(crate) fn one_more_tool(&self) {
        self.0.more.send_modify(|more| *more += 1);
    }

    pub(crate) async fn waits(&self) {
        self.0.came.acquire().await.expect("open for good").forget();
    }

    pub(crate) async fn listened_to(&self) {
        self.0.listening.acquire().await.expect("open for good").forget();
    }

    /// Waits until the troubles that were ordered have happened.
    pub(crate) async fn troubled(&self) {
        let mut left = self.0.left.subscribe();
        left.wait_for(|left| *left == 0).await.expect("its sender is here");
    }

    pub(crate) async fn cancelled(&self) {
        self.0.cancelled.acquire().await.expect("open for good").forget();
    }

    /// Requests of a method that came, troubled ones too.
    pub(crate) fn asked(&self, method: &str) -> usize {
        self.0.seen.lock().expect("nobody panicked").methods.get(method).copied().unwrap_or(0)
    }

    /// Calls of a tool that ran.
    pub(crate) fn ran(&self, tool: &str) -> usize {
        self.0.seen.lock().expect("nobody panicked").ran.get(tool).copied().unwrap_or(0)
    }

    async fn answer(&self, endpoints: &Endpoints, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
        let message: Value = serde_json::from_slice(&body).unwrap_or_default();
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        *self.0.seen.lock().expect("nobody panicked").methods.entry(method.clone()).or_default() += 1;
        let mut hung = self.0.hung.subscribe();
        hung.wait_for(|hung| !hung).await.expect("its sender is here");
        let path = parts.uri.path().to_owned();
        let sessionless = parts.headers.get("mcp-protocol-version").is_some_and(|version| version == "2026-07-28");
        let eras = *self.0.eras.lock().expect("nobody panicked");
        let spoken = match eras {
            Eras::Both => true,
            Eras::WithSessions | Eras::Agreeable => !sessionless,
            Eras::Sessionless => sessionless,
        };
        if !method.is_empty() && path == "/mcp" && !spoken {
            return match eras {
                Eras::Sessionless => refusal(&message["id"], -32022, json!({"supported": ["2026-07-28"]})),
                Eras::Agreeable => {
                    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": {}});
                    ([("content-type", "application/json")], answer.to_string()).into_response()
                }
                // As many servers of that era do it: for nobody.
                _ => refusal(&Value::Null, -32000, Value::Null),
            };
        }
        if let Some(status) = turned_down(&message) {
            return status.into_response();
        }
        let trouble =
            (method == "tools/call").then(|| self.0.troubles.lock().expect("nobody panicked").pop_front()).flatten();
        if trouble.is_some() {
            self.0.left.send_modify(|left| *left -= 1);
        }
        let request = Request::from_parts(parts, Body::from(body));
        match trouble {
            Some(Trouble::Unauthorized) => return StatusCode::UNAUTHORIZED.into_response(),
            Some(Trouble::UnknownSession) => return refusal(&Value::Null, -32000, Value::Null),
            Some(trouble) if path == "/messages" => {
                self.0.on_stream.lock().expect("nobody panicked").push_back(trouble)
            }
            Some(trouble) => {
                let answer = endpoints.streamable.answer(request).await;
                // Read to its end, so that the call has run.
                drop(to_bytes(answer.into_body(), 1 << 20).await);
                return spoilt(trouble);
            }
            None => {}
        }
        match path.as_str() {
            "/mcp" => {
                let listens = request.method() == http::Method::GET;
                let instead = || self.0.streamless.lock().expect("nobody panicked").pop();
                if let Some(status) = listens.then(instead).flatten() {
                    return status.into_response();
                }
                let leaves = request.method() == http::Method::DELETE;
                let answer = endpoints.streamable.answer(request).await;
                self.0.listening.add_permits(usize::from(listens));
                self.0.gone.add_permits(usize::from(leaves));
                answer
            }
            "/messages" => endpoints.sse.messages.answer(request).await,
            "/sse" => {
                let answer = endpoints.sse.stream.answer(request).await;
                let inner = Arc::clone(&self.0);
                let (parts, body) = answer.into_parts();
                let spoiling = body.into_data_stream().flat_map(move |chunk| {
                    match inner.on_stream.lock().expect("nobody panicked").pop_front() {
                        None => futures::stream::iter([chunk.map_err(io::Error::other)]).boxed(),
                        Some(trouble) => {
                            spoilt(trouble).into_body().into_data_stream().map(|c| c.map_err(io::Error::other)).boxed()
                        }
                    }
                });
                Response::from_parts(parts, Body::from_stream(spoiling))
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

/// The status with which a message is turned down, if it subscribes to such a resource.
fn turned_down(message: &Value) -> Option<StatusCode> {
    let params = &message["params"];
    let listed = params["notifications"]["resourceSubscriptions"].as_array().into_iter().flatten();
    let subscribed = (message["method"] == "resources/subscribe").then_some(&params["uri"]);
    let status = listed.chain(subscribed).find_map(|uri| uri.as_str()?.strip_prefix(TURNED_DOWN))?;
    Some(StatusCode::from_bytes(status.as_bytes()).expect("a status"))
}

fn refusal(id: &Value, code: i32, data: Value) -> Response {
    let error = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": "not so", "data": data}});
    (StatusCode::BAD_REQUEST, [("content-type", "application/json")], error.to_string()).into_response()
}

fn spoilt(trouble: Trouble) -> Response {
    let cut = || Err::<Bytes, _>(io::Error::other("cut"));
    let chunks = match trouble {
        Trouble::Corrupt => {
            futures::stream::iter([Ok(Bytes::from_static(b"event: message\ndata: {\"jsonrpc\":\n\n"))]).boxed()
        }
        Trouble::Flood => {
            let endless = futures::stream::repeat_with(|| Ok(Bytes::from(vec![b'x'; 16 * 1024])));
            futures::stream::iter([Ok(Bytes::from_static(b"data: "))]).chain(endless).boxed()
        }
        _ => futures::stream::iter([Ok(Bytes::from_static(b": \n\n")), cut()]).boxed(),
    };
    ([("content-type", "text/event-stream")], Body::from_stream(chunks)).into_response()
}

struct Endpoints {
    streamable: groundwire::mcp_serve::Endpoint,
    sse: sse::Endpoints,
}

/// A running server, on a runtime of its own, with which all its connections end.
pub(crate) struct Site {
    bench: Bench,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Site {
    pub(crate) async fn start(bench: &Bench) -> Self {
        Self::start_at(bench, "127.0.0.1:0".parse().expect("an address")).await
    }

    async fn start_at(bench: &Bench, address: SocketAddr) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listening = runtime.spawn(TcpListener::bind(address)).await.expect("it runs");
        let listener = listening.expect("the address is free");
        let address = listener.local_addr().expect("a local address");
        let stop = CancellationToken::new();
        let door = Door::new(
            Hosts::Unchecked,
            Arc::new(|headers, _| {
                let own = headers.get("x-own").map_or("", |own| own.to_str().expect("text"));
                Ok(Admitted::new(Owner(own.to_owned())))
            }),
        );
        let limits = Limits::default();
        let endpoints = Arc::new(Endpoints {
            streamable: streamable::endpoint(bench, door.clone(), Keeping::Sessions, &limits, &stop),
            sse: sse::endpoints(bench, door, "/messages", &limits, &stop),
        });
        let answering = bench.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (bench, endpoints) = (answering.clone(), Arc::clone(&endpoints));
            async move { bench.answer(&endpoints, request).await }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { bench: bench.clone(), address, runtime: Some(runtime) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Ends it, sessions and connections included. The address stays its own.
    pub(crate) async fn down(mut self) -> Closed {
        let runtime = self.runtime.take().expect("it runs");
        let ending = tokio::task::spawn_blocking(|| runtime.shutdown_timeout(Duration::from_secs(10)));
        ending.await.expect("the server ends");
        Closed { bench: self.bench.clone(), address: self.address }
    }

    /// Ends it, and starts it anew without its sessions.
    pub(crate) async fn restart(self) -> Self {
        self.down().await.up().await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A server that is not running now.
pub(crate) struct Closed {
    bench: Bench,
    address: SocketAddr,
}

impl Closed {
    pub(crate) async fn up(self) -> Site {
        Site::start_at(&self.bench, self.address).await
    }
}

fn tool(name: &str, read_only: bool) -> Tool {
    let schema = json!({"type": "object"}).as_object().cloned().expect("an object");
    Tool::new(name.to_owned(), "Does as it is called.", Arc::new(schema))
        .with_annotations(ToolAnnotations::new().read_only(read_only))
}

impl ServerHandler for Bench {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_tool_list_changed().enable_resources().enable_prompts();
        let deaf = self.0.deaf.load(Ordering::SeqCst);
        ServerConfig::new(if deaf { capabilities.build() } else { capabilities.enable_resources_subscribe().build() })
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let (uri, owner) = (request.uri, owner(&context.extensions));
        if uri == NOTHING {
            return Err(ErrorData::resource_not_found("it has no such thing", None));
        }
        if uri == HANGS {
            self.0.came.add_permits(1);
            return std::future::pending().await;
        }
        let (end, mut updates) = (CancellationToken::new(), self.0.updates.subscribe());
        let place = (owner.clone(), uri.clone());
        if let Some(before) = self.0.ends.lock().expect("nobody panicked").insert(place, end.clone()) {
            before.cancel();
        }
        let following = Following::of(&self.0, vec![uri.clone()]);
        let (session, inner) = (self.1.0.clone(), Arc::clone(&self.0));
        tokio::spawn(end.run_until_cancelled_owned(session.run_until_cancelled_owned(async move {
            let _following = following;
            while let Ok(update) = updates.recv().await {
                for _ in 0..if update.is_for(&owner, &uri) { update.times } else { 0 } {
                    let params = ResourceUpdatedNotificationParam::new(uri.clone());
                    if context.peer.notify_resource_updated(params).await.is_err() {
                        return;
                    }
                }
                inner.flooded.add_permits(usize::from(update.is_for(&owner, &uri) && update.times > 1));
            }
        })));
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let place = (owner(&context.extensions), request.uri);
        let end = self.0.ends.lock().expect("nobody panicked").remove(&place);
        end.ok_or_else(|| ErrorData::invalid_params("there is no such subscription", None))?.cancel();
        Ok(())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(vec![Resource::new(TEXT, "text")]))
    }

    async fn read_resource(
        &self,
        _: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(ReadResourceResult::new(vec![ResourceContents::text("hello", TEXT)]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![Prompt::new("greet", Some("Says hello."), None)]))
    }

    async fn get_prompt(
        &self,
        _: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, "hello")]).into())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut more = self.0.more.subscribe();
        let count = *more.borrow_and_update();
        // Of the era with sessions: who has listed once is told of changes.
        let peer = context.peer.clone();
        if context.meta.protocol_version().is_none() {
            tokio::spawn(async move {
                if more.changed().await.is_ok() {
                    drop(peer.notify_tool_list_changed().await);
                }
            });
        }
        let shape = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
        let shape = Arc::new(shape.as_object().cloned().expect("an object"));
        let mut tools = vec![tool("echo", true), tool("wait", true), tool("big", true), tool("change", false)];
        tools.push(tool("shaped", true).with_raw_output_schema(shape));
        tools.extend((0..count).map(|n| tool(&format!("more{n}"), true)));
        Ok(ListToolsResult::with_all_items(tools))
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        let mut agreed = requested.clone();
        if let Some(uris) = &mut agreed.resource_subscriptions {
            uris.retain(|uri| uri != NOTHING);
        }
        Some(agreed)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let mut more = self.0.more.subscribe();
        let mut updates = self.0.updates.subscribe();
        let owner = owner(&context.request_context().extensions);
        let uris = context.accepted().resource_subscriptions.clone().unwrap_or_default();
        let _following = Following::of(&self.0, uris.clone());
        loop {
            tokio::select! {
                () = context.cancelled() => return Ok(()),
                update = updates.recv() => {
                    let Ok(update) = update else { return Ok(()) };
                    for uri in uris.iter().filter(|uri| update.is_for(&owner, uri)) {
                        for _ in 0..update.times {
                            if context.sink().notify_resource_updated(uri.clone()).await.is_err() {
                                return Ok(());
                            }
                        }
                        self.0.flooded.add_permits(usize::from(update.times > 1));
                    }
                }
                changed = more.changed() => {
                    if changed.is_err() || context.sink().notify_tool_list_changed().await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        *self.0.seen.lock().expect("nobody panicked").ran.entry(request.name.to_string()).or_default() += 1;
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let said = arguments["say"].as_str().unwrap_or_default().to_owned();
        let text = |text: String| Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into());
        match request.name.as_ref() {
            "wait" => {
                self.0.came.add_permits(1);
                context.ct.cancelled().await;
                self.0.cancelled.add_permits(1);
                text("never read".to_owned())
            }
            "big" => text("x".repeat(6_000_000)),
            "shaped" if arguments["content"].is_null() => text("no content".to_owned()),
            "shaped" => Ok(CallToolResult::structured(arguments["content"].clone()).into()),
            _ => text(said),
        }
    }
}
