//! The last few things that were made, for simulators of one world in one process: what is the
//! same for all of them is made once. What it is and what it is made of is not known here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Things kept.
const KEPT: usize = 4;

/// Keeps the last few by what they were made of.
pub(crate) struct Kept<K, V>(Mutex<VecDeque<(K, Arc<V>)>>);

impl<K: PartialEq, V> Kept<K, V> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// What is made of `key`, made anew only when it is none of the last few.
    pub(crate) fn get(&self, key: K, make: impl FnOnce(&K) -> V) -> Arc<V> {
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = all().iter().find(|(known, _)| *known == key) {
            return Arc::clone(known);
        }
        // Made without the lock, which others may want meanwhile.
        let made = Arc::new(make(&key));
        let mut all = all();
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back((key, Arc::clone(&made)));
        made
    }
}
