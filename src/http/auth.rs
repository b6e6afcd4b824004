//! From a request's headers to a `Caller`, with the credentials that it brings for servers. Handlers
//! take one of these as an argument, so none can forget it; which role a route needs is part of the
//! handler's signature.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header;
use http::request::Parts;

use crate::domain::caller::AccessRole;
use crate::domain::caller::Caller;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// Header that some clients send instead of `Authorization`.
const API_KEY: &str = "x-api-key";

/// Somebody who is let in; reads what is theirs.
impl FromRequestParts<Api> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let token = token(&parts.headers)?;
        let caller = api.app.auth.caller(token, api.app.clock.now()).await?;
        Ok(caller.bringing(api.app.taken.read(&parts.headers)))
    }
}

/// A caller who may ask questions and change what is theirs.
pub struct Asker(pub Caller);

impl FromRequestParts<Api> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, api).await?;
        require(&caller, AccessRole::Analyst)?;
        Ok(Self(caller))
    }
}

/// A caller who runs scenarios and probes models.
pub struct Engineer(pub Caller);

impl FromRequestParts<Api> for Engineer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, api).await?;
        require(&caller, AccessRole::Engineer)?;
        Ok(Self(caller))
    }
}

/// A caller who manages tokens and tools.
pub struct Admin(pub Caller);

impl FromRequestParts<Api> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, api).await?;
        require(&caller, AccessRole::Admin)?;
        Ok(Self(caller))
    }
}

/// Refuses a caller whose role is below `role`.
///
/// # Errors
/// `role_missing`.
pub fn require(caller: &Caller, role: AccessRole) -> Result<(), ApiError> {
    if caller.role() >= role {
        return Ok(());
    }
    let name = format!("{role:?}").to_lowercase();
    Err(ApiError::new(Code::RoleMissing, format!("this needs the role {name} or a higher one")))
}

fn token(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(headers.get(API_KEY).and_then(|value| value.to_str().ok()));
    };
    let text = value.to_str().map_err(|_| ApiError::plain(Code::TokenUnknown))?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        // Without authentication clients still send something; `Authenticator` does not look at it.
        _ => Ok(Some(text)),
    }
}
