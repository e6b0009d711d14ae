//! Who goes, so that a new session has room.
use palisade_core::{Clock, StoreError, StoreErrorKind, Subject, TokenHash};

use super::MemoryStore;
use super::entry::{Entry, Moment};
use super::roll::Roll;
use crate::MAX_PER_SUBJECT;

/// How many expired sessions leave with each new one.
pub(super) const SWEPT: usize = 8;

/// How many expired sessions leave when there is no room: enough to find some, few enough to keep nobody waiting.
const SWEPT_WHEN_FULL: usize = 1_024;

/// How many anonymous sessions are looked at for the one to drop.
const LOOKED_AT: usize = 16;

impl<C: Clock> MemoryStore<C> {
    /// Takes the session out if its time has passed, and else files it under its end; tells whether it is out.
    fn expire(&self, roll: &mut Roll, id: TokenHash, now: Moment) -> bool {
        let mut shard = self.shared.shards.write(id);
        let Some(entry) = shard.get_mut(&id) else {
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

    /// Ends the account's sessions that would expire first, until one more is allowed.
    pub(super) fn make_room_of(&self, roll: &mut Roll, subject: &Subject) {
        let mut ids = roll.of(subject);
        while ids.len() >= MAX_PER_SUBJECT {
            let end = |id: &TokenHash| self.shared.shards.read(*id).get(id).map(Entry::ends);
            let Some(first) = ids.iter().copied().min_by_key(end) else {
                return;
            };
            self.take(roll, first);
            ids.retain(|id| *id != first);
        }
    }
}
