//! A gateway with a fixture server behind it, and real MCP clients before it.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use futures::stream::BoxStream;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
use groundwire::sandbox::SandboxOptions;
use http::HeaderName;
use http::HeaderValue;
use reqwest::RequestBuilder;
use rmcp::ClientHandler;
use rmcp::ErrorData;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResult;
use rmcp::model::ClientCapabilities;
use rmcp::model::ClientConfig;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ElicitRequestParams;
use rmcp::model::ElicitResult;
use rmcp::model::Implementation;
use rmcp::model::ProgressNotificationParam;
use rmcp::model::ProtocolVersion;
use rmcp::model::ResourceUpdatedNotificationParam;
use rmcp::service::ClientLifecycleMode;
use rmcp::service::ClientServiceExt;
use rmcp::service::NotificationContext;
use rmcp::service::RequestContext;
use rmcp::service::RoleClient;
use rmcp::service::RunningService;
use rmcp::service::ServiceError;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::SseError;
use rmcp::transport::streamable_http_client::StreamableHttpClient;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::streamable_http_client::StreamableHttpError;
use rmcp::transport::streamable_http_client::StreamableHttpPostResponse;
use serde_json::Value;
use serde_json::json;
use sse_stream::Sse;
use tokio::sync::Notify;

use crate::support::gateway::Gateway;
use crate::support::gateway::options;
use crate::support::mcp_fixture::Fixture;

/// What a user says to a question.
pub(crate) type Answers = Arc<dyn Fn(&str) -> Value + Send + Sync>;

/// A gateway and the server behind it.
pub(crate) struct Side {
    pub(crate) gateway: Gateway,
    pub(crate) fixture: Fixture,
}

impl Side {
    /// With the servers of the sandbox beside it, and a changed configuration.
    pub(crate) async fn start(
        adjust: impl Fn(&mut groundwire::config::Config) + Send + Sync + 'static,
        store: Option<String>,
    ) -> Self {
        let fixture = Fixture::default();
        let (url, _) = fixture.listen().await.expect("the fixture listens");
        let adjust = Arc::new(move |config: &mut groundwire::config::Config| {
            let transport = TransportConfig::StreamableHttp { url: url.clone(), headers: Default::default() };
            let server = McpServerConfig { transport, options: McpServerOptions::default() };
            config.mcp.servers.insert("fixture".to_owned(), server);
            adjust(config);
        });
        let gateway = Gateway::start(SandboxOptions { adjust: Some(adjust), store, ..options() }).await;
        Self { gateway, fixture }
    }

    /// A client with a session that is asked nothing.
    pub(crate) async fn client(&self, token: Option<&str>) -> Client {
        Client::connect(&self.gateway.url("/mcp"), token, None).await
    }

    /// One whose user answers like this.
    pub(crate) async fn client_that(&self, answers: impl Fn(&str) -> Value + Send + Sync + 'static) -> Client {
        Client::connect(&self.gateway.url("/mcp"), None, Some(Arc::new(answers))).await
    }

    /// A request of the revision without sessions, of a client that can show forms.
    pub(crate) fn sessionless(&self, method: &str, params: Value) -> RequestBuilder {
        sessionless(&self.gateway, method, params)
    }
}

/// A request of the revision without sessions to a gateway, of a client that can show forms.
pub(crate) fn sessionless(gateway: &Gateway, method: &str, mut params: Value) -> RequestBuilder {
    let meta = &mut params["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
    meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "test", "version": "1" });
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": { "form": {} } });
    let name = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let request = gateway
        .post("/mcp", &body)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    match name {
        Some(name) => request.header("mcp-name", name),
        None => request,
    }
}

/// Progress: how much, of what.
pub(crate) type Step = (f64, Option<f64>);

/// What a client has heard.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    /// Progress, in the order in which it came.
    pub(crate) progress: Arc<Mutex<Vec<Step>>>,
    /// Questions, whole.
    pub(crate) questions: Arc<Mutex<Vec<String>>>,
    /// The list of tools changed.
    pub(crate) tools_changed: Arc<Notify>,
    /// Resources that changed, in order.
    updated: Arc<(Mutex<VecDeque<String>>, Notify)>,
}

impl Heard {
    /// The next resource that changed, waited for.
    pub(crate) async fn updated(&self) -> String {
        loop {
            let next = self.updated.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            match next {
                Some(uri) => return uri,
                None => self.updated.1.notified().await,
            }
        }
    }
}

/// The client's side of a connection.
pub(crate) struct End {
    heard: Heard,
    answers: Option<Answers>,
}

impl ClientHandler for End {
    fn get_info(&self) -> ClientConfig {
        let capabilities = match self.answers {
            Some(_) => ClientCapabilities::builder().enable_elicitation().build(),
            None => ClientCapabilities::default(),
        };
        ClientConfig::new(capabilities, Implementation::new("test", "1"))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _context: NotificationContext<RoleClient>) {
        let mut progress = self.heard.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.push((params.progress, params.total));
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.heard.tools_changed.notify_one();
    }

    async fn on_resource_updated(
        &self,
        params: ResourceUpdatedNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.heard.updated.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(params.uri);
        self.heard.updated.1.notify_one();
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, .. } = request else {
            return Err(ErrorData::invalid_params("not a form", None));
        };
        let answers = self.answers.as_ref().expect("a client that cannot ask is not asked");
        let answer = answers(&message);
        self.heard.questions.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        Ok(serde_json::from_value(answer).expect("an answer to a form"))
    }
}

fn config(url: &str, token: Option<&str>) -> StreamableHttpClientTransportConfig {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    match token {
        Some(token) => config.auth_header(token),
        None => config,
    }
}

/// An HTTP client that says when the stream of its session is open.
#[derive(Clone)]
struct Http {
    client: reqwest::Client,
    listens: Arc<Notify>,
}

type HttpError = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;

impl StreamableHttpClient for Http {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, HttpError> {
        self.client.post_message(uri, message, session_id, auth_header, headers).await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        headers: Headers,
    ) -> Result<(), HttpError> {
        self.client.delete_session(uri, session_id, auth_header, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, HttpError> {
        let events = self.client.get_stream(uri, session_id, last_event_id, auth_header, headers).await;
        self.listens.notify_one();
        events
    }
}

/// A connected client.
pub(crate) struct Client {
    pub(crate) service: RunningService<RoleClient, End>,
    pub(crate) heard: Heard,
}

impl Client {
    /// One whose user answers like this.
    pub(crate) async fn asked(
        gateway: &Gateway,
        token: Option<&str>,
        answers: impl Fn(&str) -> Value + Send + Sync + 'static,
    ) -> Self {
        Self::connect(&gateway.url("/mcp"), token, Some(Arc::new(answers))).await
    }

    /// One that is asked nothing.
    pub(crate) async fn silent(gateway: &Gateway, token: Option<&str>) -> Self {
        Self::connect(&gateway.url("/mcp"), token, None).await
    }

    /// One whose requests all bring a credential in the header `X-Own`.
    pub(crate) async fn bringing(gateway: &Gateway, token: Option<&str>, own: &str) -> Self {
        let config = config(&gateway.url("/mcp"), token);
        let own = HeaderValue::from_str(own).expect("a value");
        let config = config.custom_headers(HashMap::from([(HeaderName::from_static("x-own"), own)]));
        Self::greeted(config, None, ClientLifecycleMode::Initialize).await
    }

    /// One of the revision without sessions.
    pub(crate) async fn without_session(gateway: &Gateway, token: Option<&str>) -> Self {
        let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
        let lifecycle = ClientLifecycleMode::Discover { preferred_versions };
        Self::greeted(config(&gateway.url("/mcp"), token), None, lifecycle).await
    }

    async fn connect(url: &str, token: Option<&str>, answers: Option<Answers>) -> Self {
        Self::greeted(config(url, token), answers, ClientLifecycleMode::Initialize).await
    }

    async fn greeted(
        config: StreamableHttpClientTransportConfig,
        answers: Option<Answers>,
        lifecycle: ClientLifecycleMode,
    ) -> Self {
        let heard = Heard::default();
        let has_stream = lifecycle == ClientLifecycleMode::Initialize;
        let http = Http { client: reqwest::Client::new(), listens: Arc::default() };
        let transport = StreamableHttpClientTransport::with_client(http.clone(), config);
        let end = End { heard: heard.clone(), answers };
        let service = end.serve_with_lifecycle(transport, lifecycle).await.expect("the client is greeted");
        if has_stream {
            // What it is told before that is lost.
            http.listens.notified().await;
        }
        Self { service, heard }
    }

    /// One call.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        self.service.call_tool(CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments)).await
    }

    /// One call whose result is text, as the wire has it: whether it is an error, and the text.
    pub(crate) async fn told(&self, tool: &str, arguments: Value) -> (bool, String) {
        let result = self.call(tool, arguments).await.expect("a result");
        let text = result.content.first().and_then(|block| block.as_text()).map(|text| text.text.clone());
        (result.is_error.unwrap_or(false), text.unwrap_or_default())
    }

    pub(crate) fn questions(&self) -> Vec<String> {
        self.heard.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
