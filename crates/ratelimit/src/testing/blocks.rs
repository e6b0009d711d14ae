//! Clause 16: blocks.
use std::time::Duration;

use super::Timed;
use super::bench::{Bench, held, key, made, paced, works};
use crate::store::{Block, Store, TakenKind};

pub(super) async fn check<T: Timed>(timed: &T) {
    the_blocked_are_refused(timed).await;
    longer_ones_stay(timed).await;
    they_double_and_are_forgotten(timed).await;
    a_reset_ends_them(timed).await;
}

impl<T: Timed> Bench<'_, T> {
    async fn block(&self, key: u64, block: Block) -> Duration {
        works(self.store.block(self::key(key), block).await)
    }
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

async fn the_blocked_are_refused<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    held(bench.admitted(1, 2).await == 2, "1: two pass");
    let span = bench.block(1, made(Block::lasting(secs(30)))).await;
    held(span == secs(30), "16: a block tells how long it is");
    for cost in [0, 1, 5, 6, u64::MAX] {
        let taken = bench.take(1, cost).await;
        held(
            taken.kind() == TakenKind::Blocked,
            "16: the blocked are refused, whatever the cost",
        );
        held(taken.retry_after() == Some(secs(30)), "16: and told until when");
    }
    held(
        bench.peek(1).await.kind() == TakenKind::Blocked,
        "16: by a peek too",
    );
    held(bench.admitted(2, 9).await == 5, "16: others are not");
    bench.pass(29_999).await;
    held(
        bench.kind(1, 1).await == TakenKind::Blocked,
        "16: until it has ended",
    );
    bench.pass(1).await;
    held(
        bench.admitted(1, 9).await == 5,
        "16: not longer, and refusals were not charged",
    );
}

async fn longer_ones_stay<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    bench.block(1, made(Block::lasting(secs(100)))).await;
    let span = bench.block(1, made(Block::lasting(secs(10)))).await;
    held(span == secs(100), "16: a longer block is not made shorter");
    bench.pass(99_999).await;
    held(
        bench.kind(1, 1).await == TakenKind::Blocked,
        "16: it lasts as long as it would have",
    );
    bench.pass(1).await;
    held(bench.kind(1, 1).await == TakenKind::Admitted, "16: and no longer");
}

async fn they_double_and_are_forgotten<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    let block = made(Block::doubling(secs(60), secs(200)));
    for span in [60, 120, 200, 200] {
        held(
            bench.block(1, block).await == secs(span),
            "16: each is twice as long, up to the longest",
        );
        bench.pass(span.saturating_mul(1_000)).await;
        held(bench.kind(1, 1).await == TakenKind::Admitted, "16: each ends");
        bench.pass(199_999).await;
    }
    bench.pass(1).await;
    held(
        bench.block(1, block).await == secs(60),
        "16: after as long as the longest, it is the first again",
    );
    held(
        bench.block(2, block).await == secs(60),
        "16: for each key by itself",
    );
}

async fn a_reset_ends_them<T: Timed>(timed: &T) {
    let bench = Bench::open(timed, paced(5)).await;
    let block = made(Block::doubling(secs(60), secs(200)));
    bench.block(1, block).await;
    bench.block(2, block).await;
    bench.reset(1).await;
    held(
        bench.admitted(1, 9).await == 5,
        "10: after a reset a key is not blocked",
    );
    held(bench.block(1, block).await == secs(60), "10: and never was");
    held(
        bench.kind(2, 1).await == TakenKind::Blocked,
        "10: for that key only",
    );
}
