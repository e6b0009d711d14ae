//! A sliding window by two counters.
//!
//! The window before counts by the part of it that a window which ends now still covers. All in integers: the weighted count is
//! rounded up, so that what is admitted is never more than the formula allows.
use crate::sliding::{Limit, Slide, Standing, Window, share};

/// What a key used in two windows, which begin with its own first use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counter {
    /// When the window now began, in nanoseconds.
    start: u64,
    previous: u32,
    current: u32,
    /// The limit that it was charged by last.
    limit: Option<Limit>,
}

impl Window for Counter {
    fn clipped(self, limit: Limit) -> Self {
        Self {
            previous: self.previous.min(limit.units),
            current: self.current.min(limit.units),
            ..self
        }
    }

    fn spend(self, limit: Limit, now: u64, cost: u64) -> Slide<Self> {
        let rolled = self.rolled(limit.window, now);
        let used = rolled.used(limit.window, now);
        let remaining = limit.remaining(used);
        let Some(cost) = fitting(cost, remaining) else {
            let wait = rolled.wait(limit, now, cost);
            return Slide::Wait {
                standing: Standing { remaining, wait },
            };
        };
        let kept = Self {
            current: rolled.current.saturating_add(cost),
            limit: Some(limit),
            ..rolled
        };
        let standing = Standing {
            remaining: remaining.saturating_sub(cost),
            wait: kept.reset(limit.window, now),
        };
        Slide::Fits { kept, standing }
    }

    fn penalize(self, limit: Limit, now: u64, cost: u64) -> Self {
        let room = limit.remaining(self.rolled(limit.window, now).used(limit.window, now));
        match self.spend(limit, now, cost.max(1).min(u64::from(room))) {
            Slide::Fits { kept, .. } => kept,
            Slide::Wait { .. } => self,
        }
    }

    fn refund(self, limit: Limit, at: u64, cost: u64) -> Self {
        let cost = u32::try_from(cost.max(1)).unwrap_or(u32::MAX);
        let mut left = self;
        if at >= self.start {
            left.current = self.current.saturating_sub(cost);
        } else if at.saturating_add(limit.window) >= self.start {
            left.previous = self.previous.saturating_sub(cost);
        }
        left
    }

    fn load(self, now: u64) -> u64 {
        self.limit.map_or(0, |limit| {
            let used = self.rolled(limit.window, now).used(limit.window, now);
            share(used, limit.units)
        })
    }
}

impl Counter {
    /// Brought to the window that `now` lies in. Where nothing counts any more, a window begins now.
    fn rolled(self, window: u64, now: u64) -> Self {
        let gone = now.saturating_sub(self.start);
        let empty = Self {
            start: now,
            previous: 0,
            current: 0,
            ..self
        };
        let rolled = if gone < window {
            self
        } else if gone.saturating_sub(window) < window {
            Self {
                start: self.start.saturating_add(window),
                previous: self.current,
                current: 0,
                ..self
            }
        } else {
            empty
        };
        if (rolled.previous, rolled.current) == (0, 0) {
            empty
        } else {
            rolled
        }
    }

    /// The weighted count, in the window that `now` lies in.
    fn used(self, window: u64, now: u64) -> u64 {
        let covered = window.saturating_sub(now.saturating_sub(self.start));
        u64::from(self.current).saturating_add(weighted(self.previous, covered, window))
    }

    /// How long until a cost fits that does not fit now, but is at most the limit.
    fn wait(self, limit: Limit, now: u64, cost: u64) -> u64 {
        let into = now.saturating_sub(self.start);
        let room =
            |used: u32| u64::from(limit.units).checked_sub(u64::from(used).saturating_add(cost.max(1)));
        let until = if let Some(room) = room(self.current) {
            fits_at(limit.window, room, self.previous)
        } else {
            let next = fits_at(limit.window, room(0).unwrap_or(0), self.current);
            next.saturating_add(limit.window)
        };
        until.saturating_sub(into).max(1)
    }

    /// How long until nothing counts any more.
    fn reset(self, window: u64, now: u64) -> u64 {
        let windows = if self.current > 0 {
            2
        } else {
            u64::from(self.previous > 0)
        };
        let end = self.start.saturating_add(window.saturating_mul(windows));
        end.saturating_sub(now)
    }
}

/// How far into a window no more than `room` is left of the count of the window before.
fn fits_at(window: u64, room: u64, previous: u32) -> u64 {
    let covered = u128::from(room).saturating_mul(u128::from(window));
    let covered = covered
        .checked_div(u128::from(previous))
        .unwrap_or(u128::from(window));
    window.saturating_sub(u64::try_from(covered).unwrap_or(u64::MAX))
}

/// `count * part / whole`, rounded up.
fn weighted(count: u32, part: u64, whole: u64) -> u64 {
    let whole = whole.max(1);
    if let Some(product) = u64::from(count).checked_mul(part) {
        return product.div_ceil(whole);
    }
    let product = u128::from(count).saturating_mul(u128::from(part));
    u64::try_from(product.div_ceil(u128::from(whole))).unwrap_or(u64::MAX)
}

/// The cost, at least one, where it fits.
fn fitting(cost: u64, remaining: u32) -> Option<u32> {
    let cost = u32::try_from(cost.max(1)).ok()?;
    (cost <= remaining).then_some(cost)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

    use proptest::prelude::*;

    use super::*;

    /// Keeps every charge and works the documented formula out, in fractions.
    #[derive(Default)]
    struct Model {
        start: u64,
        charges: Vec<(u64, u64)>,
    }

    impl Model {
        fn sum(&self, from: u64, to: u64) -> u128 {
            let within = self.charges.iter().filter(|(at, _)| (from..to).contains(at));
            within.map(|(_, cost)| u128::from(*cost)).sum()
        }

        /// Whether `cost` fits on top of what is used, and the start of the window now.
        fn fits(&self, limit: Limit, now: u64, cost: u64) -> (bool, u64) {
            let window = limit.window;
            let mut start = self.start + (now - self.start) / window * window;
            let used_before = self.sum(start.saturating_sub(window), start);
            if used_before + self.sum(start, now + 1) == 0 {
                start = now;
            }
            let previous = if start >= window {
                self.sum(start - window, start)
            } else {
                self.sum(0, start)
            };
            let current = self.sum(start, now + 1) + u128::from(cost);
            let covered = u128::from(window - (now - start));
            let used = previous * covered + current * u128::from(window);
            (used <= u128::from(limit.units) * u128::from(window), start)
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Take(u64),
        Penalize(u64),
        Refund(prop::sample::Index),
        Pass(u64),
    }

    fn steps(window: u64) -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            6 => prop_oneof![0_u64..4, any::<u64>()].prop_map(Step::Take),
            1 => prop_oneof![0_u64..4, any::<u64>()].prop_map(Step::Penalize),
            2 => any::<prop::sample::Index>().prop_map(Step::Refund),
            4 => prop_oneof![Just(0), Just(1), Just(window - 1), Just(window), 0..=3 * window].prop_map(Step::Pass),
        ];
        prop::collection::vec(step, 1..120)
    }

    fn limits() -> impl Strategy<Value = (Limit, Vec<Step>)> {
        let units = prop_oneof![1_u32..12, 1_u32.., Just(u32::MAX)];
        let window = prop_oneof![Just(1_000_000_u64), 1_000_000..2_592_000_000_000_000_u64];
        (units, window).prop_flat_map(|(units, window)| (Just(Limit { units, window }), steps(window)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn it_decides_as_the_formula_does((limit, steps) in limits()) {
            let (mut counter, mut model) = (Counter::default(), Model::default());
            let mut now = 5 * limit.window;
            for step in steps {
                match step {
                    Step::Take(cost) => {
                        let cost = cost.max(1);
                        let (fits, start) = model.fits(limit, now, cost);
                        match counter.spend(limit, now, cost) {
                            Slide::Fits { kept, standing } => {
                                prop_assert!(fits, "{cost}");
                                (counter, model.start) = (kept, start);
                                model.charges.push((now, cost));
                                let left = u64::from(standing.remaining);
                                prop_assert!(left == 0 || model.fits(limit, now, left).0);
                                prop_assert!(!model.fits(limit, now, left + 1).0);
                                let later = counter.rolled(limit.window, now + standing.wait);
                                prop_assert_eq!(later.used(limit.window, now + standing.wait), 0);
                            }
                            Slide::Wait { standing } if cost <= u64::from(limit.units) => {
                                prop_assert!(!fits, "{cost}");
                                prop_assert!(model.fits(limit, now + standing.wait, cost).0, "after the wait");
                                prop_assert!(!model.fits(limit, now + standing.wait - 1, cost).0, "not before");
                            }
                            Slide::Wait { .. } => prop_assert!(!fits, "{cost}"),
                        }
                    }
                    Step::Penalize(cost) => {
                        let (_, start) = model.fits(limit, now, 0);
                        let after = counter.penalize(limit, now, cost);
                        let (before, used) = (counter.rolled(limit.window, now), after.rolled(limit.window, now));
                        let added = used.used(limit.window, now) - before.used(limit.window, now);
                        let room = u64::from(limit.units).saturating_sub(before.used(limit.window, now));
                        prop_assert_eq!(added, cost.max(1).min(room), "as many as fit");
                        if added > 0 {
                            (counter, model.start) = (after, start);
                            model.charges.push((now, added));
                        }
                    }
                    Step::Refund(index) if !model.charges.is_empty() => {
                        let (at, cost) = model.charges.swap_remove(index.index(model.charges.len()));
                        counter = counter.refund(limit, at, cost);
                    }
                    Step::Refund(_) => {}
                    Step::Pass(span) => now += span,
                }
            }
        }
    }

    #[test]
    fn a_smaller_limit_keeps_no_more_than_it_has_room_for() {
        let limit = |units| Limit {
            units,
            window: 1_000_000,
        };
        let Slide::Fits { kept, .. } = Counter::default().spend(limit(100), 0, 80) else {
            panic!("it fits")
        };
        let clipped = kept.clipped(limit(4));
        let Slide::Wait { standing } = clipped.spend(limit(4), 0, 1) else {
            panic!("nothing is left")
        };
        assert_eq!(standing.wait, 1_250_000, "a quarter of the next window");
        assert_eq!(kept.clipped(limit(200)), kept, "a larger one changes nothing");
    }

    #[test]
    fn the_load_is_the_part_that_is_used() {
        let limit = Limit {
            units: 4,
            window: 1_000,
        };
        let Slide::Fits { kept, .. } = Counter::default().spend(limit, 10_000, 2) else {
            panic!("it fits")
        };
        assert_eq!(Counter::default().load(10_000), 0);
        assert_eq!(
            (kept.load(10_000), kept.load(11_500), kept.load(12_000)),
            (1 << 31, 1 << 30, 0)
        );
    }
}
