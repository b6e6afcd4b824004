//! `POST /api/route`: how would a message be routed? Nothing is stored, no tool is called.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::caller::AccessRole;
use crate::domain::caller::Caller;
use crate::domain::message::Message;
use crate::domain::message::Role;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::shown::ShownItem;
use crate::domain::tool::ToolName;
use crate::domain::tool::ToolSpec;
use crate::engine::ports::Tools;
use crate::engine::preview::RoutePreview;
use crate::http::Api;
use crate::http::auth::require;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::native::types::decided_by;
use crate::http::openapi::NativeError;
use crate::http::paths;

/// Messages, shown results and tools of one request at most, each.
const MAX_ITEMS: usize = 500;
/// Longest tool name, in bytes.
const NAME_BYTES: usize = 200;

/// Who may decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteMode {
    /// Rules alone; what they leave open is `call_tool`.
    #[default]
    Rules,
    /// Rules, then the model.
    Both,
}

/// A message and what was before it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RouteRequest {
    /// Earlier messages, oldest first.
    #[serde(default)]
    pub messages: Vec<RouteMessage>,
    /// The message; the last of `messages` when missing.
    #[serde(default)]
    pub message: Option<String>,
    /// Results shown earlier, oldest first.
    #[serde(default)]
    pub shown: Vec<GivenShown>,
    /// Tools to route over; the live catalogue when missing.
    #[serde(default)]
    pub tools: Option<Vec<GivenTool>>,
    /// `rules` (default) or `both`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub mode: RouteMode,
    /// The moment of the message; now when missing.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub now: Option<Timestamp>,
}

/// One message.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RouteMessage {
    /// `user` or `assistant`; others are passed over.
    pub role: String,
    /// Text.
    #[serde(default)]
    pub content: Option<String>,
}

/// A result shown earlier.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GivenShown {
    /// Tool name.
    pub tool: String,
    /// Arguments of the call.
    #[serde(default)]
    pub arguments: Value,
    /// When it was observed.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub observed_at: Option<Timestamp>,
    /// What was shown of it: text, or the rows themselves.
    #[serde(default)]
    pub summary: Value,
}

/// A tool to route over.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GivenTool {
    /// Name, with or without `server__`.
    pub name: String,
    /// What it does.
    #[serde(default)]
    pub description: String,
    /// JSON Schema of its arguments.
    #[serde(default)]
    pub input_schema: Value,
}

/// The ruling.
#[derive(Debug, Serialize, ToSchema)]
pub struct RouteResponse {
    /// What kind of turn it would be.
    pub decision: &'static str,
    /// Id of the rule; `model` or `default` where no rule decided.
    pub rule: String,
    /// `rule`, `model` or `default`.
    pub decided_by: &'static str,
    /// Names of the tools that would be offered, as they were given.
    pub tools: Vec<String>,
    /// Arguments read off the message.
    pub arguments: Map<String, Value>,
    /// Required facts that the message does not give.
    pub missing: Vec<String>,
    /// One line for people.
    pub reason: String,
}

/// Says how a message would be routed.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::ROUTE, operation_id = "route", request_body = RouteRequest,
    responses((status = 200, body = RouteResponse), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn route(
    State(api): State<Api>,
    caller: Caller,
    Body(request): Body<RouteRequest>,
) -> Result<Json<RouteResponse>, ApiError> {
    if request.mode == RouteMode::Both {
        // Asks a model, which costs.
        require(&caller, AccessRole::Analyst)?;
    }
    let preview = accept(request, &api)?;
    let tools = match &preview.tools {
        Some(tools) => tools.clone(),
        None => api.app.hub.catalog(&caller).await.known.clone(),
    };
    let ruling = api.app.engine.preview_route(&caller, preview).await?;
    Ok(Json(response(ruling, &tools)))
}

fn accept(request: RouteRequest, api: &Api) -> Result<RoutePreview, ApiError> {
    let counts = [
        ("messages", request.messages.len()),
        ("shown", request.shown.len()),
        ("tools", request.tools.as_ref().map_or(0, Vec::len)),
    ];
    if let Some((field, count)) = counts.into_iter().find(|(_, count)| *count > MAX_ITEMS) {
        let message = format!("{field}: {count} given, at most {MAX_ITEMS} are taken");
        return Err(ApiError::new(Code::TooManyItems, message).param(field));
    }
    let mut history: Vec<Message> = request.messages.into_iter().filter_map(message).collect();
    let message = match request.message {
        Some(message) => message,
        None => match history.pop() {
            Some(last) if last.role == Role::User => last.content,
            _ => {
                let text = "message: missing, and the last of messages is not from the user";
                return Err(ApiError::new(Code::InvalidMessages, text).param("message"));
            }
        },
    };
    let limit = api.app.config.limits.message_bytes;
    if message.len() > limit {
        let text = format!("message: has {} bytes, the limit is {limit}", message.len());
        return Err(ApiError::new(Code::MessageTooLong, text).param("message"));
    }
    if message.trim().is_empty() {
        return Err(ApiError::plain(Code::EmptyMessage).param("message"));
    }
    let tools = request.tools.map(|tools| tools.into_iter().enumerate().map(spec).collect()).transpose()?;
    Ok(RoutePreview {
        message,
        history,
        shown: request.shown.into_iter().map(shown).collect(),
        tools,
        ask_model: request.mode == RouteMode::Both,
        now: request.now.unwrap_or_else(|| api.app.clock.now()),
    })
}

fn message(message: RouteMessage) -> Option<Message> {
    let role = match message.role.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => return None,
    };
    let content = message.content.filter(|content| !content.trim().is_empty())?;
    Some(Message { role, content, turn_id: None })
}

fn shown(item: GivenShown) -> ShownItem {
    let summary = match item.summary {
        Value::Null => None,
        Value::String(text) => Some(text),
        rows => Some(rows.to_string()),
    };
    let arguments = if item.arguments.is_null() { json!({}) } else { item.arguments };
    ShownItem { tool: item.tool, arguments, observed_at: item.observed_at, summary }
}

fn spec((index, tool): (usize, GivenTool)) -> Result<Arc<ToolSpec>, ApiError> {
    let field = format!("tools[{index}].name");
    if tool.name.is_empty() || tool.name.len() > NAME_BYTES {
        let message = format!("{field}: needs 1 to {NAME_BYTES} bytes");
        return Err(ApiError::new(Code::InvalidBody, message).param(field));
    }
    let server = tool.name.split_once("__").map_or("", |(server, _)| server);
    Ok(Arc::new(ToolSpec {
        name: ToolName::new(&tool.name),
        server: server.to_owned(),
        tool: bare(&tool.name).to_owned(),
        description: tool.description,
        input_schema: if tool.input_schema.is_null() { json!({"type": "object"}) } else { tool.input_schema }.into(),
        output_schema: None,
        read_only: true,
        hinted: true,
    }))
}

/// Name at the server of a name that may be qualified.
fn bare(name: &str) -> &str {
    name.split_once("__").map_or(name, |(_, tool)| tool)
}

fn response(ruling: Ruling, tools: &[Arc<ToolSpec>]) -> RouteResponse {
    let named = |tool: &String| {
        tools.iter().filter(move |spec| &spec.tool == tool).map(|spec| spec.name.to_string()).collect::<Vec<_>>()
    };
    let offered = if ruling.tools.is_empty() && ruling.decision.needs_call() {
        tools.iter().map(|spec| spec.name.to_string()).collect()
    } else {
        ruling.tools.iter().flat_map(named).collect()
    };
    RouteResponse {
        decision: ruling.decision.as_str(),
        rule: ruling.rule,
        decided_by: decided_by(ruling.decided_by),
        tools: offered,
        arguments: ruling.arguments,
        missing: ruling.missing,
        reason: ruling.reason,
    }
}
