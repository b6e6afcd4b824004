//! Conversations and messages as the domain sees them. Only messages that we
//! stored ourselves count as history; what a client sends as history is
//! `unverified` and never evidence.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::domain::ids::ConversationId;
use crate::domain::ids::TurnId;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person.
    User,
    /// Us: an approved reply.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// Plain text or Markdown.
    pub content: String,
    /// The turn it belongs to; absent for history that a client claims and we cannot verify.
    pub turn_id: Option<TurnId>,
}

/// One stored conversation without its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// Id.
    pub id: ConversationId,
    /// Owner: the caller's subject.
    pub owner: String,
    /// Shown in lists; made from the first message unless set.
    pub title: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its last turn ended.
    pub updated_at: Timestamp,
}
