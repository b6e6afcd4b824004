//! What became of a tool call. One value per call, chosen by [`super::classify`];
//! each value forces its own wording in the answer. Silence is never good news:
//! `Empty` exists only for a call that succeeded.

use serde::Deserialize;
use serde::Serialize;

/// Outcome of one tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Succeeded, complete, with data.
    Ok,
    /// Succeeded and matched nothing.
    Empty,
    /// Succeeded; more pages exist or the tool cut the answer.
    Partial,
    /// Succeeded; we cut what the prompt shows, the whole is kept.
    Truncated,
    /// The tool answered with an error, an error body inside a success included.
    Error,
    /// No answer within the time limit.
    Timeout,
    /// The server or the tool could not be reached.
    Unavailable,
    /// The arguments were refused, by us or by the tool.
    InvalidArguments,
    /// Several objects matched where one was asked for.
    Ambiguous,
    /// The right to see this is missing.
    Denied,
}

impl Outcome {
    /// The stable name used in events, HTTP and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Empty => "empty",
            Outcome::Partial => "partial",
            Outcome::Truncated => "truncated",
            Outcome::Error => "error",
            Outcome::Timeout => "timeout",
            Outcome::Unavailable => "unavailable",
            Outcome::InvalidArguments => "invalid_arguments",
            Outcome::Ambiguous => "ambiguous",
            Outcome::Denied => "denied",
        }
    }

    /// Whether the call brought an answer from the source (data, or a true "nothing").
    pub fn answered(self) -> bool {
        matches!(self, Outcome::Ok | Outcome::Empty | Outcome::Partial | Outcome::Truncated)
    }

    /// Whether the result holds data that can support a claim.
    pub fn has_data(self) -> bool {
        matches!(self, Outcome::Ok | Outcome::Partial | Outcome::Truncated | Outcome::Ambiguous)
    }

    /// Whether the result is known to be the whole set that matches its filter.
    pub fn complete(self) -> bool {
        matches!(self, Outcome::Ok | Outcome::Empty)
    }
}
