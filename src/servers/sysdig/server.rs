//! The MCP side: answers requests about tools, the resource and the prompt
//! for any transport.
//!
//! Every request is judged by its own credentials; nothing is kept between
//! requests. Listing fails closed to an empty list; calling leaves the
//! decision to Sysdig.

use std::future::Future;
use std::sync::Arc;

use http::request::Parts;
use jiff::Timestamp;
use rmcp::ErrorData;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::Extensions;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::GetPromptResponse;
use rmcp::model::Implementation;
use rmcp::model::JsonObject;
use rmcp::model::ListPromptsResult;
use rmcp::model::ListResourcesResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ReadResourceRequestParams;
use rmcp::model::ReadResourceResponse;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::SubscriptionFilter;
use rmcp::model::Tool;
use rmcp::service::RequestContext;
use rmcp::service::RoleServer;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value;
use sha2::Digest;
use sha2::Sha256;

use crate::servers::callers::Bounds;
use crate::servers::callers::Callers;
use crate::servers::callers::Place;
use crate::servers::caught::caught;
use crate::servers::sysdig::arguments::Arguments;
use crate::servers::sysdig::config::API_HOST;
use crate::servers::sysdig::config::HttpClient;
use crate::servers::sysdig::config::StartError;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::config::Transport;
use crate::servers::sysdig::credentials;
use crate::servers::sysdig::credentials::CredentialError;
use crate::servers::sysdig::credentials::Credentials;
use crate::servers::sysdig::credentials::Presented;
use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::permissions::PermissionError;
use crate::servers::sysdig::permissions::Permissions;
use crate::servers::sysdig::prompt;
use crate::servers::sysdig::resource;
use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::tools;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Offer;
use crate::servers::sysdig::tools::ToolEntry;
use crate::servers::sysdig::upstream::Upstream;

/// Tells the time; injected, so that tests and recordings can hold it still.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Over HTTP a caller is a token; an answer of Sysdig may take megabytes.
const BOUNDS: Bounds = Bounds { callers: 256, calls_each: 16, calls: 128 };

const INSTRUCTIONS: &str = "Provides tools and resources of Sysdig Secure: runtime security events and their context.";

/// What a tool's client is told of a defect.
const DEFECT: &str = "the tool failed inside the server; no Sysdig data was obtained";

/// The server. Cheap to clone; clones share the HTTP client.
#[derive(Clone)]
pub struct SysdigServer(Arc<Shared>);

#[derive(Clone)]
struct Shared {
    config: SysdigConfig,
    upstream: Upstream,
    clock: Clock,
    scanner: Option<Scanner>,
    /// Of a server for callers over HTTP, by the tokens of their requests.
    callers: Option<Callers<()>>,
    /// Of a server for one caller: what all its requests present.
    presented: Option<Presented>,
}

impl SysdigServer {
    /// A server for in-process use, with the caller's HTTP clients and clock.
    /// The configuration is not checked: in process, credentials may be
    /// absent as long as every request brings its own.
    #[must_use]
    pub fn new(config: SysdigConfig, http: impl Into<HttpClient>, clock: Clock) -> Self {
        let upstream = Upstream::new(http.into(), &config);
        Self(Arc::new(Shared { config, upstream, clock, scanner: None, callers: None, presented: None }))
    }

    /// The same server, offering the scanner of this machine. A request that
    /// came over HTTP never sees it.
    #[must_use]
    pub fn with_scanner(self, scanner: Scanner) -> Self {
        Self(Arc::new(Shared { scanner: Some(scanner), ..Shared::clone(&self.0) }))
    }

    /// The same server for callers over HTTP: whatever way a request comes by, it is judged by
    /// what it presents, nobody is offered a scanner, and calls at once are bounded, by token and
    /// in all.
    #[must_use]
    pub fn over_http(self) -> Self {
        Self(Arc::new(Shared { scanner: None, callers: Some(Callers::new(BOUNDS)), ..Shared::clone(&self.0) }))
    }

    /// The same server for one caller over HTTP, in process: each request is judged by what that
    /// caller has presented, and nobody is offered a scanner.
    #[must_use]
    pub fn presenting(self, presented: Presented) -> Self {
        Self(Arc::new(Shared { scanner: None, presented: Some(presented), ..Shared::clone(&self.0) }))
    }

    /// A server that may be started by itself: checks the configuration and
    /// builds the HTTP client.
    ///
    /// # Errors
    /// [`StartError`], before anything is listened on or called.
    pub fn checked(config: SysdigConfig, clock: Clock) -> Result<Self, StartError> {
        if config.check()? != Transport::Stdio {
            warn_of_http(&config);
        }
        let http = config.http_client()?;
        Ok(Self::new(config, http, clock))
    }

    fn credentials(&self, extensions: &Extensions) -> Result<Credentials, CredentialError> {
        // Who serves HTTP has read the headers. Where nobody did, the request presents nothing.
        let presented = match extensions.get::<Parts>() {
            Some(parts) => Some(parts.extensions.get::<Presented>().cloned().unwrap_or_default()),
            None if self.0.presented.is_some() => self.0.presented.clone(),
            None => self.0.callers.is_some().then(Presented::default),
        };
        credentials::resolve(&self.0.config, presented.as_ref())
    }

    /// A place for one call with a token, where they are bounded; no answer if there is no room.
    fn place(&self, token: &SecretString) -> Result<Option<Place>, Crowded> {
        let Some(callers) = &self.0.callers else { return Ok(None) };
        let digest = Sha256::digest(token.expose_secret()).into();
        callers.enter(digest, || ()).map(|((), place)| Some(place)).ok_or(Crowded)
    }

    fn offers_scanner(&self, extensions: &Extensions) -> bool {
        self.0.scanner.is_some() && extensions.get::<Parts>().is_none()
    }

    /// The tool of that name, if it is served.
    fn served(&self, name: &str, with_scanner: bool) -> Option<&'static ToolEntry> {
        let served = |tool: &&ToolEntry| {
            !self.0.config.withheld.contains(&tool.name) && (tool.offer != Offer::Local || with_scanner)
        };
        tools::find(name).filter(served)
    }

    async fn permitted_tools(
        &self,
        credentials: &Credentials,
        with_scanner: bool,
    ) -> Result<Vec<Tool>, PermissionError> {
        let permissions = match Permissions::fetch(&self.0.upstream, credentials).await {
            Ok(permissions) => permissions,
            // The hub lists once for a connection: an empty list would stay, and nobody would know why.
            Err(error) if self.0.presented.is_some() => return Err(error),
            Err(error) => {
                tracing::error!(%error, "the tool list is empty: permissions are not known");
                return Ok(Vec::new());
            }
        };
        let listed: Vec<Tool> = tools::TOOLS
            .iter()
            .filter(|tool| tool.offer != Offer::Unlisted && self.served(tool.name, with_scanner).is_some())
            .filter(|tool| permissions.allow(tool.permissions))
            .map(ToolEntry::definition)
            .collect();
        if listed.is_empty() {
            tracing::warn!("the tool list is empty: the token has none of the permissions needed");
        }
        Ok(listed)
    }

    /// Runs one tool with one request's credentials.
    ///
    /// # Errors
    /// [`ToolError`] with the text for the client.
    pub async fn run_tool(
        &self,
        tool: &ToolEntry,
        credentials: &Credentials,
        arguments: &JsonObject,
    ) -> Result<Value, ToolError> {
        let call = Call {
            upstream: &self.0.upstream,
            credentials,
            arguments: Arguments::new(arguments),
            now: self.0.clock.as_ref(),
            bare_results: self.0.config.bare_results,
            scanner: self.0.scanner.as_ref(),
        };
        tool.run(&call).await
    }
}

/// There is no room for one more call.
#[derive(Debug, thiserror::Error)]
#[error("too many calls run here at once; try again when some have ended; no Sysdig data was obtained")]
struct Crowded;

/// What whoever starts a server over HTTP may not have meant.
fn warn_of_http(config: &SysdigConfig) {
    if matches!(config.host(), Ok(None)) {
        tracing::warn!("{API_HOST} is not set or empty: each request must name its host in X-Sysdig-Host");
    }
    match (config.token(), config.allow_env_credentials_over_http) {
        (Some(_), true) => tracing::warn!(
            "HTTP requests without a token use the configured one: anybody who can reach this server acts with it"
        ),
        (Some(_), false) => {
            tracing::warn!("the configured token is not used: over HTTP each request brings its own");
        }
        (None, true) => tracing::warn!("no token is configured that could be lent to requests without one"),
        (None, false) => {}
    }
}

impl ServerHandler for SysdigServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .enable_resources()
            .enable_prompts()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("Sysdig MCP Server", self.0.config.version.clone()))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let credentials = self
            .credentials(&context.extensions)
            .map_err(|error| ErrorData::invalid_request(error.to_string(), None))?;
        let _place =
            self.place(&credentials.token).map_err(|crowded| ErrorData::internal_error(crowded.to_string(), None))?;
        let listing = self.permitted_tools(&credentials, self.offers_scanner(&context.extensions));
        let tools = caught(listing).await.ok_or_else(|| ErrorData::internal_error(DEFECT, None))?;
        let tools = tools.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let with_scanner = self.offers_scanner(&context.extensions);
        let Some(tool) = self.served(&request.name, with_scanner) else {
            let name: String = request.name.chars().take(128).collect();
            return Err(ErrorData::invalid_params(format!("unknown tool: {name}"), None));
        };
        let arguments = request.arguments.unwrap_or_default();
        let running = async {
            let credentials =
                self.credentials(&context.extensions).map_err(|error| ToolError::argument(error.to_string()))?;
            let _place = self.place(&credentials.token).map_err(|crowded| ToolError::argument(crowded.to_string()))?;
            self.run_tool(tool, &credentials, &arguments).await
        };
        let outcome = tokio::select! {
            outcome = caught(running) => outcome.unwrap_or_else(|| Err(ToolError::argument(DEFECT))),
            // The answer of a cancelled request is not sent; this frees the upstream call.
            () = context.ct.cancelled() => Err(ToolError::argument("the request was cancelled")),
        };
        let result = match outcome {
            Ok(value) => CallToolResult::structured(value),
            Err(error) => {
                tracing::debug!(tool.name = tool.name, "tool call failed");
                error.into_result()
            }
        };
        Ok(result.into())
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.served(name, self.0.scanner.is_some()).map(ToolEntry::definition)
    }

    async fn list_resources(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(vec![resource::listed()]))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resource::read(&request.uri).map(Into::into).ok_or_else(|| {
            let uri: String = request.uri.chars().take(128).collect();
            ErrorData::resource_not_found(format!("unknown resource: {uri}; there is {}", resource::URI), None)
        })
    }

    async fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![prompt::listed()]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if request.name != prompt::NAME {
            let name: String = request.name.chars().take(128).collect();
            let text = format!("unknown prompt: {name}; there is {}", prompt::NAME);
            return Err(ErrorData::invalid_params(text, None));
        }
        let result = prompt::get(request.arguments.as_ref()).map_err(|text| ErrorData::invalid_params(text, None))?;
        Ok(result.into())
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        // The list depends on the token of each request and has no moment of
        // change of its own: the subscription is accepted and stays silent.
        Some(requested.clone())
    }
}

/// Runs until the client closes its side or `cancel` fires.
///
/// # Errors
/// The transport's failure during the handshake; a closed stream is none.
pub fn serve<R, W>(
    server: SysdigServer,
    read: R,
    write: W,
    cancel: tokio_util::sync::CancellationToken,
) -> impl Future<Output = Result<(), rmcp::service::ServerInitializeError>>
where
    R: tokio::io::AsyncRead + Send + Unpin + 'static,
    W: tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    use rmcp::ServiceExt;
    use rmcp::service::ServerInitializeError;
    async move {
        match server.serve_with_ct((read, write), cancel).await {
            Ok(running) => {
                if let Err(error) = running.waiting().await {
                    tracing::error!(%error, "the stdio server task failed");
                }
                Ok(())
            }
            Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use rmcp::RoleClient;
    use rmcp::ServiceError;
    use rmcp::ServiceExt;
    use rmcp::service::RunningService;
    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::servers::sysdig::config::BaseUrl;
    use crate::servers::sysdig::test_support::Fixture;
    use crate::servers::sysdig::test_support::Reply;

    /// A client over an in-memory pipe; the server ends with it.
    async fn connect(server: SysdigServer) -> RunningService<RoleClient, ()> {
        let (client_side, server_side) = tokio::io::duplex(1 << 16);
        let (read, write) = tokio::io::split(server_side);
        tokio::spawn(serve(server, read, write, CancellationToken::new()));
        ().serve(client_side).await.unwrap()
    }

    fn permissions(names: &[&str]) -> Reply {
        Reply::json(200, &json!({"customerId": 1, "permissions": names}))
    }

    fn names(tools: &[Tool]) -> Vec<&str> {
        tools.iter().map(|tool| tool.name.as_ref()).collect()
    }

    #[tokio::test]
    async fn the_client_sees_name_version_and_capabilities() {
        let fixture = Fixture::start(vec![]).await;
        let client = connect(fixture.server()).await;
        let info = client.peer_info().unwrap();
        let json = serde_json::to_value(info.as_ref()).unwrap();
        assert_eq!(json["serverInfo"]["name"], "Sysdig MCP Server");
        assert_eq!(json["serverInfo"]["version"], "9.9.9");
        assert_eq!(json["capabilities"]["tools"]["listChanged"], true);
        assert!(json["capabilities"]["resources"].is_object() && json["capabilities"]["prompts"].is_object());
        assert!(fixture.requests().is_empty());
    }

    #[tokio::test]
    async fn each_listing_asks_once_and_filters_by_permission() {
        let fixture =
            Fixture::start(vec![permissions(&["policy-events.read", "other"]), permissions(&["perm2"])]).await;
        let client = connect(fixture.server()).await;
        let listed = client.list_tools(None).await.unwrap().tools;
        assert_eq!(names(&listed), ["get_event_info", "get_event_process_tree", "list_runtime_events"]);
        assert_eq!(fixture.requests().len(), 1);
        assert_eq!(fixture.requests()[0].path, "/api/users/me/permissions");
        assert!(client.list_tools(None).await.unwrap().tools.is_empty());
        assert_eq!(fixture.requests().len(), 2);
    }

    #[tokio::test]
    async fn unknown_permissions_give_an_empty_list() {
        let fixture = Fixture::start(vec![
            Reply::text(500, "boom"),
            Reply::text(401, "{}"),
            Reply::text(200, "<html>"),
            Reply::text(200, "{\"permissions\":\"all\"}"),
        ])
        .await;
        let client = connect(fixture.server()).await;
        for _ in 0..4 {
            assert!(client.list_tools(None).await.unwrap().tools.is_empty());
        }
    }

    #[tokio::test]
    async fn calls_are_not_blocked_by_the_filter() {
        let fixture = Fixture::start(vec![Reply::text(403, "denied")]).await;
        let client = connect(fixture.server()).await;
        let result = call(&client, "get_event_info", json!({"event_id": "abc"})).await.unwrap();
        assert_eq!(result.is_error, Some(true));
        let text = result.content[0].as_text().unwrap().text.clone();
        assert!(text.starts_with("error retrieving event, status code: 403, response: denied"));
    }

    async fn call(
        client: &RunningService<RoleClient, ()>,
        name: &'static str,
        arguments: Value,
    ) -> Result<CallToolResult, ServiceError> {
        let arguments = arguments.as_object().cloned().unwrap();
        let params = CallToolRequestParams::new(name).with_arguments(arguments);
        client.call_tool(params).await
    }

    #[tokio::test]
    async fn text_and_structured_content_agree() {
        let fixture = Fixture::start(vec![Reply::json(200, &json!({"id": "abc"}))]).await;
        let client = connect(fixture.server()).await;
        let result = call(&client, "get_event_info", json!({"event_id": "abc"})).await.unwrap();
        assert_eq!(result.is_error, Some(false));
        let structured = result.structured_content.unwrap();
        assert_eq!(structured["results"]["id"], "abc");
        assert_eq!(result.content.len(), 1);
        assert_eq!(result.content[0].as_text().unwrap().text, structured.to_string());
    }

    #[tokio::test]
    async fn an_unknown_tool_is_an_invalid_params_error() {
        let fixture = Fixture::start(vec![]).await;
        let client = connect(fixture.server()).await;
        match call(&client, "drop_tables", json!({})).await {
            Err(ServiceError::McpError(error)) => {
                assert_eq!(error.code, rmcp::model::ErrorCode::INVALID_PARAMS);
                assert_eq!(error.message, "unknown tool: drop_tables");
            }
            other => panic!("expected a protocol error, got {other:?}"),
        }
    }

    #[tokio::test]
    async fn an_unreachable_upstream_is_a_tool_error() {
        let fixture = Fixture::start_with(vec![], |config| {
            config.api_host = Some("http://127.0.0.1:1".to_owned());
        })
        .await;
        let client = connect(fixture.server()).await;
        for (tool, prefix) in [
            ("get_event_info", "error triggering request: "),
            ("get_event_process_tree", "error requesting process tree branches: "),
        ] {
            let result = call(&client, tool, json!({"event_id": "abc"})).await.unwrap();
            assert_eq!(result.is_error, Some(true));
            let text = &result.content[0].as_text().unwrap().text;
            assert!(text.starts_with(prefix) && text.len() > prefix.len(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_slow_upstream_is_a_tool_error_that_says_so() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = format!("http://{}", listener.local_addr().unwrap());
        let fixture = Fixture::start_with(vec![], |config| {
            config.api_host = Some(host);
            config.request_timeout = std::time::Duration::from_millis(30);
        })
        .await;
        let client = connect(fixture.server()).await;
        let result = call(&client, "get_event_info", json!({"event_id": "abc"})).await.unwrap();
        let text = &result.content[0].as_text().unwrap().text;
        assert_eq!(text, "error triggering request: timed out after 0.03 s");
        drop(listener);
    }

    #[tokio::test]
    async fn a_huge_answer_is_refused() {
        let reply = Reply::text(200, &"x".repeat(2_000));
        let fixture = Fixture::start_with(vec![reply], |config| config.max_body_bytes = 1_000).await;
        let client = connect(fixture.server()).await;
        let result = call(&client, "list_runtime_events", json!({})).await.unwrap();
        let text = &result.content[0].as_text().unwrap().text;
        assert_eq!(text, "error triggering request: the response is larger than 1000 bytes");
    }

    #[tokio::test]
    async fn a_redirect_is_followed_on_the_same_host_and_to_no_other() {
        let to = |place: &str| Reply::text(307, "").with_header("location", place);
        let fixture = Fixture::start(vec![to("/moved/here"), Reply::json(200, &json!({"id": "abc"}))]).await;
        let client = connect(fixture.server()).await;
        let result = call(&client, "get_event_info", json!({"event_id": "abc"})).await.unwrap();
        assert_eq!(result.structured_content.unwrap()["results"]["id"], "abc");
        assert_eq!(fixture.requests()[1].path, "/moved/here");
        let strange = Fixture::start(vec![]).await;
        let strange_host = strange.host();
        let other_port = format!("{strange_host}/secure/x?a=b");
        for (place, told) in [
            (other_port.as_str(), strange_host.as_str()),
            ("https://elsewhere.example/a", "https://elsewhere.example"),
            (&fixture.host().replace("http:", "https:"), &fixture.host().replace("http:", "https:")),
            (&fixture.host().replace("127.0.0.1", "localhost"), &fixture.host().replace("127.0.0.1", "localhost")),
        ] {
            let from = fixture.requests().len();
            fixture.also(vec![to(place)]);
            let result = call(&client, "get_event_info", json!({"event_id": "abc"})).await.unwrap();
            let text = &result.content[0].as_text().unwrap().text;
            assert!(text.contains(&format!("the redirect to {told} was not followed")), "{text}");
            assert!(!text.contains("a=b"), "{text}");
            assert_eq!(fixture.requests().len(), from + 1);
        }
        assert!(strange.requests().is_empty());
        fixture.also((0..9).map(|_| to("/again")).collect());
        let result = call(&client, "get_event_info", json!({"event_id": "abc"})).await.unwrap();
        assert!(result.content[0].as_text().unwrap().text.contains("more than 5 redirects"), "{result:?}");
    }

    #[tokio::test]
    async fn less_is_read_of_a_host_that_a_request_names() {
        let reply = || Reply::json(200, &json!({"id": "x".repeat(2_000)}));
        let fixture = Fixture::start_with(vec![reply(), reply()], |config| config.max_body_bytes_of_others = 1_000);
        let fixture = fixture.await;
        let own =
            Credentials { host: BaseUrl::parse(&fixture.host()).unwrap(), token: "tok-test".into(), elsewhere: false };
        let other = Credentials { elsewhere: true, ..own.clone() };
        let arguments = json!({"event_id": "abc"}).as_object().cloned().unwrap();
        let tool = tools::find("get_event_info").unwrap();
        assert!(fixture.server().run_tool(tool, &own, &arguments).await.is_ok());
        let error = fixture.server().run_tool(tool, &other, &arguments).await.unwrap_err().to_string();
        assert!(error.contains("the response is larger than 1000 bytes"), "{error}");
    }

    #[tokio::test]
    async fn missing_credentials_fail_the_listing_and_the_call() {
        let fixture = Fixture::start_with(vec![], |config| config.api_token = None).await;
        let client = connect(fixture.server()).await;
        let listing = client.list_tools(None).await.unwrap_err();
        assert!(listing.to_string().contains("SYSDIG_MCP_API_SECURE_TOKEN"));
        let result = call(&client, "list_runtime_events", json!({})).await.unwrap();
        assert_eq!(result.is_error, Some(true));
        assert!(fixture.requests().is_empty());
    }

    #[tokio::test]
    async fn the_server_ends_when_its_input_closes_or_it_is_cancelled() {
        let fixture = Fixture::start(vec![]).await;
        let (client_side, server_side) = tokio::io::duplex(1024);
        let (read, write) = tokio::io::split(server_side);
        drop(client_side);
        assert!(serve(fixture.server(), read, write, CancellationToken::new()).await.is_ok());

        let (_client_side, server_side) = tokio::io::duplex(1024);
        let (read, write) = tokio::io::split(server_side);
        let cancel = CancellationToken::new();
        cancel.cancel();
        assert!(serve(fixture.server(), read, write, cancel).await.is_ok());
    }
}
