//! One ledger entry with its payload.

use axum::Json;
use axum::extract::State;

use crate::domain::caller::Caller;
use crate::domain::ids::ResultId;
use crate::engine::ports::TurnStore;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::input::Id;
use crate::http::native::types::ToolResult;
use crate::http::openapi::NativeError;
use crate::http::paths;

/// One ledger entry with its payload.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::RESULT, operation_id = "get_result", params(("id" = Uuid, Path)),
    responses((status = 200, body = ToolResult), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn get(State(api): State<Api>, caller: Caller, Id(id): Id<ResultId>) -> Result<Json<ToolResult>, ApiError> {
    let entry = api.app.store.result(caller.subject(), id).await?;
    Ok(Json(ToolResult::at(&entry, api.app.clock.now())))
}
