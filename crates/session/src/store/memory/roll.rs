//! Which sessions there are, by when they end and by whose they are.
use std::collections::{BTreeSet, HashMap, VecDeque};

use palisade_core::{Subject, TokenRef};

use super::entry::{Entry, Moment};

/// The sessions by their end. The end on file is never later than the real one, which moves on with every use.
#[derive(Debug, Default)]
pub(super) struct Queue(BTreeSet<(Moment, TokenRef)>);

impl Queue {
    pub(super) fn first(&self) -> Option<(Moment, TokenRef)> {
        self.0.first().copied()
    }
}

/// The list of all sessions. It is locked before any shard, by everything that adds, moves or removes a session, and by
/// nothing else.
#[derive(Debug, Default)]
pub(super) struct Roll {
    pub(super) anonymous: Queue,
    pub(super) known: Queue,
    subjects: HashMap<Subject, BTreeSet<TokenRef>>,
    /// What was ended, in that order.
    ended: VecDeque<(Moment, TokenRef)>,
}

impl Roll {
    pub(super) fn len(&self) -> usize {
        self.anonymous.0.len().saturating_add(self.known.0.len())
    }

    /// The ids of an account's sessions.
    pub(super) fn of(&self, subject: &Subject) -> Vec<TokenRef> {
        self.subjects
            .get(subject)
            .into_iter()
            .flatten()
            .copied()
            .collect()
    }

    /// All sessions.
    pub(super) fn all(&self) -> Vec<TokenRef> {
        let queues = [&self.anonymous, &self.known];
        queues
            .into_iter()
            .flat_map(|queue| queue.0.iter().map(|(_, id)| *id))
            .collect()
    }

    /// Notes that a session was ended.
    pub(super) fn remember(&mut self, id: TokenRef, now: Moment) {
        self.ended.push_back((now, id));
    }

    /// The session whose end is to be forgotten: it ended before `before`, or there are more than `most`.
    pub(super) fn forget(&mut self, before: Moment, most: usize) -> Option<TokenRef> {
        let (at, _) = self.ended.front()?;
        let is_due = *at < before || self.ended.len() > most;
        is_due.then(|| self.ended.pop_front().map(|(_, id)| id))?
    }

    pub(super) fn add(&mut self, id: TokenRef, entry: &Entry) {
        self.queue(entry).insert((entry.queued, id));
        if let Some(principal) = entry.record.principal() {
            let subject = principal.subject().clone();
            self.subjects.entry(subject).or_default().insert(id);
        }
    }

    pub(super) fn remove(&mut self, id: TokenRef, entry: &Entry) {
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
    pub(super) fn refile(&mut self, id: TokenRef, entry: &mut Entry) {
        let queued = entry.ends();
        let queue = self.queue(entry);
        queue.remove(&(entry.queued, id));
        queue.insert((queued, id));
        entry.queued = queued;
    }

    fn queue(&mut self, entry: &Entry) -> &mut BTreeSet<(Moment, TokenRef)> {
        match entry.record.principal() {
            Some(_) => &mut self.known.0,
            None => &mut self.anonymous.0,
        }
    }
}
