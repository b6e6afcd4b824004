//! The startup check: does the key open a session?
//!
//! A host program that embeds the server shows the error; a process of its own
//! prints it as one line and exits with its code. The session key in the answer
//! is a secret and never leaves this file.

use std::time::Duration;

use jiff::Timestamp;

use crate::servers::argus::client::RestClient;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::config::ConfigError;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;

/// Longest the whole check may take, retries included.
pub const CHECK_BUDGET: Duration = Duration::from_secs(15);

/// What Argus says about the key. The `Display` form is the log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// User id and key id: the parts of the key that may be shown.
    pub key: String,
    /// How the session was opened, normally `APIKEY`.
    pub method: String,
    /// `EXTERNAL`, `DEFAULT` or `ADMINISTRATIVE`.
    pub security_level: String,
    /// When the session ends, if Argus said so.
    pub valid_until: Option<Timestamp>,
}

impl std::fmt::Display for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, method, security_level, valid_until } = self;
        let until = valid_until.map_or_else(|| "unknown".to_owned(), |time| time.to_string());
        write!(formatter, "session ok user-key={key} method={method} securityLevel={security_level} validUntil={until}")
    }
}

/// Why the server must not start.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No key, or an empty one.
    #[error("ARGUS_API_KEY is not set")]
    KeyMissing,
    /// Argus refused the key.
    #[error("session check failed: {status} {message}")]
    Rejected {
        /// 401 or 403.
        status: u16,
        /// The first message of Argus.
        message: String,
    },
    /// Some other answer, or one that is not Argus's.
    #[error("session check failed: unexpected answer {status}")]
    Unexpected {
        /// The status.
        status: u16,
    },
    /// No answer, or a server fault after the retries.
    #[error("session check failed: {reason}")]
    Unavailable {
        /// What went wrong.
        reason: String,
    },
    /// The settings do not make a server.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl SessionError {
    /// Exit code of a process that cannot start because of this.
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::KeyMissing => 2,
            Self::Config(error) => error.exit_code(),
            Self::Rejected { .. } => 3,
            Self::Unexpected { .. } | Self::Unavailable { .. } => 4,
        }
    }
}

/// Asks Argus for the session that the configured key opens.
///
/// # Errors
/// [`SessionError`]: the server must not be started.
pub async fn check_session(config: &ArgusConfig) -> Result<Session, SessionError> {
    let key = config.api_key.as_ref().ok_or(SessionError::KeyMissing)?;
    let client = RestClient::new(config)?;
    let request = RestRequest::get(&["authentication", "v1", "session"]);
    let answer = tokio::time::timeout(CHECK_BUDGET, client.send(&request))
        .await
        .map_err(|_| SessionError::Unavailable { reason: format!("no answer within {} s", CHECK_BUDGET.as_secs()) })?
        .map_err(|failure| of_failure(&failure))?;
    let data = &answer.envelope.data;
    if !data.is_object() {
        return Err(SessionError::Unexpected { status: answer.envelope.response_code });
    }
    let text = |name: &str| data[name].as_str().unwrap_or("unknown").to_owned();
    Ok(Session {
        key: key.shown(),
        method: text("authenticationMethod"),
        security_level: text("securityLevel"),
        valid_until: data["validUntilTimestamp"].as_i64().and_then(|millis| Timestamp::from_millisecond(millis).ok()),
    })
}

fn of_failure(failure: &Failure) -> SessionError {
    match (failure.kind, failure.http_status) {
        (FailureKind::AuthenticationFailed | FailureKind::AccessDenied, Some(status)) => {
            let first = failure.argus_messages.first();
            let message = first.and_then(|message| message["message"].as_str());
            SessionError::Rejected { status, message: message.unwrap_or("without a message").to_owned() }
        }
        (FailureKind::BadResponse, status) => SessionError::Unexpected { status: status.unwrap_or(200) },
        (_, Some(status)) if status < 500 && status != 429 => SessionError::Unexpected { status },
        _ => SessionError::Unavailable { reason: failure.message.clone() },
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
