//! The tools as they are now, server by server, with how their definitions stand: those that
//! await approval are listed too.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::caller::AccessRole;
use crate::domain::caller::Caller;
use crate::domain::pin::Standing;
use crate::engine::ports::ProtocolEra;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// All tools of all servers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolList {
    /// Tools, sorted by name.
    pub items: Vec<Tool>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
    /// Servers, sorted by name; those that are down too.
    pub servers: Vec<Server>,
    /// Digest over names, descriptions and schemas of the tools that are offered.
    pub digest: String,
    /// Whether the caller may accept definitions.
    pub may_accept: bool,
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
    /// How its definition stands.
    pub pin: Pin,
}

/// How the definition of a tool stands. What cannot be seen is written as its escape.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pin {
    /// `pinned`: it is offered. `quarantined`: it is neither offered nor called until its
    /// definition is accepted.
    pub state: &'static str,
    /// Why it is quarantined: `changed`, `hidden_characters`, `not_recorded` or `too_large`.
    pub reason: Option<&'static str>,
    /// What the pin rests on: `embedded` (part of the program, not pinned), `first_sight` or
    /// `accepted`; null where nothing was accepted yet.
    pub basis: Option<&'static str>,
    /// SHA-256 of the definition as its server lists it; null where the tool is part of the program.
    pub hash: Option<String>,
    /// When the tool was first seen.
    pub first_seen_at: Option<Time>,
    /// Who accepted the accepted definition; null: it was the first one seen.
    pub accepted_by: Option<String>,
    /// When it was accepted.
    pub accepted_at: Option<Time>,
    /// What to look at in the definition.
    pub flags: Vec<Flag>,
    /// What differs from the accepted definition, field by field.
    pub changes: Vec<Change>,
    /// How many more fields differ.
    pub more_changes: usize,
}

/// A text in a definition that is worth a look.
#[derive(Debug, Serialize, ToSchema)]
pub struct Flag {
    /// `hidden_characters` or `instructions`.
    pub kind: &'static str,
    /// JSON Pointer into the definition.
    pub pointer: String,
    /// The words around it.
    pub text: String,
}

/// One field that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// JSON Pointer into the definition.
    pub pointer: String,
    /// What was accepted, as JSON text; null: nothing.
    pub was: Option<String>,
    /// What is there now, as JSON text; null: nothing.
    pub is: Option<String>,
}

impl Pin {
    fn of(waits: bool, standing: Standing) -> Self {
        let basis = match (standing.embedded, standing.accepted_at, &standing.accepted_by) {
            (true, _, _) => Some("embedded"),
            (false, Some(_), Some(_)) => Some("accepted"),
            (false, Some(_), None) => Some("first_sight"),
            (false, None, _) => None,
        };
        let flags = standing.flags.into_iter();
        let changes = standing.changes.items.into_iter();
        Self {
            state: if waits { "quarantined" } else { "pinned" },
            reason: standing.waiting.map(|waiting| waiting.as_str()).filter(|_| waits),
            basis,
            hash: standing.hash,
            first_seen_at: standing.first_seen_at.map(Time),
            accepted_by: standing.accepted_by,
            accepted_at: standing.accepted_at.map(Time),
            flags: flags
                .map(|flag| Flag { kind: flag.kind.as_str(), pointer: flag.pointer, text: flag.text })
                .collect(),
            changes: changes.map(|one| Change { pointer: one.pointer, was: one.was, is: one.is }).collect(),
            more_changes: standing.changes.more,
        }
    }
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
    /// `embedded`, `stdio`, `streamable_http` or `sse`.
    pub transport: String,
    /// Protocol version agreed on with it at last.
    pub protocol: Option<String>,
    /// Era of that version: `with_sessions` or `sessionless`.
    pub era: Option<&'static str>,
    /// `closed`; `open` while it is left alone after many failures; `half_open` when the next try decides.
    pub breaker: &'static str,
    /// Last failure.
    pub error: Option<String>,
    /// Starts after the first one.
    pub restarts: u64,
    /// Groups of questions it is expected to serve.
    pub groups: Vec<String>,
    /// Tools whose results did not fit the output schema that they declare.
    pub schema_mismatches: Vec<String>,
    /// Headers in which each request brings its caller's credentials for it; empty where they come
    /// another way.
    pub headers: Vec<String>,
}

/// The tools as they are now.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::TOOLS, operation_id = "list_tools",
    responses((status = 200, body = ToolList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(State(api): State<Api>, caller: Caller) -> Result<Json<ToolList>, ApiError> {
    let (catalog, mut standings) = api.app.hub.standings(&caller).await;
    let up = |name: &str| catalog.servers.iter().any(|server| server.name == name && server.up);
    let waits = |spec: &_| catalog.waiting.iter().any(|other| Arc::ptr_eq(other, spec));
    let items = catalog.known.iter().map(|spec| Tool {
        name: spec.name.to_string(),
        server: spec.server.clone(),
        tool: spec.tool.clone(),
        state: state(up(&spec.server)),
        description: spec.description.clone(),
        input_schema: (*spec.input_schema).clone(),
        output_schema: spec.output_schema.clone(),
        annotations: Annotations { read_only_hint: spec.read_only },
        pin: Pin::of(waits(spec), standings.remove(&spec.name).unwrap_or_default()),
    });
    let servers = catalog.servers.iter().map(|server| Server {
        name: server.name.clone(),
        state: state(server.up),
        transport: server.transport.clone(),
        protocol: server.protocol.clone(),
        era: server.era.map(ProtocolEra::as_str),
        breaker: server.breaker.as_str(),
        error: server.error.clone(),
        restarts: server.restarts,
        groups: server.groups.clone(),
        schema_mismatches: server.schema_mismatches.clone(),
        headers: server.headers.clone(),
    });
    Ok(Json(ToolList {
        items: items.collect(),
        next_cursor: None,
        servers: servers.collect(),
        digest: catalog.digest().to_owned(),
        may_accept: caller.role() >= AccessRole::Admin,
    }))
}

fn state(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}
