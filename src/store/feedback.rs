//! What owners think of the replies they got: one rating a turn, the last one counts. Beside
//! the record and never in it, since a record does not change.

use crate::domain::ids::TurnId;
use crate::engine::ports::StoreError;
use crate::engine::record::Feedback;
use crate::store::database::Database;
use crate::store::database::Value;
use crate::store::rows;
use crate::store::traces::missing;

/// Keeps a rating instead of the one before.
///
/// # Errors
/// [`StoreError::NotFound`].
pub async fn give(database: &Database, owner: &str, id: TurnId, feedback: &Feedback) -> Result<(), StoreError> {
    let sql = "insert into turn_feedback (turn_id, rating, comment_json, given_at) \
        select id, $3, $4, $5 from turns where id = $1 and owner = $2 \
        on conflict (turn_id) do update set \
            rating = excluded.rating, comment_json = excluded.comment_json, given_at = excluded.given_at";
    let comment = feedback.comment.as_ref().map(|text| rows::json("comment", text)).transpose()?;
    let values = vec![
        id.0.into(),
        rows::plain(owner).as_ref().into(),
        rows::name("rating", &feedback.rating)?.into(),
        Value::Text(comment),
        feedback.given_at.as_microsecond().into(),
    ];
    if database.execute(sql, values).await? == 0 { Err(missing(id)) } else { Ok(()) }
}

/// The rating of a turn, if there is one.
///
/// # Errors
/// [`StoreError::Database`], [`StoreError::Corrupt`].
pub async fn of_turn(database: &Database, owner: &str, id: TurnId) -> Result<Option<Feedback>, StoreError> {
    let sql = "select f.rating, f.comment_json, f.given_at from turn_feedback f \
        join turns t on t.id = f.turn_id where t.id = $1 and t.owner = $2";
    let found = database.fetch(sql, vec![id.0.into(), rows::plain(owner).as_ref().into()]).await?;
    let Some(row) = found.first() else { return Ok(None) };
    Ok(Some(Feedback {
        rating: rows::named("rating", row.text("rating")?)?,
        comment: row.text_or_none("comment_json")?.map(|text| rows::parsed("comment", &text)).transpose()?,
        given_at: rows::time(row.int("given_at")?)?,
    }))
}
