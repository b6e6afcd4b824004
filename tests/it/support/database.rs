//! Databases of their own for tests: an SQLite file in a temporary folder, or a fresh
//! database of a PostgreSQL cluster that lives as long as the test run. The cluster is
//! named by `TEST_POSTGRES_URL`; when that is not set, `scripts/test-postgres` starts
//! one. No PostgreSQL at all is a failure, unless `GROUNDWIRE_SKIP_POSTGRES=1`.

use std::process::Command;
use std::sync::OnceLock;

use groundwire::store::Store;
use groundwire::store::StoreOptions;
use sqlx::Connection;
use sqlx::Executor;

/// A database that belongs to one test.
pub(crate) struct TestDatabase {
    /// For `Store::connect`.
    pub(crate) url: String,
    folder: Option<tempfile::TempDir>,
}

impl TestDatabase {
    /// An SQLite file that does not exist yet.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("temporary folder");
        Self { url: format!("sqlite:{}", folder.path().join("test.db").display()), folder: Some(folder) }
    }

    /// An empty PostgreSQL database; `None` when these tests are to be skipped.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = postgres_server()?;
        let mut admin = sqlx::PgConnection::connect(server).await.expect("connect to the test server");
        let name = format!("t_{}", unique());
        // template0: nobody else is ever connected to it.
        let sql = format!("create database {name} template template0");
        admin.execute(sqlx::AssertSqlSafe(sql)).await.expect("create a test database");
        let (server, _) = server.rsplit_once('/').expect("a URL with a database");
        Some(Self { url: format!("{server}/{name}"), folder: None })
    }

    /// One that is there already, reached in another way.
    pub(crate) fn at(url: String) -> Self {
        Self { url, folder: None }
    }

    /// Opens it, tables up to date.
    pub(crate) async fn open(&self) -> Store {
        self.open_with(&StoreOptions::default()).await
    }

    /// Opens it in a certain way, tables up to date.
    pub(crate) async fn open_with(&self, options: &StoreOptions) -> Store {
        let store = Store::connect(&self.url, options).await.expect("open the test database");
        store.migrate().await.expect("migrate the test database");
        store
    }

    /// Whether this is an SQLite file.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.folder.is_some()
    }
}

#[expect(clippy::disallowed_methods, reason = "names of databases must differ between processes")]
fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

#[expect(clippy::disallowed_methods, reason = "tests are told about the server by the environment")]
#[expect(clippy::print_stderr, reason = "a skipped test says so aloud")]
fn postgres_server() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();
    let found = SERVER.get_or_init(|| {
        if std::env::var("GROUNDWIRE_SKIP_POSTGRES").is_ok_and(|value| value == "1") {
            eprintln!("SKIPPED: a PostgreSQL test, since GROUNDWIRE_SKIP_POSTGRES=1");
            return None;
        }
        Some(std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| start_server()))
    });
    found.as_deref()
}

/// For a plain `cargo test`; nextest runs the script once for all tests.
fn start_server() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/test-postgres");
    let done = Command::new(script)
        .args(["--parent", &std::process::id().to_string()])
        .env_remove("NEXTEST_ENV")
        .output()
        .unwrap_or_else(|error| panic!("{script} does not start: {error}"));
    let printed = String::from_utf8_lossy(&done.stdout);
    let url = printed.trim().strip_prefix("TEST_POSTGRES_URL=");
    url.unwrap_or_else(|| panic!("no PostgreSQL for this test: {}", String::from_utf8_lossy(&done.stderr))).to_owned()
}
