//! A sliding window by the times of the last few admissions.
use std::iter;

use crate::Quota;
use crate::sliding::{Limit, Slide, Standing, Window, share};

const MOST: usize = 16;

const _: () = assert!(
    Quota::MAX_EXACT == 16,
    "as many times are kept as an exact quota counts"
);

/// When each unit was admitted that still counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    /// In nanoseconds, ascending; the first `len` count.
    times: [u64; MOST],
    len: usize,
    /// The limit that it was charged by last.
    limit: Option<Limit>,
}

impl Window for Log {
    fn clipped(self, _: Limit) -> Self {
        // The oldest times are the first to leave, whatever the limit: it asks for the same wait.
        self
    }

    fn spend(self, limit: Limit, now: u64, cost: u64) -> Slide<Self> {
        let time = self.not_before(now);
        let live = self.live(limit.window, time);
        let remaining = limit.remaining(count(live));
        let Some(units) = fitting(cost, remaining) else {
            let wait = leaves(live, limit, cost).saturating_sub(now).max(1);
            return Slide::Wait {
                standing: Standing { remaining, wait },
            };
        };
        let kept = Self::of(live.iter().copied().chain(iter::repeat_n(time, units)), limit);
        let standing = Standing {
            remaining: limit.remaining(count(kept.kept())),
            wait: time.saturating_add(limit.window).saturating_sub(now),
        };
        Slide::Fits { kept, standing }
    }

    fn penalize(self, limit: Limit, now: u64, cost: u64) -> Self {
        let room = limit.remaining(count(self.live(limit.window, self.not_before(now))));
        match self.spend(limit, now, cost.max(1).min(u64::from(room))) {
            Slide::Fits { kept, .. } => kept,
            Slide::Wait { .. } => self,
        }
    }

    /// Where these are not there any more, older ones go: a window then counts no less than it should.
    fn refund(self, limit: Limit, at: u64, cost: u64) -> Self {
        let (before, after) = self
            .kept()
            .split_at(self.kept().partition_point(|time| *time <= at));
        let cost = usize::try_from(cost.max(1)).unwrap_or(usize::MAX);
        let staying = before.len().saturating_sub(cost);
        let times = before.iter().take(staying).chain(after).copied();
        Self::of(times, self.limit.unwrap_or(limit))
    }

    fn load(self, now: u64) -> u64 {
        self.limit
            .map_or(0, |limit| share(count(self.live(limit.window, now)), limit.units))
    }
}

impl Log {
    fn of(times: impl Iterator<Item = u64>, limit: Limit) -> Self {
        let mut log = Self {
            limit: Some(limit),
            ..Self::default()
        };
        for (place, time) in log.times.iter_mut().zip(times) {
            *place = time;
            log.len = log.len.saturating_add(1);
        }
        log
    }

    fn kept(&self) -> &[u64] {
        self.times.get(..self.len).unwrap_or(&self.times)
    }

    /// Those that a window which ends now still covers.
    fn live(&self, window: u64, now: u64) -> &[u64] {
        let kept = self.kept();
        let gone = kept.partition_point(|time| time.saturating_add(window) <= now);
        kept.get(gone..).unwrap_or(kept)
    }

    /// `now`, or where another thread was served in between, the time at which that was.
    fn not_before(&self, now: u64) -> u64 {
        self.kept().last().map_or(now, |newest| now.max(*newest))
    }
}

/// When so many of the oldest have left that a cost fits that does not fit now, but is at most the limit.
fn leaves(live: &[u64], limit: Limit, cost: u64) -> u64 {
    let leaving = count(live)
        .saturating_add(cost.max(1))
        .saturating_sub(u64::from(limit.units));
    let last = usize::try_from(leaving.saturating_sub(1)).unwrap_or(MOST);
    live.get(last).map_or(0, |time| time.saturating_add(limit.window))
}

fn count(times: &[u64]) -> u64 {
    u64::try_from(times.len()).unwrap_or(u64::MAX)
}

/// The cost, at least one, where it fits.
fn fitting(cost: u64, remaining: u32) -> Option<usize> {
    let cost = u32::try_from(cost.max(1))
        .ok()
        .filter(|cost| *cost <= remaining)?;
    usize::try_from(cost).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

    use proptest::prelude::*;

    use super::*;

    /// Keeps every unit that was admitted and not taken back, for ever.
    #[derive(Default)]
    struct Model(Vec<u64>);

    impl Model {
        fn used(&self, limit: Limit, now: u64) -> u64 {
            count(
                &self
                    .0
                    .iter()
                    .copied()
                    .filter(|at| now - at < limit.window)
                    .collect::<Vec<_>>(),
            )
        }

        fn fits(&self, limit: Limit, now: u64, cost: u64) -> bool {
            self.used(limit, now).saturating_add(cost) <= u64::from(limit.units)
        }

        fn add(&mut self, now: u64, cost: u64) {
            self.0.extend((0..cost).map(|_| now));
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
            4 => prop_oneof![Just(0), Just(1), Just(window - 1), Just(window), 0..=window].prop_map(Step::Pass),
        ];
        prop::collection::vec(step, 1..120)
    }

    fn limits() -> impl Strategy<Value = (Limit, Vec<Step>)> {
        let window = prop_oneof![Just(1_000_000_u64), 1_000_000..2_592_000_000_000_000_u64];
        (1_u32..=16, window).prop_flat_map(|(units, window)| (Just(Limit { units, window }), steps(window)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn it_decides_as_the_list_of_all_admissions_does((limit, steps) in limits()) {
            let (mut log, mut model) = (Log::default(), Model::default());
            let mut charges = Vec::new();
            let mut now = 5 * limit.window;
            for step in steps {
                match step {
                    Step::Take(cost) => {
                        let cost = cost.max(1);
                        let fits = model.fits(limit, now, cost);
                        match log.spend(limit, now, cost) {
                            Slide::Fits { kept, standing } => {
                                prop_assert!(fits, "{cost}");
                                model.add(now, cost);
                                charges.push((now, cost));
                                log = kept;
                                prop_assert_eq!(u64::from(limit.units - standing.remaining), model.used(limit, now));
                                prop_assert_eq!(model.used(limit, now + standing.wait), 0);
                                prop_assert!(model.used(limit, now + standing.wait - 1) > 0);
                            }
                            Slide::Wait { standing } if cost <= u64::from(limit.units) => {
                                prop_assert!(!fits, "{cost}");
                                prop_assert!(model.fits(limit, now + standing.wait, cost), "after the wait");
                                prop_assert!(!model.fits(limit, now + standing.wait - 1, cost), "not before");
                            }
                            Slide::Wait { .. } => prop_assert!(!fits, "{cost}"),
                        }
                    }
                    Step::Penalize(cost) => {
                        let room = u64::from(limit.units) - model.used(limit, now);
                        model.add(now, cost.max(1).min(room));
                        log = log.penalize(limit, now, cost);
                    }
                    Step::Refund(index) if !charges.is_empty() => {
                        let (at, cost) = charges.swap_remove(index.index(charges.len()));
                        for _ in 0..cost {
                            let place = model.0.iter().position(|time| *time == at).unwrap();
                            model.0.swap_remove(place);
                        }
                        log = log.refund(limit, at, cost);
                    }
                    Step::Refund(_) => {}
                    Step::Pass(span) => now += span,
                }
            }
        }
    }

    const LIMIT: Limit = Limit {
        units: 3,
        window: 1_000,
    };

    fn spent(log: Log, now: u64, cost: u64) -> Log {
        let Slide::Fits { kept, .. } = log.spend(LIMIT, now, cost) else {
            panic!("{cost} at {now}")
        };
        kept
    }

    #[test]
    fn a_clock_that_goes_back_opens_nothing() {
        let log = spent(spent(Log::default(), 5_000, 1), 5_900, 2);
        for now in [0, 4_000, 5_899] {
            assert!(matches!(log.spend(LIMIT, now, 1), Slide::Wait { .. }), "{now}");
        }
        // Another thread was served in between: this one is served after it.
        let log = spent(spent(spent(Log::default(), 5_000, 1), 5_900, 1), 6_000, 1);
        assert_eq!(spent(log, 5_950, 1).kept(), [5_900, 6_000, 6_000]);
    }

    #[test]
    fn a_refund_never_takes_what_is_newer() {
        let log = spent(spent(Log::default(), 5_000, 1), 5_500, 2);
        assert_eq!(log.refund(LIMIT, 5_499, 3).kept(), [5_500, 5_500]);
        assert_eq!(log.refund(LIMIT, 5_500, 1).kept(), [5_000, 5_500]);
        assert_eq!(log.refund(LIMIT, 4_999, 9), log);
        assert_eq!(log.refund(LIMIT, u64::MAX, u64::MAX).kept(), [0; 0]);
    }
}
