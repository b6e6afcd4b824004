//! The system clock behind the `Clock` port: the only place that reads time or makes
//! random ids.

use std::time::Instant;

use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::ports::Clock;

/// Real time and real UUIDv7s.
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic part starts now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
    fn now(&self) -> Timestamp {
        // Microseconds: what the databases keep, so that a stored time equals the one it was made from.
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn new_uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn monotonic_ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0
    }
}
