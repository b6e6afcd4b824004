//! What the owner of a turn thinks of its reply. Kept beside the record, which never changes.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::ids::TurnId;
use crate::engine::ports::TurnStore;
use crate::engine::record;
use crate::engine::record::Rating;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::Id;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// Longest comment, in characters.
const COMMENT_CHARS: usize = 2_000;

/// A rating.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewFeedback {
    /// `up` or `down`.
    #[schema(value_type = String)]
    pub rating: Rating,
    /// Why; at most 2,000 characters.
    #[serde(default)]
    pub comment: Option<String>,
}

/// The rating that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Feedback {
    /// The turn.
    pub turn_id: Uuid,
    /// `up` or `down`.
    #[schema(value_type = String)]
    pub rating: Rating,
    /// Why.
    pub comment: Option<String>,
    /// When it was given.
    pub given_at: Time,
}

impl Feedback {
    /// A stored rating of a turn.
    pub fn of(turn: TurnId, stored: record::Feedback) -> Self {
        Self { turn_id: turn.0, rating: stored.rating, comment: stored.comment, given_at: Time(stored.given_at) }
    }
}

/// Keeps what the caller thinks of a finished turn, instead of what was kept before.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::TURN_FEEDBACK, operation_id = "give_feedback", params(("id" = Uuid, Path)), request_body = NewFeedback,
    responses((status = 200, body = Feedback), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn give(
    State(api): State<Api>,
    Asker(caller): Asker,
    Id(id): Id<TurnId>,
    Body(new): Body<NewFeedback>,
) -> Result<Json<Feedback>, ApiError> {
    let comment = new.comment.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if comment.as_ref().is_some_and(|text| text.chars().count() > COMMENT_CHARS) {
        let message = format!("comment: at most {COMMENT_CHARS} characters");
        return Err(ApiError::new(Code::InvalidBody, message).param("comment"));
    }
    if api.app.engine.running().is_unfinished(caller.subject(), id) {
        return Err(ApiError::plain(Code::TurnNotFinished));
    }
    let given = record::Feedback { rating: new.rating, comment, given_at: api.app.clock.now() };
    api.app.store.give_feedback(caller.subject(), id, &given).await?;
    Ok(Json(Feedback::of(id, given)))
}
