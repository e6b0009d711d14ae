//! A take that waits.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::faulty::Answer;

/// A take that is made when it is begun, when it is polled, or when it is polled again.
pub(super) struct Take {
    polls: u32,
    end: Option<Box<dyn FnOnce() -> Answer + Send>>,
}

impl Take {
    pub(super) fn of(answer: Answer) -> Self {
        Self::later(move || answer)
    }

    pub(super) fn later(end: impl FnOnce() -> Answer + Send + 'static) -> Self {
        Self {
            polls: 0,
            end: Some(Box::new(end)),
        }
    }

    pub(super) fn much_later(end: impl FnOnce() -> Answer + Send + 'static) -> Self {
        Self {
            polls: 1,
            ..Self::later(end)
        }
    }
}

impl Future for Take {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        if self.polls > 0 {
            self.polls = self.polls.saturating_sub(1);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.end.take().unwrap()())
    }
}
