//! `POST /api/tools/{server}/{tool}/accept`: somebody has looked at a definition and accepts it.
//! Only for the role `admin`, which manages tools. The hash says which definition was looked at:
//! another one is never accepted in its place. Who accepted what and when is written down with it.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::pin;
use crate::domain::pin::Acceptance;
use crate::http::Api;
use crate::http::auth::Admin;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::PathOf;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// Digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// Which definition is accepted.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Accept {
    /// Its hash, as the list of tools shows it.
    pub hash: String,
}

/// What is accepted now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptedTool {
    /// Configured server name.
    pub server: String,
    /// Name at the server.
    pub tool: String,
    /// Hash of the accepted definition.
    pub hash: String,
    /// Who accepted it; null: it was the first one seen.
    pub accepted_by: Option<String>,
    /// When.
    pub accepted_at: Time,
}

/// Accepts the definition of a tool; again changes nothing.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::TOOL_ACCEPT, operation_id = "accept_tool",
    params(("server" = String, Path, description = "Configured server name"), ("tool" = String, Path, description = "Name at the server")),
    request_body = Accept,
    responses((status = 200, body = AcceptedTool), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn accept(
    State(api): State<Api>,
    Admin(caller): Admin,
    PathOf((server, tool)): PathOf<(String, String)>,
    Body(wanted): Body<Accept>,
) -> Result<Json<AcceptedTool>, ApiError> {
    if wanted.hash.len() != HASH_DIGITS || !wanted.hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        let message = "hash: must be the 64 digits that the list of tools shows";
        return Err(ApiError::new(Code::InvalidBody, message).param("hash"));
    }
    let hash = wanted.hash.to_ascii_lowercase();
    if let Acceptance::Other { hash } = api.app.hub.accept_tool(&server, &tool, &hash, caller.subject()).await? {
        return Err(ApiError::plain(Code::DefinitionChanged).details(json!({ "hash": hash })));
    }
    let pin = api.app.store.tool_pin(&server, &pin::key(&tool)).await?;
    let accepted = pin.accepted.ok_or_else(|| ApiError::plain(Code::ToolNotFound))?;
    Ok(Json(AcceptedTool {
        server,
        tool,
        hash: accepted.hash,
        accepted_by: accepted.by,
        accepted_at: Time(accepted.at),
    }))
}
