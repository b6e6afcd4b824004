//! An MCP server that answers each caller by the credential of its own request, and counts the
//! requests whose credential is not the one that their arguments say.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use axum::Router;
use http::request::Parts;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::Tool;
use rmcp::model::ToolAnnotations;
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;

/// The server. `whoami {token}` tells the token that the request brought.
#[derive(Clone, Default)]
pub(crate) struct Guarded {
    calls: Arc<AtomicUsize>,
    foreign: Arc<AtomicUsize>,
    tokens: Arc<Mutex<Vec<String>>>,
    /// Describes its tool to each in other words.
    in_other_words: bool,
}

impl Guarded {
    /// One that describes its tool to each in other words.
    pub(crate) fn in_other_words() -> Self {
        Self { in_other_words: true, ..Self::default() }
    }

    /// Serves it with sessions; returns its URL.
    pub(crate) async fn serve(&self) -> String {
        let guarded = self.clone();
        let service = StreamableHttpService::new(
            move || Ok(guarded.clone()),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("a local address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().nest_service("/mcp", service)).await });
        url
    }

    /// Calls so far, and of these the ones with another's credential.
    pub(crate) fn counted(&self) -> (usize, usize) {
        (self.calls.load(Ordering::SeqCst), self.foreign.load(Ordering::SeqCst))
    }

    /// Different credentials that any request has brought, in order.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.lock().expect("whole").clone()
    }

    fn token(&self, context: &RequestContext<RoleServer>) -> String {
        let parts = context.extensions.get::<Parts>().expect("the HTTP request");
        let token = parts.headers.get("x-user-token").map_or("", |value| value.to_str().expect("text")).to_owned();
        let mut tokens = self.tokens.lock().expect("whole");
        if !tokens.contains(&token) {
            tokens.push(token.clone());
        }
        token
    }
}

impl ServerHandler for Guarded {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let Value::Object(schema) = json!({"type": "object", "properties": {"token": {"type": "string"}}}) else {
            unreachable!("it is an object")
        };
        // Each sees a tool of their own beside the common one.
        let token = self.token(&context);
        let words =
            if self.in_other_words { format!("Whether {token} is asking.") } else { "Who is asking.".to_owned() };
        let tools = ["whoami".to_owned(), format!("of_{token}")].map(|name| {
            Tool::new(name, words.clone(), Arc::new(schema.clone()))
                .with_annotations(ToolAnnotations::new().read_only(true))
        });
        Ok(ListToolsResult::with_all_items(tools.to_vec()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let token = self.token(&context);
        self.calls.fetch_add(1, Ordering::SeqCst);
        if request.arguments.unwrap_or_default().get("token") != Some(&json!(token)) {
            self.foreign.fetch_add(1, Ordering::SeqCst);
        }
        Ok(CallToolResult::structured(json!({"token": token})).into())
    }
}
