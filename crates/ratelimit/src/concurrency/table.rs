//! How many are under way, by key.
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::RateKey;

/// Parts of the table, each with a lock of its own: a power of two.
const SHARDS: usize = 64;

/// Room that an empty part keeps.
const KEPT: usize = 32;

/// How many are under way, by key. A key with none has no place here.
pub(super) struct Table(Box<[Shard]>);

/// On a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
struct Shard(Mutex<Counts>);

type Counts = HashMap<RateKey, NonZeroU32, BuildHasherDefault<Folded>>;

impl Table {
    pub(super) fn new() -> Self {
        Self((0..SHARDS).map(|_| Shard::default()).collect())
    }

    /// One more under `key`, unless there are `most`.
    pub(super) fn enter(&self, key: RateKey, most: NonZeroU32) -> bool {
        let Some(mut counts) = self.lock(key) else {
            return false;
        };
        match counts.entry(key) {
            Entry::Vacant(free) => {
                free.insert(NonZeroU32::MIN);
                true
            }
            Entry::Occupied(mut taken) if *taken.get() < most => {
                *taken.get_mut() = taken.get().saturating_add(1);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// One less under `key`.
    pub(super) fn leave(&self, key: RateKey) {
        let Some(mut counts) = self.lock(key) else {
            return;
        };
        let Entry::Occupied(mut taken) = counts.entry(key) else {
            return;
        };
        if let Some(left) = NonZeroU32::new(taken.get().get().saturating_sub(1)) {
            *taken.get_mut() = left;
            return;
        }
        taken.remove();
        // A wave of clients is not remembered by its size.
        if counts.is_empty() {
            counts.shrink_to(KEPT);
        }
    }

    /// How many are under way under `key`.
    pub(super) fn count(&self, key: RateKey) -> u32 {
        let counts = self.lock(key);
        let count = counts.and_then(|counts| counts.get(&key).copied());
        count.map_or(0, NonZeroU32::get)
    }

    /// How many keys have a place.
    pub(super) fn keys(&self) -> usize {
        self.0.iter().map(|shard| shard.lock().len()).sum()
    }

    /// The part of a key: there is one for each.
    fn lock(&self, key: RateKey) -> Option<MutexGuard<'_, Counts>> {
        let at = usize::try_from(key.high()).unwrap_or_default() % SHARDS;
        Some(self.0.get(at)?.lock())
    }
}

impl Shard {
    /// Counts are changed in one step, so that whoever panicked left them whole.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keys are hashes already: their halves are taken as they are.
#[derive(Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, half: u64) {
        self.0 = self.0.rotate_left(29) ^ half;
    }
}
