//! How long to wait before a REST call is tried again.
//!
//! Pure: attempt number, what Argus asked for, and the time go in, a pause or
//! "give up" comes out. The sleeping is done by the caller.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Longest pause Argus may ask for before we give up and report it instead.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Largest random addition to a pause, in milliseconds.
pub const MAX_JITTER_MS: u64 = 250;

/// The pause before try number `attempt` + 1, counting from 0: 1 s, 2 s, 4 s and
/// so on plus `jitter_ms`, or what Argus asked for. `None` means give up, since
/// coming back earlier than asked would not help anyone.
pub fn pause(attempt: u32, retry_after: Option<Duration>, jitter_ms: u64) -> Option<Duration> {
    let jitter = Duration::from_millis(jitter_ms.min(MAX_JITTER_MS));
    match retry_after {
        Some(asked) if asked > MAX_RETRY_AFTER => None,
        Some(asked) => Some(asked + jitter),
        None => Some(Duration::from_secs(1 << attempt.min(5)) + jitter),
    }
}

/// Reads a `Retry-After` header: seconds, or an HTTP date.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::parse(header).ok()?.timestamp();
    let millis = at.as_millisecond().saturating_sub(now.as_millisecond());
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    #[test]
    fn pauses_double_and_a_request_of_argus_wins() {
        let secs = |n| Some(Duration::from_secs(n));
        assert_eq!([0, 1, 2].map(|n| pause(n, None, 0)), [secs(1), secs(2), secs(4)]);
        assert_eq!(pause(0, secs(7), 0), secs(7));
        assert_eq!(pause(0, secs(31), 0), None);
        assert_eq!(pause(0, None, 9_999), Some(Duration::from_millis(1_250)));
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2026-02-09T08:00:00Z".parse().unwrap();
        assert_eq!(retry_after(" 2 ", now), Some(Duration::from_secs(2)));
        let date = "Mon, 09 Feb 2026 08:00:05 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(5)));
        assert_eq!(retry_after("Mon, 09 Feb 2026 07:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(header in any::<String>()) {
            let _ = retry_after(&header, Timestamp::UNIX_EPOCH);
        }
    }
}
