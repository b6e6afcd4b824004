//! `POST /api/tools/{server}/{tool}/try`: one call by hand, to see what a tool answers.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use utoipa::ToSchema;

use crate::engine::call::Called;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::input::Body;
use crate::http::input::PathOf;
use crate::http::native::results::Page;
use crate::http::native::results::ToolAnswer;
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

impl From<Called> for ToolAnswer {
    fn from(called: Called) -> Self {
        let record = called.record;
        Self {
            id: record.id.0,
            server: record.server,
            tool: record.tool,
            arguments: record.arguments,
            observed_at: Time(called.observed_at),
            outcome: record.outcome.as_str(),
            // It was fetched for this answer.
            freshness: "fresh",
            page: called.page.as_ref().map(Page::from),
            error: record.error,
            digest: record.digest,
            content: called.content,
        }
    }
}

/// Calls a tool that changes nothing. The call is written down for the audit. It is part of no
/// turn, so no reply can rest on it.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(post, path = paths::TOOL_TRY, operation_id = "try_tool",
    params(("server" = String, Path, description = "Configured server name"), ("tool" = String, Path, description = "Name at the server")),
    request_body = Try,
    responses((status = 200, body = ToolAnswer), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn try_tool(
    State(api): State<Api>,
    Asker(caller): Asker,
    PathOf((server, tool)): PathOf<(String, String)>,
    Body(wanted): Body<Try>,
) -> Result<Json<ToolAnswer>, ApiError> {
    let called = api.app.engine.try_tool(caller, &server, &tool, wanted.arguments).await?;
    Ok(Json(called.into()))
}
