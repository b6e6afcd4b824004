//! A help desk as an MCP server: its one tool shows a case of the simulated Argus, and asks its user
//! before that which archive to look into, and how far back. Of the revision without sessions, so
//! a question is the result of the call, which is made again with the answers (MCP 2026-07-28,
//! "Input required results").

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ContentBlock;
use rmcp::model::InputRequiredResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ProtocolVersion;
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
use tokio_util::sync::CancellationToken;

use crate::sim::argus::ArgusSim;

/// Where it is served.
pub const PATH: &str = "/mcp";
/// Name of its tool: that of the Argus server, for which the shipped policy has rules.
const TOOL: &str = "getArgusCaseByID";
/// Name of its question.
const QUESTION: &str = "archive";
/// What it wants to have back with the answers.
const STATE: &str = "archive-asked";

/// The help desk; clones are the same one.
#[derive(Clone)]
pub struct DeskSim {
    argus: ArgusSim,
}

impl DeskSim {
    /// One over the cases of a simulated Argus.
    pub fn new(argus: ArgusSim) -> Self {
        Self { argus }
    }

    /// Serves it until it is told to stop.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener, cancel: CancellationToken) -> std::io::Result<()> {
        let service = StreamableHttpService::new(
            move || Ok(self.clone()),
            Arc::new(NeverSessionManager::default()),
            StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true),
        );
        let router = Router::new().nest_service(PATH, service);
        axum::serve(listener, router).with_graceful_shutdown(cancel.cancelled_owned()).await
    }

    fn question() -> InputRequiredResult {
        let form = json!({
            "message": "Which archive should be searched, and how far back?",
            "requestedSchema": {
                "type": "object",
                "required": ["archive", "days"],
                "properties": {
                    "archive": { "type": "string", "title": "Archive", "oneOf": [
                        { "const": "live", "title": "Live cases" }, { "const": "cold", "title": "Cold storage" } ] },
                    "days": { "type": "integer", "title": "Days back", "minimum": 1, "maximum": 30 },
                },
            },
        });
        let requests = json!({ QUESTION: { "method": "elicitation/create", "params": form } });
        let requests = serde_json::from_value(requests).expect("the constant is a request for input");
        InputRequiredResult::new(Some(requests), Some(STATE.to_owned()))
    }
}

impl ServerHandler for DeskSim {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Owned(vec![ProtocolVersion::V_2026_07_28])
    }

    async fn list_tools(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool: Tool = serde_json::from_value(json!({
            "name": TOOL,
            "description": "Shows one case.",
            "annotations": { "readOnlyHint": true },
            "inputSchema": { "type": "object", "required": ["caseID"], "properties": { "caseID": { "type": "integer" } } },
        }))
        .expect("the constant is a tool");
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let id = request.arguments.as_ref().and_then(|arguments| arguments.get("caseID")).and_then(Value::as_u64);
        let (TOOL, Some(id)) = (request.name.as_ref(), id) else {
            return Err(ErrorData::invalid_params("a caseID is needed", None));
        };
        match request.request_state.as_deref() {
            None => return Ok(Self::question().into()),
            Some(STATE) => {}
            Some(_) => return Err(ErrorData::invalid_params("requestState is not one of this server", None)),
        }
        let said = request.input_responses.as_ref().and_then(|said| said.get(QUESTION));
        let Some(said) = said.filter(|said| said["action"] == "accept") else {
            return Ok(CallToolResult::success(vec![ContentBlock::text("nothing was looked up")]).into());
        };
        let (archive, days) = (&said["content"]["archive"], said["content"]["days"].as_u64());
        if !days.is_some_and(|days| (1..=30).contains(&days)) || (archive != "live" && archive != "cold") {
            return Err(ErrorData::invalid_params("the answers do not fit the form", None));
        }
        // Cases that are open are in no cold storage.
        match self.argus.case(id).filter(|_| archive == "live") {
            Some(case) => Ok(CallToolResult::structured(json!({ "data": case["case"] })).into()),
            None => Ok(CallToolResult::error(vec![ContentBlock::text(format!("no case {id} there"))]).into()),
        }
    }
}
