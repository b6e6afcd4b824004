//! Why a request is turned away before any handler sees it: a status, a stable code, and a
//! sentence that names the way out, in the error shape of the native API.

use axum::Json;
use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderName;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use serde_json::Value;
use serde_json::json;

/// A refused request.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    // Boxed: results carry refusals by value.
    details: Option<Box<Value>>,
    header: Option<(HeaderName, &'static str)>,
}

impl Refusal {
    /// A refusal; the message must quote no secret.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: None, header: None }
    }

    /// Adds facts that a program can use.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// Sets the one further header of the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.header = Some((name, value));
        self
    }

    pub(crate) fn method(allowed: &'static str) -> Self {
        let message = format!("this address takes {allowed} only");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message).header(header::ALLOW, allowed)
    }

    pub(crate) fn unknown_session() -> Self {
        let message = "there is no such session, or it has ended; connect again";
        Self::new(StatusCode::NOT_FOUND, "session_not_found", message)
    }

    pub(crate) fn foreign_session() -> Self {
        let message = "the session was opened with another key; use that key, or open a session of your own";
        Self::new(StatusCode::FORBIDDEN, "session_not_yours", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let details = self.details.map_or_else(|| json!({}), |details| *details);
        let body = json!({ "error": { "code": self.code, "message": self.message, "details": details } });
        let mut response = (self.status, Json(body)).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
