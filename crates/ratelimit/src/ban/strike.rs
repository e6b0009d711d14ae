//! A strike against a client.
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use palisade_core::{ClientAddr, StoreError};

use super::Bans;
use crate::store::{Store, TakenKind};

/// What came of a strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strike {
    /// It was one too many, or the client was banned already: for so long still.
    Banned(Duration),
    /// It was counted.
    Counted,
    /// Nothing: the client is never banned.
    Spared,
}

/// A strike under way.
pub(super) struct Striking<S: Store> {
    client: ClientAddr,
    step: Step<S>,
}

/// First the strike is counted, and then, if it was one too many, the client is banned.
enum Step<S: Store> {
    Counting(S::Take),
    Banning(S::Block, Duration),
}

impl<S: Store> Striking<S> {
    pub(super) const fn new(client: ClientAddr, take: S::Take) -> Self {
        let step = Step::Counting(take);
        Self { client, step }
    }

    pub(super) async fn of(mut self, bans: &Bans<S>) -> Result<Strike, StoreError> {
        poll_fn(|cx| self.poll(bans, cx)).await
    }

    /// Drives the strike to its end.
    pub(super) fn poll(&mut self, bans: &Bans<S>, cx: &mut Context<'_>) -> Poll<Result<Strike, StoreError>> {
        loop {
            let next = match &mut self.step {
                Step::Counting(take) => {
                    let taken = ready!(Pin::new(take).poll(cx));
                    bans.watch(&taken);
                    let taken = taken?;
                    match (taken.kind(), taken.retry_after()) {
                        (TakenKind::Blocked, Some(wait)) => return Poll::Ready(Ok(Strike::Banned(wait))),
                        (TakenKind::Refused, _) => Step::Banning(bans.ban(&self.client), taken.at()),
                        _ => return Poll::Ready(Ok(Strike::Counted)),
                    }
                }
                Step::Banning(block, at) => {
                    let banned = ready!(Pin::new(block).poll(cx));
                    bans.watch(&banned);
                    if banned.is_ok() {
                        bans.tell(&self.client, *at);
                    }
                    return Poll::Ready(banned.map(Strike::Banned));
                }
            };
            self.step = next;
        }
    }
}
