//! A finished turn, written whole or not at all: one transaction, one statement for the
//! conversation, the place, the turn with its events, claims and model answers, its
//! results, and all marks on earlier results together. Whatever refuses undoes the rest.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;

use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::engine::ports::StoreError;
use crate::engine::record::TurnRecord;
use crate::store::contents::Contents;
use crate::store::database::Database;
use crate::store::database::ROWS_A_STATEMENT;
use crate::store::database::Transaction;
use crate::store::database::Value;
use crate::store::database::placeholders;
use crate::store::places;
use crate::store::rows;

/// Longest title made from a message, in characters.
const TITLE_CHARS: usize = 80;

/// Commits the record and frees the place of the turn.
///
/// # Errors
/// [`StoreError::NotFound`] when the conversation is gone, is another owner's, or a marked
/// result is not in it; [`StoreError::TurnRunning`] when the place was taken over. Nothing
/// is written then.
pub async fn turn(database: &Database, contents: &Contents, record: &TurnRecord) -> Result<(), StoreError> {
    // What can fail without the database fails before a lock is taken.
    let head = turn_values(record)?;
    let results = result_values(record)?;
    let lengths: Vec<usize> = results.iter().map(rows::content_length).collect();
    let mut tx = database.begin().await?;
    touch_conversation(&mut tx, record).await?;
    places::give_back(&mut tx, record.conversation_id, record.id).await?;
    // What has no reply takes nothing's place: the user keeps what was there.
    if let Some(replaced) = record.replaces.filter(|_| !record.text.is_empty()) {
        hide(&mut tx, record, replaced).await?;
    }
    tx.execute(INSERT_TURN, head).await?;
    insert_results(&mut tx, results).await?;
    mark_earlier(&mut tx, record).await?;
    tx.commit().await?;
    for (entry, bytes) in record.results.iter().zip(lengths) {
        contents.put(entry.id, &entry.content, bytes);
    }
    Ok(())
}

const INSERT_TURN: &str = "\
    insert into turns (id, conversation_id, owner, decision, rule, outcome, verdict, failure, fingerprint, \
        started_at, finished_at, message_json, reply_json, search_text, detail_json, claims_json, \
        exchanges_json, events_json) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

fn turn_values(record: &TurnRecord) -> Result<Vec<Value>, StoreError> {
    let optional = |text: Option<&str>| Value::Text(text.map(|text| rows::plain(text).into_owned()));
    let fingerprint = Some(record.fingerprint.as_str()).filter(|text| !text.is_empty());
    Ok(vec![
        record.id.0.into(),
        record.conversation_id.0.into(),
        rows::plain(&record.owner).as_ref().into(),
        optional(record.ruling.as_ref().map(|ruling| ruling.decision.as_str())),
        optional(record.ruling.as_ref().map(|ruling| ruling.rule.as_str())),
        record.outcome.as_str().into(),
        record.verdict.as_str().into(),
        optional(record.failure.as_deref()),
        optional(fingerprint),
        record.started_at.as_microsecond().into(),
        record.finished_at.as_microsecond().into(),
        rows::json("message", &record.message)?.into(),
        rows::json("reply", &record.text)?.into(),
        rows::folded(&format!("{}\n{}", record.message, record.text)).into(),
        rows::json("turn", &rows::Detail::of(record))?.into(),
        rows::json("claims", &record.claims)?.into(),
        rows::json("exchanges", &record.exchanges)?.into(),
        rows::json("events", &record.events)?.into(),
    ])
}

fn result_values(record: &TurnRecord) -> Result<Vec<[Value; rows::RESULT_INSERT_COLUMNS]>, StoreError> {
    record.results.iter().enumerate().map(|(position, entry)| rows::entry_values(record, position, entry)).collect()
}

async fn insert_results(
    tx: &mut Transaction,
    mut results: Vec<[Value; rows::RESULT_INSERT_COLUMNS]>,
) -> Result<(), StoreError> {
    while !results.is_empty() {
        let rest = results.split_off(results.len().min(ROWS_A_STATEMENT));
        let columns = rows::RESULT_INSERT;
        let values = placeholders(results.len(), rows::RESULT_INSERT_COLUMNS, 1);
        let sql = format!("insert into results ({columns}) values {values}");
        tx.execute(AssertSqlSafe(sql), results.into_iter().flatten().collect()).await?;
        results = rest;
    }
    Ok(())
}

/// Hides a turn and all later ones of its conversation. What they fetched replaces nothing any more.
async fn hide(tx: &mut Transaction, record: &TurnRecord, replaced: TurnId) -> Result<(), StoreError> {
    let turns = "update turns set replaced_by = $2 where conversation_id = $1 and replaced_by is null \
        and number >= (select number from turns where id = $3 and conversation_id = $1)";
    let (conversation, by) = (record.conversation_id.0, record.id.0);
    if tx.execute(turns, vec![conversation.into(), by.into(), replaced.0.into()]).await? == 0 {
        return Err(StoreError::NotFound { what: "turn", id: replaced.to_string() });
    }
    let results = "update results set superseded_by = null where conversation_id = $1 \
        and superseded_by in (select r.id from results r join turns t on t.id = r.turn_id where t.replaced_by = $2) \
        and turn_id in (select id from turns where conversation_id = $1 and replaced_by is null)";
    tx.execute(results, vec![conversation.into(), by.into()]).await.map(drop)
}

/// First, so that every writer locks the conversation before anything inside it.
async fn touch_conversation(tx: &mut Transaction, record: &TurnRecord) -> Result<(), StoreError> {
    let sql = "update conversations set \
            updated_at = case when updated_at < $3 then $3 else updated_at end, \
            title = case when title = '' then $4 else title end, \
            title_folded = case when title = '' then $5 else title_folded end \
        where id = $1 and owner = $2";
    let title = title_of(&record.message);
    let values = vec![
        record.conversation_id.0.into(),
        rows::plain(&record.owner).as_ref().into(),
        record.finished_at.as_microsecond().into(),
        rows::plain(&title).as_ref().into(),
        rows::folded(&title).into(),
    ];
    if tx.execute(sql, values).await? == 0 {
        return Err(StoreError::NotFound { what: "conversation", id: record.conversation_id.to_string() });
    }
    Ok(())
}

/// What this turn did to one earlier result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Change {
    stale: bool,
    shown: bool,
    superseded_by: Option<ResultId>,
}

async fn mark_earlier(tx: &mut Transaction, record: &TurnRecord) -> Result<(), StoreError> {
    let changes: Vec<(ResultId, Change)> = changes(record).into_iter().collect();
    for part in changes.chunks(ROWS_A_STATEMENT) {
        let (sql, values) = mark_statement(record, part);
        if tx.execute(AssertSqlSafe(sql), values).await? < part.len() as u64 {
            let ids: Vec<String> = part.iter().map(|(id, _)| id.to_string()).collect();
            return Err(StoreError::NotFound { what: "result", id: ids.join(", ") });
        }
    }
    Ok(())
}

fn changes(record: &TurnRecord) -> BTreeMap<ResultId, Change> {
    let mut changes: BTreeMap<ResultId, Change> = BTreeMap::new();
    for id in &record.staled {
        changes.entry(*id).or_default().stale = true;
    }
    for id in &record.shown {
        changes.entry(*id).or_default().shown = true;
    }
    for (old, new) in &record.superseded {
        changes.entry(*old).or_default().superseded_by = Some(*new);
    }
    // The turn's own results were inserted with their marks.
    for entry in &record.results {
        changes.remove(&entry.id);
    }
    changes
}

/// One update for all marks. A mark is only ever set here, never taken back.
fn mark_statement(record: &TurnRecord, part: &[(ResultId, Change)]) -> (String, Vec<Value>) {
    let mut values: Vec<Value> = vec![record.conversation_id.0.into()];
    let places: Vec<(usize, Change)> = part
        .iter()
        .map(|(id, change)| {
            values.push(id.0.into());
            (values.len(), *change)
        })
        .collect();
    let list = |wanted: fn(&Change) -> bool| {
        let numbers: Vec<String> =
            places.iter().filter(|(_, change)| wanted(change)).map(|(place, _)| format!("${place}")).collect();
        numbers.join(", ")
    };
    let mut sets = Vec::new();
    for (column, ids) in [("stale", list(|change| change.stale)), ("shown", list(|change| change.shown))] {
        if !ids.is_empty() {
            sets.push(format!("{column} = {column} or id in ({ids})"));
        }
    }
    let mut cases = String::new();
    for (place, change) in &places {
        if let Some(new) = change.superseded_by {
            values.push(new.0.into());
            cases.push_str(&format!(" when ${place} then ${}", values.len()));
        }
    }
    if !cases.is_empty() {
        sets.push(format!("superseded_by = case id{cases} else superseded_by end"));
    }
    let (sets, ids) = (sets.join(", "), list(|_| true));
    (format!("update results set {sets} where conversation_id = $1 and id in ({ids})"), values)
}

/// A title from a message: its first line that says something, cut at a word.
fn title_of(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("…");
    let words: Vec<&str> = line.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= TITLE_CHARS {
        return line;
    }
    let cut: String = line.chars().take(TITLE_CHARS - 1).collect();
    let whole_words = cut.rsplit_once(' ').map_or(cut.as_str(), |(start, _)| start);
    format!("{whole_words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_that_says_something_cut_at_a_word() {
        assert_eq!(title_of("\n  state   of case 4711?\nplease"), "state of case 4711?");
        let long = title_of(&"alarm ".repeat(40));
        assert!(long.ends_with("alarm…") && long.chars().count() <= TITLE_CHARS, "{long}");
        assert_eq!(title_of(" \n"), "…");
        assert_eq!(title_of(&"å".repeat(200)).chars().count(), TITLE_CHARS);
    }
}
