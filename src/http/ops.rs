//! For those who run the gateway: is it alive, is it ready, what does it count, what can
//! be asked of it.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use http::StatusCode;
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::caller::Caller;
use crate::engine::ports::TurnStore;
use crate::engine::ports::WhoseCredentials;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::openapi::NativeError;
use crate::http::paths;

/// Content type of the Prometheus text format.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The process runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
    /// Version of the gateway.
    pub version: &'static str,
}

/// Whether turns can be run.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// `ready` or `not_ready`.
    pub status: &'static str,
    /// The database.
    pub database: DatabaseState,
    /// MCP servers; those that are down make answers poorer, not impossible.
    pub servers: Vec<ServerReadiness>,
}

/// The database.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseState {
    /// `up` or `down`: whether it takes writes.
    pub state: &'static str,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// One MCP server.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerReadiness {
    /// Configured name.
    pub name: String,
    /// `up` or `down`; `per_user` where each user brings credentials of their own, `per_request`
    /// where each request does.
    pub state: &'static str,
    /// `closed`; `open` while it is left alone after many failures; `half_open` when the next try decides.
    pub breaker: &'static str,
    /// Starts after the first one.
    pub restarts: u64,
    /// Last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The process runs.
#[utoipa::path(get, path = paths::HEALTH, operation_id = "health", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Whether turns can be run: the database takes writes. Says how the MCP servers are.
#[utoipa::path(get, path = paths::READY, operation_id = "ready",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn ready(State(api): State<Api>) -> (StatusCode, Json<Readiness>) {
    let error = api.app.store.ping().await.err().map(|error| error.kind());
    let catalog = api.app.hub.shared();
    // Beyond this machine everybody may ask: why a server is down stands under `/api/tools`.
    let local = api.app.config.server.host.is_loopback();
    let servers = catalog.servers.iter().map(|server| ServerReadiness {
        name: server.name.clone(),
        state: match (server.credentials, server.up) {
            (WhoseCredentials::EachUser, _) => "per_user",
            (WhoseCredentials::EachRequest, _) => "per_request",
            (_, true) => "up",
            (_, false) => "down",
        },
        breaker: server.breaker.as_str(),
        restarts: server.restarts,
        error: server.error.clone().filter(|_| local),
    });
    let servers = servers.collect();
    let database = DatabaseState { state: if error.is_none() { "up" } else { "down" }, error };
    match error {
        None => (StatusCode::OK, Json(Readiness { status: "ready", database, servers })),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness { status: "not_ready", database, servers })),
    }
}

/// Counters in the Prometheus text format. Open on loopback, else with a token.
///
/// # Errors
/// See [`crate::http::error::Code`].
#[utoipa::path(get, path = paths::METRICS, operation_id = "metrics",
    responses((status = 200, body = String, content_type = "text/plain"), (status = "4XX", body = NativeError)))]
pub async fn metrics(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    if !api.app.config.server.host.is_loopback() {
        let (mut parts, _) = request.into_parts();
        Caller::from_request_parts(&mut parts, &api).await?;
    }
    let catalog = api.app.hub.shared();
    api.metrics.upstreams(&catalog);
    api.metrics.running(api.app.engine.running().count());
    Ok(([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], api.metrics.render()).into_response())
}

/// This document.
#[utoipa::path(get, path = paths::OPENAPI, operation_id = "openapi", responses((status = 200, body = Object)))]
pub async fn openapi(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.openapi.to_string()).into_response()
}
