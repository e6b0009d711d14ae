//! What a session's anti-forgery tokens are made from.
use std::fmt;

use palisade_core::TokenHash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// 256 bits that belong to one login: they stay when the id is only replaced, and change when somebody logs in, so that a
/// form from before is void after.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seed([u8; 32]);

impl Seed {
    /// The seed of the login that made the id with this hash.
    pub(crate) fn of(id: TokenHash) -> Self {
        let digest = Sha256::new()
            .chain_update(b"palisade anti-forgery seed")
            .chain_update(id.as_bytes())
            .finalize();
        Self(digest.into())
    }

    pub(crate) const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}
