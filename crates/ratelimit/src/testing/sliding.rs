//! Clauses 1 to 3, 5 to 7, 9 and 10, with strict and exact quotas.
use std::time::Duration;

use super::Timed;
use super::bench::{Bench, exact, held, strict};
use crate::Quota;
use crate::store::TakenKind;

pub(super) async fn check<T: Timed>(timed: &T) {
    for quota in [strict(3, 10), exact(3, 10)] {
        limits_hold(timed, quota).await;
        costs_are_bounded(timed, quota).await;
        peeks_and_resets(timed, quota).await;
    }
    two_windows_are_weighed(timed).await;
    a_log_forgets_one_by_one(timed).await;
}

async fn limits_hold<T: Timed>(timed: &T, quota: Quota) {
    let bench = Bench::open(timed, quota).await;
    held(
        bench.admitted(1, 20).await == 3,
        "1: the limit passes at once, and no more",
    );
    held(bench.admitted(2, 20).await == 3, "8: a key has its own debt");
    let wait = bench.take(1, 1).await.retry_after().unwrap_or_default();
    held(!wait.is_zero(), "7: a refusal says when, and that is not now");
    bench
        .pass_span(wait.saturating_sub(Duration::from_millis(1)))
        .await;
    held(bench.admitted(1, 20).await == 0, "3: refusals change nothing");
    bench.pass(1).await;
    held(
        bench.kind(1, 1).await == TakenKind::Admitted,
        "7: after the wait it is admitted",
    );
    bench.pass(20_000).await;
    held(
        bench.admitted(1, 20).await == 3,
        "1: what was two windows ago does not count",
    );
    bench.pass(40 * 86_400_000).await;
    held(
        bench.admitted(1, 20).await == 3,
        "2: nor is anything saved up in forty days",
    );
}

async fn costs_are_bounded<T: Timed>(timed: &T, quota: Quota) {
    let bench = Bench::open(timed, quota).await;
    for cost in [4, 1 << 32, (1 << 32) | 1, u64::MAX] {
        held(
            bench.kind(1, cost).await == TakenKind::NeverFits,
            "5: a cost over the limit never fits",
        );
    }
    held(
        bench.kind(1, 0).await == TakenKind::Admitted,
        "6: a cost of zero is admitted",
    );
    held(
        bench.kind(1, 3).await == TakenKind::Refused,
        "6: and counts as one",
    );
    held(
        bench.kind(1, 2).await == TakenKind::Admitted,
        "1: two fit on top of one",
    );
    held(
        bench.kind(1, 4).await == TakenKind::NeverFits,
        "5: whatever the debt",
    );
}

async fn peeks_and_resets<T: Timed>(timed: &T, quota: Quota) {
    let bench = Bench::open(timed, quota).await;
    for left in [2, 1, 0] {
        held(
            bench.peek(1).await.remaining() == left,
            "9: a peek tells what a take would leave",
        );
        held(bench.take(1, 1).await.remaining() == left, "9: and takes nothing");
    }
    held(
        bench.peek(1).await.kind() == TakenKind::Refused,
        "9: a peek is refused as a take would be",
    );
    bench.reset(1).await;
    held(
        bench.admitted(1, 9).await == 3,
        "10: after a reset there is no debt",
    );
}

/// Ten in ten seconds, all used in the first second of a window: in the next they count by what is left of it.
async fn two_windows_are_weighed<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, strict(10, 10)).await;
    held(bench.admitted(1, 20).await == 10, "1: the limit passes at once");
    let wait = bench.take(1, 1).await.retry_after();
    held(
        wait == Some(Duration::from_secs(11)),
        "7: a tenth of the next window makes room for one",
    );
    bench.pass(10_000).await;
    held(
        bench.admitted(1, 1).await == 0,
        "2: at the edge of a window all of the one before counts",
    );
    bench.pass(5_000).await;
    held(bench.left(1).await == 5, "1: in the middle of it, half");
    let taken = bench.take(1, 3).await;
    held(taken.remaining() == 2, "1: on top of what is used in this one");
    held(
        taken.reset_after() == Some(Duration::from_secs(15)),
        "1: all is there when this one counts no more",
    );
    let wait = bench.take(1, 5).await.retry_after();
    held(
        wait == Some(Duration::from_secs(3)),
        "7: two of ten in ten seconds leave in two, three in three",
    );
}

/// Three in ten seconds, one at a time: each leaves by itself.
async fn a_log_forgets_one_by_one<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, exact(3, 10)).await;
    for millis in [4_000, 4_000, 0] {
        held(bench.admitted(1, 1).await == 1, "1: the limit passes");
        bench.pass(millis).await;
    }
    let wait = bench.take(1, 1).await.retry_after();
    held(
        wait == Some(Duration::from_secs(2)),
        "7: until the oldest is ten seconds old",
    );
    let wait = bench.take(1, 2).await.retry_after();
    held(wait == Some(Duration::from_secs(6)), "7: or the two oldest");
    bench.pass(1_999).await;
    held(bench.admitted(1, 1).await == 0, "2: not before");
    bench.pass(1).await;
    let taken = bench.take(1, 1).await;
    held(
        taken.kind() == TakenKind::Admitted,
        "7: after the wait it is admitted",
    );
    held(
        taken.reset_after() == Some(Duration::from_secs(10)),
        "1: all is there when the newest has left",
    );
    held(bench.admitted(1, 5).await == 0, "2: one for one");
}
