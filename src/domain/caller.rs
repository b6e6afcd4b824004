//! The authenticated party behind a request, with what the request brought for servers. Made by
//! `auth` alone; handlers take it as an argument, so none can forget it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

/// What a caller may do; each includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessRole {
    /// Reads own conversations and results.
    Reader,
    /// Asks questions.
    Analyst,
    /// Runs scenarios, sees every trace.
    Engineer,
    /// Manages tokens and tools.
    Admin,
}

/// Credentials that a request brought for servers, by the names of its headers. Nothing shows or
/// keeps them: they are gone with the last copy of their caller.
#[derive(Clone, Default)]
pub struct Brought(Arc<BTreeMap<String, Vec<SecretString>>>);

impl Brought {
    /// All values of each header, in order; names in lower case.
    pub fn new(headers: BTreeMap<String, Vec<SecretString>>) -> Self {
        Self(Arc::new(headers))
    }

    /// The values of a header; none where the request did not have it.
    pub fn values(&self, header: &str) -> &[SecretString] {
        self.0.get(&header.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values of all headers, by header.
    fn exposed(&self) -> impl Iterator<Item = Vec<&str>> {
        self.0.values().map(|values| values.iter().map(SecretString::expose_secret).collect())
    }
}

/// The same values in the same headers.
impl PartialEq for Brought {
    fn eq(&self, other: &Self) -> bool {
        self.0.keys().eq(other.0.keys()) && self.exposed().eq(other.exposed())
    }
}

impl fmt::Debug for Brought {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Brought({})", self.0.len())
    }
}

/// Who is asking and what they may use.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    subject: String,
    role: AccessRole,
    token: Option<Uuid>,
    brought: Brought,
}

impl Caller {
    /// A caller whose credential has been checked.
    pub fn new(subject: impl Into<String>, role: AccessRole) -> Self {
        Self { subject: subject.into(), role, token: None, brought: Brought::default() }
    }

    /// The same, let in by the token with this id.
    #[must_use]
    pub fn by_token(self, id: Uuid) -> Self {
        Self { token: Some(id), ..self }
    }

    /// The id of the token that let it in; none where nobody needs one.
    pub fn token(&self) -> Option<Uuid> {
        self.token
    }

    /// The same with what the request at hand brought.
    #[must_use]
    pub fn bringing(self, brought: Brought) -> Self {
        Self { brought, ..self }
    }

    /// What the request brought for servers.
    pub fn brought(&self) -> &Brought {
        &self.brought
    }

    /// The local user when `auth = "none"`, which is refused beyond loopback.
    pub fn local() -> Self {
        Self::new("local", AccessRole::Admin)
    }

    /// Stable name of the party; owner of what it creates.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What it may do.
    pub fn role(&self) -> AccessRole {
        self.role
    }
}
