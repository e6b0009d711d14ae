//! By account.
use palisade_core::{ClientAddr, Head, Principal};

use super::{KeyBy, Keyed};
use crate::{Attempt, KeyHasher};

/// By the account of whoever is signed in, and by the network of the client where nobody is.
///
/// It is the [`Principal`] in the request's extensions, left there by a session or bearer layer, which must stand before this
/// one; and the [`ClientAddr`] as for [`ByClient`](super::ByClient).
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ByPrincipal;

impl ByPrincipal {
    /// By account, or by network.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl KeyBy for ByPrincipal {
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Keyed {
        let client = head.extensions().get::<ClientAddr>();
        let parts = match (head.extensions().get::<Principal>(), client) {
            (Some(principal), _) => keys.key().subject(principal.subject()),
            (None, Some(client)) => keys.key().client(client),
            (None, None) => return Keyed::Missing,
        };
        let attempt = Attempt::new(parts);
        Keyed::Count(match client {
            Some(client) => attempt.with_client(*client),
            None => attempt,
        })
    }
}
