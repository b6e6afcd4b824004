//! Pinned tool definitions: what was accepted of each tool, what waits, and who accepted what.
//! Every change is one statement that says what must hold, so that several gateways on one
//! database neither pin twice nor accept what was not shown. What may be offered is decided
//! in `domain::pin`.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::pin::Acceptance;
use crate::domain::pin::Accepted;
use crate::domain::pin::Definition;
use crate::domain::pin::News;
use crate::domain::pin::Noted;
use crate::domain::pin::Pin;
use crate::domain::pin::Seen;
use crate::engine::ports::StoreError;
use crate::store::Store;
use crate::store::database::Row;
use crate::store::database::Transaction;
use crate::store::database::Value;
use crate::store::error;
use crate::store::rows;

const PINS: &str = "select server, tool, first_seen_at, accepted_hash, accepted_by, accepted_at, \
        case when seen_hash is null then null else accepted_json end as accepted_json, seen_hash, seen_json, seen_at \
    from tool_pins";

impl Store {
    /// All pins, by server and tool.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Corrupt`].
    pub async fn tool_pins(&self) -> Result<Vec<Pin>, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{PINS} order by server, tool"));
        self.database.fetch(sql, Vec::new()).await?.iter().map(pin).collect()
    }

    /// The pin of one tool, by its key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Database`], [`StoreError::Corrupt`].
    pub async fn tool_pin(&self, server: &str, tool: &str) -> Result<Pin, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{PINS} where server = $1 and tool = $2"));
        let found = self.database.fetch(sql, vec![server.into(), rows::plain(tool).as_ref().into()]).await?;
        found.first().map(pin).transpose()?.ok_or_else(|| unknown(server, tool))
    }

    /// Writes down what servers list, all of it or nothing. What another gateway wrote first stays.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_tools(&self, noted: &[Noted], now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        for note in noted {
            write(&mut transaction, note, now).await?;
        }
        transaction.commit().await
    }

    /// Forgets the definitions of one tool of a server, or of all its tools, and writes down who
    /// did; one that is listed later is seen for the first time. Those that await approval stay,
    /// unless `waiting_too`. Returns how many are forgotten.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn forget_tools(
        &self,
        server: &str,
        tool: Option<&str>,
        waiting_too: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut which = "server = $1".to_owned();
        let mut values: Vec<Value> = vec![server.into()];
        if let Some(tool) = tool {
            which.push_str(" and tool = $2");
            values.push(rows::plain(tool).as_ref().into());
        }
        if !waiting_too {
            which.push_str(" and seen_hash is null");
        }
        let next = values.len() + 1;
        let audit = format!(
            "insert into forgotten_tools (server, tool, was_hash, forgotten_by, forgotten_at) \
            select server, tool, accepted_hash, ${next}, ${} from tool_pins where {which}",
            next + 1
        );
        let delete = format!("delete from tool_pins where {which}");
        let mut audited = values.clone();
        audited.extend([rows::plain(by).as_ref().into(), now.as_microsecond().into()]);
        let mut transaction = self.database.begin().await?;
        transaction.execute(sqlx::AssertSqlSafe(audit), audited).await?;
        let forgotten = transaction.execute(sqlx::AssertSqlSafe(delete), values).await?;
        transaction.commit().await?;
        Ok(forgotten)
    }

    /// Accepts the definition that waits, if it has this hash, and writes down who did.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such tool, [`StoreError::Database`].
    pub async fn accept_tool(
        &self,
        id: Uuid,
        server: &str,
        tool: &str,
        hash: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<Acceptance, StoreError> {
        let key = rows::plain(tool);
        let (by, at) = (rows::plain(by), now.as_microsecond());
        let mut transaction = self.database.begin().await?;
        // The audit first: it reads what the next statement changes.
        let audit = "insert into tool_acceptances \
                (id, server, tool, was_hash, accepted_hash, accepted_json, accepted_by, accepted_at) \
            select $1, server, tool, accepted_hash, seen_hash, seen_json, $5, $6 \
            from tool_pins where server = $2 and tool = $3 and seen_hash = $4";
        let values = vec![id.into(), server.into(), key.as_ref().into(), hash.into(), by.as_ref().into(), at.into()];
        let audited = transaction.execute(audit, values).await?;
        let accept = "update tool_pins set accepted_hash = seen_hash, accepted_json = seen_json, \
                accepted_by = $4, accepted_at = $5, seen_hash = null, seen_json = null, seen_at = null \
            where server = $1 and tool = $2 and seen_hash = $3";
        let values = vec![server.into(), key.as_ref().into(), hash.into(), by.as_ref().into(), at.into()];
        let accepted = transaction.execute(accept, values).await?;
        if accepted == 1 && audited == 1 {
            transaction.commit().await?;
            return Ok(Acceptance::Done);
        }
        // Nothing was changed, or another gateway came in between: what is there now?
        drop(transaction);
        let pin = self.tool_pin(server, tool).await?;
        let waits = pin.seen.map(|seen| seen.hash);
        match (waits, pin.accepted) {
            (None, Some(accepted)) if accepted.hash == hash => Ok(Acceptance::Already),
            (Some(waits), _) => Ok(Acceptance::Other { hash: waits }),
            (None, Some(accepted)) => Ok(Acceptance::Other { hash: accepted.hash }),
            (None, None) => Err(unknown(server, tool)),
        }
    }
}

async fn write(transaction: &mut Transaction, note: &Noted, now: Timestamp) -> Result<(), StoreError> {
    let (server, tool) = (note.server.as_str(), rows::plain(&note.tool));
    let (hash, at) = (note.hash.as_str(), now.as_microsecond());
    let (sql, values): (&'static str, Vec<Value>) = match note.news {
        News::First { hides: false } => (
            "insert into tool_pins (server, tool, first_seen_at, accepted_hash, accepted_json, accepted_at) \
                values ($1, $2, $3, $4, $5, $3) on conflict (server, tool) do nothing",
            vec![server.into(), tool.as_ref().into(), at.into(), hash.into(), note.definition.canonical().into()],
        ),
        News::First { hides: true } => (
            "insert into tool_pins (server, tool, first_seen_at, seen_hash, seen_json, seen_at) \
                values ($1, $2, $3, $4, $5, $3) on conflict (server, tool) do nothing",
            vec![server.into(), tool.as_ref().into(), at.into(), hash.into(), note.definition.canonical().into()],
        ),
        News::Other => (
            "update tool_pins set seen_hash = $4, seen_json = $5, seen_at = $3 where server = $1 and tool = $2 \
                and (accepted_hash is null or accepted_hash <> $4) and (seen_hash is null or seen_hash <> $4)",
            vec![server.into(), tool.as_ref().into(), at.into(), hash.into(), note.definition.canonical().into()],
        ),
        News::Back => (
            "update tool_pins set seen_hash = null, seen_json = null, seen_at = null \
                where server = $1 and tool = $2 and accepted_hash = $3",
            vec![server.into(), tool.as_ref().into(), hash.into()],
        ),
    };
    transaction.execute(sql, values).await.map(drop)
}

fn unknown(server: &str, tool: &str) -> StoreError {
    let id: String = format!("{tool} of a server {server}").chars().take(200).collect();
    StoreError::NotFound { what: "tool", id }
}

fn pin(row: &Row) -> Result<Pin, StoreError> {
    let definition = |text: String| Definition::read(&text).map_err(|reason| error::corrupt("definition", reason));
    let time = |column| row.int_or_none(column)?.map(rows::time).transpose();
    let accepted = match (row.text_or_none("accepted_hash")?, time("accepted_at")?) {
        (Some(hash), Some(at)) => {
            let definition = row.text_or_none("accepted_json")?.map(definition).transpose()?;
            Some(Accepted { hash, by: row.text_or_none("accepted_by")?, at, definition })
        }
        _ => None,
    };
    let seen = match (row.text_or_none("seen_hash")?, row.text_or_none("seen_json")?, time("seen_at")?) {
        (Some(hash), Some(text), Some(at)) => Some(Seen { hash, definition: definition(text)?, at }),
        _ => None,
    };
    Ok(Pin {
        server: row.text("server")?,
        tool: row.text("tool")?,
        first_seen_at: rows::time(row.int("first_seen_at")?)?,
        accepted,
        seen,
    })
}
