//! Places for questions that are put to users of clients while their calls wait: so many in all,
//! and so many of one caller, who could otherwise keep everybody else from being asked.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The places; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct OpenQuestions {
    in_all: usize,
    of_one: usize,
    // A std mutex: held for map operations, never across an await. Entries of no question are removed.
    open: Arc<Mutex<HashMap<String, usize>>>,
}

/// A place for one question; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct QuestionPlace {
    questions: OpenQuestions,
    owner: String,
}

impl OpenQuestions {
    /// So many places, at least one; half of them, at least one, for one caller.
    pub(crate) fn new(in_all: usize) -> Self {
        let in_all = in_all.max(1);
        Self { in_all, of_one: (in_all / 2).max(1), open: Arc::default() }
    }

    /// A place; `None` when all are taken, or as many as one caller may have.
    pub(crate) fn take(&self, owner: &str) -> Option<QuestionPlace> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let own = open.get(owner).copied().unwrap_or_default();
        if all >= self.in_all || own >= self.of_one {
            return None;
        }
        open.insert(owner.to_owned(), own + 1);
        Some(QuestionPlace { questions: self.clone(), owner: owner.to_owned() })
    }
}

impl Drop for QuestionPlace {
    fn drop(&mut self) {
        let mut open = self.questions.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.owner) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.owner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_never_has_all_places_and_what_is_given_back_is_free() {
        let questions = OpenQuestions::new(4);
        let mine: Vec<_> = (0..3).filter_map(|_| questions.take("ada")).collect();
        assert_eq!(mine.len(), 2);
        let others: Vec<_> = ["bo", "cy", "di"].iter().filter_map(|owner| questions.take(owner)).collect();
        assert_eq!(others.len(), 2, "no more than there are");
        drop(mine);
        assert!(questions.take("di").is_some());
        drop(others);
        assert!(questions.open.lock().expect("whole").is_empty());
    }
}
