//! Answers under way.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An answer that is there already, or one that the server is asked for.
pub struct Answer<T>(Inner<T>);

enum Inner<T> {
    Known(Option<T>),
    Asked(Pin<Box<dyn Future<Output = T> + Send>>),
}

impl<T> Answer<T> {
    pub(super) const fn known(answer: T) -> Self {
        Self(Inner::Known(Some(answer)))
    }

    pub(super) fn asked(answer: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Inner::Asked(Box::pin(answer)))
    }
}

impl<T: Unpin> Future for Answer<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match &mut self.0 {
            // Polled again after it was done, it stays silent.
            Inner::Known(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            Inner::Asked(answer) => answer.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").finish_non_exhaustive()
    }
}
