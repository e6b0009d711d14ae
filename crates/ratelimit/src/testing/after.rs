//! Clauses 14 and 15: what comes after a charge.
use std::time::Duration;

use super::Timed;
use super::bench::{Bench, both, exact, held, paced, strict};
use crate::Quotas;
use crate::store::{Charge, TakenKind};

pub(super) async fn check<T: Timed>(timed: &T) {
    let alone = [paced(5).into(), strict(5, 10).into(), exact(5, 10).into()];
    let several = [both(paced(5), strict(5, 10)), both(exact(5, 10), paced(5))];
    for quotas in alone.into_iter().chain(several) {
        refunds_give_back(timed, quotas).await;
        refunds_are_bounded(timed, quotas).await;
        penalties_add(timed, quotas).await;
    }
    what_time_has_paid_is_not_given_back(timed).await;
    a_count_that_has_left_is_not_given_back(timed, strict(5, 10).into(), 20_000).await;
    a_count_that_has_left_is_not_given_back(timed, exact(5, 10).into(), 10_000).await;
}

async fn refunds_give_back<T: Timed>(timed: &T, quotas: Quotas) {
    let bench = Bench::open(timed, quotas).await;
    let first = bench.charge(1, 2).await;
    let second = bench.charge(1, 3).await;
    held(bench.admitted(1, 1).await == 0, "1: nothing is left");
    bench.refund(1, second).await;
    held(
        bench.left(1).await == 3,
        "14: a charge that is taken back is there again",
    );
    bench.refund(1, first).await;
    held(bench.left(1).await == 5, "14: and another");
    bench.refund(1, first).await;
    held(bench.admitted(1, 20).await == 5, "14: never more than the burst");
}

async fn refunds_are_bounded<T: Timed>(timed: &T, quotas: Quotas) {
    let bench = Bench::open(timed, quotas).await;
    let charge = bench.charge(1, 4).await;
    bench.refund(2, charge).await;
    held(
        bench.admitted(2, 20).await == 5,
        "14: nor for a key that was not charged",
    );
    bench.refund(1, Charge::new(0, charge.at())).await;
    held(bench.left(1).await == 2, "14: a cost of zero was charged as one");
    bench.refund(1, Charge::new(u64::MAX, charge.at())).await;
    held(
        bench.admitted(1, 20).await == 5,
        "14: more than everything is everything",
    );
}

/// Three were charged, two seconds have paid two, and four more were charged of what was free then.
async fn what_time_has_paid_is_not_given_back<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    let first = bench.charge(1, 3).await;
    bench.pass(2_000).await;
    bench.charge(1, 4).await;
    bench.refund(1, first).await;
    held(bench.admitted(1, 9).await == 1, "14: of three, time has paid two");
    bench.pass(5_000).await;
    let third = bench.charge(1, 5).await;
    bench.pass(5_000).await;
    bench.charge(1, 5).await;
    bench.refund(1, third).await;
    held(
        bench.admitted(1, 9).await == 0,
        "14: what is paid is not given back",
    );
}

async fn a_count_that_has_left_is_not_given_back<T: Timed>(timed: &T, quotas: Quotas, until: u64) {
    let bench = Bench::open(timed, quotas).await;
    let first = bench.charge(1, 3).await;
    bench.pass(until).await;
    bench.charge(1, 5).await;
    bench.refund(1, first).await;
    held(
        bench.admitted(1, 9).await == 0,
        "14: what counts no more is not given back",
    );
}

async fn penalties_add<T: Timed>(timed: &T, quotas: Quotas) {
    let bench = Bench::open(timed, quotas).await;
    bench.penalize(1, 2).await;
    held(
        bench.left(1).await == 3,
        "15: a penalty adds its cost, for a new key",
    );
    bench.penalize(1, 0).await;
    held(bench.left(1).await == 2, "15: of zero, one");
    held(bench.admitted(1, 1).await == 1, "15: for a known key");
    for cost in [3, u64::from(u32::MAX), 1 << 32, u64::MAX] {
        bench.penalize(1, cost).await;
        held(bench.left(1).await == 0, "15: whether it fits or not");
    }
    let wait = bench.take(1, 5).await.retry_after().unwrap_or(Duration::MAX);
    bench.pass_span(wait).await;
    held(
        wait <= Duration::from_secs(20),
        "15: no debt grows over the burst",
    );
    held(
        bench.kind(1, 5).await == TakenKind::Admitted,
        "15: and all is there when that is over",
    );
}
