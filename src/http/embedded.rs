//! The embedded servers by themselves. Who may come in is decided as for the native API;
//! the rest, their own credentials included, is theirs.

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;

use crate::auth::Auth;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::paths;
use crate::mcp_serve::Endpoint;

/// The routes of all of them.
pub fn routes() -> Router<Api> {
    let mut router = Router::new().route(paths::ARGUS_MCP, any(argus));
    for path in paths::sysdig(paths::SYSDIG_MOUNT, &paths::SYSDIG_STREAMABLE) {
        router = router.route(&path, any(sysdig));
    }
    for path in paths::sysdig(paths::SYSDIG_MOUNT, &paths::SYSDIG_STREAM) {
        router = router.route(&path, any(sysdig_stream));
    }
    for path in paths::sysdig(paths::SYSDIG_MOUNT, &paths::SYSDIG_MESSAGES) {
        router = router.route(&path, any(sysdig_messages));
    }
    router
}

async fn argus(State(api): State<Api>, asker: Asker, request: Request) -> Result<Response, ApiError> {
    pass(&api, asker, request, api.app.argus_mcp.as_ref()).await
}

async fn sysdig(State(api): State<Api>, asker: Asker, request: Request) -> Result<Response, ApiError> {
    pass(&api, asker, request, api.app.sysdig_mcp.as_ref().map(|sysdig| &sysdig.streamable)).await
}

async fn sysdig_stream(State(api): State<Api>, asker: Asker, request: Request) -> Result<Response, ApiError> {
    pass(&api, asker, request, api.app.sysdig_mcp.as_ref().map(|sysdig| &sysdig.sse.stream)).await
}

async fn sysdig_messages(State(api): State<Api>, asker: Asker, request: Request) -> Result<Response, ApiError> {
    pass(&api, asker, request, api.app.sysdig_mcp.as_ref().map(|sysdig| &sysdig.sse.messages)).await
}

/// Passes a request to an endpoint, if the configuration has its server.
async fn pass(
    api: &Api,
    Asker(caller): Asker,
    mut request: Request,
    endpoint: Option<&Endpoint>,
) -> Result<Response, ApiError> {
    if api.app.auth.mode() == Auth::Token {
        // Its sessions are this caller's. Without tokens nobody is told apart from anybody.
        request.extensions_mut().insert(caller);
    }
    match endpoint {
        Some(endpoint) => Ok(endpoint.answer(request).await),
        None => Err(ApiError::plain(Code::ServerNotConfigured)),
    }
}
