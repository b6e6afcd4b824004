//! SQLite: how the file is opened, and the statements that PostgreSQL spells otherwise.
//!
//! WAL, so that readers never wait for the writer. One connection writes and several
//! read: writers of this process queue in order instead of polling each other's lock.
//!
//! Durability: with [`Durability::Process`] (`synchronous = NORMAL`) a committed turn
//! survives the death of the process at any instant, since the log is in the page cache
//! of the operating system by then; a power cut may lose the last commits and never
//! leaves half of one. [`Durability::Power`] (`FULL`) syncs each commit, for about 4 ms.

use std::fs::File;
use std::fs::TryLockError;
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::sqlite::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::sqlite::SqliteSynchronous;

use crate::store::Durability;
use crate::store::StoreOptions;

/// Conversations of an owner, newest first, after a place in the list, that contain a text.
pub const LIST_CONVERSATIONS: &str = "\
    select id, owner, title, created_at, updated_at from conversations c \
    where owner = $1 and (updated_at, id) < ($2, $3) \
      and ($4 = '' or instr(title_folded, $4) > 0 or exists ( \
        select 1 from turns t where t.conversation_id = c.id and t.replaced_by is null \
          and instr(t.search_text, $4) > 0)) \
    order by updated_at desc, id desc limit $5";

/// Takes the write lock at once: a transaction that reads first could fail to get it later.
pub const BEGIN_WRITE: &str = "begin immediate";

/// A view of one moment.
pub const BEGIN_READ: &str = "begin deferred";

/// Takes and gives back the write lock without leaving a trace.
pub const PING: &str = "update conversations set title = title where false";

/// The file, opened.
#[derive(Debug)]
pub struct Opened {
    /// One connection.
    pub writer: SqlitePool,
    /// Connections for reading.
    pub reader: SqlitePool,
    /// Held as long as the store lives.
    pub presence: Option<Presence>,
}

/// Opens the file behind `url`, and creates it when missing.
///
/// # Errors
/// The driver's error; nothing is left open.
pub async fn open(url: &str, options: &StoreOptions) -> Result<Opened, sqlx::Error> {
    let read_only = url.split_once('?').is_some_and(|(_, query)| query.split('&').any(|pair| pair == "mode=ro"));
    let in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let mut connect = SqliteConnectOptions::from_str(url)?
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .statement_cache_capacity(256)
        .synchronous(match options.durability {
            Durability::Process => SqliteSynchronous::Normal,
            Durability::Power => SqliteSynchronous::Full,
        });
    if !read_only {
        connect = connect.create_if_missing(true);
    }
    if !read_only && !in_memory {
        connect = connect.journal_mode(SqliteJournalMode::Wal);
    }
    if let Some(pages) = options.sqlite_max_pages {
        connect = connect.pragma("max_page_count", pages.to_string());
    }
    let path = connect.get_filename().to_owned();
    let presence = if read_only || in_memory { None } else { Presence::announce(&path)? };
    // A memory database lives and dies with its connection, so there is one for everything.
    if in_memory {
        let writer = pool(1, options).connect_with(connect).await?;
        return Ok(Opened { reader: writer.clone(), writer, presence });
    }
    let writer = without_lost_transactions(pool(1, options)).connect_with(connect.clone()).await?;
    let reader = without_lost_transactions(pool(options.max_connections.max(1), options)).connect_with(connect).await?;
    Ok(Opened { writer, reader, presence })
}

fn pool(connections: u32, options: &StoreOptions) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// SQLite ends a transaction by itself when the disk is full. The driver then fails to roll
/// it back and believes ever after that it is still running: such a connection is replaced.
fn without_lost_transactions(pool: SqlitePoolOptions) -> SqlitePoolOptions {
    pool.after_release(|connection, _| {
        Box::pin(async move {
            // Most were in none. One that is being rolled back counts until that is done.
            if !connection.is_in_transaction() {
                return Ok(true);
            }
            // Waits for a rollback that is under way.
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

/// A shared lock beside the database file, held by every process that has it open. The
/// operating system drops it when a process dies, however it dies: so whoever gets it
/// exclusively knows that every place for a running turn belongs to the dead.
#[derive(Debug)]
pub struct Presence {
    lock: File,
    /// Nobody else had the database open when this process came.
    pub alone: bool,
}

impl Presence {
    /// `None` where the file system has no locks: then leases alone tell.
    fn announce(database: &Path) -> Result<Option<Self>, sqlx::Error> {
        let mut path = database.as_os_str().to_owned();
        path.push("-presence");
        let file = File::options().create(true).truncate(false).write(true).read(true).open(PathBuf::from(path));
        let file = file.map_err(sqlx::Error::Io)?;
        match file.try_lock() {
            // Kept exclusive until the places are cleared; see `settle`.
            Ok(()) => Ok(Some(Self { lock: file, alone: true })),
            Err(TryLockError::WouldBlock) => {
                // Waits at most for another process that is just clearing up.
                file.lock_shared().map_err(sqlx::Error::Io)?;
                Ok(Some(Self { lock: file, alone: false }))
            }
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(None),
            Err(TryLockError::Error(error)) => Err(sqlx::Error::Io(error)),
        }
    }

    /// Lets other processes in. No turn can be running yet here, so it does no harm that
    /// another process may see the lock free for an instant.
    ///
    /// # Errors
    /// The operating system's.
    pub fn settle(&self) -> Result<(), sqlx::Error> {
        self.lock.lock_shared().map_err(sqlx::Error::Io)
    }
}
