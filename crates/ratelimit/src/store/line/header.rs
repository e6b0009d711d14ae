//! What keeps the slots of a line in order.
use crate::gcra::MAX_DEBT;

/// Epoch (32 bits), version (31 bits), lock (1 bit).
#[derive(Clone, Copy, Debug)]
pub(super) struct Header(pub(super) u64);

/// An epoch is as long as the longest debt.
const EPOCH_SHIFT: u32 = MAX_DEBT.ilog2();

pub(super) const fn epoch(now: u64) -> u64 {
    now >> EPOCH_SHIFT
}

impl Header {
    pub(super) const LOCK: u64 = 1;
    const LOW: u64 = 0xffff_ffff;

    pub(super) const fn epoch(self) -> u64 {
        self.0 >> 32
    }

    pub(super) const fn is_locked(self) -> bool {
        self.0 & Self::LOCK != 0
    }

    /// With the next version.
    pub(super) const fn next(self) -> Self {
        Self(self.0 & !Self::LOW | self.0.wrapping_add(2) & Self::LOW)
    }

    pub(super) const fn at_epoch(self, epoch: u64) -> Self {
        Self(epoch << 32 | self.0 & Self::LOW)
    }

    /// `now`, or where a clock has gone back, the beginning of the epoch that the line has seen.
    pub(super) fn not_before(self, now: u64) -> u64 {
        now.max(self.epoch() << EPOCH_SHIFT)
    }
}
