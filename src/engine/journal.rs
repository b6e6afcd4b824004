//! The ordered events of one running turn. Readers may join at any time and from any
//! place; nobody can be too slow, since entries stay until the turn is done. The last
//! events are staged first, committed with the record, and only then published, so no
//! reader sees an answer that is not stored.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

use tokio::sync::watch;

use crate::domain::event::JournalEntry;
use crate::domain::event::TurnEvent;
use crate::engine::ports::Clock;
use crate::engine::record::TurnRecord;

/// Events of a turn, in order, with their readers.
pub struct Journal {
    clock: Arc<dyn Clock>,
    // A std mutex: held for a push or a copy, never across an await.
    entries: Mutex<Vec<JournalEntry>>,
    published: watch::Sender<u64>,
    record: OnceLock<Arc<TurnRecord>>,
}

impl Journal {
    /// An empty journal.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        let entries = Mutex::new(Vec::new());
        Arc::new(Self { clock, entries, published: watch::Sender::new(0), record: OnceLock::new() })
    }

    /// Adds an event and shows it to readers at once.
    pub fn add(&self, event: TurnEvent) {
        let staged = self.stage(vec![event]);
        self.publish(staged);
    }

    /// Numbers events without showing them.
    pub fn stage(&self, events: Vec<TurnEvent>) -> Vec<JournalEntry> {
        let next = self.lock().len() as u64 + 1;
        let at = self.clock.now();
        events.into_iter().zip(next..).map(|(event, seq)| JournalEntry { seq, at, event }).collect()
    }

    /// Shows staged events.
    pub fn publish(&self, staged: Vec<JournalEntry>) {
        let mut entries = self.lock();
        entries.extend(staged);
        let length = entries.len() as u64;
        drop(entries);
        self.published.send_replace(length);
    }

    /// Ends the journal: keeps the committed record and shows its events that are not shown yet.
    pub(crate) fn conclude(&self, record: Arc<TurnRecord>) {
        let published = self.lock().len();
        let last = record.events.get(published..).unwrap_or_default().to_vec();
        // Set before the last event is seen, so that whoever saw it finds the record.
        let _ = self.record.set(record);
        self.publish(last);
    }

    /// The committed record; there once the last event is, unless the turn could not be stored.
    pub fn record(&self) -> Option<Arc<TurnRecord>> {
        self.record.get().cloned()
    }

    /// Published entries so far.
    pub fn entries(&self) -> Vec<JournalEntry> {
        self.lock().clone()
    }

    /// A reader of everything after `after` (0: from the start).
    pub fn read(self: &Arc<Self>, after: u64) -> JournalReader {
        JournalReader { journal: Arc::clone(self), published: self.published.subscribe(), next: after, done: false }
    }

    fn get(&self, index: u64) -> Option<JournalEntry> {
        self.lock().get(usize::try_from(index).ok()?).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<JournalEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a journal to its end.
pub struct JournalReader {
    journal: Arc<Journal>,
    published: watch::Receiver<u64>,
    next: u64,
    done: bool,
}

impl JournalReader {
    /// The next entry; `None` after the last event of the turn.
    pub async fn next(&mut self) -> Option<JournalEntry> {
        if self.done {
            return None;
        }
        loop {
            if let Some(entry) = self.journal.get(self.next) {
                self.next += 1;
                self.done = entry.event.is_last();
                return Some(entry);
            }
            if self.published.changed().await.is_err() {
                return None;
            }
        }
    }
}
