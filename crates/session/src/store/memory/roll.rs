//! Which sessions there are, by when they end and by whose they are.
use std::collections::{BTreeSet, HashMap};

use palisade_core::{Subject, TokenHash};

use super::entry::{Entry, Moment};

/// The sessions by their end. The end on file is never later than the real one, which moves on with every use.
#[derive(Debug, Default)]
pub(super) struct Queue(BTreeSet<(Moment, TokenHash)>);

impl Queue {
    pub(super) fn first(&self) -> Option<(Moment, TokenHash)> {
        self.0.first().copied()
    }
}

/// The list of all sessions. It is locked before any shard, by everything that adds, moves or removes a session, and by
/// nothing else.
#[derive(Debug, Default)]
pub(super) struct Roll {
    pub(super) anonymous: Queue,
    pub(super) known: Queue,
    subjects: HashMap<Subject, BTreeSet<TokenHash>>,
}

impl Roll {
    pub(super) fn len(&self) -> usize {
        self.anonymous.0.len().saturating_add(self.known.0.len())
    }

    /// The ids of an account's sessions.
    pub(super) fn of(&self, subject: &Subject) -> Vec<TokenHash> {
        self.subjects
            .get(subject)
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    pub(super) fn add(&mut self, id: TokenHash, entry: &Entry) {
        self.queue(entry).insert((entry.queued, id));
        if let Some(principal) = entry.record.principal() {
            let subject = principal.subject().clone();
            self.subjects.entry(subject).or_default().insert(id);
        }
    }

    pub(super) fn remove(&mut self, id: TokenHash, entry: &Entry) {
        self.queue(entry).remove(&(entry.queued, id));
        let Some(principal) = entry.record.principal() else {
            return;
        };
        if let Some(ids) = self.subjects.get_mut(principal.subject()) {
            ids.remove(&id);
            if ids.is_empty() {
                self.subjects.remove(principal.subject());
            }
        }
    }

    /// Files the entry under the end that it has by now.
    pub(super) fn refile(&mut self, id: TokenHash, entry: &mut Entry) {
        let queued = entry.ends();
        let queue = self.queue(entry);
        queue.remove(&(entry.queued, id));
        queue.insert((queued, id));
        entry.queued = queued;
    }

    fn queue(&mut self, entry: &Entry) -> &mut BTreeSet<(Moment, TokenHash)> {
        match entry.record.principal() {
            Some(_) => &mut self.known.0,
            None => &mut self.anonymous.0,
        }
    }
}
