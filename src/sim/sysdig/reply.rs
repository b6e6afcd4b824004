//! Answers of the simulated Sysdig backend: a status, JSON, and the error
//! object `{type, message, details?}`. Only the members of the error object
//! are Sysdig's; the texts are made up.

use axum::http::StatusCode;
use serde_json::Value;
use serde_json::json;

/// Seconds that a rate-limited caller is told to wait.
const RETRY_AFTER_SECONDS: u32 = 7;

/// What a handler gives back: both sides are answers, the error side ends the
/// work early.
pub type Answer = Result<Reply, Reply>;

/// One answer, before faults and the wire.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// The JSON body.
    pub body: Value,
    /// Value of `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
}

impl Reply {
    /// A plain success.
    #[must_use]
    pub fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body, retry_after: None }
    }

    /// 400 with a text that names the fault.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::error(StatusCode::BAD_REQUEST, &message.into())
    }

    /// 401, the same for every reason.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::error(StatusCode::UNAUTHORIZED, "Access denied")
    }

    /// 403 naming the permission.
    #[must_use]
    pub fn forbidden(permission: &str) -> Self {
        let text = format!("Missing permission {permission}");
        Self::error(StatusCode::FORBIDDEN, &text)
    }

    /// 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::error(StatusCode::NOT_FOUND, "Not found")
    }

    /// The stock error of any status.
    #[must_use]
    pub fn stock(status: StatusCode) -> Self {
        let message = match status {
            StatusCode::UNAUTHORIZED => "Access denied",
            StatusCode::FORBIDDEN => "Forbidden",
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            StatusCode::INTERNAL_SERVER_ERROR => "Internal server error",
            other => other.canonical_reason().unwrap_or("Error"),
        };
        Self::error(status, message)
    }

    /// An error object.
    #[must_use]
    pub fn error(status: StatusCode, message: &str) -> Self {
        let kind = match status {
            StatusCode::BAD_REQUEST => "bad_request",
            StatusCode::UNAUTHORIZED => "unauthorized",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::NOT_FOUND => "not_found",
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
            status if status.is_server_error() => "internal_error",
            _ => "error",
        };
        let limited = status == StatusCode::TOO_MANY_REQUESTS;
        Self {
            status,
            body: json!({"type": kind, "message": message}),
            retry_after: limited.then_some(RETRY_AFTER_SECONDS),
        }
    }
}
