//! The one failure shape of this server, and its kinds.
//!
//! A failure is an answer, not an accident: it says what was asked, what Argus
//! said, and that no Argus data was obtained, so that a model has nothing to
//! build on. Local refusals use the same shape with every problem listed.
//! Does not know how a failure came about or how it is sent.

use std::ops::Deref;
use std::ops::DerefMut;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Longest message text passed on from Argus, in characters.
const MAX_MESSAGE_CHARS: usize = 2_000;

/// Argus messages kept in one failure.
const MAX_MESSAGES: usize = 25;

/// Why a tool could not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The arguments were refused here; Argus was not asked.
    InvalidArguments,
    /// 401: key invalid, expired, or used from the wrong address.
    AuthenticationFailed,
    /// 402: the resource limit of the key is used up.
    ResourceLimit,
    /// 403: the key lacks the function or the customer.
    AccessDenied,
    /// 404, or an empty single-object answer.
    NotFound,
    /// 412: Argus refused the request as invalid.
    ValidationFailed,
    /// 422: understood but not processable; also an error inside a 200.
    Unprocessable,
    /// 429 after the retries.
    RateLimited,
    /// 500 or 504 after the retries.
    ServerError,
    /// 503 after the retries.
    ServiceUnavailable,
    /// No connection, or the connection broke.
    NetworkError,
    /// No complete answer within the time limit.
    Timeout,
    /// An answer that is not an Argus envelope, or contradicts itself.
    BadResponse,
}

impl FailureKind {
    /// The stable name used on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidArguments => "INVALID_ARGUMENTS",
            Self::AuthenticationFailed => "AUTHENTICATION_FAILED",
            Self::ResourceLimit => "RESOURCE_LIMIT",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::NotFound => "NOT_FOUND",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::Unprocessable => "UNPROCESSABLE",
            Self::RateLimited => "RATE_LIMITED",
            Self::ServerError => "SERVER_ERROR",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::NetworkError => "NETWORK_ERROR",
            Self::Timeout => "TIMEOUT",
            Self::BadResponse => "BAD_RESPONSE",
        }
    }

    /// The kind a documented Argus status stands for; `None` for any other.
    pub fn of_status(status: u16) -> Option<Self> {
        Some(match status {
            401 => Self::AuthenticationFailed,
            402 => Self::ResourceLimit,
            403 => Self::AccessDenied,
            404 => Self::NotFound,
            412 => Self::ValidationFailed,
            422 => Self::Unprocessable,
            429 => Self::RateLimited,
            500 | 504 => Self::ServerError,
            503 => Self::ServiceUnavailable,
            _ => return None,
        })
    }

    /// Whether the same call may succeed later without being changed.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::ResourceLimit
                | Self::RateLimited
                | Self::ServerError
                | Self::ServiceUnavailable
                | Self::NetworkError
                | Self::Timeout
        )
    }
}

/// One thing wrong with the arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// Where, for example `request.tag[0].key`.
    pub path: String,
    /// What is wrong, with the nearest right spelling where there is one.
    pub problem: String,
    /// What was sent, shortened.
    pub got: Value,
    /// The values allowed here, where they are a fixed list.
    pub allowed: Option<Vec<String>>,
}

impl FieldError {
    fn to_value(&self) -> Value {
        json!({
            "path": self.path,
            "problem": self.problem,
            "got": self.got,
            "allowed": self.allowed,
        })
    }
}

/// A tool call that gave no data. Boxed, since it is rare and large.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Failure(Box<FailureDetails>);

impl Deref for Failure {
    type Target = FailureDetails;

    fn deref(&self) -> &FailureDetails {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut FailureDetails {
        &mut self.0
    }
}

/// What there is to say about a [`Failure`].
#[derive(Debug, Clone, PartialEq)]
pub struct FailureDetails {
    /// Why.
    pub kind: FailureKind,
    /// The status Argus answered with, if it answered.
    pub http_status: Option<u16>,
    /// Method and path of the REST call, if one was made.
    pub request: Option<String>,
    /// One sentence for a reader; never holds a secret.
    pub message: String,
    /// The `messages` of the Argus envelope, unchanged but limited in number.
    pub argus_messages: Vec<Value>,
    /// Every problem found in the arguments; empty unless refused locally.
    pub field_errors: Vec<FieldError>,
    /// How long Argus asked the caller to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with nothing but its kind and a sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self(Box::new(FailureDetails {
            kind,
            http_status: None,
            request: None,
            message: message.into(),
            argus_messages: Vec::new(),
            field_errors: Vec::new(),
            retry_after_ms: None,
            hint: None,
        }))
    }

    /// A local refusal: `problems` holds all of them, `more` counts those left out.
    pub fn invalid_arguments(problems: Vec<FieldError>, more: usize) -> Self {
        let mut parts: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.path, problem.problem)).collect();
        if more > 0 {
            parts.push(format!("and {more} more problems"));
        }
        let text = format!("The arguments were refused: {}", parts.join("; "));
        let mut failure = Self::new(FailureKind::InvalidArguments, clip(&text));
        failure.field_errors = problems;
        failure.hint = Some("Correct the listed fields and call the tool again.".to_owned());
        failure
    }

    /// A local refusal of a single field.
    pub fn invalid_field(path: &str, problem: impl Into<String>, got: Value) -> Self {
        let problem = FieldError { path: path.to_owned(), problem: problem.into(), got, allowed: None };
        Self::invalid_arguments(vec![problem], 0)
    }

    /// Attaches the REST call the failure belongs to.
    pub fn with_request(mut self, request: impl Into<String>) -> Self {
        self.request = Some(request.into());
        self
    }

    /// Attaches the HTTP status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    /// Attaches the messages of the envelope.
    pub fn with_argus_messages(mut self, messages: &[Value]) -> Self {
        self.argus_messages = messages.iter().take(MAX_MESSAGES).cloned().collect();
        self
    }

    /// The error object as it goes to the client; `tool` is the name it was called by.
    pub fn to_value(&self, tool: &str) -> Value {
        let mut error = Map::new();
        error.insert("kind".to_owned(), json!(self.kind.name()));
        error.insert("tool".to_owned(), json!(tool));
        if let Some(status) = self.http_status {
            error.insert("httpStatus".to_owned(), json!(status));
        }
        if let Some(request) = &self.request {
            error.insert("request".to_owned(), json!(request));
        }
        let message = format!("{} No Argus data was obtained.", with_full_stop(&self.message));
        error.insert("message".to_owned(), json!(message));
        if !self.argus_messages.is_empty() {
            error.insert("argusMessages".to_owned(), json!(self.argus_messages));
        }
        if !self.field_errors.is_empty() {
            let problems: Vec<Value> = self.field_errors.iter().map(FieldError::to_value).collect();
            error.insert("fieldErrors".to_owned(), json!(problems));
        }
        error.insert("retryable".to_owned(), json!(self.kind.retryable()));
        if let Some(wait) = self.retry_after_ms {
            error.insert("retryAfterMs".to_owned(), json!(wait));
        }
        if let Some(hint) = &self.hint {
            error.insert("hint".to_owned(), json!(hint));
        }
        json!({ "error": error })
    }
}

/// Joins Argus messages the way the vendor's own client prints them:
/// `TYPE (field): text` for field errors, `TYPE: text` otherwise.
pub fn join_messages(messages: &[Value]) -> String {
    let parts: Vec<String> = messages
        .iter()
        .take(MAX_MESSAGES)
        .map(|message| {
            let text = message["message"].as_str().unwrap_or("no text");
            match (message["type"].as_str(), message["field"].as_str()) {
                (Some("FIELD_ERROR"), Some(field)) => format!("FIELD_ERROR ({field}): {text}"),
                (Some(kind), _) => format!("{kind}: {text}"),
                (None, _) => text.to_owned(),
            }
        })
        .collect();
    clip(&parts.join("; "))
}

/// Shortens `text` to what a message may hold.
fn clip(text: &str) -> String {
    match text.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn with_full_stop(text: &str) -> String {
    if text.ends_with(['.', '!', '?', '…']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_joined_as_the_vendor_prints_them() {
        let messages = [
            json!({"type": "FIELD_ERROR", "field": "sortBy", "message": "invalid value"}),
            json!({"type": "ACTION_ERROR", "message": "nope", "field": null}),
        ];
        assert_eq!(join_messages(&messages), "FIELD_ERROR (sortBy): invalid value; ACTION_ERROR: nope");
    }

    #[test]
    fn a_failure_says_that_no_data_was_obtained_and_carries_none() {
        let value = Failure::new(FailureKind::Timeout, "no answer").with_request("GET /x").to_value("t");
        assert_eq!(
            value,
            json!({"error": {
                "kind": "TIMEOUT", "tool": "t", "request": "GET /x",
                "message": "no answer. No Argus data was obtained.",
                "retryable": true,
            }})
        );
    }

    #[test]
    fn a_long_message_is_shortened() {
        let messages = [json!({"type": "INFO", "message": "é".repeat(5_000)})];
        assert!(join_messages(&messages).chars().count() <= MAX_MESSAGE_CHARS + 1);
    }
}
