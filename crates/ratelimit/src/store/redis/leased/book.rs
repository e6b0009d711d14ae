//! What a node knows of its keys.
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::entry::Entry;
use super::terms::Leasable;
use crate::RateKey;

/// Maps, each with a lock of its own.
const SHARDS: usize = 16;
/// Keys in one of them.
const KEYS: usize = 1_024;

/// The keys that a node knows, 16 384 at most. A key that finds no room is decided by the server, call by call.
pub(super) struct Book([Mutex<HashMap<RateKey, Arc<Place>>>; SHARDS]);

/// One key.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) key: RateKey,
    entry: Mutex<Entry>,
    /// Told when the server has answered.
    pub(super) answered: Notify,
}

impl Place {
    pub(super) fn lock(&self) -> MutexGuard<'_, Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }

    /// The place of a key, if it has one.
    pub(super) fn find(&self, key: RateKey) -> Option<Arc<Place>> {
        self.shard(key)?.get(&key).cloned()
    }

    /// The place of a key that is counted by this quota; a new one where there is room. Nothing where there is none, and where
    /// the key is counted by another quota.
    pub(super) fn place(&self, key: RateKey, leasable: &Leasable, now: Duration) -> Option<Arc<Place>> {
        let mut shard = self.shard(key)?;
        if let Some(place) = shard.get(&key) {
            let alike = place.lock().is_of(&leasable.quota);
            return alike.then(|| Arc::clone(place));
        }
        if shard.len() >= KEYS {
            shard.retain(|_, place| !place.lock().is_idle(now));
        }
        if shard.len() >= KEYS {
            return None;
        }
        let place = Arc::new(Place {
            key,
            entry: Mutex::new(Entry::new(*leasable, now)),
            answered: Notify::new(),
        });
        shard.insert(key, Arc::clone(&place));
        Some(place)
    }

    /// All places. Those that are idle are forgotten.
    pub(super) fn sweep(&self, now: Duration) -> Vec<Arc<Place>> {
        let mut all = Vec::new();
        for shard in &self.0 {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, place| !place.lock().is_idle(now));
            all.extend(shard.values().cloned());
        }
        all
    }

    fn shard(&self, key: RateKey) -> Option<MutexGuard<'_, HashMap<RateKey, Arc<Place>>>> {
        let [first, ..] = key.to_bytes();
        let shard = self.0.get(usize::from(first).checked_rem(SHARDS)?)?;
        Some(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}
