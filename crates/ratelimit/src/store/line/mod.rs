//! One cache line: a header and seven slots.
use std::hint;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::slot::{Print, Slot};
use crate::gcra::{MAX_DEBT, Pace, Spend};

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
pub(super) struct Line {
    header: AtomicU64,
    slots: [AtomicU64; Line::SLOTS],
}

const _: () = assert!(size_of::<Line>() == Line::BYTES, "a line is one cache line");

/// What is asked of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) print: Print,
    pub(super) now: u64,
    pub(super) pace: Pace,
    pub(super) cost: u64,
}

/// What a line answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) spend: Spend,
    /// The key is new and every slot is taken by a debt too large to be forgotten: it was judged by the least of them.
    pub(super) crowded: bool,
}

impl Line {
    /// The size of a line.
    pub(super) const BYTES: usize = 64;

    /// How many keys have a place in it.
    pub(super) const SLOTS: usize = 7;

    pub(super) const fn new() -> Self {
        Self {
            header: AtomicU64::new(0),
            slots: [const { AtomicU64::new(0) }; Line::SLOTS],
        }
    }

    /// Charges a key, if its quota allows.
    pub(super) fn take(&self, ask: &Ask) -> Answer {
        let mut tries = 0_u32;
        loop {
            let header = self.enter(ask.now);
            let ask = Ask {
                now: header.not_before(ask.now),
                ..*ask
            };
            let answer = match self.find(ask.print) {
                Some((slot, seen)) => charge(slot, seen, &ask),
                None => self.admit(header, &ask),
            };
            match answer {
                Some(answer) => return answer,
                None => pause(&mut tries),
            }
        }
    }

    /// What `take` would answer, without charging.
    pub(super) fn peek(&self, ask: &Ask) -> Answer {
        let now = self.enter(ask.now).not_before(ask.now);
        match self.find(ask.print) {
            Some((_, seen)) => Answer {
                spend: ask.pace.spend(seen.debt(now), ask.cost),
                crowded: false,
            },
            None => judge(self.least(now).1, &Ask { now, ..*ask }),
        }
    }

    /// Forgets a key.
    pub(super) fn reset(&self, print: Print) {
        while let Some((slot, seen)) = self.find(print) {
            if swap(slot, seen, Slot::EMPTY) {
                return;
            }
        }
    }

    /// The slot of a key, and what is in it.
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
    fn admit(&self, header: Header, ask: &Ask) -> Option<Answer> {
        let (slot, seen) = self.least(ask.now);
        let answer = judge(seen, ask);
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
    fn enter(&self, now: u64) -> Header {
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
    fn lock(&self, seen: Header) -> bool {
        let locked = seen.0 | Header::LOCK;
        !seen.is_locked()
            && self
                .header
                .compare_exchange(seen.0, locked, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    fn unlock(&self, header: Header) {
        self.header.store(header.0, Ordering::Release);
    }
}

/// Epoch (32 bits), version (31 bits), lock (1 bit).
#[derive(Clone, Copy, Debug)]
struct Header(u64);

/// An epoch is as long as the longest debt.
const EPOCH_SHIFT: u32 = MAX_DEBT.ilog2();

const fn epoch(now: u64) -> u64 {
    now >> EPOCH_SHIFT
}

impl Header {
    const LOCK: u64 = 1;
    const LOW: u64 = 0xffff_ffff;

    const fn epoch(self) -> u64 {
        self.0 >> 32
    }

    const fn is_locked(self) -> bool {
        self.0 & Self::LOCK != 0
    }

    /// With the next version.
    const fn next(self) -> Self {
        Self(self.0 & !Self::LOW | self.0.wrapping_add(2) & Self::LOW)
    }

    const fn at_epoch(self, epoch: u64) -> Self {
        Self(epoch << 32 | self.0 & Self::LOW)
    }

    /// `now`, or where a clock has gone back, the beginning of the epoch that the line has seen.
    fn not_before(self, now: u64) -> u64 {
        now.max(self.epoch() << EPOCH_SHIFT)
    }
}

/// Charges the slot of a known key. Nothing where another thread was faster.
fn charge(slot: &AtomicU64, seen: Slot, ask: &Ask) -> Option<Answer> {
    let spend = ask.pace.spend(seen.debt(ask.now), ask.cost);
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
/// forgotten, with that.
fn judge(victim: Slot, ask: &Ask) -> Answer {
    let owed = victim.debt(ask.now);
    let crowded = ask.pace.is_heavy(owed);
    let spend = ask.pace.spend(if crowded { owed } else { 0 }, ask.cost);
    Answer { spend, crowded }
}

fn read(slot: &AtomicU64) -> Slot {
    Slot::from_bits(slot.load(Ordering::Acquire))
}

fn swap(slot: &AtomicU64, seen: Slot, new: Slot) -> bool {
    slot.compare_exchange(seen.bits(), new.bits(), Ordering::AcqRel, Ordering::Acquire)
        .is_ok()
}

/// Lets the thread that was faster get on with it; the processor first, then the scheduler.
fn pause(tries: &mut u32) {
    *tries = tries.saturating_add(1);
    if *tries < 64 {
        hint::spin_loop();
    } else {
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests;
