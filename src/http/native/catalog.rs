//! The tools as they are now, server by server.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::engine::ports::Tools;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::openapi::NativeError;
use crate::http::paths;

/// All tools of all servers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolList {
    /// Tools, sorted by name.
    pub items: Vec<Tool>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
    /// Servers, sorted by name; those that are down too.
    pub servers: Vec<Server>,
    /// Digest over names, descriptions and schemas.
    pub digest: String,
}

/// One tool.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tool {
    /// Unique name, `server__tool`.
    pub name: String,
    /// Configured server name.
    pub server: String,
    /// Name at the server.
    pub tool: String,
    /// `up` or `down`: whether its server answers.
    pub state: &'static str,
    /// What the tool says about itself.
    pub description: String,
    /// JSON Schema of the arguments.
    pub input_schema: Value,
    /// JSON Schema of the structured result.
    pub output_schema: Option<Value>,
    /// What is known of its effects.
    pub annotations: Annotations,
}

/// What is known of a tool's effects.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// It changes nothing; other tools do not run without a confirmation.
    pub read_only_hint: bool,
}

/// One MCP server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Server {
    /// Configured name.
    pub name: String,
    /// `up` or `down`.
    pub state: &'static str,
    /// `embedded`, `stdio` or `streamable_http`.
    pub transport: String,
    /// Last failure.
    pub error: Option<String>,
    /// Starts after the first one.
    pub restarts: u64,
    /// Groups of questions it is expected to serve.
    pub groups: Vec<String>,
}

/// The tools as they are now.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::TOOLS, operation_id = "list_tools",
    responses((status = 200, body = ToolList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(State(api): State<Api>, caller: Caller) -> Result<Json<ToolList>, ApiError> {
    let catalog = api.app.hub.catalog(&caller).await;
    let up = |name: &str| catalog.servers.iter().any(|server| server.name == name && server.up);
    let items = catalog.tools.iter().map(|spec| Tool {
        name: spec.name.to_string(),
        server: spec.server.clone(),
        tool: spec.tool.clone(),
        state: state(up(&spec.server)),
        description: spec.description.clone(),
        input_schema: spec.input_schema.clone(),
        output_schema: spec.output_schema.clone(),
        annotations: Annotations { read_only_hint: spec.read_only },
    });
    let servers = catalog.servers.iter().map(|server| Server {
        name: server.name.clone(),
        state: state(server.up),
        transport: server.transport.clone(),
        error: server.error.clone(),
        restarts: server.restarts,
        groups: server.groups.clone(),
    });
    Ok(Json(ToolList {
        items: items.collect(),
        next_cursor: None,
        servers: servers.collect(),
        digest: catalog.digest().to_owned(),
    }))
}

fn state(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}
