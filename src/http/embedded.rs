//! The embedded servers by themselves. Who may come in is decided as for the native API;
//! the rest, their own credentials included, is theirs.

use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;

use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// Passes a request to the embedded Argus server.
pub async fn argus(State(api): State<Api>, Asker(caller): Asker, mut request: Request) -> Result<Response, ApiError> {
    // Its sessions are this caller's.
    request.extensions_mut().insert(caller);
    match &api.app.argus_mcp {
        Some(endpoint) => Ok(endpoint.answer(request).await),
        None => Err(ApiError::plain(Code::ServerNotConfigured)),
    }
}
