//! Time that a test tells.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The time of a store that a test made with [`RedisStore::with_told_time`](super::RedisStore::with_told_time). Clones share it;
/// it begins an hour after its origin, and stands still until it is moved.
#[derive(Clone, Debug)]
pub struct Told(Arc<AtomicU64>);

impl Default for Told {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(3_600_000_000)))
    }
}

impl Told {
    /// Moves the time, by whole microseconds.
    pub fn advance(&self, span: Duration) {
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        self.0.fetch_add(span, Ordering::SeqCst);
    }

    pub(super) fn micros(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
