//! When a server is tried again: pauses that grow with each failure in a row, and after many of
//! them a longer time in which nothing is tried. The first try after that decides. Knows no
//! clock: the time is an argument.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::ports::BreakerState;
use crate::mcp::limits::UpstreamLimits;

/// Counts failures in a row.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    until: Option<Instant>,
}

impl Breaker {
    /// A try to connect failed, or a connection was lost.
    pub(crate) fn failed(&mut self, now: Instant, limits: &UpstreamLimits) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= limits.breaker_after.max(1) {
            self.until = Some(now + limits.breaker_open);
        }
    }

    /// A connection was made. Whether it is good for anything is not known yet, so one more failure
    /// opens the breaker again.
    pub(crate) fn connected(&mut self) {
        self.until = None;
    }

    /// The server did what it is for.
    pub(crate) fn proved(&mut self) {
        *self = Self::default();
    }

    /// How long nothing may be tried yet.
    pub(crate) fn refuses(&self, now: Instant) -> Option<Duration> {
        self.until.filter(|until| *until > now).map(|until| until - now)
    }

    /// Pause before the next try.
    pub(crate) fn pause(&self, now: Instant, limits: &UpstreamLimits) -> Duration {
        let doubled = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        self.refuses(now).unwrap_or_else(|| limits.first_pause.saturating_mul(doubled).min(limits.longest_pause))
    }

    /// The state at this moment.
    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.until {
            None => BreakerState::Closed,
            Some(until) if until > now => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    /// Failures in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::limits::LONGEST_JITTER;

    fn limits() -> UpstreamLimits {
        let second = Duration::from_secs(1);
        UpstreamLimits {
            breaker_after: 3,
            breaker_open: second * 30,
            first_pause: second,
            longest_pause: second * 3,
            ..UpstreamLimits::new(second, second, 1)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_elsewhere_that_is_back_is_tried_within_five_seconds_however_long_it_was_away() {
        let second = Duration::from_secs(1);
        let limits = UpstreamLimits::new(second, second, 1).elsewhere();
        let (mut breaker, mut now) = (Breaker::default(), Instant::now());
        for failures in 1..200 {
            breaker.failed(now, &limits);
            // As the keeper tries it, and as a call finds it.
            let (kept, refused) = (breaker.pause(now, &limits), breaker.refuses(now).unwrap_or_default());
            let longest = kept.mul_f64(LONGEST_JITTER).max(refused);
            assert!(longest < second * 5, "{failures} failures: {longest:?}");
            now += kept;
        }
        assert_eq!(breaker.state(now), BreakerState::HalfOpen);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_until_nothing_is_tried_for_a_while_and_one_try_decides() {
        let (limits, mut breaker, now) = (limits(), Breaker::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..3 {
            assert_eq!(breaker.state(now), BreakerState::Closed);
            breaker.failed(now, &limits);
            pauses.push(breaker.pause(now, &limits).as_secs());
        }
        assert_eq!(pauses, [1, 2, 30]);
        assert_eq!(breaker.state(now), BreakerState::Open);
        let later = now + limits.breaker_open;
        assert_eq!((breaker.state(later), breaker.refuses(later)), (BreakerState::HalfOpen, None));
        breaker.failed(later, &limits);
        assert_eq!(breaker.state(later), BreakerState::Open, "the one try failed");
        breaker.connected();
        assert_eq!(breaker.state(later), BreakerState::Closed);
        breaker.failed(later, &limits);
        assert_eq!(breaker.state(later), BreakerState::Open, "a connection alone proves nothing");
        breaker.connected();
        breaker.proved();
        breaker.failed(later, &limits);
        assert_eq!(breaker.state(later), BreakerState::Closed);
    }
}
