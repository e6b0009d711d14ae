//! Clauses 1, 3 to 5, 7 and 9 with several quotas of one key.
use std::time::Duration;

use super::Timed;
use super::bench::{Bench, both, exact, held, made, n, strict};
use crate::store::{Taken, TakenKind};
use crate::{Quota, Quotas};

/// Three at once, then one in ten seconds.
fn burst() -> Quota {
    Quota::per_minute(n(6)).burst(n(3))
}

pub(super) async fn check<T: Timed>(timed: &T) {
    for other in [
        exact(4, 100),
        strict(4, 100),
        made(Quota::new(n(4), Duration::from_secs(4_000))),
    ] {
        all_must_agree(timed, other).await;
        order_decides_nothing(timed, other).await;
        what_never_fits_charges_nothing(timed, other).await;
    }
    refusals_by_a_later_one_charge_none(timed).await;
    four_are_counted(timed).await;
}

async fn all_must_agree<T: Timed>(timed: &T, other: Quota) {
    let bench = Bench::open(timed, both(burst(), other)).await;
    held(bench.admitted(1, 9).await == 3, "1: the first quota refuses");
    let refused = bench.take(1, 1).await;
    held(refused.quota() == 0, "7: the numbers are of the one that refuses");
    held(
        refused.retry_after() == Some(Duration::from_secs(10)),
        "7: and its wait",
    );
    bench.pass(10_000).await;
    held(
        bench.admitted(1, 9).await == 1,
        "1: then the second has one left, for refusals took none of it",
    );
    let refused = bench.take(1, 1).await;
    held(
        refused.quota() == 1,
        "7: of those that refuse, the one that has to be waited for longest",
    );
    let wait = refused.retry_after().unwrap_or_default();
    held(
        wait > Duration::from_secs(10),
        "7: and its wait is the longer one",
    );
    bench.pass_span(wait).await;
    held(
        bench.kind(1, 1).await == TakenKind::Admitted,
        "7: after the wait all of them admit",
    );
}

/// A store asked by the same quotas in the other order gives the same answers.
async fn order_decides_nothing<T: Timed>(timed: &T, other: Quota) {
    let here = Bench::open(timed, both(burst(), other)).await;
    let there = Bench::open(timed, both(other, burst())).await;
    for (millis, cost) in [
        (0, 1),
        (0, 2),
        (500, 1),
        (9_500, 3),
        (0, 1),
        (0, 1),
        (60_000, 2),
        (30_000, 3),
        (1, 9),
    ] {
        here.pass(millis).await;
        let (one, another) = (here.take(1, cost).await, there.take(1, cost).await);
        held(same(&one, &another), "3: the order of the quotas decides nothing");
        let (one, another) = (here.peek(1).await, there.peek(1).await);
        held(
            same(&one, &another),
            "3: and changes nothing that a peek would show",
        );
    }
}

fn same(one: &Taken, another: &Taken) -> bool {
    let facts = |taken: &Taken| {
        (
            taken.kind(),
            taken.remaining(),
            taken.retry_after(),
            taken.reset_after(),
        )
    };
    facts(one) == facts(another)
}

async fn what_never_fits_charges_nothing<T: Timed>(timed: &T, other: Quota) {
    let bench = Bench::open(timed, both(other, burst())).await;
    for _ in 0..10 {
        held(
            bench.kind(1, 4).await == TakenKind::NeverFits,
            "5: what is over the least burst never fits",
        );
    }
    held(bench.left(1).await == 3, "5: and is charged nowhere");
    held(bench.admitted(1, 3).await == 3, "5: nor by the first of them");
    bench.pass(10_000).await;
    held(
        bench.admitted(1, 3).await == 1,
        "5: all four of the other were there",
    );
}

/// The first quota would admit again and again; the second refuses. Then the first must be as it was.
async fn refusals_by_a_later_one_charge_none<T: Timed>(timed: &T) {
    for first in [burst(), strict(3, 30), exact(3, 30)] {
        let bench = Bench::open(timed, both(first, exact(3, 200))).await;
        held(bench.admitted(1, 3).await == 3, "1: three pass");
        for _ in 0..19 {
            bench.pass(10_000).await;
            held(bench.admitted(1, 3).await == 0, "1: the second refuses");
        }
        bench.pass(9_999).await;
        held(bench.admitted(1, 3).await == 0, "1: until its window is over");
        bench.pass(1).await;
        held(
            bench.admitted(1, 9).await == 3,
            "3: a refusal leaves every debt as it was",
        );
    }
}

async fn four_are_counted<T: Timed>(timed: &T) {
    let all = Quotas::of(burst())
        .and(exact(5, 1_000))
        .and_then(|all| all.and(strict(8, 1_000)));
    let all = made(all.and_then(|all| all.and(made(Quota::new(n(20), Duration::from_secs(86_400))))));
    let bench = Bench::open(timed, all).await;
    let mut admitted = 0_u32;
    for _ in 0..30 {
        admitted = admitted.saturating_add(bench.admitted(1, 2).await);
        bench.pass(10_000).await;
    }
    held(admitted == 5, "1: the tightest of four decides");
    held(
        bench.take(1, 1).await.quota() == 1,
        "7: and is the one that is told of",
    );
    bench.reset(1).await;
    held(bench.admitted(1, 9).await == 3, "10: a reset forgets all of them");
}
