//! Payloads of results, kept parsed for a while. A payload never changes once it is
//! committed, so keeping one by its id cannot show anything old; marks are not kept.
//! Without this every turn of a long conversation would parse all earlier payloads
//! again. Bounded by the length of the JSON text; the oldest leave first.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use serde_json::Value;

use crate::domain::ids::ResultId;

/// Recently used payloads. Share it with the store.
#[derive(Debug)]
pub struct Contents {
    limit_bytes: usize,
    // A std mutex: held for a look-up, never across an await.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_id: HashMap<ResultId, (Arc<Value>, usize)>,
    oldest_first: VecDeque<ResultId>,
    bytes: usize,
}

impl Contents {
    /// Keeps payloads of so much JSON text together; parsed they take several times as much.
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, kept: Mutex::new(Kept::default()) }
    }

    /// The payload of a result, if it is kept.
    pub fn get(&self, id: ResultId) -> Option<Arc<Value>> {
        self.kept().by_id.get(&id).map(|(content, _)| Arc::clone(content))
    }

    /// Keeps a committed payload whose JSON text has this length. One that would take
    /// more than a quarter of the room is not kept.
    pub fn put(&self, id: ResultId, content: &Arc<Value>, bytes: usize) {
        if bytes > self.limit_bytes / 4 {
            return;
        }
        let mut kept = self.kept();
        if kept.by_id.insert(id, (Arc::clone(content), bytes)).is_some() {
            return;
        }
        kept.oldest_first.push_back(id);
        kept.bytes += bytes;
        while kept.bytes > self.limit_bytes
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            let freed = kept.by_id.remove(&oldest).map_or(0, |(_, bytes)| bytes);
            kept.bytes -= freed;
        }
    }

    /// Forgets everything; called when a conversation is deleted, whose payloads must go.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing between two statements of a holder can panic and leave the counts apart.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_payloads_leave_when_the_room_is_used_up() {
        let contents = Contents::new(100);
        let ids: Vec<ResultId> = (0..6).map(|number| ResultId(uuid::Uuid::from_u128(number))).collect();
        let content = Arc::new(Value::Null);
        for id in &ids {
            contents.put(*id, &content, 24);
        }
        contents.put(ids[5], &content, 24);
        let kept: Vec<bool> = ids.iter().map(|id| contents.get(*id).is_some()).collect();
        assert_eq!(kept, [false, false, true, true, true, true]);
        contents.put(ids[0], &content, 26);
        assert!(contents.get(ids[0]).is_none(), "one large payload does not push out all others");
        contents.clear();
        assert!(ids.iter().all(|id| contents.get(*id).is_none()));
    }
}
