//! Verifies tokens with their proofs.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use palisade_core::{Head, Principal};

use super::{DpopProofs, ReplayStore};
use crate::bearer::TokenVerifier;
use crate::{AccessTokens, Keys, TokenRefused, TokenRefusedKind, VerifiedToken};

/// Access tokens that come with a proof of possession, under the scheme `DPoP`. Put it into a
/// [`BearerLayer`](crate::BearerLayer) like any other verifier.
///
/// A token that is bound to no key, or to another one, is refused. So is a bound token under the scheme `Bearer`, by
/// [`AccessTokens`] alone.
#[derive(Clone, Debug)]
pub struct DpopTokens<K, R> {
    tokens: AccessTokens<K>,
    proofs: DpopProofs<R>,
}

impl<K: Keys, R: ReplayStore> DpopTokens<K, R> {
    /// Verifies `tokens` with `proofs`.
    #[must_use]
    pub const fn new(tokens: AccessTokens<K>, proofs: DpopProofs<R>) -> Self {
        Self { tokens, proofs }
    }
}

impl<K: Keys, R: ReplayStore> TokenVerifier for DpopTokens<K, R> {
    type Witness = VerifiedToken;
    type Verify = DpopVerifying;

    const SCHEME: &'static str = "DPoP";

    fn verify(&self, head: &Head<'_>, token: &[u8]) -> DpopVerifying {
        let proving = self.proofs.verify_with(head, token);
        let (tokens, token) = (self.tokens.clone(), zeroize::Zeroizing::new(token.to_vec()));
        DpopVerifying(Box::pin(async move {
            let proven = proving
                .await
                .map_err(|refused| TokenRefused::from(TokenRefusedKind::from(refused)))?;
            tokens.verify_bound(&token, proven.thumbprint().into()).await
        }))
    }

    fn principal(witness: &VerifiedToken) -> &Principal {
        witness.principal()
    }
}

/// The verification of a token with its proof.
#[must_use = "futures do nothing unless polled"]
pub struct DpopVerifying(Pin<Box<dyn Future<Output = Result<VerifiedToken, TokenRefused>> + Send>>);

impl Future for DpopVerifying {
    type Output = Result<VerifiedToken, TokenRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for DpopVerifying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopVerifying").finish_non_exhaustive()
    }
}
