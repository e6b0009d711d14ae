//! One counter in 64 bits.
use crate::RateKey;

/// Bits for the time at which a debt is paid.
const TIME_BITS: u32 = 40;

/// The lowest 40 bits.
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// A counter: 24 bits that say whose, and the lowest 40 bits of the tick at which its debt is paid. Zero is empty.
///
/// The time wraps. That is no harm as long as a slot is looked at within half of the 2^40 ticks after its debt was paid, and
/// then emptied: lines see to it once an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u64);

/// The 24 bits of a key that its slot keeps, in their place; never zero.
///
/// Two keys of one line that agree in them share a counter: one in 2^24 pairs, and nobody can aim at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print(u64);

impl Print {
    /// The print of a key.
    pub(super) const fn of(key: RateKey) -> Self {
        let bits = key.high() & !TIME_MASK;
        Self(if bits == 0 { 1 << TIME_BITS } else { bits })
    }
}

impl Slot {
    /// Nobody's.
    pub(super) const EMPTY: Self = Self(0);

    /// The slot of a key that owes `debt` ticks at `now`.
    pub(super) const fn owing(print: Print, debt: u64, now: u64) -> Self {
        Self(print.0 | now.wrapping_add(debt) & TIME_MASK)
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    pub(super) const fn belongs_to(self, print: Print) -> bool {
        self.0 & !TIME_MASK == print.0
    }

    /// What is owed at `now`, in ticks.
    pub(super) const fn debt(self, now: u64) -> u64 {
        let ahead = self.0.wrapping_sub(now) & TIME_MASK;
        // The upper half of the circle is the past. An empty slot lies anywhere on it.
        if self.0 == 0 || ahead > TIME_MASK / 2 {
            0
        } else {
            ahead
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gcra::MAX_DEBT;

    #[test]
    fn a_debt_is_read_back_at_every_place_of_the_circle() {
        let print = Print(7 << TIME_BITS);
        for now in [
            0,
            1,
            TIME_MASK - 1,
            TIME_MASK,
            TIME_MASK + 1,
            u64::MAX - 3 * MAX_DEBT,
        ] {
            for debt in [0, 1, MAX_DEBT - 1, MAX_DEBT] {
                let slot = Slot::owing(print, debt, now);
                assert!(slot.belongs_to(print));
                assert_eq!(slot.debt(now), debt, "{now} {debt}");
                assert_eq!(slot.debt(now + debt), 0);
                assert_eq!(slot.debt(now + debt / 2), debt - debt / 2);
                assert_eq!(
                    slot.debt(now + debt + MAX_DEBT),
                    0,
                    "an epoch later it is still the past"
                );
            }
        }
    }

    #[test]
    fn an_empty_slot_owes_nothing_and_is_nobodys() {
        for now in [0, 1 << 39, TIME_MASK, u64::MAX] {
            assert_eq!(Slot::EMPTY.debt(now), 0);
        }
        assert!(!Slot::EMPTY.belongs_to(Print(1 << TIME_BITS)));
    }
}
