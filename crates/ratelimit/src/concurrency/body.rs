//! A body that holds a place until it has ended.
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::InFlight;

pin_project! {
    /// A response's body that holds its request's place among those under way, until it has ended or is dropped.
    ///
    /// The frames are those of the body within, untouched.
    #[derive(Debug)]
    pub struct InFlightBody<B> {
        #[pin]
        inner: B,
        guard: Option<InFlight>,
    }
}

impl<B> InFlightBody<B> {
    pub(super) const fn new(inner: B, guard: Option<InFlight>) -> Self {
        Self { inner, guard }
    }

    /// A body that holds no place.
    pub const fn from_inner(inner: B) -> Self {
        Self::new(inner, None)
    }
}

impl<B: Body> Body for InFlightBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            drop(this.guard.take());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// For the responses of layers around this one.
impl<B: Default> Default for InFlightBody<B> {
    fn default() -> Self {
        Self::from_inner(B::default())
    }
}

/// For the responses of layers around this one.
impl<B: From<Bytes>> From<Bytes> for InFlightBody<B> {
    fn from(bytes: Bytes) -> Self {
        Self::from_inner(B::from(bytes))
    }
}
