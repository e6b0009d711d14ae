//! The generic cell rate algorithm, on integers.
//!
//! What a key has used is one number, its *debt*: the time until nothing of it is left. Time pays it back. A unit adds one
//! interval (`period / rate`); a key whose debt would exceed `burst` intervals has to wait. Kept as the point in time at
//! which the debt is paid, it is the "theoretical arrival time" of ITU-T I.371.
use crate::Quota;
use crate::quota::INTERVAL_FRACTION;
use crate::units::Units;

/// The largest debt that a store's clock arithmetic has room for, in ticks.
pub(crate) const MAX_DEBT: u64 = 1 << 38;

/// The unit of time of one table: a power of two of nanoseconds, from 2^-4 up.
///
/// It is the finest in which a debt [`Tick::ROOM`] times as long as the longest of the table's quota fits into [`MAX_DEBT`], so
/// that a plan with a larger burst has room; or, where an interval has fewer than [`Tick::FEW`] of these, the finest in which
/// that of the quota itself fits. Intervals are rounded up to it, so a rate is never exceeded, and falls short of the one asked
/// for by less than one part in 4096, or in `2^37 / burst` where that is less, or in the interval's length in 2^-4 ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// The tick is 2^(exponent - 4) ns long.
    exponent: u32,
}

/// 2^4 ticks of exponent zero are a nanosecond.
const FRACTION: u32 = 4;

impl Tick {
    /// How many times as long as that of the quota it was made for the debt of another may be.
    const ROOM: u64 = 16;

    /// Fewer ticks in an interval are not worth giving up for room.
    const FEW: u64 = 4_096;

    /// The tick for a table that is made for `quota`.
    pub(crate) fn for_quota(quota: &Quota) -> Self {
        let suits = |exponent: &u32| {
            let pace = Pace::new(quota, Self { exponent: *exponent });
            pace.is_some_and(|pace| pace.depth <= MAX_DEBT / Self::ROOM || pace.interval < Self::FEW)
        };
        // 2^84 * 2^32 / 2^(28 + 64) is under 2^34: there is always one.
        let exponent = (0..=64).find(suits).unwrap_or(64);
        Self { exponent }
    }

    /// The tick that a point in time, in nanoseconds, lies in. Time stops after 36 years.
    #[inline]
    pub(crate) fn of_nanos(self, nanos: u64) -> u64 {
        let finest = nanos.saturating_mul(1 << FRACTION);
        finest.checked_shr(self.exponent).unwrap_or(0)
    }

    /// A span in nanoseconds, rounded up; saturates after 584 years.
    #[inline]
    pub(crate) fn nanos(self, ticks: u64) -> u64 {
        match self.exponent.checked_sub(FRACTION) {
            Some(up) if ticks.leading_zeros() >= up => ticks.checked_shl(up).unwrap_or(0),
            Some(_) => u64::MAX,
            None => {
                let down = FRACTION.saturating_sub(self.exponent);
                ticks.div_ceil(1_u64.checked_shl(down).unwrap_or(1))
            }
        }
    }
}

/// A quota in the ticks of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    interval: u64,
    depth: u64,
}

/// What the algorithm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spend {
    /// It fits; the debt is now this.
    Fits { debt: u64 },
    /// It will fit, with nothing spent in between, after `wait` ticks (at least one).
    Wait { wait: u64, debt: u64 },
    /// It exceeds the burst: waiting does not help.
    NeverFits,
}

impl Pace {
    /// The quota in those ticks; nothing where its longest debt has no room.
    pub(crate) fn new(quota: &Quota, tick: Tick) -> Option<Self> {
        let shift = INTERVAL_FRACTION
            .saturating_sub(FRACTION)
            .saturating_add(tick.exponent);
        // A shift, not a division: this is on the path of every request.
        let below_a_tick = u128::MAX.checked_shl(shift).map(|mask| !mask)?;
        let interval = quota.interval().saturating_add(below_a_tick).checked_shr(shift)?;
        let interval = u64::try_from(interval).ok()?;
        let depth = interval.checked_mul(u64::from(quota.max_burst().get()))?;
        (depth <= MAX_DEBT).then_some(Self { interval, depth })
    }

    /// The most that can be owed.
    pub(crate) const fn depth(self) -> u64 {
        self.depth
    }

    /// Adds `cost` units to a debt, if it may be. A cost of zero is a cost of one: nothing is free.
    #[inline]
    pub(crate) fn spend(self, debt: u64, cost: u64) -> Spend {
        let needed = cost.max(1).checked_mul(self.interval);
        let Some(needed) = needed.filter(|needed| *needed <= self.depth) else {
            return Spend::NeverFits;
        };
        let after = debt.saturating_add(needed);
        match after.checked_sub(self.depth) {
            None | Some(0) => Spend::Fits { debt: after },
            Some(wait) => Spend::Wait { wait, debt },
        }
    }

    /// How many units of cost one fit on top of a debt.
    #[inline]
    pub(crate) const fn remaining(self, debt: u64) -> Units {
        Units::of_room(self.depth.saturating_sub(debt), self.interval)
    }

    /// Adds `cost` units to a debt whether it may be or not, up to the whole burst. What is more than that stays.
    pub(crate) fn penalize(self, debt: u64, cost: u64) -> Spend {
        let added = debt.saturating_add(self.price(cost)).min(self.depth);
        Spend::Fits {
            debt: added.max(debt),
        }
    }

    /// How much of a charge of `cost` units is owed still, `elapsed` ticks after it was made.
    ///
    /// A debt that this is taken from is nowhere less than it would be had there been no such charge: without it the key may
    /// have owed nothing for a part of that time, and no longer than all of it.
    pub(crate) fn unpaid(self, cost: u64, elapsed: u64) -> u64 {
        self.price(cost).saturating_sub(elapsed)
    }

    /// The most that may be forgotten of a debt: half the burst, and not so much that not one unit is left.
    pub(crate) fn forgettable(self) -> u64 {
        (self.depth / 2).min(self.depth.saturating_sub(self.interval))
    }

    fn price(self, cost: u64) -> u64 {
        cost.max(1).saturating_mul(self.interval)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

    use std::num::NonZeroU32;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn quota(rate: u32, period: Duration, burst: u32) -> Quota {
        let n = |n| NonZeroU32::new(n).unwrap();
        Quota::new(n(rate), period).unwrap().burst(n(burst))
    }

    fn pace(quota: &Quota) -> Pace {
        Pace::new(quota, Tick::for_quota(quota)).unwrap()
    }

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn costs_that_wrapped_in_governor_never_fit() {
        // governor 0.10.4 multiplies u64 nanoseconds unchecked: these costs wrapped to almost nothing and were admitted.
        let cases = [
            ("1 a day, burst 100", quota(1, DAY, 100), 213_505),
            ("1 in 30 days, burst 1000", quota(1, 30 * DAY, 1_000), 7_118),
            (
                "10 an hour",
                quota(10, Duration::from_secs(3_600), 10),
                51_240_957,
            ),
        ];
        for (name, quota, cost) in cases {
            assert_eq!(pace(&quota).spend(0, cost), Spend::NeverFits, "{name}");
            let burst = u64::from(quota.max_burst().get());
            assert_eq!(pace(&quota).spend(0, burst + 1), Spend::NeverFits, "{name}");
            assert!(
                matches!(pace(&quota).spend(0, burst), Spend::Fits { .. }),
                "{name}"
            );
        }
    }

    #[test]
    fn a_cost_made_to_wrap_never_fits() {
        for quota in [
            quota(1, DAY, 100),
            quota(7, Duration::from_secs(60), 7),
            quota(u32::MAX, DAY, 1),
        ] {
            let pace = pace(&quota);
            // The least costs whose products with the interval exceed 64 bits, one time round and several.
            for turns in 1..=100_u128 {
                let cost = (turns << 64).div_ceil(u128::from(pace.interval));
                for cost in (cost..cost + 3).filter_map(|cost| u64::try_from(cost).ok()) {
                    assert_eq!(pace.spend(0, cost), Spend::NeverFits, "{cost}");
                }
            }
            assert_eq!(
                pace.spend(u64::MAX, 1),
                Spend::Wait {
                    wait: u64::MAX - pace.depth,
                    debt: u64::MAX
                }
            );
        }
    }

    #[test]
    fn the_whole_burst_fits_at_once_and_one_by_one() {
        for (rate, burst) in [(7, 7), (1, 1), (3, 100), (1_000_000, 1), (u32::MAX, u32::MAX)] {
            let quota = quota(rate, Duration::from_secs(60), burst);
            let pace = pace(&quota);
            assert!(matches!(pace.spend(0, u64::from(burst)), Spend::Fits { .. }));
            let mut debt = 0;
            for left in (0..burst.min(1_000)).rev() {
                let Spend::Fits { debt: after } = pace.spend(debt, 1) else {
                    panic!("{rate} {burst} {left}")
                };
                debt = after;
                assert_eq!(
                    pace.remaining(debt).get(),
                    left.max(burst - burst.min(1_000) + left)
                );
            }
        }
    }

    #[test]
    fn a_cost_of_zero_is_a_cost_of_one() {
        let pace = pace(&quota(1, Duration::from_secs(1), 1));
        assert_eq!(pace.spend(0, 0), pace.spend(0, 1));
    }

    #[test]
    fn every_quota_has_a_tick_and_ticks_convert_both_ways() {
        let quota = quota(1, 30 * DAY, u32::MAX);
        let tick = Tick::for_quota(&quota);
        assert!(Pace::new(&quota, tick).is_some());
        let fine = Tick { exponent: 0 };
        assert_eq!((fine.of_nanos(3), fine.nanos(48), fine.nanos(49)), (48, 3, 4));
        let coarse = Tick { exponent: 14 };
        assert_eq!((coarse.of_nanos(2_047), coarse.nanos(2)), (1, 2_048));
        assert_eq!(fine.of_nanos(u64::MAX), u64::MAX, "time stops rather than wraps");
        assert_eq!(coarse.of_nanos(u64::MAX), u64::MAX >> 14);
        assert_eq!(coarse.nanos(u64::MAX), u64::MAX, "a span saturates");
        assert_eq!(tick.nanos(u64::MAX), u64::MAX);
    }

    proptest! {
        /// The oracle: exact rational GCRA in u128, in units of `ns * rate`.
        #[test]
        fn a_single_decision_agrees_with_the_oracle(
            rate in 1_u32.., millis in 1_u64..=2_592_000_000, burst in 1_u32.., cost in 0_u32.., used in 0.0..1.0_f64,
        ) {
            let quota = quota(rate, Duration::from_millis(millis), burst);
            let (pace, tick) = (pace(&quota), Tick::for_quota(&quota));
            #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss,
                clippy::cast_precision_loss, reason = "any value below will do")]
            let debt = (used * pace.depth as f64) as u64;
            let cost = cost.max(1);
            let verdict = pace.spend(debt, u64::from(cost));
            // In ticks of 2^-4 ns times the rate, without any rounding.
            let period = u128::from(millis) * 16_000_000;
            let exact = (u128::from(debt) << tick.exponent) * u128::from(rate) + u128::from(cost) * period;
            let allowed = u128::from(burst) * period;
            prop_assert_eq!(verdict == Spend::NeverFits, cost > burst);
            // Intervals are rounded up, by less than a tick each: up to `burst` of them make the whole difference.
            let slack = (u128::from(burst) * u128::from(rate)) << tick.exponent;
            match verdict {
                Spend::Fits { .. } => prop_assert!(exact <= allowed + slack),
                Spend::Wait { .. } => prop_assert!(exact + slack > allowed),
                Spend::NeverFits => prop_assert!(exact > allowed),
            }
        }

        #[test]
        fn what_has_to_wait_fits_after_the_wait(debt in 0..MAX_DEBT, cost in 1..=10_u64, burst in 1_u32..=100) {
            let pace = pace(&quota(7, Duration::from_secs(60), burst));
            let debt = debt.min(pace.depth);
            if let Spend::Wait { wait, .. } = pace.spend(debt, cost) {
                prop_assert!(wait > 0 && wait <= debt);
                let fits = matches!(pace.spend(debt - wait, cost), Spend::Fits { .. });
                prop_assert!(fits);
                let early = matches!(pace.spend(debt - wait + 1, cost), Spend::Fits { .. });
                prop_assert!(!early);
            }
        }
    }
}
