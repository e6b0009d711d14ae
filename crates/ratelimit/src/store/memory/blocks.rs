//! Which keys are blocked.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::{ConfigError, StoreError};

use super::call::Now;
use super::crowd::Crowd;
use super::records::{Found, Record, Records};
use crate::RateKey;
use crate::sliding::nanos;
use crate::store::Block;

/// The blocks of a store.
///
/// Where a set is full of blocks, a new one takes the place of the one that ends soonest, which is then forgotten: were all
/// keys of the set blocked in its stead, whoever brings many blocks about would shut others out for as long as these last.
pub(super) struct Blocks {
    records: Records<Blocked>,
    /// No block ends after this: while nobody is blocked, nobody looks a record up.
    latest: AtomicU64,
}

/// What is kept of a key that was blocked. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Blocked {
    until: u64,
    /// When it counts no more for the length of the next.
    forgotten: u64,
    /// How many there were, with this one.
    times: u32,
}

impl Record for Blocked {
    const FORGETTABLE: u64 = LIVE;

    fn load(&self, now: u64) -> u64 {
        let past = self.forgotten.saturating_sub(now).min(LIVE);
        match self.until.saturating_sub(now) {
            0 => past,
            left => LIVE.saturating_add(left),
        }
    }
}

/// More than any block lasts: those that have ended are the first to go.
const LIVE: u64 = 1 << 62;

impl Blocks {
    pub(super) fn new(bytes: usize) -> Result<Self, ConfigError> {
        Ok(Self {
            records: Records::new(bytes)?,
            latest: AtomicU64::new(0),
        })
    }

    pub(super) fn crowd(&self) -> &Crowd {
        self.records.crowd()
    }

    /// How long a key is blocked still.
    #[inline]
    pub(super) fn left(&self, key: RateKey, now: Now) -> Option<Duration> {
        // Whoever learned of a block from the thread that made it sees at least its end here.
        if now.nanos >= self.latest.load(Ordering::Relaxed) {
            return None;
        }
        self.look_up(key, now)
    }

    /// Blocks a key, and tells for how long.
    pub(super) fn add(&self, key: RateKey, block: Block, now: Now) -> Result<Duration, StoreError> {
        let next = |found| {
            let next = own(found).next(block, now.nanos);
            (Some(next), next.until)
        };
        let until = self.records.update(key, now.nanos, next)?;
        self.latest.fetch_max(until, Ordering::Relaxed);
        Ok(Duration::from_nanos(until.saturating_sub(now.nanos)))
    }

    pub(super) fn reset(&self, key: RateKey) {
        self.records.reset(key);
    }

    #[cold]
    fn look_up(&self, key: RateKey, now: Now) -> Option<Duration> {
        let blocked = self.records.own(key)?;
        let left = blocked.until.checked_sub(now.nanos).filter(|left| *left > 0);
        left.map(Duration::from_nanos)
    }
}

impl Blocked {
    fn next(self, block: Block, now: u64) -> Self {
        let before = if now < self.forgotten { self.times } else { 0 };
        let until = self.until.max(now.saturating_add(nanos(block.span(before))));
        Self {
            until,
            forgotten: until.saturating_add(nanos(block.longest())),
            times: before.saturating_add(1),
        }
    }
}

fn own(found: Found<Blocked>) -> Blocked {
    match found {
        Found::Own(own) => own,
        Found::Nothing | Found::Crowded(_) => Blocked::default(),
    }
}
