//! Clause 2: what any window sees.
use super::Timed;
use super::bench::{Bench, exact, held, paced, strict};
use crate::store::TakenKind;
use crate::{Quota, QuotaKind};

pub(super) async fn check<T: Timed>(timed: &T) {
    for quota in [paced(4), exact(4, 10), strict(40, 10)] {
        any_window(timed, quota).await;
    }
}

/// Bursts and pauses, as a client makes them that aims at the edges of windows.
async fn any_window<T: Timed>(timed: &T, quota: Quota) {
    let bench = Bench::open(timed, quota).await;
    let mut admitted = Vec::new();
    let (mut now, mut dice) = (0_u64, 7_u64);
    for _ in 0..150_u32 {
        dice = dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let cost = (dice >> 40) % 3;
        if bench.kind(1, cost).await == TakenKind::Admitted {
            admitted.push((now, cost.max(1)));
        }
        let pause = [0, 0, 1, 40, 300, 999, 2_500, 5_000, 9_999, 10_000];
        let index = usize::try_from((dice >> 50) % 10).unwrap_or(0);
        let millis = pause.get(index).copied().unwrap_or(0);
        bench.pass(millis).await;
        now = now.saturating_add(millis);
    }
    held(
        within(&quota, &admitted),
        "2: a window sees no more than the quota allows",
    );
}

/// Looks at every window that begins with one admission and ends with another.
fn within(quota: &Quota, admitted: &[(u64, u64)]) -> bool {
    let (rate, period) = (
        u64::from(quota.rate().get()),
        u64::try_from(quota.period().as_millis()).unwrap_or(1),
    );
    let burst = u64::from(quota.max_burst().get());
    (0..admitted.len()).all(|first| {
        let window = admitted.get(first..).unwrap_or_default();
        let from = window.first().map_or(0, |(time, _)| *time);
        let mut sum = 0_u64;
        window.iter().all(|(time, cost)| {
            sum = sum.saturating_add(*cost);
            let span = time.saturating_sub(from);
            match quota.kind() {
                // In thousandths of a unit.
                QuotaKind::Gcra => {
                    let paced = span
                        .saturating_mul(rate)
                        .saturating_mul(1_000)
                        .checked_div(period)
                        .unwrap_or(0);
                    sum.saturating_mul(1_000) <= burst.saturating_mul(1_000).saturating_add(paced)
                }
                QuotaKind::SlidingLog => span >= period || sum <= burst,
                QuotaKind::SlidingCounter => span >= period || sum < burst.saturating_mul(2),
            }
        })
    })
}
