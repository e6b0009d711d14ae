//! The rows, by owner and by when they end.
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use palisade_core::TokenHash;

use crate::refresh::store::MAX_FAMILIES;
use crate::refresh::window::{Moment, Window};
use crate::refresh::{NewFamily, OwnerId};

/// One family.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) family: NewFamily,
    pub(super) window: Window,
    pub(super) born: Moment,
    pub(super) seen: Moment,
    /// Under which end it is filed: never later than the real one.
    filed: Moment,
}

impl Row {
    pub(super) fn new(family: NewFamily, now: Moment) -> Self {
        let mut row = Self {
            family,
            window: Window::new(now),
            born: now,
            seen: now,
            filed: 0,
        };
        row.filed = row.ends();
        row
    }

    pub(super) fn is_alive(&self, now: Moment) -> bool {
        now < self.ends()
    }

    fn ends(&self) -> Moment {
        let times = self.family.lifetimes();
        let idle = self.seen.saturating_add(micros(times.idle()));
        idle.min(self.born.saturating_add(micros(times.absolute())))
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// All rows of a store.
#[derive(Debug, Default)]
pub(super) struct Rows {
    owners: HashMap<OwnerId, Vec<Row>>,
    ends: BTreeSet<(Moment, OwnerId, TokenHash)>,
}

impl Rows {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn of(&self, owner: OwnerId) -> impl Iterator<Item = &Row> {
        self.owners.get(&owner).into_iter().flatten()
    }

    pub(super) fn find(&mut self, owner: OwnerId, id: TokenHash) -> Option<&mut Row> {
        let rows = self.owners.get_mut(&owner)?;
        rows.iter_mut().find(|row| row.family.id() == id)
    }

    pub(super) fn add(&mut self, owner: OwnerId, row: Row) {
        self.ends.insert((row.filed, owner, row.family.id()));
        self.owners.entry(owner).or_default().push(row);
    }

    pub(super) fn remove(&mut self, owner: OwnerId, id: TokenHash) {
        let Some(rows) = self.owners.get_mut(&owner) else {
            return;
        };
        if let Some(index) = rows.iter().position(|row| row.family.id() == id) {
            let row = rows.swap_remove(index);
            self.ends.remove(&(row.filed, owner, id));
        }
        if rows.is_empty() {
            self.owners.remove(&owner);
        }
    }

    /// Takes out what has expired, looking at `most` rows.
    pub(super) fn sweep(&mut self, now: Moment, most: usize) {
        for _ in 0..most {
            let Some(&(filed, owner, id)) = self.ends.first().filter(|(filed, ..)| *filed <= now) else {
                return;
            };
            let alive = self.find(owner, id).filter(|row| row.is_alive(now)).map(|row| {
                row.filed = row.ends();
                row.filed
            });
            match alive {
                Some(end) => {
                    self.ends.remove(&(filed, owner, id));
                    self.ends.insert((end, owner, id));
                }
                None => self.remove(owner, id),
            }
        }
    }

    /// Ends the owner's families that have expired, and those used least recently, until one more is allowed.
    pub(super) fn make_room_of(&mut self, owner: OwnerId, now: Moment) {
        while self.of(owner).count() >= MAX_FAMILIES {
            let least = self.of(owner).min_by_key(|row| (row.is_alive(now), row.seen));
            let Some(id) = least.map(|row| row.family.id()) else {
                return;
            };
            self.remove(owner, id);
        }
    }
}
