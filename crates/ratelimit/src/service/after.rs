//! What is left to do when the service has answered.
use std::sync::Arc;

use http::Response;

use super::Shared;
use crate::decision::Receipts;
use crate::fields::{Standing, expose};
use crate::limits::GivingBack;
use crate::metered::Shadowed;
use crate::settings::{Exposure, Refunds};
use crate::store::Store;
use crate::{Allowed, Attempt, RateLimitFields};

/// What is left to do when the service has answered.
pub(super) struct After<S> {
    standing: Option<Standing>,
    exposed: Option<RateLimitFields>,
    shadowed: Option<Shadowed>,
    /// Boxed: only those need it that give back.
    charged: Option<Box<Charged<S>>>,
}

/// What may be given back.
struct Charged<S> {
    shared: Arc<Shared<S>>,
    attempts: Box<[Option<Attempt>]>,
    receipts: Receipts,
}

impl<S: Store> After<S> {
    pub(super) const fn nothing() -> Self {
        Self {
            standing: None,
            exposed: None,
            shadowed: None,
            charged: None,
        }
    }

    /// Nothing but what every response gets.
    pub(super) fn untold(shared: &Shared<S>) -> Self {
        let settings = shared.settings();
        Self {
            exposed: (settings.exposure == Exposure::AnyOrigin).then_some(settings.fields),
            ..Self::nothing()
        }
    }

    #[inline]
    pub(super) fn new(
        shared: &Arc<Shared<S>>,
        allowed: &Allowed,
        standing: Option<Standing>,
        attempts: impl FnOnce() -> Box<[Option<Attempt>]>,
    ) -> Self {
        let charged = || {
            Box::new(Charged {
                shared: Arc::clone(shared),
                attempts: attempts(),
                receipts: *allowed.receipts(),
            })
        };
        Self {
            standing,
            shadowed: allowed.is_shadowed().then_some(Shadowed(())),
            charged: matches!(shared.settings().refunds, Refunds::When(_)).then(charged),
            ..Self::untold(shared)
        }
    }

    /// Completes the response, and begins to give back what it says is to be given back.
    #[inline]
    pub(super) fn complete<B>(&mut self, response: &mut Response<B>) -> GivingBack<S> {
        // By what the handler said, before anything is added.
        let giving_back = match self.charged.take() {
            Some(charged) => charged.give_back(response),
            None => GivingBack::nothing(),
        };
        if let Some(standing) = self.standing.take() {
            standing.write(response.headers_mut());
        }
        if let Some(fields) = self.exposed {
            expose(fields, response.headers_mut());
        }
        if let Some(mark) = self.shadowed {
            response.extensions_mut().insert(mark);
        }
        giving_back
    }
}

impl<S: Store> Charged<S> {
    fn give_back<B>(&self, response: &Response<B>) -> GivingBack<S> {
        let Refunds::When(success) = &self.shared.settings().refunds else {
            return GivingBack::nothing();
        };
        if success(response.into()) {
            GivingBack::of(self.shared.places(&self.attempts), &self.receipts)
        } else {
            GivingBack::nothing()
        }
    }
}
