//! The last requests that the simulated backend answered, for tests and for
//! people who wonder what was sent.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;
use serde::Serialize;

/// Most requests that are kept.
const MAX_REQUESTS: usize = 1_000;
/// Most characters kept of a path, query or body.
const MAX_CHARS: usize = 4_096;

/// One request as it arrived, and the status of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path, percent-encoded.
    pub path: String,
    /// Query, percent-encoded; empty when there is none.
    pub query: String,
    /// Body as text; empty when there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Name of the token if it is one of the simulator's own.
    pub token: Option<&'static str>,
    /// `User-Agent`.
    pub user_agent: String,
    /// When it arrived, by the simulated clock.
    pub at: Timestamp,
    /// HTTP status; none while the answer is under way or hangs.
    pub status: Option<u16>,
}

/// A bounded log.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    first: u64,
    kept: VecDeque<LoggedRequest>,
}

impl RequestLog {
    /// Notes a request; the number is for [`RequestLog::answered`].
    pub fn push(&self, mut request: LoggedRequest) -> u64 {
        for text in [&mut request.path, &mut request.query, &mut request.body, &mut request.user_agent] {
            if let Some((end, _)) = text.char_indices().nth(MAX_CHARS) {
                text.truncate(end);
            }
        }
        let mut entries = self.lock();
        if entries.kept.len() == MAX_REQUESTS {
            entries.kept.pop_front();
            entries.first += 1;
        }
        entries.kept.push_back(request);
        entries.first + entries.kept.len() as u64 - 1
    }

    /// Notes the status of an answer.
    pub fn answered(&self, number: u64, status: u16) {
        let mut entries = self.lock();
        let place = number.checked_sub(entries.first).and_then(|place| usize::try_from(place).ok());
        if let Some(request) = place.and_then(|place| entries.kept.get_mut(place)) {
            request.status = Some(status);
        }
    }

    /// What is kept, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<LoggedRequest> {
        self.lock().kept.iter().cloned().collect()
    }

    /// Forgets everything; answers still under way are not noted any more.
    pub fn clear(&self) {
        let mut entries = self.lock();
        entries.first += entries.kept.len() as u64;
        entries.kept.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_bounded_and_late_answers_find_their_request() {
        let log = RequestLog::default();
        let request = |path: String| LoggedRequest {
            method: "GET".to_owned(),
            path,
            query: "ø".repeat(MAX_CHARS * 2),
            body: "ø".repeat(MAX_CHARS * 2),
            token: None,
            user_agent: String::new(),
            at: Timestamp::UNIX_EPOCH,
            status: None,
        };
        let numbers: Vec<u64> = (0..MAX_REQUESTS + 3).map(|index| log.push(request(index.to_string()))).collect();
        log.answered(numbers[0], 200);
        log.answered(numbers[5], 201);
        let all = log.all();
        assert_eq!((all.len(), all[0].path.as_str()), (MAX_REQUESTS, "3"));
        assert_eq!(all[2].status, Some(201));
        assert_eq!(all[2].query.chars().count(), MAX_CHARS);
        assert_eq!(all[2].body.chars().count(), MAX_CHARS);
        log.clear();
        log.answered(numbers[5], 500);
        assert!(log.all().is_empty());
    }
}
