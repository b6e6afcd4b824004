//! The turns that run in this process: their journals, how to stop them, and how to wait
//! for the last of them when the gateway goes down. Every task is owned here.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::ids::ConversationId;
use crate::domain::ids::TurnId;
use crate::engine::error::TurnError;
use crate::engine::journal::Journal;

/// One running turn, as others see it.
#[derive(Clone)]
pub struct RunningTurn {
    /// Id.
    pub id: TurnId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Who may follow and stop it.
    pub owner: String,
    /// Its events.
    pub journal: Arc<Journal>,
    /// Stops it.
    pub cancel: CancellationToken,
}

/// All running turns of this process.
pub struct RunningTurns {
    // A std mutex: held for a map operation, never across an await.
    turns: Mutex<HashMap<TurnId, RunningTurn>>,
    tasks: TaskTracker,
    closing: CancellationToken,
    at_once: usize,
}

impl RunningTurns {
    /// Room for so many turns at once.
    pub fn new(at_once: usize) -> Self {
        Self {
            turns: Mutex::new(HashMap::new()),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            at_once,
        }
    }

    /// A running turn of this owner.
    pub fn get(&self, owner: &str, id: TurnId) -> Option<RunningTurn> {
        self.lock().get(&id).filter(|turn| turn.owner == owner).cloned()
    }

    /// Whether a turn of this owner has no record yet. One that has may be leaving still.
    pub fn is_unfinished(&self, owner: &str, id: TurnId) -> bool {
        self.get(owner, id).is_some_and(|turn| turn.journal.record().is_none())
    }

    /// The running turn of a conversation of this owner.
    pub fn of_conversation(&self, owner: &str, id: ConversationId) -> Option<RunningTurn> {
        self.lock().values().find(|turn| turn.owner == owner && turn.conversation_id == id).cloned()
    }

    /// Number of running turns.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Takes a place for a turn.
    ///
    /// # Errors
    /// [`TurnError::Busy`] when all places are taken or the gateway is going down.
    pub(crate) fn enter(&self, turn: RunningTurn) -> Result<(), TurnError> {
        if self.closing.is_cancelled() {
            return Err(TurnError::Busy { reason: "shutting down" });
        }
        let mut turns = self.lock();
        if turns.len() >= self.at_once {
            return Err(TurnError::Busy { reason: "too many turns at once" });
        }
        turns.insert(turn.id, turn);
        Ok(())
    }

    pub(crate) fn leave(&self, id: TurnId) {
        self.lock().remove(&id);
    }

    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Takes no further turns, lets the running ones finish for `grace`, then cancels them
    /// and waits until each has stored its record.
    pub async fn close(&self, grace: Duration) {
        self.closing.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            let running: Vec<RunningTurn> = self.lock().values().cloned().collect();
            for turn in running {
                turn.cancel.cancel();
            }
            self.tasks.wait().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TurnId, RunningTurn>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
