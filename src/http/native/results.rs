//! One ledger entry with its payload, and the call behind it made again.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::domain::ids::ResultId;
use crate::engine::ports::TurnStore;
use crate::engine::repeat;
use crate::engine::turn::TurnOrder;
use crate::engine::turn::TurnRequest;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::input::Id;
use crate::http::input::OptionalBody;
use crate::http::native::turns;
use crate::http::native::types::FinishedTurn;
use crate::http::native::types::ToolResult;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::start;
use crate::http::start::WhenGone;

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

/// How a call is to be made again.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RefreshOrder {
    /// Model profile; the configured one when missing.
    #[serde(default)]
    pub model: Option<String>,
}

/// Makes the call behind a result again, in a turn of decision `refresh` at the end of its
/// conversation: an event stream with `Accept: text/event-stream`, else the finished turn.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(post, path = paths::RESULT_REFRESH, operation_id = "refresh_result", params(("id" = Uuid, Path)), request_body = RefreshOrder,
    responses((status = 200, content((FinishedTurn = "application/json"), (String = "text/event-stream"))),
        (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn refresh(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(id): Id<ResultId>,
    headers: HeaderMap,
    OptionalBody(order): OptionalBody<RefreshOrder>,
) -> Result<Response, ApiError> {
    let profile = api.profile(order.model.as_deref())?;
    let entry = api.app.store.result(caller.subject(), id).await?;
    let made_by = api.app.store.turn(caller.subject(), entry.turn_id).await?;
    let request = TurnRequest {
        conversation_id: Some(made_by.conversation_id),
        message: repeat::message(&made_by.message),
        profile,
        unverified: Vec::new(),
    };
    let order = TurnOrder { replaces: None, repeats: Some(id) };
    let started = start::ordered(&api, caller, request, order, WhenGone::GoOn).await?;
    turns::answer(&started, &headers).await
}
