//! Clause 8: what a store of bounded size must not forget.
use super::Timed;
use super::bench::{Bench, both, exact, held, paced, strict};
use crate::Quotas;
use crate::store::TakenKind;

const USED_UP: u64 = 20;
const FRESH: u64 = 3_000;

pub(super) async fn check<T: Timed>(timed: &T) {
    for quotas in [
        paced(5).into(),
        strict(5, 600).into(),
        exact(5, 600).into(),
        both(paced(5), exact(5, 600)),
    ] {
        fresh_keys_push_out_nobody_who_has_nothing_left(timed, quotas).await;
    }
}

async fn fresh_keys_push_out_nobody_who_has_nothing_left<T: Timed>(timed: &T, quotas: Quotas) {
    let bench = Bench::open(timed, quotas).await;
    for key in 0..USED_UP {
        held(bench.admitted(key, 6).await == 5, "1: five pass");
    }
    for key in USED_UP..FRESH {
        held(
            bench.kind(key, 1).await != TakenKind::NeverFits,
            "5: one fits, or will",
        );
    }
    for key in 0..USED_UP {
        held(
            bench.admitted(key, 1).await == 0,
            "8: a key that has nothing left is not forgotten",
        );
    }
}
