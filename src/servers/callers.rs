//! A place for each call, where one server serves many callers: so many of one caller run or wait
//! at once, and so many of all. What is held for a caller is held for a bounded number of callers,
//! and goes first for the one that was not used for longest; never for one whose calls run.
//!
//! Callers are told apart by a digest of what they prove themselves by, which is not kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

/// What callers may use up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Callers for whom something is held at once.
    pub(crate) callers: usize,
    /// Calls of one caller that run or wait at once.
    pub(crate) calls_each: usize,
    /// Calls of all callers.
    pub(crate) calls: usize,
}

/// Callers and what is held for each; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Callers<T> {
    bounds: Bounds,
    calls: Arc<Semaphore>,
    // A std mutex: held for map operations, never across an await.
    held: Arc<Mutex<Held<T>>>,
}

#[derive(Debug)]
struct Held<T> {
    by_digest: HashMap<[u8; 32], Holder<T>>,
    /// Counts uses.
    now: u64,
}

#[derive(Debug)]
struct Holder<T> {
    content: T,
    calls: Arc<Semaphore>,
    last_used: u64,
}

/// A place for one call; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    _of_caller: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl<T: Clone> Callers<T> {
    /// Nobody yet.
    #[must_use]
    pub(crate) fn new(bounds: Bounds) -> Self {
        let held = Held { by_digest: HashMap::new(), now: 0 };
        Self { bounds, calls: Arc::new(Semaphore::new(bounds.calls)), held: Arc::new(Mutex::new(held)) }
    }

    /// What is held for a caller, made when nothing is, and a place for one call; none if there
    /// is no room.
    pub(crate) fn enter(&self, digest: [u8; 32], make: impl FnOnce() -> T) -> Option<(T, Place)> {
        let of_all = Arc::clone(&self.calls).try_acquire_owned().ok()?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.by_digest.contains_key(&digest) && held.by_digest.len() >= self.bounds.callers {
            let idle = |holder: &Holder<T>| holder.calls.available_permits() == self.bounds.calls_each;
            let idle = held.by_digest.iter().filter(|(_, holder)| idle(holder));
            let oldest = *idle.min_by_key(|(_, holder)| holder.last_used)?.0;
            held.by_digest.remove(&oldest);
        }
        held.now += 1;
        let now = held.now;
        let holder = held.by_digest.entry(digest).or_insert_with(|| Holder {
            content: make(),
            calls: Arc::new(Semaphore::new(self.bounds.calls_each)),
            last_used: now,
        });
        holder.last_used = now;
        let of_caller = Arc::clone(&holder.calls).try_acquire_owned().ok()?;
        Some((holder.content.clone(), Place { _of_caller: of_caller, _of_all: of_all }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { callers: 3, calls_each: 2, calls: 4 };

    fn held(callers: &Callers<u8>) -> usize {
        callers.held.lock().unwrap().by_digest.len()
    }

    #[test]
    fn calls_of_one_and_of_all_are_bounded() {
        let callers = Callers::new(BOUNDS);
        let enter = |caller: u8| callers.enter([caller; 32], || caller);
        let ann: Vec<_> = (0..2).map(|_| enter(1).unwrap()).collect();
        assert!(enter(1).is_none(), "her own");
        let bob: Vec<_> = (0..2).map(|_| enter(2).unwrap()).collect();
        assert!(enter(3).is_none(), "all");
        drop(ann);
        assert_eq!(enter(3).unwrap().0, 3);
        assert!(enter(2).is_none());
        drop(bob);
        assert!(enter(2).is_some());
    }

    #[test]
    fn no_more_callers_are_held_than_allowed_and_none_goes_whose_calls_run() {
        let callers = Callers::new(BOUNDS);
        let busy = callers.enter([0; 32], || 0).unwrap();
        let second = callers.enter([0; 32], || 0).unwrap();
        for caller in 1..100 {
            assert!(callers.enter([caller; 32], || caller).is_some());
            assert!(held(&callers) <= BOUNDS.callers);
        }
        assert!(callers.enter([0; 32], || 1).is_none(), "it still has two");
        drop((busy, second));
        assert_eq!(callers.enter([0; 32], || 1).unwrap().0, 0, "it was not forgotten");
    }
}
