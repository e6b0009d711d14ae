//! Roles that are looked up before a request is decided.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::{AsyncCheck, Head, Principal, StoreError};
use pin_project_lite::pin_project;

use crate::{Authority, Found, Held, Reason, Refused};

/// Where roles are looked up: a database, a directory.
pub trait RoleSource: Send + Sync + 'static {
    /// The look-up under way.
    type Find: Future<Output = Result<Held, StoreError>> + Send;

    /// Looks up what the account holds. No roles are an answer; an error is none.
    fn find(&self, principal: &Principal) -> Self::Find;
}

impl<F, Fut> RoleSource for F
where
    F: Fn(&Principal) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Held, StoreError>> + Send,
{
    type Find = Fut;

    fn find(&self, principal: &Principal) -> Fut {
        self(principal)
    }
}

/// A check that looks up roles and leaves them in the request as [`Found`]. Put it, with the core's `AsyncGuardLayer`, behind
/// the authentication and before what asks for roles.
///
/// It refuses nothing by itself. When the look-up fails, public routes work, and the others answer 503.
pub struct FindRoles<S> {
    source: S,
    authority: Authority,
}

impl<S: RoleSource> FindRoles<S> {
    /// Looks roles up in `source`; failures are told by the authority's recorder.
    pub fn new(authority: &Authority, source: S) -> Self {
        Self {
            source,
            authority: authority.clone(),
        }
    }
}

impl<S> fmt::Debug for FindRoles<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FindRoles").finish_non_exhaustive()
    }
}

impl<S: RoleSource> AsyncCheck for FindRoles<S> {
    type Witness = Found;
    type Refusal = Refused;
    type Future = Finding<S::Find>;

    fn check(&self, head: &Head<'_>) -> Self::Future {
        let principal = head.extensions().get::<Principal>();
        Finding {
            find: principal.map(|principal| self.source.find(principal)),
            authority: self.authority.clone(),
        }
    }
}

pin_project! {
    /// A look-up under way.
    #[must_use = "futures do nothing unless polled"]
    pub struct Finding<F> {
        #[pin]
        find: Option<F>,
        authority: Authority,
    }
}

impl<F> fmt::Debug for Finding<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finding").finish_non_exhaustive()
    }
}

impl<F: Future<Output = Result<Held, StoreError>>> Future for Finding<F> {
    type Output = Result<Found, Refused>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(find) = this.find.as_pin_mut() else {
            // Nobody is signed in: there is nothing to look up, and nothing that was found.
            return Poll::Ready(Ok(Found::new(Held::new())));
        };
        let found = ready!(find.poll(cx));
        if found.is_err() {
            this.authority.failed(Reason::LookupFailed);
        }
        Poll::Ready(Ok(Found::from(found)))
    }
}
