//! An MCP server with a tool that changes something, over streamable HTTP, and a model that
//! says what a test wants it to say. Both count what they were asked.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::Json;
use axum::Router;
use axum::routing::post;
use groundwire::config::Config;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
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
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;

/// A help desk: `closeCase` closes a case and does not say that it only reads.
#[derive(Clone, Default)]
pub(crate) struct Desk {
    /// What its tool wants to know besides the case.
    also_required: Option<&'static str>,
    calls: Arc<Mutex<Vec<Value>>>,
}

impl Desk {
    /// One whose tool wants to know more than the case.
    pub(crate) fn that_wants(also: &'static str) -> Self {
        Self { also_required: Some(also), ..Self::default() }
    }

    /// The calls so far: `{tool, arguments}`.
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves it; returns its URL.
    pub(crate) async fn serve(&self) -> String {
        let desk = self.clone();
        let service = StreamableHttpService::new(
            move || Ok(desk.clone()),
            Arc::new(NeverSessionManager::default()),
            StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true),
        );
        listen(Router::new().nest_service("/mcp", service)).await + "/mcp"
    }
}

impl ServerHandler for Desk {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let required: Vec<&str> = std::iter::once("caseID").chain(self.also_required).collect();
        let schema = json!({
            "type": "object",
            "required": required,
            "properties": {"caseID": {"type": "integer"}, "reason": {"type": "string"}},
        });
        let Value::Object(schema) = schema else { unreachable!("it is an object") };
        Ok(ListToolsResult::with_all_items(vec![Tool::new("closeCase", "Close a case.", Arc::new(schema))]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let case = arguments["caseID"].clone();
        let call = json!({"tool": request.name, "arguments": arguments});
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        Ok(CallToolResult::structured(json!({"caseID": case, "status": "closed"})).into())
    }
}

/// Adds the desk to a configuration; `alone`: as the only server.
pub(crate) fn connect(config: &mut Config, url: &str, alone: bool) {
    if alone {
        config.mcp.servers.clear();
    }
    let transport = TransportConfig::StreamableHttp { url: url.to_owned(), headers: Default::default() };
    config.mcp.servers.insert("desk".to_owned(), McpServerConfig { transport, options: McpServerOptions::default() });
}

/// A model server whose every answer is what `say` makes of the request: `{content?, tool_calls?}`.
/// Returns its base URL.
pub(crate) async fn model(say: impl Fn(&Value) -> Value + Send + Sync + 'static) -> String {
    let say = Arc::new(say);
    let answer = move |Json(request): Json<Value>| {
        let mut message = say(&request);
        message["role"] = json!("assistant");
        let calls = message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
        let answer = json!({
            "id": "1", "object": "chat.completion", "created": 1, "model": "scripted",
            "choices": [{"index": 0, "message": message, "finish_reason": if calls { "tool_calls" } else { "stop" }}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        });
        std::future::ready(Json(answer))
    };
    listen(Router::new().route("/v1/chat/completions", post(answer))).await + "/v1"
}

/// Serves a router on a free port; returns its URL.
pub(crate) async fn listen(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a local address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
