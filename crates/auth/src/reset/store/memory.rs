//! Tokens in memory, for one process.
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, StoreError, StoreErrorKind, SystemClock, TokenHash};

use super::{ResetRecord, ResetStore};

/// Tokens that are kept at once, by default: some 15 MB.
const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65_535);

/// Keeps tokens in this process: what was issued is void after a restart, and unknown to other processes.
pub struct MemoryResets<C = SystemClock> {
    clock: C,
    capacity: NonZeroUsize,
    kept: Mutex<HashMap<TokenHash, Kept>>,
}

struct Kept {
    record: ResetRecord,
    /// On the monotonic clock.
    until: Duration,
}

impl MemoryResets {
    /// A store of at most 65 536 tokens.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }
}

impl Default for MemoryResets {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Clock> MemoryResets<C> {
    /// A store by that clock.
    #[must_use]
    pub fn with_clock(clock: C) -> Self {
        Self {
            clock,
            capacity: CAPACITY,
            kept: Mutex::default(),
        }
    }

    /// Keeps so many tokens at most. More are refused until some have expired.
    #[must_use]
    pub const fn with_capacity(mut self, capacity: NonZeroUsize) -> Self {
        self.capacity = capacity;
        self
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TokenHash, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock> ResetStore for MemoryResets<C> {
    async fn put(&self, token: TokenHash, record: ResetRecord, lifetime: Duration) -> Result<(), StoreError> {
        let now = self.clock.monotonic();
        let mut kept = self.kept();
        if kept.len() >= self.capacity.get() {
            kept.retain(|_, kept| kept.until > now);
        }
        if kept.len() >= self.capacity.get() {
            return Err(StoreError::new(StoreErrorKind::Full));
        }
        let until = now.saturating_add(lifetime);
        drop(kept.insert(token, Kept { record, until }));
        Ok(())
    }

    async fn find(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        let now = self.clock.monotonic();
        let kept = self.kept();
        let kept = kept.get(&token).filter(|kept| kept.until > now);
        Ok(kept.map(|kept| kept.record.clone()))
    }

    async fn take(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        let now = self.clock.monotonic();
        let kept = self.kept().remove(&token).filter(|kept| kept.until > now);
        Ok(kept.map(|kept| kept.record))
    }
}

impl<C> fmt::Debug for MemoryResets<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryResets")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::{FakeClock, Purpose, Subject, Token};

    use super::*;

    fn token() -> TokenHash {
        Token::generate().unwrap().hash(Purpose::new("test"))
    }

    #[tokio::test]
    async fn a_full_store_refuses_and_forgets_only_what_has_expired() {
        let clock = FakeClock::new();
        let store = MemoryResets::with_clock(clock.clone()).with_capacity(NonZeroUsize::new(2).unwrap());
        let record = ResetRecord::new(Subject::new("42").unwrap(), None);
        let (first, minute) = (token(), Duration::from_secs(60));
        store.put(first, record.clone(), minute).await.unwrap();
        store.put(token(), record.clone(), minute * 2).await.unwrap();
        let full = store.put(token(), record.clone(), minute).await.unwrap_err();
        assert_eq!(full.kind(), StoreErrorKind::Full);
        assert!(store.find(first).await.unwrap().is_some());
        clock.advance(minute);
        store.put(token(), record, minute).await.unwrap();
        assert!(store.find(first).await.unwrap().is_none());
    }
}
