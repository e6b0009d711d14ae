//! What a thread of the pool computes.
use zeroize::Zeroizing;

use super::engine::{Engine, EngineFailed, Input};
use super::hash::Argon2Hash;
use super::params::Argon2Cost;

/// What a computation gives. It is wiped when it is dropped.
pub(crate) type Output = Zeroizing<Vec<u8>>;

/// A slow computation over a password: one of Argon2id, or one of what another system used.
pub(crate) trait Work: Send + Sync + 'static {
    /// The cost, where it is Argon2id. It is held against the ceiling for stored hashes, and predicts how long others wait.
    fn cost(&self) -> Option<Argon2Cost>;

    /// Computes. `None` where the password cannot be the right one whatever was computed; the work is the same.
    fn run(&self, engine: &mut dyn Engine, password: &[u8]) -> Result<Option<Output>, EngineFailed>;
}

/// One computation of Argon2id.
pub(crate) struct Argon2Work {
    cost: Argon2Cost,
    salt: Box<[u8]>,
    output_len: usize,
}

impl Argon2Work {
    /// A computation of that cost.
    pub(crate) fn new(cost: Argon2Cost, salt: &[u8], output_len: usize) -> Self {
        Self {
            cost,
            salt: salt.into(),
            output_len,
        }
    }

    /// The computation that a hash is the result of.
    pub(crate) fn verifying(hash: &Argon2Hash, output_len: usize) -> Self {
        Self::new(hash.cost(), hash.salt(), output_len)
    }
}

impl Work for Argon2Work {
    fn cost(&self) -> Option<Argon2Cost> {
        Some(self.cost)
    }

    fn run(&self, engine: &mut dyn Engine, password: &[u8]) -> Result<Option<Output>, EngineFailed> {
        let mut output = Zeroizing::new(vec![0; self.output_len]);
        let input = Input {
            password,
            salt: &self.salt,
        };
        engine.compute(self.cost, input, &mut output)?;
        Ok(Some(output))
    }
}
