//! How sessions leave.
use palisade_core::{Clock, Principal, Subject, TokenRef};

use super::MemoryStore;
use super::entry::{Entry, Moment, Opens, Slot};
use super::roll::Roll;
use crate::{Scope, SessionId};

impl<C: Clock> MemoryStore<C> {
    /// Takes a session out and leaves nothing.
    pub(super) fn take(&self, roll: &mut Roll, id: TokenRef) -> Option<Entry> {
        let mut shard = self.shared.shards.write(id);
        let Slot::Live(entry) = shard.remove(&id)? else {
            return None;
        };
        roll.remove(id, &entry);
        Some(entry)
    }

    /// Ends a session and remembers that; tells whether it was alive.
    pub(super) fn finish(&self, roll: &mut Roll, id: TokenRef, now: Moment) -> bool {
        let was = {
            let mut shard = self.shared.shards.write(id);
            let Some(slot @ Slot::Live(_)) = shard.get_mut(&id) else {
                return false;
            };
            std::mem::replace(slot, Slot::Ended(now))
        };
        let Slot::Live(entry) = was else {
            return false;
        };
        roll.remove(id, &entry);
        roll.remember(id, now);
        self.forget_ends(roll, now);
        entry.is_alive(now)
    }

    pub(super) fn remove(&self, id: SessionId) -> bool {
        let (mut roll, now) = (self.roll(), self.now());
        let opens = self.with_live(id.reference(), |entry| {
            matches!(entry.opens(id.hash(), now), Opens::Present | Opens::Old(_))
        });
        opens == Some(true) && self.finish(&mut roll, id.reference(), now)
    }

    /// Ends those of the account's sessions that are chosen by name, and tells how many were alive.
    pub(super) fn end_chosen(&self, subject: &Subject, chosen: impl Fn(TokenRef) -> bool) -> usize {
        let (mut roll, now) = (self.roll(), self.now());
        let ids = roll.of(subject).into_iter().filter(|id| chosen(*id));
        ids.filter(|id| self.finish(&mut roll, *id, now)).count()
    }

    pub(super) fn end_scope(&self, scope: Scope<'_>) {
        let (mut roll, now) = (self.roll(), self.now());
        for id in roll.all() {
            let meant = |entry: &Entry| match scope {
                Scope::Everybody => true,
                Scope::Tenant(tenant) => {
                    let principal = entry.record.principal();
                    principal.and_then(Principal::tenant) == Some(tenant)
                }
            };
            if self.with_live(id, meant) == Some(true) {
                self.finish(&mut roll, id, now);
            }
        }
    }
}
