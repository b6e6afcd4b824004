//! Every error that leaves over HTTP: its stable code, its status, what is said to the
//! client and what stays in the log. Handlers return [`ApiError`]; `edge` writes it in the
//! shape of the route (OpenAI's or ours). Causes never reach the client.

use std::error::Error;
use std::sync::Arc;

use axum::response::IntoResponse;
use axum::response::Response;
use http::HeaderName;
use http::HeaderValue;
use http::StatusCode;
use http::header;
use serde_json::Value;
use serde_json::json;

use crate::app::probes::ProbeError;
use crate::auth::AuthError;
use crate::domain::ids::TurnId;
use crate::engine::call::CallError;
use crate::engine::error::TurnError;
use crate::engine::ports::ModelError;
use crate::engine::ports::StoreError;
use crate::scenario::runs::RunError;
use crate::vault::VaultError;

macro_rules! codes {
    ($($name:ident = $text:literal, $status:literal, $doc:literal;)*) => {
        /// A stable error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $doc] $name,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// Its name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                let number: u16 = match self { $(Code::$name => $status,)* };
                StatusCode::from_u16(number).expect("the table holds valid statuses")
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $doc,)* }
            }
        }
    };
}

codes! {
    InvalidJson = "invalid_json", 400, "The body is no JSON document.";
    InvalidUtf8 = "invalid_utf8", 400, "The body is not valid UTF-8.";
    JsonTooDeep = "json_too_deep", 400, "The body nests deeper than allowed.";
    InvalidBody = "invalid_body", 400, "A field of the body is missing or has the wrong type or value.";
    InvalidQuery = "invalid_query", 400, "A query parameter has the wrong type or value.";
    InvalidId = "invalid_id", 400, "An id in the path is no UUID.";
    InvalidHeader = "invalid_header", 400, "A header has a value that cannot be used.";
    IncompleteBody = "incomplete_body", 400, "The body broke off.";
    InvalidArguments = "invalid_arguments", 400, "The arguments do not fit the tool's schema.";
    EmptyMessage = "empty_message", 400, "The message holds nothing but white space.";
    InvalidMessages = "invalid_messages", 400, "The list of messages cannot be used; the last one must be from the user.";
    TooManyMessages = "too_many_messages", 400, "More messages than allowed.";
    TooManyItems = "too_many_items", 400, "A list has more items than allowed.";
    ToolsNotSupported = "tools_not_supported", 400, "The gateway owns the tools; a client's own are refused.";
    ContentNotSupported = "content_not_supported", 400, "Message content of another kind than text.";
    NNotSupported = "n_not_supported", 400, "There is one approved reply per message; n must be 1.";
    LogprobsNotSupported = "logprobs_not_supported", 400, "An approved reply has no token probabilities.";
    ResponseFormatNotSupported = "response_format_not_supported", 400, "Replies are text; other response formats are refused.";
    InvalidConversationId = "invalid_conversation_id", 400, "The conversation id is no UUID.";
    InvalidCursor = "invalid_cursor", 400, "The cursor is none that a list gave out.";
    TokenMissing = "token_missing", 401, "No API token was given.";
    TokenUnknown = "token_unknown", 401, "The API token is not known.";
    TokenExpired = "token_expired", 401, "The API token has expired.";
    TokenRevoked = "token_revoked", 401, "The API token was revoked.";
    RoleMissing = "role_missing", 403, "The caller's role does not allow this.";
    ToolNotAllowed = "tool_not_allowed", 403, "Only tools that change nothing, and that policy allows, can be tried.";
    HostNotAllowed = "host_not_allowed", 403, "Without authentication only requests to a loopback address are served.";
    OriginNotAllowed = "origin_not_allowed", 403, "Without authentication no other web page may send requests.";
    RouteNotFound = "route_not_found", 404, "There is no such route.";
    RouteNotBuilt = "route_not_built", 404, "The route is planned and not part of this build.";
    ServerNotConfigured = "server_not_configured", 404, "The configuration has no embedded server of this kind; add one under mcp.servers.";
    ModelNotFound = "model_not_found", 404, "No model profile has this name.";
    ConversationNotFound = "conversation_not_found", 404, "No conversation with this id belongs to the caller.";
    TurnNotFound = "turn_not_found", 404, "No turn with this id belongs to the caller.";
    ResultNotFound = "result_not_found", 404, "No result with this id belongs to the caller.";
    ToolNotFound = "tool_not_found", 404, "No connected server has this tool.";
    ScenarioNotFound = "scenario_not_found", 404, "No scenario has this name.";
    ScenarioRunNotFound = "scenario_run_not_found", 404, "No run with this id is remembered.";
    TokenNotFound = "token_not_found", 404, "There is no API token with this id.";
    CredentialsNotTaken = "credentials_not_taken", 404, "No configured server of this name takes credentials of its users.";
    CredentialNotFound = "credential_not_found", 404, "The caller has no credential for this server.";
    MethodNotAllowed = "method_not_allowed", 405, "The route does not know this method.";
    RequestTimeout = "request_timeout", 408, "The request took longer than allowed.";
    TurnRunning = "turn_running", 409, "Another turn of this conversation is running.";
    TurnNotRunning = "turn_not_running", 409, "The turn has ended already.";
    TurnNotFinished = "turn_not_finished", 409, "The turn is still running and has no record yet.";
    TurnCancelled = "turn_cancelled", 409, "The turn was cancelled.";
    TurnReplaced = "turn_replaced", 409, "Another turn has taken the place of this one.";
    ResultNotRepeatable = "result_not_repeatable", 409, "The call behind this result cannot be repeated.";
    NothingToConfirm = "nothing_to_confirm", 409, "The turn asked for no confirmation, was answered already, or is no longer the last of its conversation.";
    ToolAwaitsApproval = "tool_awaits_approval", 409, "The tool is not offered: its definition awaits approval.";
    DefinitionChanged = "definition_changed", 409, "The tool has another definition than the one that was to be accepted; look at it again.";
    ProbeRunning = "probe_running", 409, "The model profile is being probed already.";
    BodyTooLarge = "body_too_large", 413, "The body is larger than allowed.";
    MessageTooLong = "message_too_long", 413, "The message is longer than allowed.";
    ExportTooLarge = "export_too_large", 413, "The conversation has more turns than an export takes.";
    UnsupportedMediaType = "unsupported_media_type", 415, "The body must be application/json, not compressed.";
    Busy = "busy", 429, "As many turns are running as may run at once.";
    ScenarioQueueFull = "scenario_queue_full", 429, "As many scenario runs wait as may wait.";
    Internal = "internal", 500, "A defect of ours; the log has the request id.";
    TurnFailed = "turn_failed", 500, "The turn failed.";
    PromptBroken = "prompt_broken", 500, "A prompt template could not be rendered.";
    StoreCorrupt = "store_corrupt", 500, "What is stored cannot be read back.";
    ModelUnreachable = "model_unreachable", 502, "The model server cannot be reached.";
    ModelRefused = "model_refused", 502, "The model server refused the request.";
    ModelMalformed = "model_malformed", 502, "The model server's answer cannot be used.";
    ModelContextTooSmall = "model_context_too_small", 502, "The prompt does not fit into the model's context.";
    ShuttingDown = "shutting_down", 503, "The gateway is going down.";
    AuthUnavailable = "auth_unavailable", 503, "Tokens cannot be checked now, so nobody is let in.";
    StoreLocked = "store_locked", 503, "The database is locked.";
    StoreReadOnly = "store_read_only", 503, "The database takes no writes.";
    StoreFull = "store_full", 503, "The database has no room left.";
    StoreUnreachable = "store_unreachable", 503, "The database cannot be reached.";
    StoreBroken = "store_broken", 503, "The database answers with an error.";
    StoreTurnRunning = "store_turn_running", 503, "Another gateway took the conversation over while the turn ran.";
    StoreNotFound = "store_not_found", 503, "The conversation was deleted while the turn ran.";
    ModelTimeout = "model_timeout", 504, "The model server did not answer in time.";
}

impl Code {
    /// The code with this name; turns name store errors with and without the prefix.
    pub fn from_name(name: &str) -> Option<Self> {
        let find = |name: &str| Self::ALL.iter().copied().find(|code| code.as_str() == name);
        find(name).or_else(|| find(&format!("store_{name}")))
    }

    /// OpenAI's `type` for the status.
    fn openai_type(self) -> &'static str {
        match self.status().as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        }
    }
}

/// An error for a client.
#[derive(Debug)]
pub struct ApiError {
    code: Code,
    message: String,
    param: Option<String>,
    // Boxed: results carry errors by value.
    details: Option<Box<Value>>,
    turn: Option<TurnId>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// An error with a message of its own for the client.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), param: None, details: None, turn: None, cause: None }
    }

    /// An error with the message of the table.
    pub fn plain(code: Code) -> Self {
        Self::new(code, code.meaning())
    }

    /// Names the field at fault.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Adds facts that a program can use.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// Names the turn that failed.
    #[must_use]
    pub fn turn(mut self, turn: TurnId) -> Self {
        self.turn = Some(turn);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// How a turn that ended in `turn.failed` is told.
    pub fn of_failed_turn(turn: TurnId, code: &str, message: &str) -> Self {
        Self::new(Code::from_name(code).unwrap_or(Code::TurnFailed), message).turn(turn)
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the log should know.
    pub fn logged_cause(&self) -> Option<String> {
        let mut error: &dyn Error = self.cause.as_deref()?;
        let mut text = error.to_string();
        while let Some(source) = error.source() {
            text = format!("{text}: {source}");
            error = source;
        }
        Some(text)
    }

    /// OpenAI's error object.
    pub fn openai_body(&self) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": self.code.openai_type(),
            "param": self.param,
            "code": self.code.as_str(),
        });
        if let Some(turn) = self.turn {
            error["turn_id"] = json!(turn);
        }
        json!({ "error": error })
    }

    /// The native error object.
    pub fn native_body(&self) -> Value {
        let mut details = self.details.as_deref().cloned().unwrap_or_else(|| json!({}));
        if let Some(param) = &self.param {
            details["field"] = json!(param);
        }
        if let Some(turn) = self.turn {
            details["turn_id"] = json!(turn);
        }
        json!({ "error": { "code": self.code.as_str(), "message": self.message, "details": details } })
    }

    /// Headers that go with it.
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = match self.code.status() {
            StatusCode::UNAUTHORIZED => vec![(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                vec![(header::RETRY_AFTER, HeaderValue::from_static("1"))]
            }
            _ => Vec::new(),
        };
        if let Some(value) = self.turn.and_then(|turn| HeaderValue::from_str(&turn.to_string()).ok()) {
            headers.push((crate::http::TURN_ID, value));
        }
        headers
    }
}

/// Without a body: `edge` alone knows which shape the route wants.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NotFound { what: "conversation", .. } => Code::ConversationNotFound,
            StoreError::NotFound { what: "turn", .. } => Code::TurnNotFound,
            StoreError::NotFound { what: "result", .. } => Code::ResultNotFound,
            StoreError::NotFound { what: "cursor", .. } => Code::InvalidCursor,
            StoreError::NotFound { what: "token", .. } => Code::TokenNotFound,
            StoreError::NotFound { what: "tool", .. } => Code::ToolNotFound,
            StoreError::NotFound { .. } => Code::RouteNotFound,
            StoreError::TurnRunning { .. } => Code::TurnRunning,
            StoreError::Replaced { .. } => Code::TurnReplaced,
            StoreError::Database { kind, .. } => Code::from_name(kind).unwrap_or(Code::StoreBroken),
            StoreError::Corrupt { .. } => Code::StoreCorrupt,
        };
        if code.status().is_server_error() {
            return Self::plain(code).cause(error);
        }
        Self::new(code, error.to_string())
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            other => Self::plain(Code::Internal).cause(other),
        }
    }
}

impl From<TurnError> for ApiError {
    fn from(error: TurnError) -> Self {
        match error {
            TurnError::Store(error) => error.into(),
            TurnError::EmptyMessage => Self::new(Code::EmptyMessage, error.to_string()).param("message"),
            TurnError::MessageTooLong { .. } => Self::new(Code::MessageTooLong, error.to_string()).param("message"),
            TurnError::Model(ref inner @ ModelError::UnknownProfile { .. }) => {
                Self::new(Code::ModelNotFound, inner.to_string()).param("model")
            }
            TurnError::Model(inner) => {
                let code = Code::from_name(inner.kind()).unwrap_or(Code::TurnFailed);
                Self::plain(code).cause(inner)
            }
            TurnError::Prompt(inner) => Self::plain(Code::PromptBroken).cause(inner),
            TurnError::NotRunning { .. } => Self::new(Code::TurnNotRunning, error.to_string()),
            TurnError::NotRepeatable { .. } => Self::new(Code::ResultNotRepeatable, error.to_string()),
            TurnError::NothingToConfirm => Self::new(Code::NothingToConfirm, error.to_string()),
            TurnError::Busy { reason: "shutting down" } => Self::plain(Code::ShuttingDown),
            TurnError::Busy { .. } => Self::new(Code::Busy, error.to_string()),
        }
    }
}

impl From<CallError> for ApiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::RoleMissing(_) => Self::new(Code::RoleMissing, error.to_string()),
            CallError::NothingToConfirm => Self::new(Code::NothingToConfirm, error.to_string()),
            CallError::UnknownTool { .. } => Self::new(Code::ToolNotFound, error.to_string()),
            CallError::AwaitsApproval { .. } => Self::new(Code::ToolAwaitsApproval, error.to_string()),
            CallError::NotAllowed { .. } | CallError::Gone { .. } => Self::new(Code::ToolNotAllowed, error.to_string()),
            CallError::Arguments { ref problems } => Self::new(Code::InvalidArguments, error.to_string())
                .param("arguments")
                .details(json!({ "problems": problems })),
            CallError::Busy | CallError::TooManyAsked => Self::new(Code::Busy, error.to_string()),
            CallError::Store(error) => error.into(),
            CallError::BrokeOff => Self::plain(Code::Internal).cause(error),
        }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::UnknownScenario(_) => Self::new(Code::ScenarioNotFound, error.to_string()).param("scenario"),
            RunError::UnknownModel(_) => Self::new(Code::ModelNotFound, error.to_string()).param("model"),
            RunError::Full { waiting } => {
                Self::new(Code::ScenarioQueueFull, error.to_string()).details(json!({ "waiting": waiting }))
            }
            RunError::Closing => Self::plain(Code::ShuttingDown),
        }
    }
}

impl From<ProbeError> for ApiError {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Unknown { .. } => Self::new(Code::ModelNotFound, error.to_string()),
            ProbeError::Running(_) => Self::new(Code::ProbeRunning, error.to_string()),
            ProbeError::Store(error) => error.into(),
        }
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let code = match error {
            AuthError::Missing => Code::TokenMissing,
            AuthError::Expired => Code::TokenExpired,
            AuthError::Revoked => Code::TokenRevoked,
            AuthError::Unknown | AuthError::BadName => Code::TokenUnknown,
            AuthError::Store(_) => return Self::plain(Code::AuthUnavailable).cause(error),
        };
        Self::plain(code)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_stands_once_in_the_table_and_is_an_error() {
        let names: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{}", code.as_str());
            assert_eq!(Code::from_name(code.as_str()), Some(*code));
        }
    }

    #[test]
    fn a_cause_stays_out_of_both_shapes() {
        let error = ApiError::plain(Code::StoreBroken).cause("password=hunter2");
        assert_eq!(error.logged_cause().as_deref(), Some("password=hunter2"));
        for body in [error.openai_body(), error.native_body()] {
            assert!(!body.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_store_error_of_a_turn_is_found_with_and_without_its_prefix() {
        assert_eq!(Code::from_name("store_full"), Some(Code::StoreFull));
        assert_eq!(Code::from_name("full"), Some(Code::StoreFull));
        assert_eq!(Code::from_name("something new"), None);
    }
}
