//! `POST /api/tools/{server}/{tool}/try`: one call by hand, to see what a tool answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::engine::trial::Tried;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::input::Body;
use crate::http::input::PathOf;
use crate::http::native::results::Page;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// What to call the tool with.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Try {
    /// Arguments; an object that fits the tool's schema. None when missing.
    #[serde(default = "none")]
    pub arguments: Value,
}

fn none() -> Value {
    json!({})
}

/// What the tool answered. Part of no turn, so no reply can rest on it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TriedResult {
    /// Id in the audit.
    pub id: Uuid,
    /// Configured server name.
    pub server: String,
    /// Tool name at the server.
    pub tool: String,
    /// Arguments as sent.
    pub arguments: Value,
    /// When it was observed.
    pub observed_at: Time,
    /// What became of the call.
    pub outcome: &'static str,
    /// Always `fresh`: it was fetched for this answer.
    pub freshness: &'static str,
    /// Page data, when the content is a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
    /// Message when the call was no success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// SHA-256 of the content.
    pub digest: String,
    /// The whole payload.
    #[schema(value_type = Value)]
    pub content: Arc<Value>,
}

impl From<Tried> for TriedResult {
    fn from(tried: Tried) -> Self {
        let trial = tried.trial;
        Self {
            id: trial.id.0,
            server: trial.server,
            tool: trial.tool,
            arguments: trial.arguments,
            observed_at: Time(tried.observed_at),
            outcome: trial.outcome.as_str(),
            freshness: "fresh",
            page: tried.page.as_ref().map(Page::from),
            error: trial.error,
            digest: trial.digest,
            content: tried.content,
        }
    }
}

/// Calls a tool that changes nothing. The call is written down for the audit.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(post, path = paths::TOOL_TRY, operation_id = "try_tool",
    params(("server" = String, Path, description = "Configured server name"), ("tool" = String, Path, description = "Name at the server")),
    request_body = Try,
    responses((status = 200, body = TriedResult), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn try_tool(
    State(api): State<Api>,
    Asker(caller): Asker,
    PathOf((server, tool)): PathOf<(String, String)>,
    Body(wanted): Body<Try>,
) -> Result<Json<TriedResult>, ApiError> {
    let tried = api.app.engine.try_tool(caller, &server, &tool, wanted.arguments).await?;
    Ok(Json(tried.into()))
}
