//! The audit of calls outside of turns, tried by hand or asked for by clients of the MCP proxy,
//! which is only ever added to; and what such clients were asked before a call. A question is
//! answered by one statement, so that of many answers, on whatever gateway, one is first.

use jiff::Timestamp;

use crate::domain::event::AskedCall;
use crate::domain::ids::CallId;
use crate::engine::ports::StoreError;
use crate::engine::record::CallQuestion;
use crate::engine::record::LoneCall;
use crate::engine::record::TakenQuestion;
use crate::store::database::Database;
use crate::store::database::Value;
use crate::store::rows;

/// Most questions of one caller that are kept.
const OPEN_AT_MOST: i64 = 100;

/// Writes one down.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn record(database: &Database, call: &LoneCall) -> Result<(), StoreError> {
    let sql = "insert into tool_trials \
            (id, owner, server, tool, arguments_json, outcome, digest, error_json, started_at, finished_at, origin, \
             question_id) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let values = vec![
        call.id.0.into(),
        rows::plain(&call.owner).as_ref().into(),
        rows::plain(&call.server).as_ref().into(),
        rows::plain(&call.tool).as_ref().into(),
        rows::json("arguments", &call.arguments)?.into(),
        call.outcome.as_str().into(),
        call.digest.as_str().into(),
        Value::Text(call.error.as_ref().map(|text| rows::json("error", text)).transpose()?),
        call.started_at.as_microsecond().into(),
        call.finished_at.as_microsecond().into(),
        call.origin.as_str().into(),
        Value::Id(call.origin.question().map(|id| id.0)),
    ];
    database.execute(sql, values).await.map(drop)
}

/// Writes a question down.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn ask(database: &Database, question: &CallQuestion) -> Result<(), StoreError> {
    prune(database, question).await?;
    let sql = "insert into call_questions (id, owner, server, tool, arguments_json, asked_at, expires_at, open_json) \
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = vec![
        question.id.0.into(),
        rows::plain(&question.owner).as_ref().into(),
        rows::plain(&question.call.server).as_ref().into(),
        rows::plain(&question.call.tool).as_ref().into(),
        rows::json("arguments", &question.call.arguments)?.into(),
        question.asked_at.as_microsecond().into(),
        question.expires_at.as_microsecond().into(),
        Value::Text(question.open.as_ref().map(|open| rows::json("open call", open)).transpose()?),
    ];
    database.execute(sql, values).await.map(drop)
}

/// Removes questions that can no longer be answered, and those of the owner, oldest first, that are
/// more than may be open. Whose yes a call was made with stays with the call.
async fn prune(database: &Database, question: &CallQuestion) -> Result<(), StoreError> {
    let sql = "delete from call_questions where expires_at < $1 or (owner = $2 and asked_at <= coalesce(( \
        select asked_at from call_questions where owner = $2 order by asked_at desc limit 1 offset $3), -1))";
    let values = vec![
        question.asked_at.as_microsecond().into(),
        rows::plain(&question.owner).as_ref().into(),
        (OPEN_AT_MOST - 1).into(),
    ];
    database.execute(sql, values).await.map(drop)
}

/// Takes the one answer to a question; what it asked, or `None` when it is not this owner's, was
/// answered before, or is too old.
///
/// # Errors
/// [`StoreError::Database`], [`StoreError::Corrupt`].
pub async fn answer(
    database: &Database,
    owner: &str,
    id: CallId,
    yes: bool,
    at: Timestamp,
) -> Result<Option<TakenQuestion>, StoreError> {
    let sql = "update call_questions set answered_at = $1, said_yes = $2 \
        where id = $3 and owner = $4 and answered_at is null and expires_at > $1";
    let owned = || [id.0.into(), rows::plain(owner).as_ref().into()];
    let mut values = vec![at.as_microsecond().into(), yes.into()];
    values.extend(owned());
    if database.execute(sql, values).await? == 0 {
        return Ok(None);
    }
    let sql = "select server, tool, arguments_json, open_json from call_questions where id = $1 and owner = $2";
    let found = database.fetch(sql, owned().into()).await?;
    let Some(row) = found.first() else { return Ok(None) };
    let arguments = rows::parsed("arguments", &row.text("arguments_json")?)?;
    let open = row.text_or_none("open_json")?.map(|text| rows::parsed("open call", &text)).transpose()?;
    let call = AskedCall { server: row.text("server")?, tool: row.text("tool")?, arguments };
    Ok(Some(TakenQuestion { call, open }))
}
