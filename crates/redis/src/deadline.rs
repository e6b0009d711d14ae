//! How long one call may take.
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

/// The moment at which a call gives up, and the span that it had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    span: Duration,
    end: Instant,
}

impl Deadline {
    /// A deadline `span` from now.
    pub(crate) fn within(span: Duration) -> Self {
        Self {
            span,
            end: after(Instant::now(), span),
        }
    }

    /// When a silence that began at `since` has lasted as long as this call is willing to wait, or this call's own end
    /// if that is sooner.
    pub(crate) fn patience(self, since: Instant) -> Instant {
        self.end.min(after(since, self.span))
    }

    /// Whether a silence that began at `since` has lasted as long as this call is willing to wait, or the call itself has.
    pub(crate) fn is_over(self, since: Instant) -> bool {
        Instant::now() >= self.patience(since)
    }

    /// The outcome of `future`, or `None` when the deadline passes first.
    ///
    /// A process that did not run for a while finds the answer and the passed deadline at the same moment. Others get
    /// their turn once, so that an answer that has arrived is read, before the deadline counts.
    pub(crate) async fn meet<F: Future>(self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        if let Ok(output) = timeout_at(self.end, future.as_mut()).await {
            return Some(output);
        }
        yield_now().await;
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}

/// `span` after `begin`; a span that is too long to add is one that has no end worth waiting for.
fn after(begin: Instant, span: Duration) -> Instant {
    begin.checked_add(span).unwrap_or(begin)
}
