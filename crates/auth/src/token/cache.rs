//! Tokens that were verified before.
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use zeroize::Zeroizing;

use super::VerifiedToken;

const SHARDS: usize = 16;

/// The end of a token's text: 96 bits of its signature, under which it is filed.
type Tail = [u8; 16];

/// Verified tokens by their whole text, a bounded number of them.
///
/// A token is found by the end of its signature and then compared as a whole: what is found is the very text that was
/// verified, whatever hashes might collide. Only verified tokens come in, so nobody fills it who cannot sign.
///
/// There are two generations. When the young one is full it becomes the old one, and the old one is dropped; a token found
/// in the old one moves to the young one. So what is in use stays, at the price of one write for each turn.
pub(super) struct Cache {
    shards: [RwLock<Generations>; SHARDS],
    /// Tokens in the young generation of a shard.
    room: usize,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Tail, Entry>,
    old: HashMap<Tail, Entry>,
}

struct Entry {
    text: Zeroizing<Box<[u8]>>,
    token: VerifiedToken,
}

impl Cache {
    /// A cache of about so many tokens.
    pub(super) fn new(tokens: NonZeroUsize) -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            room: tokens.get().div_ceil(SHARDS.saturating_mul(2)),
        }
    }

    /// As large a cache, with nothing in it.
    pub(super) fn emptied(&self) -> Self {
        Self {
            shards: std::array::from_fn(|_| RwLock::default()),
            room: self.room,
        }
    }

    /// The token of that text.
    pub(super) fn find(&self, text: &[u8]) -> Option<VerifiedToken> {
        let tail = *text.last_chunk()?;
        let (token, is_old) = self.read(&tail).find(&tail, text)?;
        if is_old {
            self.insert(text, token.clone());
        }
        Some(token)
    }

    /// Keeps a token.
    pub(super) fn insert(&self, text: &[u8], token: VerifiedToken) {
        let Some(tail) = text.last_chunk::<16>().copied() else {
            return;
        };
        let mut shard = self.write(&tail);
        if shard.young.len() >= self.room {
            shard.old = std::mem::take(&mut shard.young);
        }
        shard.old.remove(&tail);
        let text = Zeroizing::new(Box::from(text));
        shard.young.insert(tail, Entry { text, token });
    }

    /// How many tokens it holds.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let len = |shard: &RwLock<Generations>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.young.len().saturating_add(shard.old.len())
        };
        self.shards.iter().map(len).sum()
    }

    fn read(&self, tail: &Tail) -> RwLockReadGuard<'_, Generations> {
        self.shard(tail).read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, tail: &Tail) -> RwLockWriteGuard<'_, Generations> {
        self.shard(tail).write().unwrap_or_else(PoisonError::into_inner)
    }

    fn shard(&self, tail: &Tail) -> &RwLock<Generations> {
        let [first, ..] = &self.shards;
        let [byte, ..] = *tail;
        self.shards.get(usize::from(byte) % SHARDS).unwrap_or(first)
    }
}

impl Generations {
    fn find(&self, tail: &Tail, text: &[u8]) -> Option<(VerifiedToken, bool)> {
        let same = |entry: &&Entry| **entry.text == *text;
        let young = self.young.get(tail).filter(same);
        if let Some(entry) = young {
            return Some((entry.token.clone(), false));
        }
        let old = self.old.get(tail).filter(same)?;
        Some((old.token.clone(), true))
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}
