//! The server behind everything: one tool whose answer has four kilobytes, over each transport.

use std::net::SocketAddr;
use std::sync::Arc;

use groundwire::mcp_serve::Limits;
use groundwire::mcp_serve::door::Admission;
use groundwire::mcp_serve::door::Admitted;
use groundwire::mcp_serve::door::Door;
use groundwire::mcp_serve::door::Hosts;
use groundwire::mcp_serve::listen;
use groundwire::mcp_serve::sse;
use groundwire::mcp_serve::streamable;
use groundwire::mcp_serve::streamable::Keeping;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::service::RequestContext;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// The tool.
pub(crate) const TOOL: &str = "measurements";
/// Rows of an answer, of about 50 bytes each; servers send them as text and as structured content.
const ROWS: usize = 40;

#[derive(Clone)]
struct Server;

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = json!({
            "name": TOOL,
            "description": "Lists measurements, and the process that answers.",
            "inputSchema": { "type": "object", "properties": { "station": { "type": "string" } }, "required": ["station"] },
            "annotations": { "readOnlyHint": true },
        });
        Ok(from_wire(json!({ "tools": [tool] })))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let station = request.arguments.unwrap_or_default().remove("station");
        let rows: Vec<Value> = (0..ROWS)
            .map(|n| json!({ "id": 4_120_000 + n, "celsius": n as f64 / 4.0, "note": "calm, clear" }))
            .collect();
        let all = json!({ "station": station, "process": std::process::id(), "data": rows });
        Ok(CallToolResult::structured(all).into())
    }
}

fn from_wire<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("this is MCP")
}

/// Serves its own standard streams to their end.
pub(crate) async fn over_stdio() {
    let running = Server.serve(rmcp::transport::stdio()).await.expect("a client greets");
    running.waiting().await.expect("it serves to the end");
}

/// Serves streamable HTTP at `/mcp` and HTTP+SSE at `/sse` until it is killed. Sessions are not
/// counted, so that a client is never cut off in the middle.
pub(crate) async fn over_http(address: SocketAddr) {
    let stop = CancellationToken::new();
    let admission: Admission = Arc::new(|_, _| Ok(Admitted::new(())));
    let door = || Door::new(Hosts::Unchecked, Arc::clone(&admission));
    let limits = Limits::default();
    let streams = sse::endpoints(&Server, door(), "/messages", &limits, &stop);
    let router = axum::Router::new()
        .route("/mcp", streamable::endpoint(&Server, door(), Keeping::Sessions, &limits, &stop).route())
        .route("/sse", streams.stream.route())
        .route("/messages", streams.messages.route());
    let listener = tokio::net::TcpListener::bind(address).await.expect("the address is free");
    listen::serve(router, listener, stop.clone(), stop).await.expect("it serves");
}
