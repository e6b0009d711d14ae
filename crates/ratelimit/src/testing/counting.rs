//! Clauses 1 to 3, 5 to 7, 9 to 11, with one quota that has a pace.
use std::time::Duration;

use super::Timed;
use super::bench::{Bench, held, paced};
use crate::store::TakenKind;

pub(super) async fn check<T: Timed>(timed: &T) {
    refusals_cost_nothing(timed).await;
    bursts_then_paces(timed).await;
    costs_are_bounded(timed).await;
    waits_are_exact(timed).await;
    keys_are_apart(timed).await;
    peeks_change_nothing(timed).await;
    resets_forget(timed).await;
    time_goes_on(timed).await;
}

async fn bursts_then_paces<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    held(
        bench.admitted(1, 20).await == 5,
        "1: a burst passes at once, and no more",
    );
    bench.pass(999).await;
    held(bench.admitted(1, 1).await == 0, "1: nothing before its interval");
    bench.pass(1).await;
    held(bench.admitted(1, 5).await == 1, "1: one after its interval");
    bench.pass(3_000).await;
    held(bench.admitted(1, 5).await == 3, "1: three after three");
    bench.pass(86_400_000).await;
    held(
        bench.admitted(1, 20).await == 5,
        "2: never more than the burst at once",
    );
    bench.pass(40 * 86_400_000).await;
    held(bench.admitted(1, 20).await == 5, "2: nor after forty days");
}

async fn refusals_cost_nothing<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(3)).await;
    bench.admitted(1, 500).await;
    bench.pass(1_000).await;
    held(bench.admitted(1, 1).await == 1, "3: a refusal adds no debt");
    bench.pass(2_000).await;
    held(
        bench.kind(1, 3).await == TakenKind::Refused,
        "1: three do not fit on top of one",
    );
    held(bench.admitted(1, 9).await == 2, "3: a refused cost adds no debt");
}

async fn costs_are_bounded<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    // Some of these wrapped in governor 0.10.4.
    for cost in [
        6,
        7_118,
        213_505,
        51_240_957,
        1 << 32,
        (1 << 32) | 1,
        u64::from(u32::MAX),
        u64::MAX / 2,
        u64::MAX,
    ] {
        let never = bench.kind(1, cost).await == TakenKind::NeverFits;
        held(never, "5: a cost over the burst never fits");
    }
    held(
        bench.kind(1, 0).await == TakenKind::Admitted,
        "6: a cost of zero is admitted",
    );
    held(
        bench.kind(1, 5).await == TakenKind::Refused,
        "6: and counts as one",
    );
    held(
        bench.kind(1, 4).await == TakenKind::Admitted,
        "1: four fit on top of one",
    );
    held(
        bench.kind(1, 6).await == TakenKind::NeverFits,
        "5: whatever the debt",
    );
}

async fn waits_are_exact<T: Timed>(timed: &T) {
    for cost in 1..=4 {
        let bench = Bench::open(timed, paced(4)).await;
        let full = bench.take(1, 4).await;
        let reset = full.reset_after().unwrap_or_default();
        held(
            reset == Duration::from_secs(4),
            "1: all is there again when every unit is",
        );
        bench.pass(333).await;
        let wait = bench.take(1, cost).await.retry_after().unwrap_or_default();
        held(!wait.is_zero(), "7: a refusal says when, and that is not now");
        bench
            .pass_span(wait.saturating_sub(Duration::from_millis(1)))
            .await;
        held(
            bench.kind(1, cost).await == TakenKind::Refused,
            "1: not before the wait is over",
        );
        bench.pass(1).await;
        held(
            bench.kind(1, cost).await == TakenKind::Admitted,
            "7: after the wait it is admitted",
        );
    }
}

async fn keys_are_apart<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(2)).await;
    for key in 0..50 {
        held(bench.admitted(key, 5).await == 2, "8: a key has its own debt");
    }
}

async fn peeks_change_nothing<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(2)).await;
    for left in [1, 0] {
        for _ in 0..3 {
            let peeked = bench.peek(1).await;
            held(
                peeked.kind() == TakenKind::Admitted,
                "9: a peek answers as a take would",
            );
            held(
                peeked.remaining() == left,
                "9: a peek tells what a take would leave",
            );
        }
        held(bench.take(1, 1).await.remaining() == left, "9: and takes nothing");
    }
    let refused = bench.peek(1).await.retry_after();
    held(refused == Some(Duration::from_secs(1)), "9: a peek says when");
}

async fn resets_forget<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(3)).await;
    bench.admitted(1, 9).await;
    bench.admitted(2, 9).await;
    bench.reset(1).await;
    held(
        bench.admitted(1, 9).await == 3,
        "10: after a reset there is no debt",
    );
    held(bench.admitted(2, 9).await == 0, "10: for that key only");
    bench.reset(3).await;
    held(bench.admitted(3, 9).await == 3, "10: an unknown key can be reset");
}

async fn time_goes_on<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(2)).await;
    let mut latest = bench.take(1, 1).await.at();
    for millis in [0, 1, 700, 50_000, 86_400_000] {
        bench.pass(millis).await;
        let at = bench.take(1, 1).await.at();
        let passed = at.saturating_sub(latest);
        held(at >= latest, "11: time does not run back");
        held(
            passed.as_millis() == u128::from(millis),
            "11: and the answers tell it",
        );
        latest = at;
    }
}
