//! `GET /v1/models`: the gateway under its own name, then one entry per model profile.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::http::Api;
use crate::http::DEFAULT_MODEL;
use crate::http::error::ApiError;
use crate::http::openapi::OpenAiError;
use crate::http::paths;

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// Always `list`.
    pub object: &'static str,
    /// The models.
    pub data: Vec<Model>,
}

/// One model.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    /// Name to send as `model`.
    pub id: String,
    /// Always `model`.
    pub object: &'static str,
    /// Seconds since 1970; when the gateway started.
    pub created: i64,
    /// Always `groundwire`.
    pub owned_by: &'static str,
}

/// Names that a chat request may send as `model`.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::MODELS, operation_id = "list_models",
    responses((status = 200, body = ModelList), (status = "4XX", body = OpenAiError), (status = "5XX", body = OpenAiError)))]
pub async fn list(State(api): State<Api>, _caller: Caller) -> Result<Json<ModelList>, ApiError> {
    let profiles = api.app.model.names().filter(|name| *name != DEFAULT_MODEL);
    let data = std::iter::once(DEFAULT_MODEL).chain(profiles).map(|name| Model {
        id: name.to_owned(),
        object: "model",
        created: api.started_at.as_second(),
        owned_by: DEFAULT_MODEL,
    });
    Ok(Json(ModelList { object: "list", data: data.collect() }))
}
