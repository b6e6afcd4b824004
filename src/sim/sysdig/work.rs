//! What answering one query has cost so far. The engines of the simulated
//! backend count their steps here before they take them, so that no query,
//! however short, keeps the backend busy for long.

use std::cell::Cell;
use std::fmt;

/// The steps of one query.
#[derive(Debug)]
pub struct Work {
    done: Cell<usize>,
    most: usize,
}

/// A query that would take too many steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it takes too many steps; ask for less at once")
    }
}

impl Work {
    /// No steps yet, and at most so many.
    #[must_use]
    pub fn of_at_most(most: usize) -> Self {
        Self { done: Cell::new(0), most }
    }

    /// Counts steps that are about to be taken.
    ///
    /// # Errors
    /// [`TooMuch`] when there are not so many left; none is counted then.
    pub fn spend(&self, steps: usize) -> Result<(), TooMuch> {
        let done = self.done.get().saturating_add(steps);
        if done > self.most {
            return Err(TooMuch);
        }
        self.done.set(done);
        Ok(())
    }

    /// The steps taken.
    #[must_use]
    pub fn done(&self) -> usize {
        self.done.get()
    }
}
