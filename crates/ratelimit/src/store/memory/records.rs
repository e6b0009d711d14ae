//! A table of fixed size for what does not fit into 64 bits.
use std::sync::{Mutex, MutexGuard, PoisonError};

use palisade_core::{ConfigError, StoreError, StoreErrorKind};

use super::crowd::Crowd;
use super::place::of_key;
use crate::RateKey;

/// Records side by side, eight to a set. A key belongs to one set, which its hash chooses; each has a lock of its own that is
/// held for one look or one change.
///
/// When a set is full, a new key takes the place of the least loaded: what a [`Line`](crate::store::line::Line) does for debts.
pub(super) struct Records<T> {
    sets: Box<[Mutex<Set<T>>]>,
    crowd: Crowd,
}

/// What is kept of a key.
pub(super) trait Record: Copy + Default {
    /// More than that is not forgotten.
    const FORGETTABLE: u64;

    /// How much there is to be forgotten; of nothing, zero.
    fn load(&self, now: u64) -> u64;
}

/// What there is for a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found<T> {
    /// Its own.
    Own(T),
    /// Nothing, and a place for it.
    Nothing,
    /// Nothing, and no place but that of another key with this, which is too much to be forgotten.
    Crowded(T),
}

const WAYS: usize = 8;

type Set<T> = [Entry<T>; WAYS];

/// Half of a key, and what is kept of it; of nobody where that half is zero.
#[derive(Clone, Copy, Debug, Default)]
struct Entry<T> {
    print: u64,
    record: T,
}

impl<T: Record> Records<T> {
    /// As many sets as `bytes` have room for, and at least one.
    pub(super) fn new(bytes: usize) -> Result<Self, ConfigError> {
        let count = bytes.checked_div(size_of::<Mutex<Set<T>>>()).unwrap_or(0).max(1);
        let mut sets = Vec::new();
        sets.try_reserve_exact(count)
            .map_err(|_| ConfigError::new("rate limit table", "the memory for it is not to be had"))?;
        sets.resize_with(count, || Mutex::new([Entry::default(); WAYS]));
        Ok(Self {
            sets: sets.into_boxed_slice(),
            crowd: Crowd::default(),
        })
    }

    pub(super) fn capacity(&self) -> usize {
        self.sets.len().saturating_mul(WAYS)
    }

    pub(super) const fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    /// Shows `change` what there is, and keeps what it gives back, if it does.
    pub(super) fn update<R>(
        &self,
        key: RateKey,
        now: u64,
        change: impl FnOnce(Found<T>) -> (Option<T>, R),
    ) -> Result<R, StoreError> {
        let mut set = self.set(key).ok_or(StoreError::new(StoreErrorKind::Failed))?;
        let print = print(key);
        let entry = choose(&mut set, print, now).ok_or(StoreError::new(StoreErrorKind::Failed))?;
        let found = entry.found(print, now);
        let (kept, answer) = change(found);
        if let Some(record) = kept {
            *entry = Entry { print, record };
        }
        if let Found::Crowded(_) = found {
            self.crowd.met();
        }
        Ok(answer)
    }

    /// What is kept of a key, if anything is.
    pub(super) fn own(&self, key: RateKey) -> Option<T> {
        let set = self.set(key)?;
        let own = set.iter().find(|entry| entry.print == print(key));
        own.map(|entry| entry.record)
    }

    /// Forgets a key.
    pub(super) fn reset(&self, key: RateKey) {
        let Some(mut set) = self.set(key) else {
            return;
        };
        if let Some(own) = set.iter_mut().find(|entry| entry.print == print(key)) {
            *own = Entry::default();
        }
    }

    /// A thread that panics here leaves a set whole: an entry is replaced at once.
    fn set(&self, key: RateKey) -> Option<MutexGuard<'_, Set<T>>> {
        let set = of_key(&self.sets, key)?;
        Some(set.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Record> Entry<T> {
    fn found(&self, print: u64, now: u64) -> Found<T> {
        if self.print == print {
            Found::Own(self.record)
        } else if self.record.load(now) > T::FORGETTABLE {
            Found::Crowded(self.record)
        } else {
            Found::Nothing
        }
    }
}

/// The entry of a key, or the least loaded. Loads take divisions: they are worked out only for a key that is new.
fn choose<T: Record>(set: &mut Set<T>, print: u64, now: u64) -> Option<&mut Entry<T>> {
    if set.iter().any(|entry| entry.print == print) {
        return set.iter_mut().find(|entry| entry.print == print);
    }
    set.iter_mut().min_by_key(|entry| entry.record.load(now))
}

/// The half of a key that does not say where it is kept; not zero.
fn print(key: RateKey) -> u64 {
    key.high().max(1)
}
