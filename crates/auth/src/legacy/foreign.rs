//! A hash of another system, ready to be computed.
use std::sync::Arc;

use palisade_core::Timestamp;
use subtle::ConstantTimeEq;

use crate::password::{Argon2Cost, Argon2Hash, Argon2Work, Expected, Form, Opened, Pepper, Work, Wrap};

/// Bytes of output: from bcrypt's 23 and SHA-1's 20 to what SHA-512 gives. Less is easily found by chance.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=64;

/// The computation and what it must give.
#[derive(Clone)]
pub(super) struct Foreign {
    work: Arc<dyn Work>,
    expected: Box<[u8]>,
}

impl Foreign {
    /// `None` for an output that is too short or too long.
    pub(super) fn new(work: impl Work, expected: &[u8]) -> Option<Self> {
        OUTPUT.contains(&expected.len()).then(|| Self {
            work: Arc::new(work),
            expected: expected.into(),
        })
    }

    /// Argon2id in another system's spelling.
    pub(super) fn argon2(phc: &str) -> Option<Self> {
        let hash = Argon2Hash::parse(phc).ok()?;
        Self::new(Argon2Work::verifying(&hash, hash.output().len()), hash.output())
    }
}

impl Form for Foreign {
    fn cost(&self) -> Option<Argon2Cost> {
        None
    }

    fn open(&self, pepper: &Pepper, _: Timestamp) -> Option<Opened> {
        pepper.takes_plain().then(|| Opened {
            work: Arc::clone(&self.work),
            expected: Box::new(self.clone()),
            // It is never as new hashes are, so every login replaces it.
            argon2: None,
            wrap: Wrap::None,
        })
    }
}

impl Expected for Foreign {
    fn is(&self, output: &[u8]) -> bool {
        self.expected.ct_eq(output).into()
    }
}
