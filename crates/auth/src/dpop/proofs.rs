//! Verifies proofs.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Uri;
use palisade_core::{Clock, ConfigError, Head, Headers};
use sha2::{Digest, Sha256};

use super::proof::Proof;
use super::{DpopRefused, ReplayStore};
use crate::time::AnyClock;

/// How old a proof may be, and how far ahead its maker's clock.
const WINDOW: Duration = Duration::from_secs(60);

/// Verifies proofs of possession, each of which works once. Clones share what was used.
///
/// A proof is taken when its signature is that of the Ed25519 or P-256 key in it, its method and target are those of the request,
/// it is from the last or next 60 seconds, it is for the token that was sent with it, and it was not used before.
#[derive(Clone)]
pub struct DpopProofs<R> {
    origin: Arc<str>,
    replays: R,
    clock: AnyClock,
}

impl<R: ReplayStore> DpopProofs<R> {
    /// Proofs for requests to this origin as clients see it, such as `https://shop.example`. It is configured, because what a
    /// request says of its host, its sender chose.
    ///
    /// # Errors
    /// [`ConfigError`] for anything but scheme and authority, in lower case.
    pub fn new(origin: &str, replays: R) -> Result<Self, ConfigError> {
        if origin_of(origin).as_deref() != Some(origin) {
            return Err(ConfigError::new(
                "DPoP origin",
                "scheme and authority in lower case are allowed, and no more",
            ));
        }
        Ok(Self {
            origin: origin.into(),
            replays,
            clock: AnyClock::default(),
        })
    }

    /// Lives by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = AnyClock::new(clock);
        self
    }

    /// Verifies the proof of a request to the token endpoint, which asks for a token bound to that key.
    ///
    /// # Errors
    /// [`DpopRefused`], when it proves nothing.
    pub fn verify(
        &self,
        head: &Head<'_>,
    ) -> impl Future<Output = Result<ProvenKey, DpopRefused>> + Send + use<R> {
        self.claimed(self.read(head, None))
    }

    /// Verifies the proof of a request that carries `token`.
    pub(super) fn verify_with(
        &self,
        head: &Head<'_>,
        token: &[u8],
    ) -> impl Future<Output = Result<ProvenKey, DpopRefused>> + Send + use<R> {
        self.claimed(self.read(head, Some(token)))
    }

    fn read(&self, head: &Head<'_>, token: Option<&[u8]>) -> Result<Proof, DpopRefused> {
        let field = head
            .headers()
            .sole("dpop")
            .ok()
            .flatten()
            .ok_or(DpopRefused::Missing)?;
        let proof = Proof::read(field).ok_or(DpopRefused::Invalid)?;
        let now = self.clock.now();
        if now.since(proof.issued).max(proof.issued.since(now)) > WINDOW {
            return Err(DpopRefused::Stale);
        }
        let hash = token.map(|token| Base64UrlUnpadded::encode_string(&Sha256::digest(token)));
        let is_for_token = hash.is_none_or(|hash| proof.token_hash.as_deref() == Some(&*hash));
        let is_for_request = *proof.method == *head.method().as_str() && self.is_target(&proof, head.uri());
        if is_for_token && is_for_request {
            Ok(proof)
        } else {
            Err(DpopRefused::Invalid)
        }
    }

    /// Whether the proof's target is that of the request, without query and fragment (RFC 9449 section 4.3).
    fn is_target(&self, proof: &Proof, uri: &Uri) -> bool {
        let target = proof.target.split(['?', '#']).next().unwrap_or_default();
        let path = origin_of(target).filter(|origin| **origin == *self.origin);
        let path = path.and_then(|origin| target.get(origin.len()..));
        path.is_some_and(|path| uri.path() == if path.is_empty() { "/" } else { path })
    }

    fn claimed(
        &self,
        proof: Result<Proof, DpopRefused>,
    ) -> impl Future<Output = Result<ProvenKey, DpopRefused>> + Send + use<R> {
        let replays = self.replays.clone();
        async move {
            let proof = proof?;
            let name = Sha256::new()
                .chain_update(proof.key.thumbprint())
                .chain_update([0])
                .chain_update(&*proof.id)
                .finalize();
            // A proof is fresh from a window before its time to a window after it.
            let keep = WINDOW.saturating_mul(2);
            match replays.claim(name.into(), keep).await {
                Ok(true) => Ok(ProvenKey(proof.key.thumbprint().into())),
                Ok(false) => Err(DpopRefused::Replayed),
                Err(_) => Err(DpopRefused::Unavailable),
            }
        }
    }
}

/// Scheme and authority in lower case, as they stand at the beginning of `text`.
fn origin_of(text: &str) -> Option<String> {
    let uri: Uri = text.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
    let plain = !authority.as_str().contains('@') && matches!(scheme, "https" | "http");
    plain.then(|| format!("{scheme}://{authority}").to_ascii_lowercase())
}

/// The proof that whoever sent a request has a key. Only [`DpopProofs`] makes one.
#[derive(Clone, Debug)]
pub struct ProvenKey(Box<str>);

impl ProvenKey {
    /// The key's thumbprint (RFC 7638 with SHA-256).
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.0
    }
}

impl<R> fmt::Debug for DpopProofs<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DpopProofs")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
