//! MCP: all servers as one (`/mcp`, `/sse`), and the embedded servers by themselves. Who may come
//! in is decided as for the native API; the rest, also what a caller may do, is theirs.

use axum::Router;
use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;

use crate::auth::Auth;
use crate::domain::caller::Brought;
use crate::domain::caller::Caller;
use crate::http::Api;
use crate::http::auth::Asker;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::paths;
use crate::mcp_serve::Endpoint;

/// The routes of the proxy. Readers may list what there is; more is refused call by call.
pub fn proxy_routes() -> Router<Api> {
    Router::new()
        .route(paths::MCP, any(proxy))
        .route(paths::MCP_STREAM, any(proxy_stream))
        .route(paths::MCP_MESSAGES, any(proxy_messages))
}

async fn proxy(State(api): State<Api>, caller: Caller, request: Request) -> Response {
    known(&api.app.mcp_proxy.streamable, caller, request).await
}

async fn proxy_stream(State(api): State<Api>, caller: Caller, request: Request) -> Response {
    // The stream stays open; each message brings its own.
    known(&api.app.mcp_proxy.sse.stream, caller.bringing(Brought::default()), request).await
}

async fn proxy_messages(State(api): State<Api>, caller: Caller, request: Request) -> Response {
    known(&api.app.mcp_proxy.sse.messages, caller, request).await
}

/// Passes a request on with who sends it.
async fn known(endpoint: &Endpoint, caller: Caller, mut request: Request) -> Response {
    request.extensions_mut().insert(caller);
    endpoint.answer(request).await
}

/// The routes of the embedded servers.
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
