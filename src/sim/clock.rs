//! The clock of a simulated world, and the sleeper that latency faults use.
//!
//! A clock runs along an injected `now` closure until somebody sets it; from then
//! on it stands still and moves only by `advance`. It is shared by cloning: all
//! clones show the same time. It never reads the machine's clock by itself.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A clock that simulators share; cloning gives another handle to the same clock.
#[derive(Clone)]
pub struct SimClock {
    inner: Arc<Inner>,
}

struct Inner {
    source: Box<dyn Fn() -> Timestamp + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    /// Runs along the source, this much ahead of it.
    Running(SignedDuration),
    /// Stands still at this instant.
    Standing(Timestamp),
}

impl SimClock {
    /// A clock that runs along `source`.
    pub fn new(source: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self::with_state(source, State::Running(SignedDuration::ZERO))
    }

    /// A clock that stands still at `at`.
    #[must_use]
    pub fn standing_at(at: Timestamp) -> Self {
        Self::with_state(move || at, State::Standing(at))
    }

    fn with_state(source: impl Fn() -> Timestamp + Send + Sync + 'static, state: State) -> Self {
        Self { inner: Arc::new(Inner { source: Box::new(source), state: Mutex::new(state) }) }
    }

    /// The time now in the simulated world.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match *self.lock() {
            State::Running(ahead) => shifted((self.inner.source)(), ahead),
            State::Standing(at) => at,
        }
    }

    /// Stops the clock at `at`.
    pub fn set(&self, at: Timestamp) {
        *self.lock() = State::Standing(at);
    }

    /// Moves the clock by `by` (backwards when negative); a running clock keeps running.
    pub fn advance(&self, by: SignedDuration) {
        let mut state = self.lock();
        *state = match *state {
            State::Running(ahead) => State::Running(ahead.saturating_add(by)),
            State::Standing(at) => State::Standing(shifted(at, by)),
        };
    }

    /// Lets the clock run along its source again, without any shift.
    pub fn run(&self) {
        *self.lock() = State::Running(SignedDuration::ZERO);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimClock").field(&self.now()).finish()
    }
}

fn shifted(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// How a simulator waits: tests pass one that returns at once.
#[derive(Clone)]
pub struct Sleeper(Arc<SleepFn>);

type SleepFn = dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

impl Sleeper {
    /// Waits for real, on the runtime's timer.
    #[must_use]
    pub fn real() -> Self {
        Self::new(tokio::time::sleep)
    }

    /// Never waits.
    #[must_use]
    pub fn instant() -> Self {
        Self::new(|_| std::future::ready(()))
    }

    /// Waits as `sleep` says; a test may note the durations asked for.
    pub fn new<F, Fut>(sleep: F) -> Self
    where
        F: Fn(Duration) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |by| Box::pin(sleep(by))))
    }

    /// Waits for `by`.
    pub async fn sleep(&self, by: Duration) {
        (self.0)(by).await;
    }
}

impl fmt::Debug for Sleeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleeper")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_running_clock_follows_its_source_and_keeps_the_shift() {
        let clock = SimClock::new(|| "2026-02-09T08:00:00Z".parse().unwrap());
        clock.advance(SignedDuration::from_hours(2));
        assert_eq!(clock.now(), at("2026-02-09T10:00:00Z"));
        clock.run();
        assert_eq!(clock.now(), at("2026-02-09T08:00:00Z"));
    }

    #[test]
    fn a_set_clock_stands_and_all_handles_see_it() {
        let clock = SimClock::new(|| "2026-02-09T08:00:00Z".parse().unwrap());
        let other = clock.clone();
        clock.set(at("2026-03-01T00:00:00Z"));
        other.advance(SignedDuration::from_mins(-1));
        assert_eq!(clock.now(), at("2026-02-28T23:59:00Z"));
    }

    #[test]
    fn advancing_past_the_end_of_time_stays_at_the_end() {
        let clock = SimClock::standing_at(at("2026-02-09T08:00:00Z"));
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
