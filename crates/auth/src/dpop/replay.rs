//! Proofs that were used.
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::future::{Future, Ready, ready};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, StoreError, StoreErrorKind, SystemClock};

/// Remembers which proofs were used, so that each is used once (RFC 9449 section 11.1).
///
/// # Contract
/// 1. [`claim`](Self::claim) answers `true` for the first of however many that ask for one name at one moment, and `false` for all
///    others until `keep` has passed.
/// 2. A store that is full or cannot tell answers an error. It never forgets a name early to make room.
pub trait ReplayStore: Clone + Send + Sync + 'static {
    /// The answer of [`claim`](Self::claim).
    type Claim: Future<Output = Result<bool, StoreError>> + Send + 'static;

    /// Takes a name, which is a hash, for so long.
    fn claim(&self, name: [u8; 32], keep: Duration) -> Self::Claim;
}

const CAPACITY: usize = 200_000;

/// The proofs that were used in one process. Clones share them.
///
/// It holds 200 000 unless another number is given, some 100 bytes each: those of two minutes. When it is full nobody gets in
/// with a proof until the oldest have expired.
#[derive(Clone)]
pub struct MemoryReplays<C = SystemClock> {
    used: Arc<Mutex<Used>>,
    capacity: usize,
    clock: C,
}

#[derive(Default)]
struct Used {
    names: HashSet<[u8; 32]>,
    ends: BTreeSet<(Duration, [u8; 32])>,
}

impl Default for MemoryReplays {
    fn default() -> Self {
        Self::with_clock(SystemClock::new())
    }
}

impl<C: Clock> MemoryReplays<C> {
    /// An empty store that lives by another clock.
    #[must_use]
    pub fn with_clock(clock: C) -> Self {
        Self {
            used: Arc::default(),
            capacity: CAPACITY,
            clock,
        }
    }

    /// Holds at most so many.
    #[must_use]
    pub fn with_capacity(mut self, proofs: NonZeroUsize) -> Self {
        self.capacity = proofs.get();
        self
    }

    fn take(&self, name: [u8; 32], keep: Duration) -> Result<bool, StoreError> {
        let now = self.clock.monotonic();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget(now);
        if used.names.contains(&name) {
            return Ok(false);
        }
        if used.names.len() >= self.capacity {
            return Err(StoreError::new(StoreErrorKind::Full));
        }
        used.ends.insert((now.saturating_add(keep), name));
        Ok(used.names.insert(name))
    }
}

impl Used {
    fn forget(&mut self, now: Duration) {
        while let Some((end, name)) = self.ends.first().copied().filter(|(end, _)| *end <= now) {
            self.ends.remove(&(end, name));
            self.names.remove(&name);
        }
    }
}

impl<C: Clock> ReplayStore for MemoryReplays<C> {
    type Claim = Ready<Result<bool, StoreError>>;

    fn claim(&self, name: [u8; 32], keep: Duration) -> Self::Claim {
        ready(self.take(name, keep))
    }
}

impl<C> fmt::Debug for MemoryReplays<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplays")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
