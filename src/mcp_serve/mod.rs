//! MCP servers over HTTP: any `ServerHandler` behind streamable HTTP (`streamable`) or the
//! older HTTP+SSE (`sse`), with bounds and a `door` through which every request comes.
//!
//! Decides who may read which session, what is refused before the handler sees it, and when
//! sessions end. Relies on rmcp for the protocol. Knows no server, no key and no path: the
//! door asks a function that the owner of the handler gives, and the owner mounts what it
//! gets ([`Endpoint`]) where it likes. A handler answers for its own panics: one in a task of
//! rmcp's costs the caller the answer, and nobody else anything.

mod body;
pub mod door;
pub mod listen;
mod places;
pub mod refusal;
pub mod sessions;
pub mod sse;
pub mod streamable;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::MethodRouter;
use axum::routing::any;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::StatusCode;

use crate::mcp_serve::refusal::Refusal;

/// What one endpoint may use up.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest body of a request.
    pub body_bytes: usize,
    /// Sessions open at once; one more ends the one that was not used for longest.
    pub sessions: usize,
    /// Of these, sessions that count for one caller; one more ends one of these.
    pub sessions_each: usize,
    /// A session whose client has asked for nothing and listened to no stream for so long ends; over HTTP+SSE, where
    /// a session is a stream, one to which nothing was posted.
    pub idle: Duration,
    /// Pause between signs of life on a silent stream.
    pub keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            sessions: 256,
            sessions_each: 16,
            idle: Duration::from_secs(30 * 60),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// Answers every request of one path.
#[derive(Clone)]
pub struct Endpoint(Arc<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>);

impl Endpoint {
    fn new(answer: impl Fn(Request) -> BoxFuture<'static, Response> + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }

    /// Answers one request, whatever happens inside.
    pub async fn answer(&self, request: Request) -> Response {
        let answered = AssertUnwindSafe(async { (self.0)(request).await }).catch_unwind().await;
        answered.unwrap_or_else(|_| {
            tracing::error!("an MCP endpoint panicked");
            let message = "a defect of the server; nothing was obtained";
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).into_response()
        })
    }

    /// A route that answers all methods with this.
    pub fn route(self) -> MethodRouter {
        any(async move |request: Request| self.answer(request).await)
    }
}

#[cfg(test)]
mod tests;
