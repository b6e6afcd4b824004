//! Where conversations, turns and results live: SQLite in one file, or PostgreSQL for
//! several gateways side by side. The prefix of the URL picks; the statements are the
//! same but for `sqlite.rs` and `postgres.rs`. A turn is written in one transaction
//! (`commit.rs`). Ids, times and fingerprints come from the engine; nothing here asks a
//! clock. Another owner's object does not exist.

pub mod commit;
pub mod confirmations;
pub mod contents;
pub mod conversations;
pub mod credentials;
pub mod database;
pub mod error;
pub mod feedback;
pub mod lone_calls;
mod migrations;
pub mod pins;
pub mod places;
pub mod postgres;
pub mod probes;
pub mod rows;
pub mod sqlite;
pub mod tokens;
pub mod traces;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::migrate::MigrateError;

use crate::domain::event::JournalEntry;
use crate::domain::ids::CallId;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Conversation;
use crate::engine::ports::Listed;
use crate::engine::ports::StoreError;
use crate::engine::ports::StoredConversation;
use crate::engine::ports::TurnStore;
use crate::engine::record::CallQuestion;
use crate::engine::record::Confirmation;
use crate::engine::record::Feedback;
use crate::engine::record::LoneCall;
use crate::engine::record::TakenQuestion;
use crate::engine::record::TurnRecord;
use crate::store::contents::Contents;
use crate::store::database::Database;
use crate::store::error::Dialect;

/// What a committed turn must survive. PostgreSQL has its own setting for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process. A power cut may lose the last commits, each as a whole.
    #[default]
    Process,
    /// A power cut as well; each commit waits for the disk.
    Power,
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Connections; SQLite has one more, for writing.
    pub max_connections: u32,
    /// Longest wait for another writer's lock.
    pub busy_timeout: Duration,
    /// Longest wait for a connection.
    pub acquire_timeout: Duration,
    /// Longest run of one statement on PostgreSQL.
    pub statement_timeout: Duration,
    /// What a committed turn must survive.
    pub durability: Durability,
    /// Largest size of the SQLite file, in pages of 4 KiB; more is refused as `full`.
    pub sqlite_max_pages: Option<u32>,
    /// JSON text of payloads that is kept parsed in memory, in bytes.
    pub kept_payload_bytes: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            durability: Durability::Process,
            sqlite_max_pages: None,
            kept_payload_bytes: 2 * 1024 * 1024,
        }
    }
}

/// The store. Share it; it is a handle on a pool of connections.
#[derive(Debug)]
pub struct Store {
    database: Database,
    contents: Contents,
    presence: Option<sqlite::Presence>,
}

impl Store {
    /// Opens the database behind `url`: `sqlite:FILE` (created when missing), `sqlite::memory:`,
    /// `postgres://…` or `postgresql://…`.
    ///
    /// Places for running turns that processes died with are cleared here on SQLite, when
    /// no other process has the file open. On PostgreSQL, and otherwise, the lease tells.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be opened, or the URL names no known database.
    pub async fn connect(url: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let contents = Contents::new(options.kept_payload_bytes);
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let pool = postgres::open(url, options).await.map_err(|e| error::database(Dialect::Postgres, e))?;
            return Ok(Self { database: Database::Postgres(pool), contents, presence: None });
        }
        if !url.starts_with("sqlite:") {
            let reason = "a database URL starts with sqlite:, postgres:// or postgresql://";
            return Err(error::database(Dialect::Sqlite, sqlx::Error::Configuration(reason.into())));
        }
        let opened = sqlite::open(url, options).await.map_err(|e| error::database(Dialect::Sqlite, e))?;
        let store = Self {
            database: Database::Sqlite { writer: opened.writer, reader: opened.reader },
            contents,
            presence: opened.presence,
        };
        if let Some(presence) = &store.presence
            && presence.alone
        {
            places::clear_abandoned(&store.database).await?;
            presence.settle().map_err(|e| error::database(Dialect::Sqlite, e))?;
        }
        Ok(store)
    }

    /// Brings the tables up to date. Several processes may do so at once on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Database`]; `broken` also when the database is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let broken = |e: MigrateError| error::database(self.database.dialect(), e.into());
        let migrations = migrations::of(self.database.dialect()).map_err(broken)?;
        match &self.database {
            Database::Sqlite { writer, .. } => migrations.run(writer).await,
            Database::Postgres(pool) => migrations.run(pool).await,
        }
        .map_err(broken)
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// The record of a finished turn with the content of its results left out: null in its
    /// place. The rest is as [`TurnStore::turn`] gives it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn turn_without_contents(&self, owner: &str, id: TurnId) -> Result<TurnRecord, StoreError> {
        traces::turn_without_contents(&self.database, owner, id).await
    }

    /// Closes all connections and waits for them. The store answers `unreachable` afterwards.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl TurnStore for Store {
    async fn create_conversation(&self, conversation: &Conversation) -> Result<(), StoreError> {
        conversations::create(&self.database, conversation).await
    }

    async fn conversation(&self, owner: &str, id: ConversationId) -> Result<Conversation, StoreError> {
        conversations::head(&self.database, owner, id).await
    }

    async fn load(&self, owner: &str, id: ConversationId) -> Result<StoredConversation, StoreError> {
        conversations::load(&self.database, &self.contents, owner, id, None).await
    }

    async fn load_before(
        &self,
        owner: &str,
        id: ConversationId,
        turn: TurnId,
    ) -> Result<StoredConversation, StoreError> {
        conversations::load(&self.database, &self.contents, owner, id, Some(turn)).await
    }

    async fn list_conversations(
        &self,
        owner: &str,
        query: Option<&str>,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Listed<Conversation>, StoreError> {
        conversations::list(&self.database, owner, query, cursor, limit).await
    }

    async fn rename_conversation(&self, owner: &str, id: ConversationId, title: &str) -> Result<(), StoreError> {
        conversations::rename(&self.database, owner, id, title).await
    }

    async fn delete_conversation(&self, owner: &str, id: ConversationId) -> Result<(), StoreError> {
        conversations::delete(&self.database, owner, id).await?;
        self.contents.clear();
        Ok(())
    }

    async fn find_by_fingerprint(&self, owner: &str, fingerprint: &str) -> Result<Option<ConversationId>, StoreError> {
        conversations::find_by_fingerprint(&self.database, owner, fingerprint).await
    }

    async fn begin_turn(
        &self,
        conversation: ConversationId,
        turn: TurnId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), StoreError> {
        places::take(&self.database, conversation, turn, now, lease).await
    }

    async fn commit_turn(&self, record: &TurnRecord) -> Result<(), StoreError> {
        commit::turn(&self.database, &self.contents, record).await
    }

    async fn abandon_turn(&self, conversation: ConversationId, turn: TurnId) -> Result<(), StoreError> {
        places::free(&self.database, conversation, turn).await
    }

    async fn turn(&self, owner: &str, id: TurnId) -> Result<TurnRecord, StoreError> {
        traces::turn(&self.database, owner, id).await
    }

    async fn turns(&self, owner: &str, conversation: ConversationId) -> Result<Vec<TurnId>, StoreError> {
        traces::turns(&self.database, owner, conversation).await
    }

    async fn events(&self, owner: &str, id: TurnId, after: u64) -> Result<Vec<JournalEntry>, StoreError> {
        traces::events(&self.database, owner, id, after).await
    }

    async fn result(&self, owner: &str, id: ResultId) -> Result<LedgerEntry, StoreError> {
        traces::result(&self.database, owner, id).await
    }

    async fn replaced_by(&self, owner: &str, id: TurnId) -> Result<Option<TurnId>, StoreError> {
        traces::replaced_by(&self.database, owner, id).await
    }

    async fn give_feedback(&self, owner: &str, id: TurnId, given: &Feedback) -> Result<(), StoreError> {
        feedback::give(&self.database, owner, id, given).await
    }

    async fn feedback(&self, owner: &str, id: TurnId) -> Result<Option<Feedback>, StoreError> {
        feedback::of_turn(&self.database, owner, id).await
    }

    async fn record_call(&self, call: &LoneCall) -> Result<(), StoreError> {
        lone_calls::record(&self.database, call).await
    }

    async fn ask_about_call(&self, question: &CallQuestion) -> Result<(), StoreError> {
        lone_calls::ask(&self.database, question).await
    }

    async fn answer_about_call(
        &self,
        owner: &str,
        id: CallId,
        yes: bool,
        at: Timestamp,
    ) -> Result<Option<TakenQuestion>, StoreError> {
        lone_calls::answer(&self.database, owner, id, yes, at).await
    }

    async fn confirmation(&self, owner: &str, id: TurnId) -> Result<Option<Confirmation>, StoreError> {
        confirmations::of_turn(&self.database, owner, id).await
    }

    async fn claim_confirmation(
        &self,
        owner: &str,
        turn: TurnId,
        by: TurnId,
        replaces: Option<TurnId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        confirmations::claim(&self.database, owner, turn, by, replaces, at).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let sql = match self.database.dialect() {
            Dialect::Sqlite => sqlite::PING,
            Dialect::Postgres => postgres::PING,
        };
        self.database.execute(sql, Vec::new()).await.map(drop)
    }
}
