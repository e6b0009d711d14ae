//! What tests of the other crates, and of applications, need: a clock they move and a sink they read.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::{Clock, Event, SecurityEvent, Sink, Timestamp};

/// A clock that stands still until it is told to move. Clones share the time.
///
/// It starts at 2026-01-01T00:00:00Z, with a monotonic time of one hour (so that a subtraction that should not
/// happen shows).
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    wall: AtomicU64,
    monotonic: AtomicU64,
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeClock {
    /// A clock that shows the start time.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Hands {
            wall: AtomicU64::new(Timestamp::from_secs(1_767_225_600).as_micros()),
            monotonic: AtomicU64::new(3_600_000_000),
        }))
    }

    /// Lets `span` pass, on both hands; they stop at the far end of time.
    pub fn advance(&self, span: Duration) {
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let later = |time: u64| Some(time.saturating_add(span));
        for hand in [&self.0.wall, &self.0.monotonic] {
            let _ = hand.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
        }
    }

    /// Makes the wall clock jump, as a time server or an operator does; the monotonic time stays.
    pub fn set_wall(&self, now: Timestamp) {
        self.0.wall.store(now.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.wall.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.monotonic.load(Ordering::SeqCst))
    }
}

/// A sink that keeps the kind and the reason of every event, in order.
#[derive(Clone, Debug, Default)]
pub struct Collected(Arc<Mutex<Vec<Entry>>>);

/// The kind of an event and its reason.
type Entry = (SecurityEvent, Option<&'static str>);

impl Collected {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The kinds of the events so far.
    #[must_use]
    pub fn kinds(&self) -> Vec<SecurityEvent> {
        self.entries().into_iter().map(|(kind, _)| kind).collect()
    }

    /// The events so far, each with its reason.
    #[must_use]
    pub fn entries(&self) -> Vec<(SecurityEvent, Option<&'static str>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for Collected {
    fn record(&self, event: &Event<'_>) {
        let entry = (event.kind(), event.reason());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_span_is_long_enough_to_turn_a_clock_back() {
        let clock = FakeClock::new();
        let (wall, monotonic) = (clock.now(), clock.monotonic());
        clock.advance(Duration::MAX);
        assert!(clock.now() > wall && clock.monotonic() > monotonic);
    }
}
