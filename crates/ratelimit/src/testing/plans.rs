//! Clauses 12 and 17: quotas that change from call to call.
use std::time::Duration;

use super::Timed;
use super::bench::{Bench, both, exact, held, key, n, paced, strict};
use crate::store::{Store, TakenKind};
use crate::{Quota, Quotas};

pub(super) async fn check<T: Timed>(timed: &T) {
    a_debt_is_a_time(timed).await;
    a_count_is_a_count(timed, |limit| strict(limit, 60).into()).await;
    a_count_is_a_count(timed, |limit| exact(limit, 60).into()).await;
    each_of_several_changes(timed).await;
    what_is_not_supported_is_an_error(timed).await;
}

/// From one a second to two a second and back, and to a smaller burst.
async fn a_debt_is_a_time<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(10)).await;
    let faster = Quotas::of(Quota::per_minute(n(120)).burst(n(20)));
    let smaller = Quotas::of(paced(4));
    held(bench.admitted(1, 6).await == 6, "1: six pass");
    held(
        bench.left_by(&faster, 1).await == 8,
        "17: six seconds are twelve of twenty",
    );
    held(bench.left_by(&smaller, 1).await == 0, "17: and more than four");
    let wait = bench.peek_by(&smaller, 1).await.retry_after();
    held(
        wait == Some(Duration::from_secs(1)),
        "17: no debt is larger than the burst",
    );
    held(bench.left(1).await == 4, "17: to ask changes nothing");
    held(
        bench.take_by(&faster, 1, 8).await.kind() == TakenKind::Admitted,
        "17: eight more of those",
    );
    held(bench.left(1).await == 0, "17: are four of these");
    bench.pass(1_000).await;
    held(
        bench.left_by(&faster, 1).await == 2,
        "17: and come back at their own pace",
    );
    held(bench.left(1).await == 1, "17: each");
}

async fn a_count_is_a_count<T: Timed>(timed: &T, limited: impl Fn(u32) -> Quotas) {
    let bench = Bench::open(timed, limited(6)).await;
    let (larger, smaller) = (limited(9), limited(2));
    held(bench.admitted(1, 4).await == 4, "1: four pass");
    held(bench.left_by(&larger, 1).await == 5, "17: four of nine are used");
    held(bench.left_by(&smaller, 1).await == 0, "17: and more than two");
    held(
        bench.take_by(&larger, 1, 5).await.kind() == TakenKind::Admitted,
        "17: five more pass",
    );
    held(bench.left(1).await == 0, "17: and count by the smaller limit too");
    let wait = bench
        .peek_by(&smaller, 1)
        .await
        .retry_after()
        .unwrap_or(Duration::MAX);
    held(
        wait <= Duration::from_secs(90),
        "17: no count is larger than the limit",
    );
    bench.pass(120_000).await;
    held(
        bench.left_by(&larger, 1).await == 9,
        "17: all is there again when its time has come",
    );
}

async fn each_of_several_changes<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, both(paced(10), exact(6, 60))).await;
    let plan = both(Quota::per_minute(n(120)).burst(n(20)), exact(8, 60));
    held(bench.admitted(1, 9).await == 6, "1: six pass");
    held(bench.left_by(&plan, 1).await == 2, "17: six of eight are used");
    held(
        bench.take_by(&plan, 1, 2).await.kind() == TakenKind::Admitted,
        "17: two more pass",
    );
    held(
        bench.take_by(&plan, 1, 1).await.kind() == TakenKind::Refused,
        "17: and no more",
    );
    held(bench.left(1).await == 0, "17: by both");
}

/// Whether a store supports quotas or not, it answers as it has said.
async fn what_is_not_supported_is_an_error<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(10)).await;
    let longest = Quota::new(n(1), Quota::MAX_PERIOD).map(|quota| quota.burst(n(u32::MAX)));
    let others = longest
        .into_iter()
        .chain([strict(5, 10), exact(5, 10), paced(10_000)])
        .map(Quotas::of);
    for quotas in others.chain([both(paced(5), exact(5, 10)), both(strict(5, 10), paced(5))]) {
        let supported = bench.store.supports(&quotas).is_ok();
        let taken = bench.store.take(key(1), &quotas, 1).await.is_ok();
        let peeked = bench.store.peek(key(1), &quotas).await.is_ok();
        held(
            (taken, peeked) == (supported, supported),
            "12: what is not supported is answered with errors",
        );
    }
}
