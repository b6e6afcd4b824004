//! The HTTP surface: paths, layers and the server. This file alone names URL paths;
//! handlers live in `openai`, `native` and `ops`, and what every request goes through in
//! `edge`. Knows the engine and the store by their methods, never how they work.

pub mod auth;
pub mod edge;
pub mod error;
pub mod guard;
pub mod input;
pub mod mcp;
pub mod native;
pub mod openai;
pub mod openapi;
pub mod ops;
pub mod portal;
pub mod sse;
pub mod start;
pub mod time;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::domain::ids::TurnId;
use crate::engine::record::TurnRecord;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::listener;
use crate::metrics::Metrics;
use crate::scenario::runs::ScenarioRuns;

/// URL paths of every route.
pub mod paths {
    /// OpenAI-compatible chat.
    pub const CHAT_COMPLETIONS: &str = "/v1/chat/completions";
    /// Names that chat accepts as model.
    pub const MODELS: &str = "/v1/models";
    /// The caller's conversations.
    pub const CONVERSATIONS: &str = "/api/conversations";
    /// One conversation.
    pub const CONVERSATION: &str = "/api/conversations/{id}";
    /// Turns of a conversation.
    pub const CONVERSATION_TURNS: &str = "/api/conversations/{id}/turns";
    /// One turn.
    pub const TURN: &str = "/api/turns/{id}";
    /// Events of a turn.
    pub const TURN_EVENTS: &str = "/api/turns/{id}/events";
    /// Stops a turn.
    pub const TURN_CANCEL: &str = "/api/turns/{id}/cancel";
    /// Answers a confirmation.
    pub const TURN_CONFIRM: &str = "/api/turns/{id}/confirm";
    /// Keeps what the owner thinks of a turn.
    pub const TURN_FEEDBACK: &str = "/api/turns/{id}/feedback";
    /// A conversation as a file.
    pub const CONVERSATION_EXPORT: &str = "/api/conversations/{id}/export";
    /// Makes the call behind a result again.
    pub const RESULT_REFRESH: &str = "/api/results/{id}/refresh";
    /// Calls a tool by hand.
    pub const TOOL_TRY: &str = "/api/tools/{server}/{tool}/try";
    /// Accepts the definition of a tool.
    pub const TOOL_ACCEPT: &str = "/api/tools/{server}/{tool}/accept";
    /// The model profiles.
    pub const MODEL_PROFILES: &str = "/api/models";
    /// Probes a model profile.
    pub const MODEL_PROBE: &str = "/api/models/{id}/probe";
    /// The scenarios.
    pub const SCENARIOS: &str = "/api/scenarios";
    /// Runs of scenarios.
    pub const SCENARIO_RUNS: &str = "/api/scenario-runs";
    /// One run.
    pub const SCENARIO_RUN: &str = "/api/scenario-runs/{id}";
    /// One turn of a run.
    pub const SCENARIO_RUN_TURN: &str = "/api/scenario-runs/{id}/turns/{n}";
    /// API tokens.
    pub const TOKENS: &str = "/api/tokens";
    /// One API token.
    pub const TOKEN: &str = "/api/tokens/{id}";
    /// The caller's own credentials for MCP servers.
    pub const CREDENTIALS: &str = "/api/credentials";
    /// The one for a server.
    pub const CREDENTIAL: &str = "/api/credentials/{server}";
    /// One result.
    pub const RESULT: &str = "/api/results/{id}";
    /// The tool catalog.
    pub const TOOLS: &str = "/api/tools";
    /// Stateless grounding check.
    pub const VALIDATE: &str = "/api/validate";
    /// Stateless router dry run.
    pub const ROUTE: &str = "/api/route";
    /// The process runs.
    pub const HEALTH: &str = "/healthz";
    /// Turns can be run.
    pub const READY: &str = "/readyz";
    /// Prometheus metrics.
    pub const METRICS: &str = "/metrics";
    /// The `OpenAPI` document.
    pub const OPENAPI: &str = "/openapi.json";
    /// The portal.
    pub const HOME: &str = "/";
    /// Files of the portal whose names change with their content.
    pub const PORTAL_ASSETS: &str = "/assets/{*path}";
    /// Routes whose errors have OpenAI's shape.
    pub const OPENAI_PREFIX: &str = "/v1/";
    /// The embedded Argus server by itself.
    pub const ARGUS_MCP: &str = "/argus/mcp";
    /// What the paths of the embedded Sysdig server by itself begin with in the gateway.
    pub const SYSDIG_MOUNT: &str = "/sysdig-mcp-server";
    /// Its paths of streamable HTTP, behind that; clients know both.
    pub const SYSDIG_STREAMABLE: [&str; 4] = ["/mcp", "/mcp/", "", "/"];
    /// Its path that opens a stream, over HTTP+SSE.
    pub const SYSDIG_STREAM: [&str; 1] = ["/sse"];
    /// Its paths that take messages; a stream names the first.
    pub const SYSDIG_MESSAGES: [&str; 2] = ["/messages/", "/messages"];

    /// Paths of the Sysdig server under a mount path, which is empty or begins with a slash.
    pub fn sysdig(mount: &str, behind: &[&str]) -> Vec<String> {
        // The root has one path where others have one with and one without a slash at the end.
        behind.iter().map(|path| format!("{mount}{path}")).filter(|path| !path.is_empty()).collect()
    }
    /// All MCP servers as one, over streamable HTTP.
    pub const MCP: &str = "/mcp";
    /// The same over HTTP+SSE: opens a stream.
    pub const MCP_STREAM: &str = "/sse";
    /// Takes the messages of such a stream.
    pub const MCP_MESSAGES: &str = "/messages";
    /// Planned, not built.
    pub const NOT_BUILT: [&str; 1] = ["/v1/responses"];
}

/// The model name that stands for the configured default.
pub const DEFAULT_MODEL: &str = "groundwire";
/// Header of every response.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Header of responses that ran a turn.
pub const TURN_ID: HeaderName = HeaderName::from_static("x-groundwire-turn-id");
/// Router decision of the turn.
pub const DECISION: HeaderName = HeaderName::from_static("x-groundwire-decision");
/// Verdict of the reply.
pub const VERDICT: HeaderName = HeaderName::from_static("x-groundwire-verdict");
/// Our own time: total minus model and tools, in milliseconds.
pub const OVERHEAD: HeaderName = HeaderName::from_static("x-groundwire-overhead-ms");

/// After the turns have ended, clients get so long to read the last bytes.
const LAST_BYTES: Duration = Duration::from_secs(5);

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    /// The gateway.
    pub app: Arc<App>,
    /// The scenarios and their runs.
    pub runs: Arc<ScenarioRuns>,
    /// Counts requests and turns.
    pub metrics: Arc<Metrics>,
    /// The `OpenAPI` document.
    pub openapi: Arc<str>,
    /// When this API was set up.
    pub started_at: Timestamp,
}

impl Api {
    /// The model profile behind a name in a request; `None`: the configured one.
    ///
    /// # Errors
    /// `model_not_found`.
    pub fn profile(&self, name: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(name) = name.filter(|name| *name != DEFAULT_MODEL) else { return Ok(None) };
        if self.app.model.names().any(|known| known == name) {
            return Ok(Some(name.to_owned()));
        }
        let shown: String = name.chars().take(80).collect();
        let known = std::iter::once(DEFAULT_MODEL).chain(self.app.model.names()).collect::<Vec<_>>().join(", ");
        Err(ApiError::new(Code::ModelNotFound, format!("no model {shown}; known are: {known}")).param("model"))
    }
}

/// All routes over an app and its scenarios.
pub fn router(app: Arc<App>, runs: Arc<ScenarioRuns>) -> Router {
    let metrics = Arc::new(Metrics::new());
    app.engine.observe(Arc::clone(&metrics) as _);
    // Turns, their events, calls of tools and probes last as long as they last; each has its bounds.
    let turns = OpenApiRouter::new()
        .routes(routes!(openai::chat::complete))
        .routes(routes!(native::turns::run))
        .routes(routes!(native::turns::confirm))
        .routes(routes!(native::results::refresh))
        .routes(routes!(native::trial::try_tool))
        .routes(routes!(native::models::probe))
        .routes(routes!(native::turns::events));
    let (turns, mut document) = turns.split_for_parts();
    let turns = turns.merge(mcp::routes()).merge(mcp::proxy_routes());
    let (quick, quick_document) = quick().split_for_parts();
    let mut whole = openapi::head();
    document.merge(quick_document);
    whole.merge(document);
    let openapi = whole.to_json().expect("the document holds nothing that JSON cannot say");
    let started_at = app.clock.now();
    let api = Api { app, runs, metrics, openapi: openapi.into(), started_at };
    turns
        .merge(quick.layer(middleware::from_fn_with_state(api.clone(), edge::time_limit)))
        .merge(portal::routes())
        .method_not_allowed_fallback(async || ApiError::plain(Code::MethodNotAllowed))
        .layer(middleware::from_fn_with_state(api.clone(), edge::wrap))
        .with_state(api)
}

/// The routes of the MCP proxy alone, with the same gate before them.
pub fn proxy_router(app: Arc<App>, runs: Arc<ScenarioRuns>) -> Router {
    let started_at = app.clock.now();
    let api = Api { app, runs, metrics: Arc::new(Metrics::new()), openapi: "{}".into(), started_at };
    mcp::proxy_routes()
        .merge(OpenApiRouter::new().routes(routes!(ops::health)).split_for_parts().0)
        .method_not_allowed_fallback(async || ApiError::plain(Code::MethodNotAllowed))
        .layer(middleware::from_fn_with_state(api.clone(), edge::wrap))
        .with_state(api)
}

/// Routes that answer at once.
fn quick() -> OpenApiRouter<Api> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(openai::models::list))
        .routes(routes!(native::conversations::create, native::conversations::list))
        .routes(routes!(native::conversations::get, native::conversations::rename, native::conversations::delete))
        .routes(routes!(native::turns::get))
        .routes(routes!(native::turns::cancel))
        .routes(routes!(native::feedback::give))
        .routes(routes!(native::export::export))
        .routes(routes!(native::models::list))
        .routes(routes!(native::scenarios::list))
        .routes(routes!(native::scenarios::start, native::scenarios::runs))
        .routes(routes!(native::scenarios::run, native::scenarios::remove))
        .routes(routes!(native::scenarios::turn))
        .routes(routes!(native::tokens::list, native::tokens::create))
        .routes(routes!(native::tokens::revoke))
        .routes(routes!(native::approval::accept))
        .routes(routes!(native::credentials::list))
        .routes(routes!(native::credentials::keep, native::credentials::forget))
        .routes(routes!(native::results::get))
        .routes(routes!(native::validate::validate))
        .routes(routes!(native::route::route))
        .routes(routes!(ops::health))
        .routes(routes!(ops::ready))
        .routes(routes!(ops::metrics))
        .merge(compressed());
    for path in paths::NOT_BUILT {
        router = router.route(path, axum::routing::any(async || ApiError::plain(Code::RouteNotBuilt)));
    }
    router
}

/// What the portal's first load is mostly made of. It holds no user's data, so that its size
/// tells nothing about any.
fn compressed() -> OpenApiRouter<Api> {
    let router = OpenApiRouter::new().routes(routes!(native::catalog::list)).routes(routes!(ops::openapi));
    router.layer(CompressionLayer::new())
}

/// Serves until `stop`: then nothing new is accepted, running turns get their grace, and
/// streams end with their turns.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    app: Arc<App>,
    runs: Arc<ScenarioRuns>,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    let router = router(Arc::clone(&app), runs);
    serve_router(router, app, listener, stop).await
}

/// The same for other routes over an app.
///
/// # Errors
/// When the listener fails.
pub async fn serve_router(
    router: Router,
    app: Arc<App>,
    listener: TcpListener,
    stop: CancellationToken,
) -> io::Result<()> {
    let grace = Duration::from_secs(app.config.server.shutdown_grace_seconds);
    let ending = async {
        app.engine.running().close(grace).await;
        app.mcp_sessions.cancel();
        tokio::time::sleep(LAST_BYTES).await;
    };
    listener::serve(router, listener, stop, ending).await
}

/// Whether errors of this path have OpenAI's shape.
pub fn is_openai(path: &str) -> bool {
    path.starts_with(paths::OPENAI_PREFIX)
}

/// Headers of a response that ran a turn; the later ones once it has ended.
pub fn turn_headers(turn: TurnId, record: Option<&TurnRecord>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    add(TURN_ID, turn.to_string());
    if let Some(record) = record {
        if let Some(ruling) = &record.ruling {
            add(DECISION, ruling.decision.as_str().to_owned());
        }
        add(VERDICT, record.verdict.as_str().to_owned());
        add(OVERHEAD, format!("{:.3}", record.timings_ms.own));
    }
    headers
}
