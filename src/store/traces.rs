//! The read side: finished turns, their events and single results, for the portal, the
//! record routes and replay. A record reads back as it was committed; the marks that
//! later turns set show in the ledger and in [`result`].

use std::sync::Arc;

use sqlx::AssertSqlSafe;

use crate::domain::event::JournalEntry;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::ledger::LedgerEntry;
use crate::engine::ports::StoreError;
use crate::engine::record::TurnRecord;
use crate::store::conversations;
use crate::store::database::Database;
use crate::store::database::Row;
use crate::store::rows;

/// The whole record of a finished turn, as it was committed.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn turn(database: &Database, owner: &str, id: TurnId) -> Result<TurnRecord, StoreError> {
    let columns = format!("{}, r.content_json", rows::RESULT_COLUMNS);
    record(database, owner, id, &columns, rows::entry_with_content).await
}

/// The same without the content of its results, which is not read.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn turn_without_contents(database: &Database, owner: &str, id: TurnId) -> Result<TurnRecord, StoreError> {
    record(database, owner, id, rows::RESULT_COLUMNS, |row| rows::entry(row, Arc::default())).await
}

async fn record(
    database: &Database,
    owner: &str,
    id: TurnId,
    columns: &str,
    entry: impl Fn(&Row) -> Result<LedgerEntry, StoreError>,
) -> Result<TurnRecord, StoreError> {
    let head = "select id, conversation_id, owner, outcome, verdict, failure, fingerprint, started_at, finished_at, \
            message_json, reply_json, detail_json, claims_json, exchanges_json, events_json \
        from turns where id = $1 and owner = $2";
    let results = format!("select {columns} from results r where r.turn_id = $1 order by r.position");
    let mut tx = database.snapshot().await?;
    let found = tx.fetch(head, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    let row = found.first().ok_or_else(|| missing(id))?;
    let results = tx.fetch(AssertSqlSafe(results), vec![id.0.into()]).await?;
    tx.commit().await?;
    rows::record(row, results.iter().map(entry).collect::<Result<_, _>>()?)
}

/// Turns of a conversation, oldest first, without those that were replaced.
///
/// # Errors
/// [`StoreError::NotFound`] without such a conversation.
pub async fn turns(database: &Database, owner: &str, conversation: ConversationId) -> Result<Vec<TurnId>, StoreError> {
    let sql = "select c.id as conversation_id, t.id as turn_id \
        from conversations c left join turns t on t.conversation_id = c.id and t.replaced_by is null \
        where c.id = $1 and c.owner = $2 order by t.number";
    let found = database.fetch(sql, vec![conversation.0.into(), rows::plain(owner).as_ref().into()]).await?;
    if found.is_empty() {
        return Err(conversations::missing(conversation));
    }
    let ids = found.iter().map(|row| row.id_or_none("turn_id"));
    ids.filter_map(|id| id.map(|id| id.map(TurnId)).transpose()).collect()
}

/// The turn that has taken the place of this one.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn replaced_by(database: &Database, owner: &str, id: TurnId) -> Result<Option<TurnId>, StoreError> {
    let sql = "select replaced_by from turns where id = $1 and owner = $2";
    let found = database.fetch(sql, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    Ok(found.first().ok_or_else(|| missing(id))?.id_or_none("replaced_by")?.map(TurnId))
}

/// Events of a finished turn after the one with this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn events(database: &Database, owner: &str, id: TurnId, after: u64) -> Result<Vec<JournalEntry>, StoreError> {
    let sql = "select events_json from turns where id = $1 and owner = $2";
    let found = database.fetch(sql, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    let row = found.first().ok_or_else(|| missing(id))?;
    let mut events: Vec<JournalEntry> = rows::parsed("events", &row.text("events_json")?)?;
    events.retain(|entry| entry.seq > after);
    Ok(events)
}

/// One result with the marks it carries now.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn result(database: &Database, owner: &str, id: ResultId) -> Result<LedgerEntry, StoreError> {
    let sql = format!(
        "select {}, r.content_json from results r join turns t on t.id = r.turn_id where r.id = $1 and t.owner = $2",
        rows::RESULT_COLUMNS
    );
    let found = database.fetch(AssertSqlSafe(sql), vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    rows::entry_with_content(found.first().ok_or_else(|| StoreError::NotFound { what: "result", id: id.to_string() })?)
}

pub(crate) fn missing(id: TurnId) -> StoreError {
    StoreError::NotFound { what: "turn", id: id.to_string() }
}
