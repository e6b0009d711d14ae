//! The contract of [`ResetStore`], for those who write one.
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use palisade_core::{Purpose, Subject, Token, TokenHash};

use super::{ResetRecord, ResetStore};

/// The lifetime of what is put. A store without a clock of its own making needs that long.
const LIFETIME: Duration = Duration::from_secs(2);

/// Runs the contract of [`ResetStore`]. `pass` lets that much time go by on the store's clock.
///
/// # Panics
/// Where the store breaks the contract.
pub async fn assert_reset_store<T: Future<Output = ()>>(
    store: impl ResetStore,
    pass: impl Fn(Duration) -> T,
) {
    let (unknown, first, second, third) = (random(), random(), random(), random());
    assert_kept(&store, unknown, None).await;

    put(&store, first, LIFETIME).await;
    assert_kept(&store, first, Some(record())).await;
    assert_kept(&store, unknown, None).await;
    assert_taken_once(&store, first).await;

    put(&store, second, LIFETIME).await;
    put(&store, third, LIFETIME.saturating_mul(2)).await;
    pass(LIFETIME).await;
    assert_kept(&store, second, None).await;
    assert_taken_by(&store, second, 0).await;
    assert_taken_once(&store, third).await;
}

#[expect(clippy::unwrap_used, reason = "a contract is broken by panicking")]
async fn put(store: &impl ResetStore, token: TokenHash, lifetime: Duration) {
    store.put(token, record(), lifetime).await.unwrap();
}

/// Rules 1 and 2.
#[expect(clippy::unwrap_used, reason = "a contract is broken by panicking")]
async fn assert_kept(store: &impl ResetStore, token: TokenHash, record: Option<ResetRecord>) {
    for _ in 0..2 {
        assert_eq!(store.find(token).await.unwrap(), record);
    }
}

/// Rule 3.
async fn assert_taken_once(store: &impl ResetStore, token: TokenHash) {
    assert_taken_by(store, token, 1).await;
    assert_taken_by(store, token, 0).await;
    assert_kept(store, token, None).await;
}

/// Of a hundred at once, so many get it.
#[expect(clippy::unwrap_used, reason = "a contract is broken by panicking")]
async fn assert_taken_by(store: &impl ResetStore, token: TokenHash, many: usize) {
    let takes = (0..100).map(|_| Some(Box::pin(store.take(token))));
    let answers = all(takes.collect()).await;
    let got = answers
        .iter()
        .filter_map(|answer| answer.as_ref().unwrap().as_ref());
    assert_eq!(
        got.filter(|got| **got == record()).count(),
        many,
        "of a hundred at once"
    );
}

/// Polls all until each has answered.
async fn all<F: Future + Unpin>(mut futures: Vec<Option<F>>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    std::future::poll_fn(|context| {
        for slot in &mut futures {
            if let Some(Poll::Ready(output)) = slot.as_mut().map(|future| Pin::new(future).poll(context)) {
                outputs.push(output);
                *slot = None;
            }
        }
        if futures.iter().all(Option::is_none) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    outputs
}

#[expect(clippy::unwrap_used, reason = "a contract is broken by panicking")]
fn record() -> ResetRecord {
    ResetRecord::new(Subject::new("42").unwrap(), None)
}

#[expect(clippy::unwrap_used, reason = "a contract is broken by panicking")]
fn random() -> TokenHash {
    Token::generate().unwrap().hash(Purpose::new("contract"))
}
