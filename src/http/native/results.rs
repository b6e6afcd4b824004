//! One ledger entry with its payload, and the call behind it made again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::caller::Caller;
use crate::domain::ids::ResultId;
use crate::domain::ledger;
use crate::domain::ledger::Freshness;
use crate::domain::ledger::LedgerEntry;
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
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::start;
use crate::http::start::WhenGone;
use crate::http::time::Time;

/// One ledger entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolResult {
    /// The turn whose call brought it.
    pub turn_id: Uuid,
    /// A newer answer to the same call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<Uuid>,
    /// The call and what came back.
    #[serde(flatten)]
    pub answer: ToolAnswer,
}

impl ToolResult {
    /// An entry as it stands at `now`.
    pub fn at(entry: &LedgerEntry, now: jiff::Timestamp) -> Self {
        let mut result = Self::from(entry);
        result.answer.freshness = match entry.freshness(now) {
            Freshness::Fresh => "fresh",
            Freshness::Stale => "stale",
        };
        result
    }
}

impl From<&LedgerEntry> for ToolResult {
    fn from(entry: &LedgerEntry) -> Self {
        Self {
            turn_id: entry.turn_id.0,
            superseded_by: entry.superseded_by.map(|id| id.0),
            answer: ToolAnswer {
                id: entry.id.0,
                server: entry.server.clone(),
                tool: entry.tool.clone(),
                arguments: entry.arguments.clone(),
                observed_at: Time(entry.observed_at),
                outcome: entry.outcome.as_str(),
                freshness: if entry.stale { "stale" } else { "fresh" },
                page: entry.page.as_ref().map(Page::from),
                error: entry.error.clone(),
                digest: entry.digest.clone(),
                content: Arc::clone(&entry.content),
            },
        }
    }
}

/// A call and what the tool answered, in a turn or tried by hand.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolAnswer {
    /// Id of the result, or of the trial in the audit.
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
    /// `fresh` until the next user message, `stale` from then on.
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

/// Page data of a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    /// Offset of the first row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Page size asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Rows in this answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// All matches, when the tool knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// More rows exist or may exist.
    pub more: bool,
}

impl From<&ledger::Page> for Page {
    fn from(page: &ledger::Page) -> Self {
        Self { offset: page.offset, limit: page.limit, rows: page.rows, total: page.total, more: page.more }
    }
}

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
    let order = TurnOrder { repeats: Some(id), ..TurnOrder::default() };
    let started = start::ordered(&api, caller, request, order, WhenGone::GoOn).await?;
    turns::answer(&started, &headers).await
}
