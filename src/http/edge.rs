//! The outermost layer: request id, host guard, panics, the shape of errors, the log line
//! and the request metrics of every response, those for unknown routes included.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use futures::FutureExt;
use http::HeaderValue;
use http::Method;
use http::header;
use tracing::Instrument;

use crate::http::Api;
use crate::http::REQUEST_ID;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::http::guard;
use crate::http::is_openai;

/// Longest request id taken from a client.
const REQUEST_ID_CHARS: usize = 128;

/// Wraps every request.
pub async fn wrap(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = api.app.clock.monotonic_ms();
    let id = request_id(&api, &request);
    let method = request.method().clone();
    let openai = is_openai(request.uri().path());
    let route = request.extensions().get::<MatchedPath>().map_or("none".to_owned(), |path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id = %id, method = %method, route);
    let answered = async {
        match guard::check(&api, &request) {
            Err(error) => error.into_response(),
            Ok(()) => AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("a handler panicked");
                ApiError::plain(Code::Internal).into_response()
            }),
        }
    };
    let mut response = answered.instrument(span.clone()).await;
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        let _entered = span.enter();
        response = shaped(&error, openai, response);
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    // What tools said must not be guessed to be a page, and stays in no cache.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let duration = api.app.clock.monotonic_ms() - started;
    api.metrics.request(known_method(&method), &route, response.status(), duration);
    tracing::debug!(parent: &span, status = response.status().as_u16(), duration_ms = duration, "answered");
    response
}

/// A client's id, if it can stand in a log line as it is; else a new one.
fn request_id(api: &Api, request: &Request) -> String {
    let sane = |id: &&str| {
        (1..=REQUEST_ID_CHARS).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    given.filter(sane).map_or_else(|| api.app.clock.new_uuid().to_string(), str::to_owned)
}

fn shaped(error: &ApiError, openai: bool, bare: Response) -> Response {
    let code = error.code();
    if code.status().is_server_error() {
        let cause = error.logged_cause().unwrap_or_default();
        tracing::error!(code = code.as_str(), cause, "request failed");
    } else {
        tracing::debug!(code = code.as_str(), "request refused");
    }
    let body = if openai { error.openai_body() } else { error.native_body() };
    let mut response = (code.status(), Json(body)).into_response();
    for (name, value) in error.headers() {
        response.headers_mut().insert(name, value);
    }
    // `Allow` of a 405 and the like.
    for (name, value) in bare.headers() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

/// Methods are labels of metrics; a client may send any word.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        _ => "other",
    }
}

/// Ends requests that take longer than `limits.request_seconds`; not for turns and streams.
pub async fn time_limit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let limit = Duration::from_secs(api.app.config.limits.request_seconds);
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::plain(Code::RequestTimeout).into_response(),
    }
}
