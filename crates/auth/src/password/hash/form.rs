//! The forms in which a hash is stored.
use std::sync::Arc;

use palisade_core::Timestamp;

use super::super::params::Argon2Cost;
use super::super::pepper::{Pepper, Wrap};
use super::super::work::{Argon2Work, Work};
use super::phc::Argon2Hash;

/// One of the forms in which a hash is stored.
pub(crate) trait Form: Send + Sync {
    /// What an Argon2id hash costs, where that can be read without a key.
    fn cost(&self) -> Option<Argon2Cost>;

    /// What is to be computed, and what it must give. `None` where the key is missing or revoked, or the seal broken.
    fn open(&self, pepper: &Pepper, now: Timestamp) -> Option<Opened>;
}

/// A stored hash, ready to be verified.
pub(crate) struct Opened {
    /// What is computed.
    pub(crate) work: Arc<dyn Work>,
    /// What says whether the result is right.
    pub(crate) expected: Box<dyn Expected>,
    /// The Argon2id hash, but for its output where that is tagged; `None` for what another system hashed.
    pub(crate) argon2: Option<Argon2Hash>,
    /// What was around it.
    pub(crate) wrap: Wrap,
}

/// What a computation must give.
pub(crate) trait Expected: Send + Sync {
    /// Whether it gave that, in a time that depends on the lengths only.
    fn is(&self, output: &[u8]) -> bool;
}

impl Expected for Argon2Hash {
    fn is(&self, output: &[u8]) -> bool {
        self.matches(output)
    }
}

/// A PHC string with nothing around it.
impl Form for Argon2Hash {
    fn cost(&self) -> Option<Argon2Cost> {
        Some(Self::cost(self))
    }

    fn open(&self, pepper: &Pepper, _: Timestamp) -> Option<Opened> {
        pepper.takes_plain().then(|| Opened::plain(self.clone()))
    }
}

impl Opened {
    /// The hash as it is.
    fn plain(hash: Argon2Hash) -> Self {
        Self::of(hash, Wrap::None)
    }

    /// The hash that was within `wrap`.
    pub(crate) fn of(hash: Argon2Hash, wrap: Wrap) -> Self {
        Self {
            work: Arc::new(Argon2Work::verifying(&hash, hash.output().len())),
            expected: Box::new(hash.clone()),
            argon2: Some(hash),
            wrap,
        }
    }
}
