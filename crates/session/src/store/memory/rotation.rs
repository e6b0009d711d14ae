//! How sessions get new secrets.
use std::sync::Arc;

use palisade_core::{Clock, TokenHash};

use super::MemoryStore;
use super::entry::{Moment, Opens, Slot};
use super::roll::Roll;
use super::room::SWEPT;
use crate::{Draft, Rotated, Rotation, SessionId};

impl<C: Clock> MemoryStore<C> {
    pub(super) fn try_rotate(&self, old: SessionId, new: TokenHash, rotation: Rotation) -> Rotated {
        let (mut roll, now) = (self.roll(), self.now());
        self.sweep(&mut roll, now, SWEPT);
        if let Some(refusal) = self.hinders(old, &rotation, now) {
            return refusal;
        }
        if let Rotation::Login(draft) = &rotation {
            return self.log_in(&mut roll, (old, new, draft.clone()), now);
        }
        let mut shard = self.shared.shards.write(old.reference());
        let Some(entry) = shard.get_mut(&old.reference()).and_then(Slot::live_mut) else {
            return Rotated::Gone;
        };
        entry.rotate(old.hash(), (new, rotation), (now, self.clock.now()));
        Rotated::Moved(Arc::clone(&entry.record))
    }

    /// Why a rotation does not take place, if it does not. The roll is locked, so no other takes place meanwhile.
    pub(super) fn hinders(&self, old: SessionId, rotation: &Rotation, now: Moment) -> Option<Rotated> {
        let shard = self.shared.shards.read(old.reference());
        let entry = shard.get(&old.reference()).and_then(Slot::live);
        let Some(entry) = entry.filter(|entry| entry.is_alive(now)) else {
            return Some(Rotated::Gone);
        };
        if entry.may_rotate(old.hash(), rotation, now) {
            return None;
        }
        match (entry.opens(old.hash(), now), rotation) {
            (Opens::Nothing, _) => Some(Rotated::Gone),
            (_, Rotation::Login(draft)) if entry.record.principal().is_some() => {
                let same = entry.record.is_open_to(draft);
                Some(Rotated::Superseded(same.then(|| entry.record.values().clone())))
            }
            _ => Some(Rotated::Superseded(None)),
        }
    }

    /// Takes the session off the roll, makes room for it among those of its new holder, and files it there. It is found
    /// all the while.
    pub(super) fn log_in(
        &self,
        roll: &mut Roll,
        login: (SessionId, TokenHash, Draft),
        now: Moment,
    ) -> Rotated {
        let (old, new, draft) = login;
        let place = old.reference();
        self.with_live(place, |entry| roll.remove(place, entry));
        let has_room = self.make_room_of(roll, &draft, now);
        let mut shard = self.shared.shards.write(place);
        let Some(entry) = shard.get_mut(&place).and_then(Slot::live_mut) else {
            return Rotated::Gone;
        };
        if has_room {
            entry.rotate(old.hash(), (new, Rotation::Login(draft)), (now, self.clock.now()));
            entry.queued = entry.ends();
        }
        roll.add(place, entry);
        if has_room {
            Rotated::Moved(Arc::clone(&entry.record))
        } else {
            Rotated::TooMany
        }
    }
}
