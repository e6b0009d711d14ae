//! The way of most requests: one limit, whose store is ready at once.
//!
//! It does what `several` does, by reference: to move what was put together in pieces costs more here than to decide.
use std::task::Poll;

use http::{Request, Response};
use palisade_core::{Head, Respond};
use tower_service::Service;

use super::after::After;
use super::limit::with_client;
use super::several::Boxed;
use super::{RateLimit, ResponseFuture};
use crate::limits::poll_now;
use crate::settings::OnFailure;
use crate::store::Store;
use crate::{Decision, Keyed, LimitRefused, LimitRefusedKind};

impl<I: Clone, S: Store, R: Clone> RateLimit<I, S, R> {
    #[inline]
    pub(super) fn ask<A, B>(&mut self, mut request: Request<A>) -> ResponseFuture<I, S, R, A, B>
    where
        I: Service<Request<A>, Response = Response<B>>,
        R: Respond<LimitRefused, B>,
    {
        let Self { inner, shared, .. } = self;
        let ([limit], None) = (shared.limits(), shared.last()) else {
            return self.ask_several(request);
        };
        let head = Head::from(&request);
        let keyed = limit.key(&head, shared.settings().cost);
        let attempt = match &keyed {
            Keyed::Count(attempt) => attempt,
            Keyed::Exempt => return ResponseFuture::forwarded(inner.call(request), After::untold(shared)),
            Keyed::Missing => {
                let refusal = limit.limiter.refuse_without_key();
                return ResponseFuture::refused(self.refuse(refusal, None));
            }
        };
        let mut take = limit.limiter.begin(attempt);
        let Poll::Ready(taken) = poll_now(&mut take) else {
            let attempt = with_client(attempt, &head);
            return self.wait(Boxed::one(attempt, take), request);
        };
        let decision = limit.conclude(attempt, &head, taken);
        let standing = shared.stand_with(limit, attempt, &decision);
        let refusal = match &decision {
            Decision::Allow(allowed) => {
                if !limit.limiter.is_shadow() {
                    shared.marks(allowed.numbers()).mark(&mut request);
                }
                let after = After::new(shared, allowed, standing, || Box::new([Some(attempt.clone())]));
                return ResponseFuture::forwarded(inner.call(request), after);
            }
            Decision::StoreFailed(_) if shared.settings().on_failure == OnFailure::LetThrough => {
                return ResponseFuture::forwarded(inner.call(request), After::untold(shared));
            }
            Decision::Deny(denied) => LimitRefused::exhausted(denied.retry_after()),
            Decision::NeverFits => LimitRefused::new(LimitRefusedKind::NeverFits),
            Decision::StoreFailed(_) => LimitRefused::new(LimitRefusedKind::StoreFailed),
        };
        ResponseFuture::refused(self.refuse(refusal, standing))
    }
}
