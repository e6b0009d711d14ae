//! The store in memory: tables of fixed size.
mod blocks;
mod call;
mod clock;
mod crowd;
mod place;
mod records;
mod sliding;
mod table;
mod window;
mod windows;

use std::fmt;
use std::future::{Ready, ready};
use std::time::Duration;

use palisade_core::{Clock, ConfigError, StoreError};

use self::blocks::Blocks;
use self::call::{Call, Now};
use self::window::Window;
use self::windows::{Request, Windows};
use super::{Block, Charge, Store, Taken};
use crate::{Quotas, RateKey};

pub use self::clock::LimitClock;

/// Tables of fixed size, for one process.
///
/// Each quota of a key has a table. In that of a [`Gcra`](crate::QuotaKind::Gcra) quota a key is 8 bytes in one of the seven
/// slots of one cache line, which its hash chooses; in the others it is one of eight records of a set, 48 bytes for a strict
/// quota and 168 for an exact one. No table ever grows, and no task sweeps it. When a line or a set is full, a new key takes the
/// place of the one with the *least debt*: the one that is forgotten soonest anyway. So a flood of keys that are seen once
/// pushes out keys that are seen once, and not those that have nothing left.
///
/// * A debt of at most half a burst can be forgotten, each time that all other places of its line owe at least as much; the
///   key gains that much, each time.
/// * A larger debt is never lost. Where all debts of a line are larger, a new key takes over the least of them with the
///   place. So a key that has nothing left is not forgotten, whatever happens; and who has filled the table with such keys
///   makes new ones be refused too: every second one with as many such keys as places, one in 15 with half as many, fewer
///   than one in a hundred with a quarter. [`crowded`](Self::crowded) counts them: when it moves, give the table more.
/// * Of two keys in a line, one pair in 2^24 shares a counter. Who does not know the hasher's secret cannot bring it about.
/// * A sixteenth of the memory is for blocks. While nobody is blocked they cost nothing. Where there is no room for another,
///   the one of eight that ends soonest is forgotten.
///
/// A call's quotas are counted by their place, in the table of the store's quota at that place, which must be of the same kind;
/// there may be fewer. A `Gcra` quota may take 16 times as long to come back as the store's own, but for rates of over a million a
/// second, where some may not: [`supports`](Store::supports) says so.
///
/// Its time is that of a [`LimitClock`]: with long enough quotas, that of the kernel's last tick. A window of length `w` is then
/// one of up to `w` and a tick, which is 4 ms on most systems.
///
/// Several quotas are charged one after the other, and what was charged is taken back where a later one refuses. Until then,
/// some hundred nanoseconds, another call for the same key may be refused for its sake.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::{MemoryStore, Quota};
/// let quota = Quota::per_minute(NonZeroU32::new(20).unwrap());
/// let store = MemoryStore::sized(quota, 1 << 20)?;           // one MiB: 107 520 keys
/// assert_eq!(store.capacity(), 107_520);
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
pub struct MemoryStore<C = LimitClock> {
    windows: Windows,
    blocks: Blocks,
    clock: C,
}

impl MemoryStore {
    /// The size unless another is given: 8 MiB, for 860 160 keys with one `Gcra` quota.
    pub const DEFAULT_BYTES: usize = 8 << 20;

    /// The smallest size: 4 KiB, for 420 keys with one `Gcra` quota. Other kinds have one set of eight keys at least.
    pub const MIN_BYTES: usize = 4 << 10;

    /// Tables of 8 MiB in all for those quotas.
    ///
    /// # Errors
    /// [`ConfigError`] where the memory is not to be had.
    pub fn new(quotas: impl Into<Quotas>) -> Result<Self, ConfigError> {
        Self::sized(quotas, Self::DEFAULT_BYTES)
    }

    /// Tables of `bytes` in all for those quotas. All of it is touched at once, so that no request pays for the first use of a
    /// page.
    ///
    /// # Errors
    /// [`ConfigError`] for less than 4 KiB, and where the memory is not to be had.
    pub fn sized(quotas: impl Into<Quotas>, bytes: usize) -> Result<Self, ConfigError> {
        if bytes < Self::MIN_BYTES {
            let problem = format!("{bytes} bytes given, at least {} are needed", Self::MIN_BYTES);
            return Err(ConfigError::new("rate limit table", problem));
        }
        let quotas = quotas.into();
        let blocks = bytes / 16;
        Ok(Self {
            windows: Windows::new(&quotas, bytes.saturating_sub(blocks))?,
            blocks: Blocks::new(blocks)?,
            clock: LimitClock::for_quotas(&quotas),
        })
    }
}

impl<C> MemoryStore<C> {
    /// The same tables with another clock.
    #[must_use]
    pub fn with_clock<D: Clock>(self, clock: D) -> MemoryStore<D> {
        MemoryStore {
            windows: self.windows,
            blocks: self.blocks,
            clock,
        }
    }

    /// How many keys have a place at once, in the table that has the fewest.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.windows.capacity()
    }

    /// How many calls for new keys met a line or set full of debts too large to be forgotten, and how many blocks one full of
    /// blocks, so far.
    #[must_use]
    pub fn crowded(&self) -> u64 {
        self.windows.crowded().saturating_add(self.blocks.crowd().size())
    }
}

impl<C: Clock> MemoryStore<C> {
    /// As [`take`](Store::take), without a future.
    ///
    /// # Errors
    /// [`StoreError`] for quotas that [`supports`](Store::supports) refuses.
    #[inline]
    pub fn take_now(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Result<Taken, StoreError> {
        let now = Now::by(&self.clock);
        if let Some(left) = self.blocks.left(key, now) {
            return Ok(Taken::blocked(now.at, left));
        }
        // What most limits are: one quota that has a pace.
        if let ([quota], Window::Paced(table)) = (quotas.as_slice(), &self.windows.first) {
            return table.take(&Call {
                key,
                quota,
                cost,
                now,
            });
        }
        let request = Request {
            key,
            quotas,
            cost,
            now,
        };
        self.windows.take(request, || Now::by(&self.clock))
    }

    fn peek_now(&self, key: RateKey, quotas: &Quotas) -> Result<Taken, StoreError> {
        let request = self.request(key, quotas, 1);
        match self.blocks.left(key, request.now) {
            Some(left) => Ok(Taken::blocked(request.now.at, left)),
            None => self.windows.peek(request),
        }
    }

    fn request<'a>(&self, key: RateKey, quotas: &'a Quotas, cost: u64) -> Request<'a> {
        Request {
            key,
            quotas,
            cost,
            now: Now::by(&self.clock),
        }
    }
}

impl<C: Clock> Store for MemoryStore<C> {
    type Take = Ready<Result<Taken, StoreError>>;
    type Done = Ready<Result<(), StoreError>>;
    type Block = Ready<Result<Duration, StoreError>>;

    #[inline]
    fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Take {
        ready(self.take_now(key, quotas, cost))
    }

    fn peek(&self, key: RateKey, quotas: &Quotas) -> Self::Take {
        ready(self.peek_now(key, quotas))
    }

    fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Self::Done {
        let request = self.request(key, quotas, charge.cost());
        ready(self.windows.refund(request, charge))
    }

    fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Done {
        ready(self.windows.penalize(self.request(key, quotas, cost)))
    }

    fn block(&self, key: RateKey, block: Block) -> Self::Block {
        ready(self.blocks.add(key, block, Now::by(&self.clock)))
    }

    fn reset(&self, key: RateKey) -> Self::Done {
        self.windows.reset(key);
        self.blocks.reset(key);
        ready(Ok(()))
    }

    fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        self.windows.supports(quotas)
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
