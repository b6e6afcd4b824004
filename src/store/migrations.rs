//! The migrations, read from the files in the binary. The macros of sqlx would do that too, and
//! compile both databases once more for themselves.

use rust_embed::Embed;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr;
use sqlx::migrate::MigrateError;
use sqlx::migrate::Migration;
use sqlx::migrate::MigrationType;
use sqlx::migrate::Migrator;

use crate::store::error::Dialect;

#[derive(Embed)]
#[folder = "migrations/"]
struct Files;

/// All of one database.
///
/// # Errors
/// When a file is not named `VERSION_DESCRIPTION.sql`, or is no text.
pub(crate) fn of(dialect: Dialect) -> Result<Migrator, MigrateError> {
    let folder = match dialect {
        Dialect::Sqlite => "sqlite/",
        Dialect::Postgres => "postgres/",
    };
    let names = Files::iter().filter(|name| name.starts_with(folder) && name.ends_with(".sql"));
    Ok(Migrator::with_migrations(names.map(|name| migration(&name, folder)).collect::<Result<_, _>>()?))
}

fn migration(name: &str, folder: &str) -> Result<Migration, MigrateError> {
    let broken = || MigrateError::Source(format!("{name} is no migration").into());
    let stem = name.strip_prefix(folder).and_then(|name| name.strip_suffix(".sql"));
    let (version, description) = stem.and_then(|stem| stem.split_once('_')).ok_or_else(broken)?;
    let version = version.parse().map_err(|_| broken())?;
    let sql = Files::get(name).and_then(|file| String::from_utf8(file.data.into_owned()).ok()).ok_or_else(broken)?;
    // Files of ours, in the binary.
    let sql = AssertSqlSafe(sql).into_sql_str();
    Ok(Migration::new(version, description.replace('_', " ").into(), MigrationType::Simple, sql, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations_in_order() {
        let names = |dialect| {
            let migrations = of(dialect).unwrap();
            migrations.iter().map(|step| (step.version, step.description.to_string())).collect::<Vec<_>>()
        };
        let sqlite = names(Dialect::Sqlite);
        assert_eq!(sqlite[0], (1, "conversations and turns".to_owned()));
        assert!(sqlite.iter().map(|(version, _)| *version).eq(1..=sqlite.len() as i64), "{sqlite:?}");
        assert_eq!(sqlite, names(Dialect::Postgres));
    }
}
