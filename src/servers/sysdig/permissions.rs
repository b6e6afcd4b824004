//! Which tools a token may see: asks Sysdig for the token's permissions, once
//! per `tools/list`, and keeps nothing.
//!
//! Fails closed: without an answer no tool is listed. Calls are not checked
//! here; Sysdig itself refuses a call that the token may not make.

use std::collections::HashSet;

use serde::Deserialize;

use crate::servers::sysdig::credentials::Credentials;
use crate::servers::sysdig::upstream::Upstream;
use crate::servers::sysdig::upstream::UpstreamError;

/// Most permissions that are taken over from one answer.
const MAX_PERMISSIONS: usize = 10_000;

/// Why the permissions are not known.
#[derive(Debug, thiserror::Error)]
pub enum PermissionError {
    /// No answer.
    #[error("failed to fetch user permissions: {0}")]
    Upstream(#[from] UpstreamError),
    /// An answer that is not 200.
    #[error("failed to fetch user permissions: status code {0}")]
    Status(u16),
    /// A 200 without a list of permissions.
    #[error("failed to fetch user permissions: the response has no permission list")]
    Body,
}

/// The permissions of one token at one moment.
#[derive(Debug, Clone, Default)]
pub struct Permissions(HashSet<String>);

impl Permissions {
    /// Asks Sysdig for the permissions of the token.
    ///
    /// # Errors
    /// [`PermissionError`]; the caller lists no tools then.
    pub async fn fetch(upstream: &Upstream, credentials: &Credentials) -> Result<Self, PermissionError> {
        #[derive(Deserialize)]
        struct Body {
            permissions: Vec<String>,
        }
        let segments = ["api", "users", "me", "permissions"];
        let answer = upstream.get(credentials, &segments, &[]).await?;
        if answer.status != 200 {
            return Err(PermissionError::Status(answer.status));
        }
        let body: Body = serde_json::from_slice(&answer.body).map_err(|_| PermissionError::Body)?;
        Ok(body.permissions.into_iter().take(MAX_PERMISSIONS).collect())
    }

    /// Whether the token holds all of these; true for none at all.
    #[must_use]
    pub fn allow(&self, required: &[&str]) -> bool {
        required.iter().all(|name| self.0.contains(*name))
    }
}

impl FromIterator<String> for Permissions {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_needs_all_its_permissions_and_none_is_always_enough() {
        let held = Permissions::from_iter(["perm1".to_owned()]);
        assert!(held.allow(&["perm1"]));
        assert!(!held.allow(&["perm2"]));
        assert!(!held.allow(&["perm1", "perm2"]));
        assert!(held.allow(&[]));
        assert!(Permissions::default().allow(&[]));
    }
}
