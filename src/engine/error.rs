//! Why a turn could not be run at all. What goes wrong inside a turn (a dead tool, an
//! unsupported draft, a silent model) is data and ends in a plain reply instead.

use crate::engine::ports::ModelError;
use crate::engine::ports::StoreError;
use crate::prompts::PromptError;

/// A turn that could not start, or whose record could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// The database; without a record there is no reply.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The message holds nothing but white space.
    #[error("the message is empty")]
    EmptyMessage,
    /// The message is too long.
    #[error("the message has {bytes} bytes, the limit is {limit}")]
    MessageTooLong {
        /// Its size.
        bytes: usize,
        /// `limits.message_bytes`.
        limit: usize,
    },
    /// No such model profile.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A prompt template could not be rendered.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// No running turn with this id.
    #[error("no running turn {id}")]
    NotRunning {
        /// The id asked for.
        id: String,
    },
    /// The call behind a result cannot be repeated.
    #[error("the call behind this result cannot be repeated: {reason}")]
    NotRepeatable {
        /// Why.
        reason: &'static str,
    },
    /// The question that was answered is not open.
    #[error("the turn asked for no confirmation, was answered already, or is no longer the last of its conversation")]
    NothingToConfirm,
    /// The gateway is shutting down or runs as many turns as it may.
    #[error("the gateway takes no further turns now: {reason}")]
    Busy {
        /// `shutting down` or `too many turns at once`.
        reason: &'static str,
    },
}

impl TurnError {
    /// Stable, low-cardinality code.
    pub fn kind(&self) -> &'static str {
        match self {
            TurnError::Store(error) => error.kind(),
            TurnError::EmptyMessage => "empty_message",
            TurnError::MessageTooLong { .. } => "message_too_long",
            TurnError::Model(error) => error.kind(),
            TurnError::Prompt(_) => "prompt_broken",
            TurnError::NotRunning { .. } => "not_running",
            TurnError::NotRepeatable { .. } => "result_not_repeatable",
            TurnError::NothingToConfirm => "nothing_to_confirm",
            TurnError::Busy { .. } => "busy",
        }
    }
}
