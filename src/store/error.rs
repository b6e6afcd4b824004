//! Driver errors to [`StoreError`]: which kind of trouble a database is in, told from
//! result codes alone, since messages change with versions and languages. Whatever
//! is not recognised is `broken`.

use sqlx::error::DatabaseError;

use crate::engine::ports::StoreError;

/// Which database spoke; the same driver error can mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Embedded, one file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Wraps a driver error with the kind of trouble it stands for.
pub fn database(dialect: Dialect, source: sqlx::Error) -> StoreError {
    StoreError::Database { kind: kind(dialect, &source), source: Box::new(source) }
}

/// A stored value that does not read back.
pub fn corrupt(what: &'static str, reason: impl ToString) -> StoreError {
    StoreError::Corrupt { what, reason: reason.to_string() }
}

/// Whether the statement named a row of another table that is not there.
pub fn is_missing_reference(error: &StoreError) -> bool {
    let StoreError::Database { source, .. } = error else { return false };
    source
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .is_some_and(DatabaseError::is_foreign_key_violation)
}

fn kind(dialect: Dialect, error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Database(inner) => match (dialect, inner.code()) {
            (Dialect::Sqlite, Some(code)) => sqlite_kind(&code),
            (Dialect::Postgres, Some(code)) => postgres_kind(&code),
            (_, None) => "broken",
        },
        // SQLite has one writer: no connection in time means that somebody else is writing.
        // A PostgreSQL pool runs dry when no new connection comes up.
        sqlx::Error::PoolTimedOut if dialect == Dialect::Sqlite => "locked",
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed
        | sqlx::Error::Configuration(_) => "unreachable",
        sqlx::Error::Migrate(inner) => match &**inner {
            sqlx::migrate::MigrateError::Execute(source) | sqlx::migrate::MigrateError::ExecuteMigration(source, _) => {
                kind(dialect, source)
            }
            _ => "broken",
        },
        _ => "broken",
    }
}

/// The low byte of an extended result code is the primary one.
fn sqlite_kind(code: &str) -> &'static str {
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => "locked",
        Ok(8) => "read_only",
        Ok(13) => "full",
        Ok(14) => "unreachable",
        _ => "broken",
    }
}

fn postgres_kind(sqlstate: &str) -> &'static str {
    match sqlstate {
        "55P03" | "40001" | "40P01" => "locked",
        "25006" => "read_only",
        "53100" | "53200" => "full",
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" | "3D000" | "55000" => "unreachable",
        other if other.starts_with("08") || other.starts_with("28") => "unreachable",
        _ => "broken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_fall_back_to_their_primary_one() {
        // SQLITE_BUSY_SNAPSHOT, SQLITE_READONLY_DBMOVED, SQLITE_CANTOPEN_ISDIR, SQLITE_CORRUPT.
        assert_eq!(["517", "1032", "526", "11"].map(sqlite_kind), ["locked", "read_only", "unreachable", "broken"]);
    }

    #[test]
    fn a_timeout_of_the_pool_means_another_thing_for_each_database() {
        assert_eq!(kind(Dialect::Sqlite, &sqlx::Error::PoolTimedOut), "locked");
        assert_eq!(kind(Dialect::Postgres, &sqlx::Error::PoolTimedOut), "unreachable");
    }
}
