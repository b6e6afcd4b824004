//! Confirmations: what a turn asked before something runs, and who took the answer. A claim is one row
//! keyed by the turn that asked, written by one statement and never taken back, so that of
//! many who answer at once, on whatever gateway, exactly one is first.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::elicitation::OpenCall;
use crate::domain::event::Question;
use crate::domain::event::QuestionKind;
use crate::domain::event::TurnOutcome;
use crate::domain::ids::ConversationId;
use crate::domain::ids::TurnId;
use crate::domain::policy::decision::Ruling;
use crate::engine::ports::StoreError;
use crate::engine::record::Confirmation;
use crate::store::database::Database;
use crate::store::database::Value;
use crate::store::rows;
use crate::store::traces::missing;

/// Outcomes of turns that end in a question.
pub const ASKING: [TurnOutcome; 2] = [TurnOutcome::Confirmation, TurnOutcome::Clarification];

/// The parts of `rows::Detail` that are read here.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(default)]
    asked: Option<String>,
    ruling: Cow<'a, Option<Ruling>>,
    question: Cow<'a, Option<Question>>,
    #[serde(default)]
    open_call: Cow<'a, Option<OpenCall>>,
}

/// What the turn asked before something runs; `None` when it asked nothing of that kind.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Corrupt`].
pub async fn of_turn(database: &Database, owner: &str, id: TurnId) -> Result<Option<Confirmation>, StoreError> {
    let sql = "select conversation_id, outcome, finished_at, message_json, detail_json from turns \
        where id = $1 and owner = $2";
    let found = database.fetch(sql, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    let row = found.first().ok_or_else(|| missing(id))?;
    let outcome = row.text("outcome")?;
    if !ASKING.iter().any(|asking| outcome == asking.as_str()) {
        return Ok(None);
    }
    let detail: Asked<'static> = rows::parsed("turn", &row.text("detail_json")?)?;
    let (Some(question), open) = (detail.question.into_owned(), detail.open_call.into_owned()) else { return Ok(None) };
    let language = detail.ruling.into_owned().map(|ruling| ruling.language).unwrap_or_default();
    let (calls, open) = match question.kind {
        QuestionKind::Confirmation => (question.calls, None),
        QuestionKind::Elicitation if open.is_some() => (Vec::new(), open),
        _ => return Ok(None),
    };
    let conversation_id = ConversationId(row.id("conversation_id")?);
    let asked_at = rows::time(row.int("finished_at")?)?;
    let message = match detail.asked {
        Some(asked) => asked,
        None => rows::parsed("message", &row.text("message_json")?)?,
    };
    Ok(Some(Confirmation { turn_id: id, conversation_id, asked_at, message, language, calls, open }))
}

/// Takes the answer for turn `by`. False when it is taken, or when a turn came after the one
/// that asked; turns that `by` takes the place of do not count.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn claim(
    database: &Database,
    owner: &str,
    turn: TurnId,
    by: TurnId,
    replaces: Option<TurnId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "insert into confirmation_claims (turn_id, claimed_by_turn, claimed_at) \
        select t.id, $2, $3 from turns t where t.id = $1 and t.owner = $4 and t.outcome in ('confirmation', 'clarification') \
            and t.replaced_by is null and not exists ( \
                select 1 from turns later where later.conversation_id = t.conversation_id \
                    and later.number > t.number and later.replaced_by is null \
                    and later.number < coalesce((select number from turns r where r.id = $5), later.number + 1)) \
        on conflict (turn_id) do nothing";
    let values = vec![
        turn.0.into(),
        by.0.into(),
        at.as_microsecond().into(),
        rows::plain(owner).as_ref().into(),
        Value::Id(replaces.map(|turn| turn.0)),
    ];
    Ok(database.execute(sql, values).await? > 0)
}
