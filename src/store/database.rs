//! One way to run a statement on either database: an enum over two pools, the few
//! value types the schema has, and rows read by column name. sqlx reads `$1` on both,
//! so a statement is written once unless the dialects differ. Knows no tables.

use sqlx::Row as _;
use sqlx::SqlSafeStr;
use sqlx::SqlStr;
use sqlx::postgres::PgPool;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqlitePool;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::engine::ports::StoreError;
use crate::store::error;
use crate::store::error::Dialect;
use crate::store::postgres;
use crate::store::sqlite;

/// The open database.
#[derive(Debug)]
pub enum Database {
    /// Embedded, one file.
    Sqlite {
        /// One connection.
        writer: SqlitePool,
        /// The others.
        reader: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// One value of a statement.
#[derive(Clone, Debug)]
pub enum Value {
    /// An id, perhaps none.
    Id(Option<Uuid>),
    /// A number or a time in microseconds, perhaps none.
    Int(Option<i64>),
    /// Text, perhaps none.
    Text(Option<String>),
    /// Yes or no.
    Flag(bool),
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Value::Id(Some(id))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(Some(number))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(Some(text.to_owned()))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

/// One row of an answer.
#[derive(Debug)]
pub enum Row {
    /// Of the embedded database.
    Sqlite(SqliteRow),
    /// Of the server.
    Postgres(PgRow),
}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident: $kind:ty;)*) => {
        impl Row {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// [`StoreError::Corrupt`] when the column is missing or of another type.
                pub fn $name(&self, column: &str) -> Result<$kind, StoreError> {
                    match self {
                        Row::Sqlite(row) => row.try_get(column),
                        Row::Postgres(row) => row.try_get(column),
                    }
                    .map_err(|reason| error::corrupt("row", reason))
                }
            )*
        }
    };
}

getters! {
    /// A number.
    int: i64;
    /// A number or nothing.
    int_or_none: Option<i64>;
    /// Text.
    text: String;
    /// Text or nothing.
    text_or_none: Option<String>;
    /// An id.
    id: Uuid;
    /// An id or nothing.
    id_or_none: Option<Uuid>;
    /// Yes or no.
    flag: bool;
}

/// Binds the values to a statement and runs it on an executor of that database.
macro_rules! run {
    ($method:ident, $sql:expr, $values:expr, $executor:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Id(id) => query.bind(id),
                Value::Int(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Flag(flag) => query.bind(flag),
            };
        }
        query.$method($executor).await
    }};
}

impl Database {
    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Database::Sqlite { .. } => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one statement that changes something; the number of rows it changed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn execute(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64, StoreError> {
        match self {
            Database::Sqlite { writer, .. } => run!(execute, sql, values, writer).map(|done| done.rows_affected()),
            Database::Postgres(pool) => run!(execute, sql, values, pool).map(|done| done.rows_affected()),
        }
        .map_err(|source| error::database(self.dialect(), source))
    }

    /// Runs one statement that reads.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn fetch(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Database::Sqlite { reader, .. } => {
                run!(fetch_all, sql, values, reader).map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Database::Postgres(pool) => {
                run!(fetch_all, sql, values, pool).map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|source| error::database(self.dialect(), source))
    }

    /// Begins a transaction that writes. Dropping it undoes everything.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        self.transaction(sqlite::BEGIN_WRITE, postgres::BEGIN_WRITE, true).await
    }

    /// Begins a transaction that reads as of one moment.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn snapshot(&self) -> Result<Transaction, StoreError> {
        self.transaction(sqlite::BEGIN_READ, postgres::BEGIN_READ, false).await
    }

    async fn transaction(
        &self,
        sqlite: &'static str,
        postgres: &'static str,
        writes: bool,
    ) -> Result<Transaction, StoreError> {
        match self {
            Database::Sqlite { writer, reader } => {
                let pool = if writes { writer } else { reader };
                pool.begin_with(sqlite).await.map(Transaction::Sqlite)
            }
            Database::Postgres(pool) => pool.begin_with(postgres).await.map(Transaction::Postgres),
        }
        .map_err(|source| error::database(self.dialect(), source))
    }

    /// Closes all connections and waits for them.
    pub async fn close(&self) {
        match self {
            Database::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }
}

/// A running transaction.
#[derive(Debug)]
pub enum Transaction {
    /// Of the embedded database.
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    /// Of the server.
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    fn dialect(&self) -> Dialect {
        match self {
            Transaction::Sqlite(_) => Dialect::Sqlite,
            Transaction::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one statement that changes something; the number of rows it changed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn execute(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64, StoreError> {
        let sql: SqlStr = sql.into_sql_str();
        let dialect = self.dialect();
        match self {
            Transaction::Sqlite(tx) => run!(execute, sql, values, &mut **tx).map(|done| done.rows_affected()),
            Transaction::Postgres(tx) => run!(execute, sql, values, &mut **tx).map(|done| done.rows_affected()),
        }
        .map_err(|source| error::database(dialect, source))
    }

    /// Runs one statement that reads.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn fetch(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let sql: SqlStr = sql.into_sql_str();
        let dialect = self.dialect();
        match self {
            Transaction::Sqlite(tx) => {
                run!(fetch_all, sql, values, &mut **tx).map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Transaction::Postgres(tx) => {
                run!(fetch_all, sql, values, &mut **tx).map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        }
        .map_err(|source| error::database(dialect, source))
    }

    /// Makes it true.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing was written then.
    pub async fn commit(self) -> Result<(), StoreError> {
        let dialect = self.dialect();
        match self {
            Transaction::Sqlite(tx) => tx.commit().await,
            Transaction::Postgres(tx) => tx.commit().await,
        }
        .map_err(|source| error::database(dialect, source))
    }
}

/// Rows of one statement; SQLite takes 32,766 values, PostgreSQL 65,535.
pub const ROWS_A_STATEMENT: usize = 500;

/// `($1, $2), ($3, $4)` for so many rows and columns, counting from `first`.
pub fn placeholders(rows: usize, columns: usize, first: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 5);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            text.push_str(&format!("{comma}${}", first + row * columns + column));
        }
        text.push(')');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_on_over_rows() {
        assert_eq!(placeholders(2, 3, 2), "($2, $3, $4), ($5, $6, $7)");
    }
}
