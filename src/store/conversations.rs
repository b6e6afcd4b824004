//! Conversations: made, found, listed, renamed, deleted, and loaded for a turn. The
//! messages of a conversation are those of its turns; there is no second copy. Lists
//! go by place and not by offset, so that a page never repeats or misses one because
//! another was touched.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::Arc;

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::ledger::Ledger;
use crate::domain::message::Conversation;
use crate::engine::ports::Listed;
use crate::engine::ports::StoreError;
use crate::engine::ports::StoredConversation;
use crate::store::confirmations::ASKING;
use crate::store::contents::Contents;
use crate::store::database::Database;
use crate::store::database::ROWS_A_STATEMENT;
use crate::store::database::Transaction;
use crate::store::database::placeholders;
use crate::store::error;
use crate::store::error::Dialect;
use crate::store::postgres;
use crate::store::rows;
use crate::store::sqlite;

/// Most conversations of one page.
const PAGE: u32 = 200;

/// Longest text searched for, in characters.
const QUERY_CHARS: usize = 200;

/// Creates an empty conversation.
///
/// # Errors
/// [`StoreError::Database`], also when the id is taken.
pub async fn create(database: &Database, conversation: &Conversation) -> Result<(), StoreError> {
    let sql = "insert into conversations (id, owner, title, title_folded, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        conversation.id.0.into(),
        rows::plain(&conversation.owner).as_ref().into(),
        rows::plain(&conversation.title).as_ref().into(),
        rows::folded(&conversation.title).into(),
        conversation.created_at.as_microsecond().into(),
        conversation.updated_at.as_microsecond().into(),
    ];
    database.execute(sql, values).await.map(drop)
}

const HEAD: &str = "select id, owner, title, created_at, updated_at from conversations where id = $1 and owner = $2";

/// The head of one conversation.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn head(database: &Database, owner: &str, id: ConversationId) -> Result<Conversation, StoreError> {
    let found = database.fetch(HEAD, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    rows::conversation(found.first().ok_or_else(|| missing(id))?)
}

/// Head, messages and ledger, all of one moment; with `before` as they were before that turn.
/// Turns that were replaced are no part of it, nor is what they did to earlier results.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Replaced`] for a `before` that is hidden.
pub async fn load(
    database: &Database,
    contents: &Contents,
    owner: &str,
    id: ConversationId,
    before: Option<TurnId>,
) -> Result<StoredConversation, StoreError> {
    let turns = "select id, message_json, reply_json, outcome from turns \
        where conversation_id = $1 and replaced_by is null and number < $2 order by number";
    let results = format!(
        "select {} from results r join turns t on t.id = r.turn_id \
         where r.conversation_id = $1 and t.replaced_by is null and t.number < $2 order by t.number, r.position",
        rows::RESULT_COLUMNS
    );
    let mut tx = database.snapshot().await?;
    let found = tx.fetch(HEAD, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    let conversation = rows::conversation(found.first().ok_or_else(|| missing(id))?)?;
    let end = match before {
        Some(turn) => place_of(&mut tx, id, turn).await?,
        None => i64::MAX,
    };
    let turns = tx.fetch(turns, vec![id.0.into(), end.into()]).await?;
    let results = tx.fetch(AssertSqlSafe(results), vec![id.0.into(), end.into()]).await?;
    let ids: Vec<ResultId> = results.iter().map(|row| row.id("id").map(ResultId)).collect::<Result<_, _>>()?;
    let mut payloads = payloads(&mut tx, contents, &ids).await?;
    tx.commit().await?;
    let mut messages = Vec::with_capacity(turns.len() * 2);
    for row in &turns {
        messages.extend(rows::messages(row)?);
    }
    let known: HashSet<ResultId> = ids.iter().copied().collect();
    let mut entries = Vec::with_capacity(results.len());
    for (row, id) in results.iter().zip(ids) {
        let content = payloads.remove(&id).ok_or_else(|| error::corrupt("result", "no payload"))?;
        let mut entry = rows::entry(row, content)?;
        entry.superseded_by = entry.superseded_by.filter(|newer| known.contains(newer));
        entries.push(entry);
    }
    let last = turns.last().map(|row| row.text("outcome")).transpose()?;
    let asks = last.is_some_and(|last| ASKING.iter().any(|asking| last == asking.as_str()));
    Ok(StoredConversation { conversation, messages, ledger: Ledger::from_entries(entries), asks })
}

/// The place of a turn among those of its conversation.
async fn place_of(tx: &mut Transaction, conversation: ConversationId, turn: TurnId) -> Result<i64, StoreError> {
    let sql = "select number, replaced_by from turns where id = $1 and conversation_id = $2";
    let found = tx.fetch(sql, vec![turn.0.into(), conversation.0.into()]).await?;
    let row = found.first().ok_or_else(|| StoreError::NotFound { what: "turn", id: turn.to_string() })?;
    match row.id_or_none("replaced_by")? {
        Some(_) => Err(StoreError::Replaced { turn }),
        None => row.int("number"),
    }
}

/// The payloads of these results; only those that are not kept are read.
async fn payloads(
    tx: &mut Transaction,
    contents: &Contents,
    ids: &[ResultId],
) -> Result<HashMap<ResultId, Arc<serde_json::Value>>, StoreError> {
    let mut found: HashMap<ResultId, Arc<serde_json::Value>> =
        ids.iter().filter_map(|id| contents.get(*id).map(|content| (*id, content))).collect();
    let unknown: Vec<ResultId> = ids.iter().filter(|id| !found.contains_key(id)).copied().collect();
    for part in unknown.chunks(ROWS_A_STATEMENT) {
        let sql = format!("select id, content_json from results where id in {}", placeholders(1, part.len(), 1));
        for row in tx.fetch(AssertSqlSafe(sql), part.iter().map(|id| id.0.into()).collect()).await? {
            let (id, text) = (ResultId(row.id("id")?), row.text("content_json")?);
            let content = Arc::new(rows::parsed("content", &text)?);
            contents.put(id, &content, text.len());
            found.insert(id, content);
        }
    }
    Ok(found)
}

/// Conversations of the owner, newest first; `query` matches title and messages.
///
/// # Errors
/// [`StoreError::NotFound`] for a cursor that is none of ours.
pub async fn list(
    database: &Database,
    owner: &str,
    query: Option<&str>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Listed<Conversation>, StoreError> {
    let limit = limit.clamp(1, PAGE);
    let (time, id) = match cursor {
        None => (i64::MAX, Uuid::max()),
        Some(text) => parse_cursor(text)
            .ok_or_else(|| StoreError::NotFound { what: "cursor", id: text.chars().take(80).collect() })?,
    };
    let query: String = query.unwrap_or_default().trim().chars().take(QUERY_CHARS).collect();
    let sql = match database.dialect() {
        Dialect::Sqlite => sqlite::LIST_CONVERSATIONS,
        Dialect::Postgres => postgres::LIST_CONVERSATIONS,
    };
    let values = vec![
        rows::plain(owner).as_ref().into(),
        time.into(),
        id.into(),
        rows::folded(&query).into(),
        // One more tells whether there is a next page.
        (i64::from(limit) + 1).into(),
    ];
    let found = database.fetch(sql, values).await?;
    let mut items: Vec<Conversation> = found.iter().map(rows::conversation).collect::<Result<_, _>>()?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(cursor_after);
    Ok(Listed { items, next_cursor })
}

fn cursor_after(last: &Conversation) -> String {
    format!("{}_{}", last.updated_at.as_microsecond(), last.id.0.simple())
}

fn parse_cursor(text: &str) -> Option<(i64, Uuid)> {
    let (time, id) = text.split_once('_')?;
    Some((time.parse().ok()?, Uuid::try_parse(id).ok()?))
}

/// New title.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn rename(database: &Database, owner: &str, id: ConversationId, title: &str) -> Result<(), StoreError> {
    let sql = "update conversations set title = $3, title_folded = $4 where id = $1 and owner = $2";
    let values = vec![
        id.0.into(),
        rows::plain(owner).as_ref().into(),
        rows::plain(title).as_ref().into(),
        rows::folded(title).into(),
    ];
    if database.execute(sql, values).await? == 0 { Err(missing(id)) } else { Ok(()) }
}

/// Removes the conversation; its turns, results and running place go with it.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn delete(database: &Database, owner: &str, id: ConversationId) -> Result<(), StoreError> {
    let sql = "delete from conversations where id = $1 and owner = $2";
    let values = vec![id.0.into(), rows::plain(owner).as_ref().into()];
    if database.execute(sql, values).await? == 0 { Err(missing(id)) } else { Ok(()) }
}

/// The conversation of this owner with a turn of this fingerprint; the newest of several.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn find_by_fingerprint(
    database: &Database,
    owner: &str,
    fingerprint: &str,
) -> Result<Option<ConversationId>, StoreError> {
    let sql = "select conversation_id from turns where owner = $1 and fingerprint = $2 \
        and replaced_by is null order by number desc limit 1";
    let values = vec![rows::plain(owner).as_ref().into(), rows::plain(fingerprint).as_ref().into()];
    let found = database.fetch(sql, values).await?;
    found.first().map(|row| row.id("conversation_id").map(ConversationId)).transpose()
}

/// Also said of another owner's conversation.
pub fn missing(id: ConversationId) -> StoreError {
    StoreError::NotFound { what: "conversation", id: id.to_string() }
}
