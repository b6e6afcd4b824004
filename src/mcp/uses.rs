//! Whether somebody uses a connection, and for how long nobody has.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

/// Uses of one connection.
#[derive(Debug, Default)]
pub(crate) struct Uses(
    // A std mutex: held for a moment, never across an await.
    Arc<Mutex<Count>>,
);

#[derive(Debug)]
struct Count {
    running: usize,
    last: Instant,
}

impl Default for Count {
    fn default() -> Self {
        Self { running: 0, last: Instant::now() }
    }
}

/// A use; over when it is dropped.
#[derive(Debug)]
pub(crate) struct Use(Arc<Mutex<Count>>);

impl Uses {
    /// Begins a use.
    pub(crate) fn begin(&self) -> Use {
        self.count().running += 1;
        Use(Arc::clone(&self.0))
    }

    /// Somebody is about to use it.
    pub(crate) fn touch(&self) {
        self.count().last = Instant::now();
    }

    /// For how long nobody has used it; none while somebody does.
    pub(crate) fn unused_for(&self) -> Option<Duration> {
        let count = self.count();
        (count.running == 0).then(|| count.last.elapsed())
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        locked(&self.0)
    }
}

fn locked(count: &Mutex<Count>) -> MutexGuard<'_, Count> {
    count.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Use {
    fn drop(&mut self) {
        let mut count = locked(&self.0);
        count.running -= 1;
        count.last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_unused_since_the_end_of_its_last_use() {
        let uses = Uses::default();
        let (first, second) = (uses.begin(), uses.begin());
        drop(first);
        assert_eq!(uses.unused_for(), None, "one goes on");
        tokio::time::advance(Duration::from_secs(9)).await;
        drop(second);
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(uses.unused_for(), Some(Duration::from_secs(3)));
        uses.touch();
        assert_eq!(uses.unused_for(), Some(Duration::ZERO));
    }
}
