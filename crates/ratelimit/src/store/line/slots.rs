//! One cache line: a header and seven slots.
//!
//! Its atomics come from `super::sync`, so that a model checker can put its own in their place.
use std::array;

use super::header::{Header, epoch};
use super::sync::{AtomicU64, Ordering, SLOTS, spin_loop, yield_now};
use crate::gcra::{Pace, Spend};
use crate::store::slot::{Print, Slot};

/// Seven counters and what keeps them in order, in one cache line.
///
/// A key that has a slot here is charged by one compare-and-swap on it. A new key takes the slot with the least debt, under
/// the header's lock. That is what makes a key have one slot and no more: whoever takes the lock knows from the header's
/// version that nobody was taken in since they looked and did not find their key. The lock is held for one compare-and-swap,
/// or seven when an epoch begins.
///
/// A thread that is stopped while it holds the lock holds up the new keys of its line until it runs again: they spin, then give
/// up their time slice. Keys that have a slot do not wait for it, but for the first call of an epoch. Refusals need no lock.
#[derive(Debug)]
#[repr(align(64))]
pub(in crate::store) struct Line {
    header: AtomicU64,
    slots: [AtomicU64; SLOTS],
}

/// What is asked of a line.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Ask {
    pub(in crate::store) print: Print,
    pub(in crate::store) now: u64,
    pub(in crate::store) pace: Pace,
    /// The most that may be forgotten of a debt, by the least of the quotas that keys of the table have.
    pub(in crate::store) forgettable: u64,
    pub(in crate::store) cost: u64,
}

/// How a debt changes by a cost: [`Pace::spend`] or [`Pace::penalize`].
trait Rule: Fn(Pace, u64, u64) -> Spend + Copy {}

impl<F: Fn(Pace, u64, u64) -> Spend + Copy> Rule for F {}

impl Ask {
    /// What a key owes: no more than the whole burst of its quota, which may have been another when it was charged.
    #[inline]
    fn own_debt(&self, slot: Slot, now: u64) -> u64 {
        slot.debt(now).min(self.pace.depth())
    }
}

/// What a line answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Answer {
    pub(in crate::store) spend: Spend,
    /// The key is new and every slot is taken by a debt too large to be forgotten: it was judged by the least of them.
    pub(in crate::store) crowded: bool,
}

impl Line {
    /// The size of a line.
    pub(in crate::store) const BYTES: usize = 64;

    pub(in crate::store) fn new() -> Self {
        Self {
            header: AtomicU64::new(0),
            slots: array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Charges a key, if its quota allows.
    #[inline]
    pub(in crate::store) fn take(&self, ask: &Ask) -> Answer {
        self.charge(ask, Pace::spend)
    }

    /// Charges a key, whether its quota allows or not, up to the whole burst.
    pub(in crate::store) fn penalize(&self, ask: &Ask) -> Answer {
        self.charge(ask, Pace::penalize)
    }

    /// Takes back what is not paid yet of a charge that was made at `charged`.
    pub(in crate::store) fn refund(&self, ask: &Ask, charged: u64) {
        let mut tries = 0_u32;
        loop {
            let now = self.enter(ask.now).not_before(ask.now);
            let Some((slot, seen)) = self.find(ask.print) else {
                return;
            };
            let unpaid = ask.pace.unpaid(ask.cost, now.saturating_sub(charged));
            let debt = seen.debt(now).saturating_sub(unpaid);
            if swap(slot, seen, Slot::owing(ask.print, debt, now)) {
                return;
            }
            pause(&mut tries);
        }
    }

    /// What `take` would answer, without charging.
    pub(in crate::store) fn peek(&self, ask: &Ask) -> Answer {
        let now = self.enter(ask.now).not_before(ask.now);
        match self.find(ask.print) {
            Some((_, seen)) => Answer {
                spend: ask.pace.spend(ask.own_debt(seen, now), ask.cost),
                crowded: false,
            },
            None => judge(self.least(now).1, &Ask { now, ..*ask }, Pace::spend),
        }
    }

    /// Forgets a key.
    pub(in crate::store) fn reset(&self, print: Print) {
        while let Some((slot, seen)) = self.find(print) {
            if swap(slot, seen, Slot::EMPTY) {
                return;
            }
        }
    }

    #[inline]
    fn charge(&self, ask: &Ask, rule: impl Rule) -> Answer {
        let mut tries = 0_u32;
        loop {
            let header = self.enter(ask.now);
            let ask = Ask {
                now: header.not_before(ask.now),
                ..*ask
            };
            let answer = match self.find(ask.print) {
                Some((slot, seen)) => charge_known(slot, seen, &ask, rule),
                None => self.admit(header, &ask, rule),
            };
            match answer {
                Some(answer) => return answer,
                None => pause(&mut tries),
            }
        }
    }

    /// The slot of a key, and what is in it.
    #[inline]
    fn find(&self, print: Print) -> Option<(&AtomicU64, Slot)> {
        let mut slots = self.slots.iter().map(|slot| (slot, read(slot)));
        slots.find(|(_, seen)| seen.belongs_to(print))
    }

    /// The slot with the least debt, and what is in it.
    fn least(&self, now: u64) -> (&AtomicU64, Slot) {
        let [first, others @ ..] = &self.slots;
        let mut least = (first, read(first));
        for slot in others {
            let seen = read(slot);
            if seen.debt(now) < least.1.debt(now) {
                least = (slot, seen);
            }
        }
        least
    }

    /// Takes a new key in, unless it is refused. Nothing where another thread was faster.
    fn admit(&self, header: Header, ask: &Ask, rule: impl Rule) -> Option<Answer> {
        let (slot, seen) = self.least(ask.now);
        let answer = judge(seen, ask, rule);
        let Spend::Fits { debt } = answer.spend else {
            return Some(answer);
        };
        if !self.lock(header) {
            return None;
        }
        let placed = swap(slot, seen, Slot::owing(ask.print, debt, ask.now));
        self.unlock(if placed { header.next() } else { header });
        placed.then_some(answer)
    }

    /// The header, brought to the epoch of `now`.
    #[inline]
    pub(super) fn enter(&self, now: u64) -> Header {
        let header = Header(self.header.load(Ordering::Acquire));
        if header.epoch() >= epoch(now) {
            header
        } else {
            self.begin_epoch(now)
        }
    }

    /// In a line that was not touched in this epoch, paid debts are emptied first, so that none is there still when the 40 bits
    /// of its time come round again.
    #[cold]
    fn begin_epoch(&self, now: u64) -> Header {
        let mut tries = 0_u32;
        loop {
            let header = Header(self.header.load(Ordering::Acquire));
            if header.epoch() >= epoch(now) {
                return header;
            }
            if self.lock(header) {
                self.empty_paid(header, now);
                self.unlock(header.next().at_epoch(epoch(now)));
            } else {
                pause(&mut tries);
            }
        }
    }

    fn empty_paid(&self, header: Header, now: u64) {
        // Two epochs on, every debt is paid: none is longer than one epoch.
        let all = header.epoch().saturating_add(1) < epoch(now);
        for slot in &self.slots {
            let seen = read(slot);
            if all || seen.debt(now) == 0 {
                // Where it fails, somebody has just used the slot, and it is not a paid one.
                swap(slot, seen, Slot::EMPTY);
            }
        }
    }

    /// Takes the lock, if the header is still the one seen, and was free.
    pub(super) fn lock(&self, seen: Header) -> bool {
        let locked = seen.0 | Header::LOCK;
        !seen.is_locked()
            && self
                .header
                .compare_exchange(seen.0, locked, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    pub(super) fn unlock(&self, header: Header) {
        self.header.store(header.0, Ordering::Release);
    }
}

/// Charges the slot of a known key. Nothing where another thread was faster.
#[inline]
fn charge_known(slot: &AtomicU64, seen: Slot, ask: &Ask, rule: impl Rule) -> Option<Answer> {
    let spend = rule(ask.pace, ask.own_debt(seen, ask.now), ask.cost);
    let charged = match spend {
        Spend::Fits { debt } => swap(slot, seen, Slot::owing(ask.print, debt, ask.now)),
        Spend::Wait { .. } | Spend::NeverFits => true,
    };
    charged.then_some(Answer {
        spend,
        crowded: false,
    })
}

/// Judges a new key that would take the place of `victim`: with no debt, or, where the victim's debt is too large to be
/// forgotten, with all of that.
fn judge(victim: Slot, ask: &Ask, rule: impl Rule) -> Answer {
    let owed = victim.debt(ask.now);
    let crowded = owed > ask.forgettable;
    let spend = rule(ask.pace, if crowded { owed } else { 0 }, ask.cost);
    Answer { spend, crowded }
}

#[inline]
fn read(slot: &AtomicU64) -> Slot {
    Slot::from_bits(slot.load(Ordering::Acquire))
}

#[inline]
fn swap(slot: &AtomicU64, seen: Slot, new: Slot) -> bool {
    slot.compare_exchange(seen.bits(), new.bits(), Ordering::AcqRel, Ordering::Acquire)
        .is_ok()
}

/// Lets the thread that was faster get on with it; the processor first, then the scheduler.
fn pause(tries: &mut u32) {
    *tries = tries.saturating_add(1);
    if *tries < 64 {
        spin_loop();
    } else {
        yield_now();
    }
}
