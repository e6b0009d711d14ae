//! The service that banned clients do not reach.
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use palisade_core::{ClientAddr, Refusal, Respond, StoreError};
use tower_service::Service;

use super::layer::Settings;
use super::{BanFuture, BanRefused, BanRefusedKind, Bans};
use crate::ResponseHead;
use crate::limits::poll_now;
use crate::settings::OnFailure;
use crate::store::{Store, Taken};

/// A service that banned clients do not reach.
///
/// Made by [`BanLayer`](super::BanLayer).
pub struct Banning<I, S, R> {
    pub(super) inner: I,
    shared: Arc<(Arc<Bans<S>>, Settings)>,
    respond: R,
}

/// Who is struck if the service answers so.
pub(super) struct Watch<S> {
    client: ClientAddr,
    shared: Arc<(Arc<Bans<S>>, Settings)>,
}

impl<S> Watch<S> {
    /// Whether to strike.
    pub(super) fn strikes<B>(&self, response: &Response<B>) -> bool {
        (self.shared.1.strikes)(ResponseHead::from(response))
    }

    pub(super) fn bans(&self) -> &Bans<S> {
        &self.shared.0
    }

    pub(super) const fn client(&self) -> &ClientAddr {
        &self.client
    }
}

impl<I, S, R> Banning<I, S, R> {
    pub(super) const fn new(inner: I, shared: Arc<(Arc<Bans<S>>, Settings)>, respond: R) -> Self {
        Self {
            inner,
            shared,
            respond,
        }
    }

    fn bans(&self) -> &Bans<S> {
        &self.shared.0
    }

    pub(super) fn watch(&self, client: ClientAddr) -> Watch<S> {
        let shared = Arc::clone(&self.shared);
        Watch { client, shared }
    }

    /// The response to a refusal, with all fields that belong to it, and the refusal in its extensions.
    pub(super) fn refuse<B>(&self, refusal: BanRefused) -> Response<B>
    where
        R: Respond<BanRefused, B>,
    {
        let mut response = self.respond.respond(&refusal);
        let headers = response.headers_mut();
        if !headers.contains_key(RETRY_AFTER) {
            refusal.extend_headers(headers);
        }
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        response.extensions_mut().insert(refusal);
        response
    }
}

impl<I, S: Store, R> Banning<I, S, R> {
    /// Whether a request goes on, by what the store says of its client.
    pub(super) fn settle(&self, peeked: Result<Taken, StoreError>) -> Result<(), BanRefused> {
        let lenient = self.shared.1.on_failure == OnFailure::LetThrough;
        match self.bans().answer(peeked) {
            Err(refusal) if lenient && refusal.kind() == BanRefusedKind::StoreFailed => Ok(()),
            answer => answer,
        }
    }
}

impl<I: Clone, S, R: Clone> Banning<I, S, R> {
    /// This service with the inner service that was polled ready; a clone, which is not ready, stays. See "Be careful when
    /// cloning inner services" in the docs of tower's `Service`.
    fn ready_clone(&mut self) -> Self {
        let clone = self.clone();
        mem::replace(self, clone)
    }
}

impl<I: Clone, S, R: Clone> Clone for Banning<I, S, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.shared), self.respond.clone())
    }
}

impl<I: fmt::Debug, S, R> fmt::Debug for Banning<I, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Banning")
            .field("inner", &self.inner)
            .field("bans", &self.bans().name())
            .finish_non_exhaustive()
    }
}

impl<I, S, R, A, B> Service<Request<A>> for Banning<I, S, R>
where
    I: Service<Request<A>, Response = Response<B>> + Clone,
    S: Store,
    R: Respond<BanRefused, B>,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = BanFuture<I, S, R, A, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let Some(client) = request.extensions().get::<ClientAddr>().copied() else {
            return BanFuture::refused(self.refuse(self.bans().refuse_without_client()));
        };
        let Some(mut peek) = self.bans().ask(&client) else {
            return BanFuture::forwarded(self.inner.call(request), None);
        };
        // A store in memory has its answer ready: then the service that was polled ready is called at once.
        match poll_now(&mut peek) {
            Poll::Ready(peeked) => match self.settle(peeked) {
                Ok(()) => {
                    let watch = self.watch(client);
                    BanFuture::forwarded(self.inner.call(request), Some(watch))
                }
                Err(refusal) => BanFuture::refused(self.refuse(refusal)),
            },
            Poll::Pending => BanFuture::waiting(peek, client, (self.ready_clone(), request)),
        }
    }
}
