//! The tokens that the simulated backend knows, and what each may do.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::reply::Reply;

/// What a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// The token itself; it is no secret.
    pub name: &'static str,
    /// Number of the user behind it.
    pub user_id: u32,
    /// Permissions it holds.
    pub permissions: &'static [&'static str],
}

const ALL: &[&str] = &[
    "policy-events.read",
    "sage.exec",
    "risks.read",
    "secure.vm.cli-scanner.exec",
    "metrics-data.read",
    "explore.read",
    "scanning.read",
];

/// The token that may do everything.
pub const FULL: &str = "tok-full";

/// The token that a scenario calls by this name: what stands after `tok-`.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    TOKENS.iter().map(|token| token.name).find(|token| token.strip_prefix("tok-") == Some(name))
}

/// All tokens.
pub const TOKENS: &[Token] = &[
    Token { name: FULL, user_id: 778, permissions: ALL },
    Token { name: "tok-events", user_id: 779, permissions: &["policy-events.read"] },
    Token { name: "tok-monitor", user_id: 780, permissions: &["metrics-data.read", "sage.exec"] },
    Token { name: "tok-service", user_id: 781, permissions: ALL },
    Token { name: "tok-none", user_id: 782, permissions: &[] },
];

impl Token {
    /// The token of a request.
    ///
    /// # Errors
    /// 401 for a missing header, another scheme, or a token nobody knows.
    pub fn of(headers: &HeaderMap) -> Result<&'static Self, Reply> {
        headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
            .and_then(|name| TOKENS.iter().find(|token| token.name == name))
            .ok_or_else(Reply::unauthorized)
    }

    /// # Errors
    /// 403 when the token lacks the permission.
    pub fn require(&self, permission: &str) -> Result<(), Reply> {
        if self.permissions.contains(&permission) { Ok(()) } else { Err(Reply::forbidden(permission)) }
    }

    /// What the permission endpoint says about this token.
    #[must_use]
    pub fn description(&self) -> Value {
        json!({
            "customerId": 1_000_123,
            "userId": self.user_id,
            "teamId": 10_015,
            "permissions": self.permissions,
        })
    }
}
