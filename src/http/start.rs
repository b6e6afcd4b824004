//! Starting turns from requests, and what becomes of a turn whose client goes away.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::DropGuard;

use crate::domain::caller::Caller;
use crate::domain::event::TurnEvent;
use crate::engine::error::TurnError;
use crate::engine::record::TurnRecord;
use crate::engine::running::RunningTurn;
use crate::engine::turn::TurnOrder;
use crate::engine::turn::TurnRequest;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// What happens to the turn when its client is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenGone {
    /// It goes on; the client can come back for it by its id.
    GoOn,
    /// It is cancelled: nobody could ever read its answer.
    Cancel,
}

/// A started turn. Keep it as long as the client listens.
pub struct Started {
    /// The turn.
    pub turn: RunningTurn,
    _guard: Option<DropGuard>,
}

/// Starts a turn.
///
/// # Errors
/// See [`TurnError`].
pub async fn start(api: &Api, caller: Caller, request: TurnRequest, when_gone: WhenGone) -> Result<Started, ApiError> {
    ordered(api, caller, request, TurnOrder::default(), when_gone).await
}

/// Starts a turn that replaces another or repeats a call.
///
/// # Errors
/// See [`TurnError`].
pub async fn ordered(
    api: &Api,
    caller: Caller,
    request: TurnRequest,
    order: TurnOrder,
    when_gone: WhenGone,
) -> Result<Started, ApiError> {
    let engine = Arc::clone(&api.app.engine);
    let (sender, started) = oneshot::channel();
    // A task of its own: a request that is dropped half way must not leave its conversation taken.
    tokio::spawn(async move {
        let guarded: Result<Started, TurnError> = engine.start_ordered(caller, request, order).await.map(|turn| {
            let guard = (when_gone == WhenGone::Cancel).then(|| turn.cancel.clone().drop_guard());
            Started { turn, _guard: guard }
        });
        // When nobody waits any more the guard is dropped here and does its work.
        drop(sender.send(guarded));
    });
    match started.await {
        Ok(started) => Ok(started?),
        Err(_) => Err(ApiError::plain(Code::Internal)),
    }
}

impl Started {
    /// Waits for the end of the turn.
    ///
    /// # Errors
    /// The failure of the turn; a cancelled turn has a record and is none.
    pub async fn finished(&self) -> Result<Arc<TurnRecord>, ApiError> {
        let mut reader = self.turn.journal.read(0);
        let mut last = None;
        while let Some(entry) = reader.next().await {
            last = Some(entry.event);
        }
        if let Some(TurnEvent::TurnFailed { code, message }) = last {
            return Err(ApiError::of_failed_turn(self.turn.id, &code, &message));
        }
        self.turn.journal.record().ok_or_else(|| ApiError::plain(Code::Internal).turn(self.turn.id))
    }
}
