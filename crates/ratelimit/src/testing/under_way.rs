//! Clauses 4 and 13: calls that run at once, and calls that are dropped.
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::Timed;
use super::bench::{Bench, both, exact, held, key, paced, strict};
use crate::Quotas;
use crate::store::{Store, TakenKind};

pub(super) async fn check<T: Timed>(timed: &T) {
    let one = [paced(7).into(), strict(7, 100).into(), exact(7, 100).into()];
    for quotas in one
        .into_iter()
        .chain([both(exact(7, 100), paced(9)), both(paced(9), strict(7, 100))])
    {
        at_once_as_one_after_the_other(timed, quotas).await;
    }
    dropped_calls_are_done_or_not_begun(timed).await;
}

async fn at_once_as_one_after_the_other<T: Timed>(timed: &T, quotas: Quotas) {
    let bench = Bench::open(timed, quotas).await;
    let takes = (0..100).map(|_| bench.store.take(key(1), &bench.quotas, 1));
    let answers = all(takes.collect()).await;
    let admitted = answers
        .into_iter()
        .flatten()
        .filter(|taken| taken.kind() == TakenKind::Admitted);
    held(
        admitted.count() == 7,
        "4: calls that run at once admit what the quota allows, and no more",
    );
}

/// Two windows of one limit and different lengths. What was charged to one of them only shows when the other is over.
async fn dropped_calls_are_done_or_not_begun<T: Timed>(timed: &T) {
    for quotas in [
        both(exact(10, 100), exact(10, 200)),
        both(exact(10, 200), exact(10, 100)),
    ] {
        let bench = Bench::open(timed, quotas).await;
        for poll_first in [false, true, false, true] {
            let mut take = bench.store.take(key(1), &bench.quotas, 1);
            if poll_first {
                poll_fn(|context| Poll::Ready(Pin::new(&mut take).poll(context).is_ready())).await;
            }
            drop(take);
        }
        let admitted = bench.admitted(1, 20).await;
        held(
            (6..=10).contains(&admitted),
            "13: what was dropped is done or not begun",
        );
        bench.pass(100_000).await;
        held(
            bench.admitted(1, 20).await == 0,
            "13: with every quota, or with none",
        );
        bench.pass(100_000).await;
        held(bench.admitted(1, 20).await == 10, "13: and leaves nothing behind");
    }
}

/// Polls all of them whenever one wakes the task.
async fn all<F: Future + Unpin>(mut running: Vec<F>) -> Vec<F::Output> {
    let mut done = Vec::new();
    poll_fn(|context| {
        running.retain_mut(|future| match Pin::new(future).poll(context) {
            Poll::Ready(answer) => {
                done.push(answer);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done
}
