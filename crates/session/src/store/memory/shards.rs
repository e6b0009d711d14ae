//! The entries by id, in shards that are locked apart from each other.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use palisade_core::TokenRef;

use super::entry::Slot;

/// A power of two, and many more than there are cores.
const SHARDS: u8 = 128;

pub(super) type Shard = HashMap<TokenRef, Slot, BuildHasherDefault<FirstBytes>>;

#[derive(Debug)]
pub(super) struct Shards {
    // One apart from the others, so that picking one cannot fail.
    first: RwLock<Shard>,
    rest: Box<[RwLock<Shard>]>,
}

impl Shards {
    pub(super) fn new() -> Self {
        Self {
            first: RwLock::default(),
            rest: (1..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(super) fn read(&self, id: TokenRef) -> RwLockReadGuard<'_, Shard> {
        self.shard(id).read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self, id: TokenRef) -> RwLockWriteGuard<'_, Shard> {
        self.shard(id).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard(&self, id: TokenRef) -> &RwLock<Shard> {
        // Another byte than the table within the shard uses.
        let [.., last] = id.as_bytes();
        let index = usize::from(last % SHARDS);
        self.rest.get(index).unwrap_or(&self.first)
    }
}

/// Takes the first eight bytes of a reference for its hash: they are random, and what is stored is chosen by this server
/// alone; a client chooses what is looked for.
#[derive(Debug, Default)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    }

    // The length comes before the bytes, and is always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
