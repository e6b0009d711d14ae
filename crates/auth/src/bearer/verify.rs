//! The decision about a request's token.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::{AsyncCheck, ClientAddr, Event, Head, Principal, Recorder, SecurityEvent};

use super::{BearerRefused, BearerRefusedKind, bearer_token};
use crate::TokenRefused;

/// Verifies the token of a request: [`AccessTokens`](crate::AccessTokens), [`ApiKeys`](crate::ApiKeys), or an
/// application's own.
///
/// The future is `Unpin`, so that a layer can look whether the answer is there already.
pub trait TokenVerifier: Clone + Send + Sync + 'static {
    /// The proof that a token was verified.
    type Witness: Clone + Send + Sync + 'static;
    /// The verification under way. It owns what it needs.
    type Verify: Future<Output = Result<Self::Witness, TokenRefused>> + Send + Unpin + 'static;

    /// The scheme in `Authorization`.
    const SCHEME: &'static str = "Bearer";

    /// Begins to verify `token`, which `head` carries.
    fn verify(&self, head: &Head<'_>, token: &[u8]) -> Self::Verify;

    /// Whom the proof names.
    fn principal(witness: &Self::Witness) -> &Principal;
}

/// Decides by a request's token: the plain function behind [`BearerLayer`](crate::BearerLayer).
#[derive(Clone, Debug)]
pub struct BearerCheck<V> {
    verifier: V,
    scope: Option<&'static str>,
    recorder: Recorder,
}

impl<V: TokenVerifier> BearerCheck<V> {
    /// Asks for a token that `verifier` takes.
    #[must_use]
    pub fn new(verifier: V) -> Self {
        Self {
            verifier,
            scope: None,
            recorder: Recorder::default(),
        }
    }

    /// Asks that the token covers this scope. A principal that no grant limits covers every scope.
    #[must_use]
    pub const fn with_scope(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Tells `recorder` of tokens that are refused (`authn_token_fail`).
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// Whether the request carries something under the scheme, be it good or not.
    #[cfg(feature = "tower")]
    pub(super) fn is_asked(head: &Head<'_>) -> bool {
        !matches!(bearer_token(head.headers(), V::SCHEME), Ok(None))
    }

    fn covers(&self, principal: &Principal) -> bool {
        let covers = |scope| !principal.is_scoped() || principal.has_scope(scope);
        self.scope.is_none_or(covers)
    }

    fn refuse(&self, kind: BearerRefusedKind, client: Option<ClientAddr>) -> BearerRefused {
        // Without a token nobody claimed anything.
        if kind != BearerRefusedKind::Missing {
            let event = Event::new(SecurityEvent::AuthnTokenFail).with_reason(kind.reason());
            self.recorder
                .record(&client.map_or(event, |client| event.with_client(client)));
        }
        BearerRefused::new(kind, V::SCHEME).asking(self.scope)
    }
}

impl<V: TokenVerifier> AsyncCheck for BearerCheck<V> {
    type Witness = V::Witness;
    type Refusal = BearerRefused;
    type Future = BearerChecking<V>;

    fn check(&self, head: &Head<'_>) -> Self::Future {
        let state = match bearer_token(head.headers(), V::SCHEME) {
            Ok(Some(token)) => State::Verifying(self.verifier.verify(head, token)),
            Ok(None) => State::Refused(BearerRefusedKind::Missing),
            Err(kind) => State::Refused(kind),
        };
        BearerChecking {
            check: self.clone(),
            client: head.extensions().get().copied(),
            state,
        }
    }
}

/// The answer of [`BearerCheck`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct BearerChecking<V: TokenVerifier> {
    check: BearerCheck<V>,
    client: Option<ClientAddr>,
    state: State<V::Verify>,
}

#[derive(Debug)]
enum State<F> {
    Verifying(F),
    Refused(BearerRefusedKind),
}

impl<V: TokenVerifier> Unpin for BearerChecking<V> {}

impl<V: TokenVerifier> Future for BearerChecking<V> {
    type Output = Result<V::Witness, BearerRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let kind = match &mut this.state {
            State::Refused(kind) => *kind,
            State::Verifying(verify) => match ready!(Pin::new(verify).poll(cx)) {
                Ok(witness) if this.check.covers(V::principal(&witness)) => return Poll::Ready(Ok(witness)),
                Ok(_) => BearerRefusedKind::InsufficientScope,
                Err(refused) => BearerRefusedKind::of(refused.kind()),
            },
        };
        Poll::Ready(Err(this.check.refuse(kind, this.client)))
    }
}

#[cfg(feature = "tokens")]
impl<K: crate::Keys> TokenVerifier for crate::AccessTokens<K> {
    type Witness = crate::VerifiedToken;
    type Verify = crate::Verifying<K>;

    fn verify(&self, _: &Head<'_>, token: &[u8]) -> Self::Verify {
        Self::verify(self, token)
    }

    fn principal(witness: &Self::Witness) -> &Principal {
        witness.principal()
    }
}
