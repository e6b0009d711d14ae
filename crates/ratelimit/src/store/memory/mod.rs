//! The store in memory: a table of fixed size.
mod table;

use std::fmt;
use std::future::{Ready, ready};

use palisade_core::{Clock, ConfigError, StoreError, SystemClock};

use self::table::{Call, Table};
use super::{Store, Taken};
use crate::{Quota, RateKey};

/// A table of fixed size, for one process.
///
/// A key is 8 bytes in one of the seven slots of one cache line, which its hash chooses. The table never grows, and no task
/// sweeps it. When a line is full, a new key takes the place of the one with the *least debt*: the one that is forgotten
/// soonest anyway. So a flood of keys that are seen once pushes out keys that are seen once, and not those that have
/// nothing left.
///
/// * A debt of at most half a burst can be forgotten, each time that all other places of its line owe at least as much; the
///   key gains that much, each time.
/// * A larger debt is never lost. Where all seven debts of a line are larger, a new key takes over the least of them with the
///   place. So a key that has nothing left is not forgotten, whatever happens; and who has filled the table with such keys
///   makes new ones be refused too: every second one with as many such keys as places, one in 15 with half as many, fewer
///   than one in a hundred with a quarter. [`crowded`](Self::crowded) counts them: when it moves, give the table more.
/// * Of two keys in a line, one pair in 2^24 shares a counter. Who does not know the hasher's secret cannot bring it about.
///
/// A store serves one quota best. Each limit should have its own.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::{MemoryStore, Quota};
/// let quota = Quota::per_minute(NonZeroU32::new(20).unwrap());
/// let store = MemoryStore::sized(&quota, 1 << 20)?;           // one MiB: 114 688 keys
/// assert_eq!(store.capacity(), 114_688);
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
pub struct MemoryStore<C = SystemClock> {
    table: Table,
    clock: C,
}

impl MemoryStore {
    /// The size of a table unless another is given: 8 MiB, for 917 504 keys.
    pub const DEFAULT_BYTES: usize = 8 << 20;

    /// The smallest table: 4 KiB, for 448 keys.
    pub const MIN_BYTES: usize = 4 << 10;

    /// A table of 8 MiB for `quota`, with the system's clock.
    ///
    /// # Errors
    /// [`ConfigError`] where the memory is not to be had.
    pub fn new(quota: &Quota) -> Result<Self, ConfigError> {
        Self::sized(quota, Self::DEFAULT_BYTES)
    }

    /// A table of `bytes`, rounded down to 64, for `quota`, with the system's clock. All of it is touched at once, so that
    /// no request pays for the first use of a page.
    ///
    /// # Errors
    /// [`ConfigError`] for less than 4 KiB, and where the memory is not to be had.
    pub fn sized(quota: &Quota, bytes: usize) -> Result<Self, ConfigError> {
        if bytes < Self::MIN_BYTES {
            let problem = format!("{bytes} bytes given, at least {} are needed", Self::MIN_BYTES);
            return Err(ConfigError::new("rate limit table", problem));
        }
        Ok(Self {
            table: Table::new(quota, bytes)?,
            clock: SystemClock::new(),
        })
    }
}

impl<C> MemoryStore<C> {
    /// The same table with another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> MemoryStore<D> {
        MemoryStore {
            table: self.table,
            clock,
        }
    }

    /// How many keys have a place at once.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.table.capacity()
    }

    /// How many attempts of new keys met a line full of debts too large to be forgotten, so far.
    #[must_use]
    pub fn crowded(&self) -> u64 {
        self.table.crowded()
    }
}

impl<C: Clock> MemoryStore<C> {
    /// As [`take`](Store::take), without a future.
    ///
    /// # Errors
    /// [`StoreError`] for a quota that [`supports`](Store::supports) refuses.
    #[inline]
    pub fn take_now(&self, key: RateKey, quota: &Quota, cost: u64) -> Result<Taken, StoreError> {
        let at = self.clock.monotonic();
        self.table.take(&Call { key, quota, cost, at })
    }
}

impl<C: Clock> Store for MemoryStore<C> {
    type Take = Ready<Result<Taken, StoreError>>;
    type Reset = Ready<Result<(), StoreError>>;

    #[inline]
    fn take(&self, key: RateKey, quota: &Quota, cost: u64) -> Self::Take {
        ready(self.take_now(key, quota, cost))
    }

    fn peek(&self, key: RateKey, quota: &Quota) -> Self::Take {
        let at = self.clock.monotonic();
        ready(self.table.peek(&Call {
            key,
            quota,
            cost: 1,
            at,
        }))
    }

    fn reset(&self, key: RateKey) -> Self::Reset {
        ready(self.table.reset(key))
    }

    fn supports(&self, quota: &Quota) -> Result<(), ConfigError> {
        self.table.supports(quota)
    }
}

impl<C> fmt::Debug for MemoryStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity())
            .field("crowded", &self.crowded())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
