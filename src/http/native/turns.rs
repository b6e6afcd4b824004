//! Running, following, reading and stopping turns. A turn goes on when its client is
//! gone; its events can be read again from any point, after its end from the store.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderMap;
use http::StatusCode;
use http::header;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::caller::Caller;
use crate::domain::ids::ConversationId;
use crate::domain::ids::TurnId;
use crate::engine::ports::StoreError;
use crate::engine::ports::TurnStore;
use crate::engine::turn::AnswerTo;
use crate::engine::turn::TurnOrder;
use crate::engine::turn::TurnRequest;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::Id;
use crate::http::input::Params;
use crate::http::native::feedback::Feedback;
use crate::http::native::types::FinishedTurn;
use crate::http::native::types::WholeTurn;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::sse;
use crate::http::start;
use crate::http::start::Started;
use crate::http::start::WhenGone;
use crate::http::turn_headers;

/// Header with which a client of an event stream says where it was.
const LAST_EVENT_ID: &str = "last-event-id";

/// A message for a conversation.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewTurn {
    /// What the user writes.
    pub message: String,
    /// Model profile; the configured one when missing.
    #[serde(default)]
    pub model: Option<String>,
    /// An earlier turn of the conversation that this one takes the place of: once this one
    /// has a reply, that one and all later ones are no part of the conversation any more.
    #[serde(default)]
    pub replaces: Option<Uuid>,
}

/// The answer to a question whether to run something.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Confirm {
    /// Run exactly what was shown, or do not.
    pub confirm: bool,
    /// Model profile for the answer over the results; the configured one when missing.
    #[serde(default)]
    pub model: Option<String>,
}

/// A turn that was told to stop.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cancelling {
    /// The turn.
    pub id: Uuid,
    /// Always `cancelling`; the last event of the turn says when it has stopped.
    pub status: &'static str,
}

/// Runs a turn: an event stream with `Accept: text/event-stream`, else the finished turn.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::CONVERSATION_TURNS, operation_id = "run_turn", params(("id" = Uuid, Path)), request_body = NewTurn,
    responses((status = 200, content((FinishedTurn = "application/json"), (String = "text/event-stream"))),
        (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn run(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(conversation): Id<ConversationId>,
    headers: HeaderMap,
    Body(new): Body<NewTurn>,
) -> Result<Response, ApiError> {
    let request = TurnRequest {
        conversation_id: Some(conversation),
        message: new.message,
        profile: api.profile(new.model.as_deref())?,
        unverified: Vec::new(),
    };
    let replaces = new.replaces.map(TurnId);
    if replaces.is_some_and(|turn| api.app.engine.running().is_unfinished(caller.subject(), turn)) {
        return Err(ApiError::plain(Code::TurnNotFinished).param("replaces"));
    }
    let order = TurnOrder { replaces, ..TurnOrder::default() };
    let started = start::ordered(&api, caller, request, order, WhenGone::GoOn).await?;
    answer(&started, &headers).await
}

/// What the client of a started turn gets: its events as they come, or the finished turn.
///
/// # Errors
/// The failure of the turn.
pub async fn answer(started: &Started, headers: &HeaderMap) -> Result<Response, ApiError> {
    if wants_events(headers) {
        let events = sse::live(&started.turn, 0);
        return Ok((turn_headers(started.turn.id, None), events).into_response());
    }
    let record = started.finished().await?;
    Ok((turn_headers(record.id, Some(&record)), Json(FinishedTurn::from(&*record))).into_response())
}

/// What of a turn is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TraceParams {
    /// `all` (when missing), or `none`: results come without their content (null in its place).
    #[serde(default)]
    #[param(value_type = String)]
    pub results: Contents,
}

/// Whether results come with their content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    /// With it.
    #[default]
    All,
    /// Without.
    None,
}

/// The whole record of a finished turn.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::TURN, operation_id = "get_turn", params(("id" = Uuid, Path), TraceParams),
    responses((status = 200, body = WholeTurn), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<TurnId>,
    Params(params): Params<TraceParams>,
) -> Result<Json<WholeTurn>, ApiError> {
    let running = api.app.engine.running().get(caller.subject(), id);
    if let Some(turn) = running {
        return match turn.journal.record() {
            Some(record) => Ok(Json(WholeTurn::with(&record, params.results))),
            None => Err(ApiError::plain(Code::TurnNotFinished)),
        };
    }
    let record = match params.results {
        Contents::All => api.app.store.turn(caller.subject(), id).await?,
        Contents::None => api.app.store.turn_without_contents(caller.subject(), id).await?,
    };
    Ok(Json(WholeTurn {
        replaced_by: api.app.store.replaced_by(caller.subject(), id).await?.map(|turn| turn.0),
        feedback: api.app.store.feedback(caller.subject(), id).await?.map(|given| Feedback::of(id, given)),
        ..WholeTurn::from(&record)
    }))
}

/// Events of a turn: what happened so far, then what happens. `Last-Event-ID` resumes.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::TURN_EVENTS, operation_id = "turn_events",
    params(("id" = Uuid, Path), ("Last-Event-ID" = Option<u64>, Header, description = "Number of the last event that was seen")),
    responses((status = 200, content((String = "text/event-stream"))), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn events(
    State(api): State<Api>,
    caller: Caller,
    Id(id): Id<TurnId>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let after = last_event_id(&headers)?;
    let stream = match api.app.engine.running().get(caller.subject(), id) {
        Some(turn) => sse::live(&turn, after),
        None => sse::stored(api.app.store.events(caller.subject(), id, after).await?),
    };
    Ok((turn_headers(id, None), stream).into_response())
}

/// Stops a running turn.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::TURN_CANCEL, operation_id = "cancel_turn", params(("id" = Uuid, Path)),
    responses((status = 202, body = Cancelling), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn cancel(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(id): Id<TurnId>,
) -> Result<(StatusCode, Json<Cancelling>), ApiError> {
    let Some(turn) = api.app.engine.running().get(caller.subject(), id) else {
        ended(&api, &caller, id).await?;
        return Err(ApiError::plain(Code::TurnNotRunning));
    };
    turn.cancel.cancel();
    Ok((StatusCode::ACCEPTED, Json(Cancelling { id: id.0, status: "cancelling" })))
}

/// Answers the question whether to run something: runs the next turn of the conversation, whose
/// message is the plain yes or no. An event stream with `Accept: text/event-stream`, else the
/// finished turn. A question is answered once.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::TURN_CONFIRM, operation_id = "confirm_turn", params(("id" = Uuid, Path)), request_body = Confirm,
    responses((status = 200, content((FinishedTurn = "application/json"), (String = "text/event-stream"))),
        (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn confirm(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(id): Id<TurnId>,
    headers: HeaderMap,
    Body(answer): Body<Confirm>,
) -> Result<Response, ApiError> {
    let running = api.app.engine.running().get(caller.subject(), id).is_some();
    let asked = match api.app.store.confirmation(caller.subject(), id).await {
        Ok(asked) => asked,
        Err(StoreError::NotFound { .. }) if running => None,
        Err(error) => return Err(error.into()),
    };
    // What a tool asks is answered by a message.
    let asked = asked.filter(|asked| asked.open.is_none()).ok_or_else(|| ApiError::plain(Code::NothingToConfirm))?;
    let request = TurnRequest {
        conversation_id: Some(asked.conversation_id),
        message: asked.reply(answer.confirm).to_owned(),
        profile: api.profile(answer.model.as_deref())?,
        unverified: Vec::new(),
    };
    let answers = Some(AnswerTo { turn: id, yes: answer.confirm });
    let order = TurnOrder { answers, ..TurnOrder::default() };
    let started = start::ordered(&api, caller, request, order, WhenGone::GoOn).await?;
    self::answer(&started, &headers).await
}

/// Fails unless the caller has a finished turn of this id.
///
/// # Errors
/// `turn_not_found`.
pub async fn ended(api: &Api, caller: &Caller, id: TurnId) -> Result<(), ApiError> {
    // No event comes after the largest number, so nothing but the turn itself is looked up.
    api.app.store.events(caller.subject(), id, u64::MAX).await?;
    Ok(())
}

fn wants_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/event-stream"))
}

fn last_event_id(headers: &HeaderMap) -> Result<u64, ApiError> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(0) };
    let text = value.to_str().unwrap_or_default().trim();
    text.parse().map_err(|_| {
        ApiError::new(Code::InvalidHeader, "Last-Event-ID must be the number of an event").param(LAST_EVENT_ID)
    })
}
