//! The one place for a running turn of each conversation. It is taken by one statement,
//! so two gateways cannot both have it, and it carries a lease, so that a gateway that
//! died does not keep it. Committing a turn gives it back in the same transaction.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::ids::ConversationId;
use crate::domain::ids::TurnId;
use crate::engine::ports::StoreError;
use crate::store::database::Database;
use crate::store::database::Transaction;
use crate::store::error;
use crate::store::error::Dialect;

/// Takes the place, or takes it over when its lease has passed.
///
/// # Errors
/// [`StoreError::TurnRunning`]; [`StoreError::NotFound`] without such a conversation.
pub async fn take(
    database: &Database,
    conversation: ConversationId,
    turn: TurnId,
    now: Timestamp,
    lease: Duration,
) -> Result<(), StoreError> {
    let sql = "insert into running_turns (conversation_id, turn_id, expires_at) values ($1, $2, $3) \
        on conflict (conversation_id) do update set turn_id = excluded.turn_id, expires_at = excluded.expires_at \
        where running_turns.expires_at <= $4";
    let now = now.as_microsecond();
    let expires_at = now.saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX));
    let values = vec![conversation.0.into(), turn.0.into(), expires_at.into(), now.into()];
    match database.execute(sql, values).await {
        Ok(0) => Err(StoreError::TurnRunning { conversation }),
        Ok(_) => Ok(()),
        Err(failure) if error::is_missing_reference(&failure) => {
            Err(StoreError::NotFound { what: "conversation", id: conversation.to_string() })
        }
        Err(failure) => Err(failure),
    }
}

/// Gives the place back, if this turn still has it.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn free(database: &Database, conversation: ConversationId, turn: TurnId) -> Result<(), StoreError> {
    let sql = "delete from running_turns where conversation_id = $1 and turn_id = $2";
    database.execute(sql, vec![conversation.0.into(), turn.0.into()]).await.map(drop)
}

/// Gives the place back inside the commit.
///
/// # Errors
/// [`StoreError::TurnRunning`] when another turn has taken it over; [`StoreError::NotFound`]
/// when it is gone altogether. A turn that lost its place must not write: what it read of
/// the conversation may have changed since.
pub async fn give_back(tx: &mut Transaction, conversation: ConversationId, turn: TurnId) -> Result<(), StoreError> {
    let sql = "delete from running_turns where conversation_id = $1 and turn_id = $2";
    if tx.execute(sql, vec![conversation.0.into(), turn.0.into()]).await? > 0 {
        return Ok(());
    }
    let other = "select turn_id from running_turns where conversation_id = $1";
    if tx.fetch(other, vec![conversation.0.into()]).await?.is_empty() {
        return Err(StoreError::NotFound { what: "running turn", id: turn.to_string() });
    }
    Err(StoreError::TurnRunning { conversation })
}

/// Clears all places. Only for a process that knows that no other one is at work.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn clear_abandoned(database: &Database) -> Result<(), StoreError> {
    debug_assert_eq!(database.dialect(), Dialect::Sqlite, "a server always has other users");
    let known = "select name from sqlite_master where type = 'table' and name = 'running_turns'";
    if database.fetch(known, Vec::new()).await?.is_empty() {
        return Ok(());
    }
    database.execute("delete from running_turns", Vec::new()).await.map(drop)
}
