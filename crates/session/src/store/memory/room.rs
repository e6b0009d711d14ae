//! Who goes, so that a new session has room.
use std::time::Duration;

use palisade_core::{Clock, StoreError, StoreErrorKind, TokenRef};

use super::MemoryStore;
use super::entry::{Entry, Moment, Slot, micros};
use super::roll::Roll;
use crate::Draft;

/// How many expired sessions leave with each new one.
pub(super) const SWEPT: usize = 8;

/// How many expired sessions leave when there is no room: enough to find some, few enough to keep nobody waiting.
const SWEPT_WHEN_FULL: usize = 1_024;

/// How many anonymous sessions are looked at for the one to drop.
const LOOKED_AT: usize = 16;

/// How long an end is remembered: long enough for every request that was on its way, and to tell a browser that comes back
/// from somebody who tries ids.
const REMEMBERED: Duration = Duration::from_secs(3_600);

impl<C: Clock> MemoryStore<C> {
    /// Takes the session out if its time has passed, and else files it under its end; tells whether it is out.
    fn expire(&self, roll: &mut Roll, id: TokenRef, now: Moment) -> bool {
        let mut shard = self.shared.shards.write(id);
        let Some(entry) = shard.get_mut(&id).and_then(Slot::live_mut) else {
            return false;
        };
        if entry.is_alive(now) {
            roll.refile(id, entry);
            return false;
        }
        drop(shard);
        self.take(roll, id).is_some()
    }

    /// Takes out what has expired, looking at `most` sessions.
    pub(super) fn sweep(&self, roll: &mut Roll, now: Moment, most: usize) {
        for _ in 0..most {
            let queues = [roll.anonymous.first(), roll.known.first()];
            let due = queues.into_iter().flatten().find(|(end, _)| *end <= now);
            let Some((_, id)) = due else { return };
            self.expire(roll, id, now);
        }
    }

    /// Sees to it that one more session has room.
    pub(super) fn make_room(&self, roll: &mut Roll, now: Moment) -> Result<(), StoreError> {
        self.sweep(roll, now, SWEPT);
        if roll.len() >= self.capacity {
            self.sweep(roll, now, SWEPT_WHEN_FULL);
        }
        if roll.len() < self.capacity || self.drop_anonymous(roll, now) {
            return Ok(());
        }
        Err(StoreError::new(StoreErrorKind::Full))
    }

    /// Drops the anonymous session that would expire first; `false` where there is none.
    fn drop_anonymous(&self, roll: &mut Roll, now: Moment) -> bool {
        for _ in 0..LOOKED_AT {
            let Some((end, id)) = roll.anonymous.first() else {
                return false;
            };
            if self.expire(roll, id, now) {
                return true;
            }
            if roll.anonymous.first() == Some((end, id)) {
                break;
            }
        }
        let first = roll.anonymous.first();
        first.is_some_and(|(_, id)| self.take(roll, id).is_some())
    }

    /// Sees to it that the account may have one more session; `false` where it may not. What is expired does not count.
    pub(super) fn make_room_of(&self, roll: &mut Roll, draft: &Draft, now: Moment) -> bool {
        let Some(principal) = draft.principal() else {
            return true;
        };
        let mut ids = roll.of(principal.subject());
        ids.retain(|id| !self.expire(roll, *id, now));
        let end = |id: &TokenRef| {
            let shard = self.shared.shards.read(*id);
            shard.get(id).and_then(Slot::live).map(Entry::ends)
        };
        while ids.len() >= draft.concurrent().most() {
            let first = ids.iter().copied().min_by_key(end);
            let Some(first) = first.filter(|_| !draft.concurrent().refuses()) else {
                return false;
            };
            self.finish(roll, first, now);
            ids.retain(|id| *id != first);
        }
        true
    }

    /// Forgets the ends that nobody can ask for any more, two at a time: one comes with each session that ends.
    pub(super) fn forget_ends(&self, roll: &mut Roll, now: Moment) {
        let before = now.saturating_sub(micros(REMEMBERED));
        for _ in 0..2 {
            let Some(id) = roll.forget(before, self.capacity) else {
                return;
            };
            let mut shard = self.shared.shards.write(id);
            if matches!(shard.get(&id), Some(Slot::Ended(_))) {
                shard.remove(&id);
            }
        }
    }
}
