//! PBKDF2 (RFC 8018 section 5.2).
use zeroize::Zeroizing;

use super::foreign::Foreign;
use crate::password::{Argon2Cost, Engine, EngineFailed, Output, Work};

/// The most rounds that are computed: about a second of HMAC-SHA256.
const MAX_ROUNDS: u32 = 4_000_000;

/// The hash function of the HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

/// One computation of PBKDF2.
struct Pbkdf2Work {
    prf: Prf,
    rounds: u32,
    salt: Box<[u8]>,
    output_len: usize,
}

/// The hash of those parts.
pub(super) fn hash(prf: Prf, rounds: u32, salt: &[u8], expected: &[u8]) -> Option<Foreign> {
    let work = Pbkdf2Work {
        prf,
        rounds: Some(rounds).filter(|rounds| (1..=MAX_ROUNDS).contains(rounds))?,
        salt: salt.into(),
        output_len: expected.len(),
    };
    Foreign::new(work, expected)
}

impl Work for Pbkdf2Work {
    fn cost(&self) -> Option<Argon2Cost> {
        None
    }

    fn run(&self, _: &mut dyn Engine, password: &[u8]) -> Result<Option<Output>, EngineFailed> {
        let mut output = Zeroizing::new(vec![0; self.output_len]);
        let derive = match self.prf {
            Prf::Sha1 => ::pbkdf2::pbkdf2_hmac::<sha1::Sha1>,
            Prf::Sha256 => ::pbkdf2::pbkdf2_hmac::<sha2::Sha256>,
            Prf::Sha512 => ::pbkdf2::pbkdf2_hmac::<sha2::Sha512>,
        };
        derive(password, &self.salt, self.rounds, &mut output);
        Ok(Some(output))
    }
}
