//! API tokens: which there are, making one, taking one back. Only for the role `admin`: a
//! token of that role, or the local user where nobody proves anything. A secret is told
//! once, when it is made.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth;
use crate::auth::AuthError;
use crate::auth::NewToken as Order;
use crate::domain::caller::AccessRole;
use crate::http::Api;
use crate::http::auth::Admin;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::input::Body;
use crate::http::input::Id;
use crate::http::input::Params;
use crate::http::openapi::NativeError;
use crate::http::paths;
use crate::http::time::Time;

/// Longest life that can be asked for.
const MAX_DAYS: u16 = 3_650;

/// What a new token is to be.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewToken {
    /// Name of the party; owner of what it creates. Several tokens may share it.
    pub name: String,
    /// `reader`, `analyst` (when missing), `engineer` or `admin`.
    #[serde(default = "analyst")]
    #[schema(value_type = String)]
    pub role: AccessRole,
    /// Days until it expires, 1 to 3,650; never when missing.
    #[serde(default)]
    pub days: Option<u16>,
}

fn analyst() -> AccessRole {
    AccessRole::Analyst
}

/// Which tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TokenParams {
    /// `true`: also those that were taken back.
    #[serde(default)]
    pub revoked: bool,
}

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenList {
    /// Tokens, oldest first, without their secrets.
    pub items: Vec<Token>,
    /// Always null: the list is one page.
    pub next_cursor: Option<String>,
}

/// One token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    /// Id.
    pub id: Uuid,
    /// Name of the party.
    pub name: String,
    /// What it may do.
    #[schema(value_type = String)]
    pub role: AccessRole,
    /// When it was made.
    pub created_at: Time,
    /// From then on it is worth nothing.
    pub expires_at: Option<Time>,
    /// When it was taken back.
    pub revoked_at: Option<Time>,
    /// When it was last seen, to about a minute.
    pub last_used_at: Option<Time>,
}

/// A new token with its secret.
#[derive(Serialize, ToSchema)]
pub struct MadeToken {
    /// The token.
    #[serde(flatten)]
    pub head: Token,
    /// Its secret; not told again.
    pub token: String,
}

// A macro, since the type of a stored token is the store's, which this module does not know.
macro_rules! head {
    ($stored:expr) => {
        Token {
            id: $stored.id,
            name: $stored.name,
            role: $stored.role,
            created_at: Time($stored.created_at),
            expires_at: $stored.expires_at.map(Time),
            revoked_at: $stored.revoked_at.map(Time),
            last_used_at: $stored.last_used_at.map(Time),
        }
    };
}

/// The tokens of this gateway.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(get, path = paths::TOKENS, operation_id = "list_tokens", params(TokenParams),
    responses((status = 200, body = TokenList), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn list(
    State(api): State<Api>,
    Admin(_caller): Admin,
    Params(params): Params<TokenParams>,
) -> Result<Json<TokenList>, ApiError> {
    let tokens = auth::list_tokens(&api.app.store).await?;
    let shown = tokens.into_iter().filter(|token| params.revoked || token.revoked_at.is_none());
    Ok(Json(TokenList { items: shown.map(|token| head!(token)).collect(), next_cursor: None }))
}

/// Makes a token and tells its secret, this once.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(post, path = paths::TOKENS, operation_id = "create_token", request_body = NewToken,
    responses((status = 201, body = MadeToken), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn create(
    State(api): State<Api>,
    Admin(caller): Admin,
    Body(new): Body<NewToken>,
) -> Result<(StatusCode, Json<MadeToken>), ApiError> {
    if new.days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        return Err(ApiError::new(Code::InvalidBody, format!("days: must be 1 to {MAX_DAYS}")).param("days"));
    }
    let now = api.app.clock.now();
    let expires_at = match new.days {
        Some(days) => now.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).map(Some),
        None => Ok(None),
    };
    let expires_at = expires_at.map_err(|error| ApiError::plain(Code::Internal).cause(error))?;
    let order = Order { name: new.name, role: new.role, expires_at };
    let random: [u8; 32] = rand::random();
    let made = auth::create_token(&api.app.store, order, api.app.clock.new_uuid(), random, now).await;
    let (stored, secret) = made.map_err(|error| match error {
        AuthError::BadName => ApiError::new(Code::InvalidBody, format!("name: {error}")).param("name"),
        other => other.into(),
    })?;
    tracing::info!(token.id = %stored.id, by = caller.subject(), "an API token was made");
    let token = secret.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(MadeToken { head: head!(stored), token })))
}

/// Takes a token back for good; again changes nothing.
///
/// # Errors
/// See [`Code`].
#[utoipa::path(delete, path = paths::TOKEN, operation_id = "revoke_token", params(("id" = Uuid, Path)),
    responses((status = 204), (status = "4XX", body = NativeError), (status = "5XX", body = NativeError)))]
pub async fn revoke(State(api): State<Api>, Admin(caller): Admin, Id(id): Id<Uuid>) -> Result<StatusCode, ApiError> {
    auth::revoke_token(&api.app.store, id, api.app.clock.now()).await.map_err(|error| match error {
        AuthError::Unknown => ApiError::plain(Code::TokenNotFound),
        other => other.into(),
    })?;
    tracing::info!(token.id = %id, by = caller.subject(), "an API token was revoked");
    Ok(StatusCode::NO_CONTENT)
}
