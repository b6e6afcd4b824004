//! A simulated language model over the OpenAI protocol, for demos, scenarios and
//! tests. Behaviours are chosen by model name, `sim/<behaviour>`. It answers by rules
//! and templates from what stands in the request and nothing else: no clock, no
//! memory (but for one counter, so that `+once` transport faults pass). It is no
//! language model and is labelled as a simulator wherever it shows.

mod answer;
pub mod behaviour;
mod counts;
mod detections;
mod draft;
mod job;
mod judge;
mod lookups;
mod phrases;
mod plan;
mod platform;
mod posture;
mod request;
mod route;
mod speak;
mod story;
mod twist;
mod words;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use axum::serve::ListenerExt;
use bytes::Bytes;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::sim::clock::Sleeper;
use crate::sim::model::answer::Delivery;
use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::behaviour::PREFIX;
use crate::sim::model::behaviour::Persona;

/// Largest request in bytes.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// The simulated model server.
#[derive(Clone, Debug)]
pub struct SimModel {
    sleeper: Sleeper,
    pause: Duration,
    requests: Arc<AtomicU64>,
}

impl Default for SimModel {
    fn default() -> Self {
        Self::new()
    }
}

impl SimModel {
    /// A server whose `slow` behaviour pauses 40 ms before each piece.
    #[must_use]
    pub fn new() -> Self {
        Self { sleeper: Sleeper::real(), pause: Duration::from_millis(40), requests: Arc::default() }
    }

    /// How `slow` waits, and how long before each piece.
    #[must_use]
    pub fn with_pauses(mut self, sleeper: Sleeper, pause: Duration) -> Self {
        self.sleeper = sleeper;
        self.pause = pause;
        self
    }

    /// The routes `/v1/models`, `/v1/chat/completions` and `/healthz`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/models", get(models))
            .route("/v1/chat/completions", post(chat))
            .route("/healthz", get(|| async { "ok" }))
            .fallback(no_route)
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(self.clone())
    }

    /// Serves on a listener until cancelled; answers under way are finished.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(&self, listener: TcpListener, cancel: CancellationToken) -> std::io::Result<()> {
        let listener = listener.tap_io(|stream| {
            // Small pieces must leave at once; a socket that refuses is only slower.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "the simulated model could not set TCP_NODELAY");
            }
        });
        axum::serve(listener, self.router()).with_graceful_shutdown(cancel.cancelled_owned()).await
    }

    fn respond(&self, body: &[u8]) -> Response<Body> {
        let request = match request::read(body) {
            Ok(request) => request,
            Err(refusal) => {
                return answer::error(
                    StatusCode::BAD_REQUEST,
                    "invalid_request_error",
                    Some("invalid_request"),
                    Some(refusal.param),
                    &refusal.message,
                );
            }
        };
        let Some(persona) = Persona::from_model(&request.model) else {
            return unknown_model(&request.model);
        };
        let turn = self.requests.fetch_add(1, Ordering::Relaxed);
        let faulty = !persona.once || turn.is_multiple_of(2);
        match persona.behaviour {
            Behaviour::Http500 if faulty => {
                return answer::error(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    None,
                    None,
                    "the simulated model failed, as its name asks for",
                );
            }
            Behaviour::RateLimited if faulty => return rate_limited(),
            _ => {}
        }
        let transport = matches!(persona.behaviour, Behaviour::CutsStream | Behaviour::Malformed);
        let delivered = if transport && !faulty { Behaviour::Honest } else { persona.behaviour };
        let delivery =
            Delivery { request: &request, behaviour: delivered, sleeper: self.sleeper.clone(), pause: self.pause };
        delivery.send(speak::answer(persona, &request))
    }
}

async fn chat(State(model): State<SimModel>, body: Bytes) -> Response<Body> {
    model.respond(&body)
}

async fn models() -> Response<Body> {
    let data: Vec<Value> = Behaviour::ALL
        .iter()
        .map(|behaviour| {
            json!({
                "id": format!("{PREFIX}{}", behaviour.name()), "object": "model", "created": answer::created(),
                "owned_by": answer::FINGERPRINT, "description": behaviour.about(),
            })
        })
        .collect();
    answer::json_body(&json!({"object": "list", "data": data}))
}

async fn no_route() -> Response<Body> {
    answer::error(
        StatusCode::NOT_FOUND,
        "invalid_request_error",
        Some("not_found"),
        None,
        "the simulated model serves GET /v1/models and POST /v1/chat/completions",
    )
}

fn unknown_model(model: &str) -> Response<Body> {
    let known: Vec<String> = Behaviour::ALL.iter().map(|behaviour| format!("{PREFIX}{}", behaviour.name())).collect();
    let model: String = model.chars().take(80).collect();
    let message = format!("the model {model} does not exist; known are {} (each also with +once)", known.join(", "));
    answer::error(StatusCode::NOT_FOUND, "invalid_request_error", Some("model_not_found"), Some("model"), &message)
}

fn rate_limited() -> Response<Body> {
    let mut response = answer::error(
        StatusCode::TOO_MANY_REQUESTS,
        "rate_limit_error",
        Some("rate_limit_exceeded"),
        None,
        "the simulated model is rate limited, as its name asks for",
    );
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    response
}

#[cfg(test)]
mod tests;
