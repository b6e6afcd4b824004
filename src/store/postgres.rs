//! PostgreSQL: how it is reached, and the statements that SQLite spells otherwise.
//! Lock and statement time limits are set on every connection, so that a stuck peer
//! costs an error and not a hanging turn. Durability is the server's own setting.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::postgres::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::store::StoreOptions;

/// Conversations of an owner, newest first, after a place in the list, that contain a text.
pub const LIST_CONVERSATIONS: &str = "\
    select id, owner, title, created_at, updated_at from conversations c \
    where owner = $1 and (updated_at, id) < ($2, $3) \
      and ($4 = '' or strpos(title_folded, $4) > 0 or exists ( \
        select 1 from turns t where t.conversation_id = c.id and t.replaced_by is null \
          and strpos(t.search_text, $4) > 0)) \
    order by updated_at desc, id desc limit $5";

/// Row locks are taken statement by statement, always conversation first.
pub const BEGIN_WRITE: &str = "begin";

/// A view of one moment.
pub const BEGIN_READ: &str = "begin isolation level repeatable read read only";

/// Fails where writing is not allowed, and changes nothing.
pub const PING: &str = "update conversations set title = title where false";

/// Connects to the server behind `url`.
///
/// # Errors
/// The driver's error when no connection comes up in time.
pub async fn open(url: &str, options: &StoreOptions) -> Result<PgPool, sqlx::Error> {
    let limit = options.busy_timeout.as_millis().max(1);
    let statement = options.statement_timeout.as_millis().max(1);
    let connect =
        PgConnectOptions::from_str(url)?.application_name("groundwire").statement_cache_capacity(256).options([
            ("lock_timeout", limit.to_string()),
            ("statement_timeout", statement.to_string()),
            ("idle_in_transaction_session_timeout", statement.to_string()),
        ]);
    PgPoolOptions::new()
        .max_connections(options.max_connections.max(1))
        .acquire_timeout(options.acquire_timeout)
        .connect_with(connect)
        .await
}
