//! Open sessions, each with whose it is and for whom it counts, within bounds. Beyond a bound the
//! one that was not used for longest makes room, one that counts for the same caller where it is
//! the caller who has too many: nobody locks others out, and what is in use stays longest.
//!
//! A session that is nobody's in particular is for whoever knows its id. One that counts for
//! nobody is bounded by the number of all alone: such callers cannot be told apart, so none may be
//! told that they have too many. Many of them, or one who counts as somebody else each time, can
//! end sessions that others have not used for longest; their clients connect again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Identity;
use crate::mcp_serve::door::Visitor;

/// What a visitor is to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Who opened it.
    Owner,
    /// Somebody, where nobody in particular opened it.
    Guest,
    /// Somebody else.
    Stranger,
}

/// Open sessions and what is held for each.
pub(crate) struct Places<T> {
    all: usize,
    each: usize,
    // A std mutex: held for map operations, never across an await.
    held: Mutex<Held<T>>,
}

struct Held<T> {
    /// Counts uses.
    uses: u64,
    by_id: HashMap<Arc<str>, Place<T>>,
}

struct Place<T> {
    owner: Option<Identity>,
    counts_for: Option<Identity>,
    last_used: u64,
    content: T,
}

impl<T: Clone> Places<T> {
    pub(crate) fn new(limits: &Limits) -> Self {
        let held = Held { uses: 0, by_id: HashMap::new() };
        Self { all: limits.sessions, each: limits.sessions_each, held: Mutex::new(held) }
    }

    fn held(&self) -> MutexGuard<'_, Held<T>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one in, and out the one that has to end for it.
    pub(crate) fn take(&self, id: Arc<str>, opener: Visitor, content: T) -> Option<(Arc<str>, T)> {
        let Visitor { identity: owner, counts_for, .. } = opener;
        let mut held = self.held();
        let own = |place: &&Place<T>| counts_for.is_some() && place.counts_for == counts_for;
        let too_many_of_own = held.by_id.values().filter(own).count() >= self.each;
        let ended = if too_many_of_own || held.by_id.len() >= self.all {
            let may_end = held.by_id.iter().filter(|(_, place)| !too_many_of_own || own(place));
            may_end.min_by_key(|(_, place)| place.last_used).map(|(id, _)| Arc::clone(id))
        } else {
            None
        };
        let ended = ended.and_then(|id| held.by_id.remove_entry(&id));
        held.uses += 1;
        let last_used = held.uses;
        held.by_id.insert(id, Place { owner, counts_for, last_used, content });
        ended.map(|(id, place)| (id, place.content))
    }

    /// What a visitor is to a session, and what is held for it; none if there is no such session.
    pub(crate) fn visit(&self, id: &str, visitor: Option<Identity>) -> Option<(Standing, T)> {
        let mut held = self.held();
        held.uses += 1;
        let now = held.uses;
        let place = held.by_id.get_mut(id)?;
        let standing = match place.owner {
            owner if owner == visitor => Standing::Owner,
            None => Standing::Guest,
            Some(_) => Standing::Stranger,
        };
        if standing != Standing::Stranger {
            place.last_used = now;
        }
        Some((standing, place.content.clone()))
    }

    /// What is held for one.
    pub(crate) fn get(&self, id: &str) -> Option<T> {
        self.held().by_id.get(id).map(|place| place.content.clone())
    }

    /// Forgets one that has ended; what was held for it.
    pub(crate) fn remove(&self, id: &str) -> Option<T> {
        self.held().by_id.remove(id).map(|place| place.content)
    }
}
