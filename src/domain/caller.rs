//! The authenticated party behind a request. Made by `auth` alone; handlers take it
//! as an argument, so none can forget it.

use serde::Deserialize;
use serde::Serialize;

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

/// Who is asking and what they may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    subject: String,
    role: AccessRole,
}

impl Caller {
    /// A caller whose credential has been checked.
    pub fn new(subject: impl Into<String>, role: AccessRole) -> Self {
        Self { subject: subject.into(), role }
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
