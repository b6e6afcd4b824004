//! The audit of calls that were tried by hand. Only ever added to.

use crate::engine::ports::StoreError;
use crate::engine::record::ToolTrial;
use crate::store::database::Database;
use crate::store::database::Value;
use crate::store::rows;

/// Writes one down.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn record(database: &Database, trial: &ToolTrial) -> Result<(), StoreError> {
    let sql = "insert into tool_trials \
            (id, owner, server, tool, arguments_json, outcome, digest, error_json, started_at, finished_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = vec![
        trial.id.0.into(),
        rows::plain(&trial.owner).as_ref().into(),
        rows::plain(&trial.server).as_ref().into(),
        rows::plain(&trial.tool).as_ref().into(),
        rows::json("arguments", &trial.arguments)?.into(),
        trial.outcome.as_str().into(),
        trial.digest.as_str().into(),
        Value::Text(trial.error.as_ref().map(|text| rows::json("error", text)).transpose()?),
        trial.started_at.as_microsecond().into(),
        trial.finished_at.as_microsecond().into(),
    ];
    database.execute(sql, values).await.map(drop)
}
