//! One MCP server: its connection, state, tool list and calls. A lost connection is made
//! again with growing, jittered pauses; a call that finds the connection gone is repeated
//! once on a new one, but never a call that may change something: whether that ran before
//! the connection was lost cannot be told from here.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rmcp::model::CallToolRequest;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResult;
use rmcp::model::ClientRequest;
use rmcp::model::ErrorCode;
use rmcp::model::ServerResult;
use rmcp::model::Tool;
use rmcp::service::PeerRequestOptions;
use rmcp::service::ServiceError;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::domain::tool::RawToolResult;
use crate::domain::tool::ToolFailure;
use crate::engine::ports::Clock;
use crate::engine::ports::ProgressFn;
use crate::engine::ports::ServerState;
use crate::engine::ports::WhoseCredentials;
use crate::mcp::session::ClientEnd;
use crate::mcp::session::Shared;
use crate::mcp::transport::Connection;
use crate::mcp::transport::Transport;

/// First and longest pause between tries to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What a server may take and give.
#[derive(Clone, Debug)]
pub struct UpstreamLimits {
    /// For one call.
    pub call: Duration,
    /// For connecting and listing tools.
    pub connect: Duration,
    /// Largest result in bytes.
    pub result_bytes: usize,
}

/// Whether a call may go out, by what the server that it goes to lists at that moment.
pub type Permits<'a> = &'a (dyn Fn(&[Tool]) -> Result<(), ToolFailure> + Sync);

/// How often a call may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// Once, whatever happens: it may change something.
    Once,
    /// Once more on a new connection when the old one was lost.
    AgainOnNewConnection,
}

/// One MCP server.
pub struct Upstream {
    name: String,
    groups: Vec<String>,
    transport: Transport,
    limits: UpstreamLimits,
    clock: Arc<dyn Clock>,
    // A tokio mutex: held while connecting, so that callers wait for one attempt instead of making their own.
    connection: tokio::sync::Mutex<Option<Arc<Connected>>>,
    // A std mutex: held for a copy, never across an await.
    state: Mutex<State>,
    starts: AtomicU64,
}

struct Connected {
    connection: Connection,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct State {
    up: bool,
    error: Option<String>,
    tools: Arc<Vec<Tool>>,
}

impl Upstream {
    /// A server that is not connected yet.
    pub fn new(
        name: &str,
        groups: Vec<String>,
        transport: Transport,
        limits: UpstreamLimits,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            groups,
            transport,
            limits,
            clock,
            connection: tokio::sync::Mutex::new(None),
            state: Mutex::default(),
            starts: AtomicU64::new(0),
        })
    }

    /// Configured name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tools it listed when it was last up; empty while it is down.
    pub fn tools(&self) -> Arc<Vec<Tool>> {
        let state = self.lock();
        if state.up { Arc::clone(&state.tools) } else { Arc::default() }
    }

    /// Its state.
    pub fn state(&self) -> ServerState {
        let state = self.lock();
        ServerState {
            name: self.name.clone(),
            up: state.up,
            transport: self.transport.name().to_owned(),
            error: state.error.clone(),
            restarts: self.starts.load(Ordering::Relaxed).saturating_sub(1),
            groups: self.groups.clone(),
            credentials: WhoseCredentials::Gateway,
        }
    }

    /// Keeps the connection: connects, waits for its end or a changed tool list, and starts
    /// over. `changed` is called after each change of state or tools.
    pub async fn keep(self: Arc<Self>, changed: Arc<dyn Fn() + Send + Sync>, cancel: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        loop {
            let connected = tokio::select! {
                () = cancel.cancelled() => break,
                connected = self.connected() => connected,
            };
            changed();
            match connected {
                Ok(connected) => {
                    pause = FIRST_PAUSE;
                    tokio::select! {
                        () = cancel.cancelled() => break,
                        () = self.watch(&connected, &changed) => {}
                    }
                    self.lost(&connected, "the connection ended").await;
                    changed();
                }
                Err(error) => {
                    tracing::warn!(upstream.name = %self.name, error = %error, "MCP server cannot be reached")
                }
            }
            tokio::select! {
                () = cancel.cancelled() => break,
                () = tokio::time::sleep(pause.mul_f64(0.75 + self.jitter() / 2.0)) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.close().await;
    }

    /// Connects, if it is not; what comes of it is in its state.
    pub(crate) async fn look(&self) {
        if let Err(failure) = self.connected().await {
            tracing::debug!(upstream.name = %self.name, error = %failure, "MCP server cannot be reached");
        }
    }

    /// One call within the time limit of the server.
    ///
    /// # Errors
    /// See [`ToolFailure`].
    pub async fn call(
        &self,
        tool: &str,
        arguments: &Value,
        tries: Tries,
        permits: Permits<'_>,
        progress: ProgressFn,
        cancel: &CancellationToken,
    ) -> Result<RawToolResult, ToolFailure> {
        let limit = self.limits.call;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ToolFailure::Cancelled),
            answer = tokio::time::timeout(limit, self.send(tool, arguments, tries, permits, progress)) => {
                answer.unwrap_or_else(|_| Err(ToolFailure::Timeout {
                    server: self.name.clone(),
                    limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
                }))
            }
        }
    }

    async fn send(
        &self,
        tool: &str,
        arguments: &Value,
        tries: Tries,
        permits: Permits<'_>,
        progress: ProgressFn,
    ) -> Result<RawToolResult, ToolFailure> {
        let mut again = tries == Tries::AgainOnNewConnection;
        loop {
            let connected = self.connected().await?;
            // The server may have come back as another one.
            permits(&self.tools())?;
            let error = match self.call_once(&connected, tool, arguments, &progress).await {
                Ok(result) => return self.take(result),
                Err(error) => error,
            };
            if matches!(error, ServiceError::TransportClosed | ServiceError::TransportSend(_)) {
                self.lost(&connected, "the connection ended in the middle of a call").await;
                if std::mem::take(&mut again) {
                    continue;
                }
            }
            return Err(self.failure(&error));
        }
    }

    async fn call_once(
        &self,
        connected: &Connected,
        tool: &str,
        arguments: &Value,
        progress: &ProgressFn,
    ) -> Result<CallToolResult, ServiceError> {
        let mut params = CallToolRequestParams::new(tool.to_owned());
        if let Value::Object(arguments) = arguments {
            params = params.with_arguments(arguments.clone());
        }
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let handle = connected.connection.send_cancellable_request(request, PeerRequestOptions::no_options()).await?;
        let token = handle.progress_token.clone();
        connected.shared.watch(token.clone(), Arc::clone(progress));
        // Removed on every way out, a dropped future included.
        let _watch = Unwatch { shared: &connected.shared, token };
        match handle.await_response().await? {
            ServerResult::CallToolResult(result) => Ok(result),
            _ => Err(ServiceError::UnexpectedResponse),
        }
    }

    fn take(&self, result: CallToolResult) -> Result<RawToolResult, ToolFailure> {
        let texts: Vec<String> =
            result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect();
        let bytes: usize = texts.iter().map(String::len).sum();
        if bytes > self.limits.result_bytes {
            return Err(ToolFailure::BadAnswer {
                server: self.name.clone(),
                reason: format!("the result has {bytes} bytes, the limit is {}", self.limits.result_bytes),
            });
        }
        Ok(RawToolResult {
            is_error: result.is_error.unwrap_or(false),
            structured: result.structured_content.map(Arc::new),
            texts,
            received_at: self.clock.now(),
        })
    }

    fn failure(&self, error: &ServiceError) -> ToolFailure {
        match error {
            ServiceError::McpError(error) if error.code == ErrorCode::INVALID_PARAMS => {
                ToolFailure::InvalidArguments { problems: vec![bounded(&error.message)] }
            }
            ServiceError::McpError(error) => {
                ToolFailure::BadAnswer { server: self.name.clone(), reason: bounded(&error.message) }
            }
            ServiceError::Cancelled { .. } => ToolFailure::Cancelled,
            ServiceError::TransportClosed | ServiceError::TransportSend(_) => {
                self.unavailable("the connection ended in the middle of a call")
            }
            other => ToolFailure::BadAnswer { server: self.name.clone(), reason: bounded(&other.to_string()) },
        }
    }

    /// The live connection; made now when there is none.
    async fn connected(&self) -> Result<Arc<Connected>, ToolFailure> {
        let mut slot = self.connection.lock().await;
        if let Some(connected) = slot.as_ref().filter(|connected| !connected.connection.is_closed()) {
            return Ok(Arc::clone(connected));
        }
        *slot = None;
        match tokio::time::timeout(self.limits.connect, self.connect()).await {
            Ok(Ok((connected, tools))) => {
                *self.lock() = State { up: true, error: None, tools: Arc::new(tools) };
                *slot = Some(Arc::clone(&connected));
                Ok(connected)
            }
            Ok(Err(reason)) => Err(self.down(&reason)),
            Err(_) => Err(self.down(&format!("not ready within {:?}", self.limits.connect))),
        }
    }

    async fn connect(&self) -> Result<(Arc<Connected>, Vec<Tool>), String> {
        self.starts.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::new(Shared::default());
        let end = ClientEnd { shared: Arc::clone(&shared) };
        let connection = self.transport.connect(&self.name, end).await.map_err(|error| error.to_string())?;
        let tools = connection.list_all_tools().await.map_err(|error| error.to_string())?;
        Ok((Arc::new(Connected { connection, shared }), tools))
    }

    /// Returns when the connection is over; lists tools again when the server says they changed.
    async fn watch(&self, connected: &Connected, changed: &Arc<dyn Fn() + Send + Sync>) {
        let mut look = tokio::time::interval(Duration::from_millis(500));
        loop {
            tokio::select! {
                () = connected.shared.tools_changed.notified() => {
                    match tokio::time::timeout(self.limits.connect, connected.connection.list_all_tools()).await {
                        Ok(Ok(tools)) => {
                            self.lock().tools = Arc::new(tools);
                            changed();
                        }
                        _ => return,
                    }
                }
                _ = look.tick() => {
                    if connected.connection.is_closed() || connected.connection.is_transport_closed() {
                        return;
                    }
                }
            }
        }
    }

    fn down(&self, reason: &str) -> ToolFailure {
        let reason = bounded(reason);
        *self.lock() = State { up: false, error: Some(reason.clone()), tools: Arc::default() };
        self.unavailable(&reason)
    }

    /// Gives a connection up. It may not know yet that it is over, so it is not asked; one that was
    /// made since stays.
    async fn lost(&self, connected: &Arc<Connected>, reason: &str) {
        let mut slot = self.connection.lock().await;
        if slot.as_ref().is_some_and(|current| !Arc::ptr_eq(current, connected)) {
            return;
        }
        *slot = None;
        let mut state = self.lock();
        state.up = false;
        state.error = Some(reason.to_owned());
    }

    pub(crate) async fn close(&self) {
        let connected = self.connection.lock().await.take();
        if let Some(connected) = connected.and_then(|connected| Arc::try_unwrap(connected).ok())
            && let Err(error) = connected.connection.cancel().await
        {
            tracing::debug!(upstream.name = %self.name, error = %error, "MCP connection ended hard");
        }
    }

    fn unavailable(&self, reason: &str) -> ToolFailure {
        ToolFailure::Unavailable { server: self.name.clone(), reason: reason.to_owned() }
    }

    /// 0 to 1, from the random part of a new id.
    fn jitter(&self) -> f64 {
        f64::from(self.clock.new_uuid().as_bytes()[15]) / 255.0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
