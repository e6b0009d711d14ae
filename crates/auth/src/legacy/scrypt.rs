//! scrypt (RFC 7914).
use ::scrypt::Params;
use zeroize::Zeroizing;

use super::foreign::Foreign;
use crate::password::{Argon2Cost, Engine, EngineFailed, Output, Work};

/// The most memory, in bytes: that of OWASP's strongest choice, N=2^17 r=8.
const MAX_MEMORY: u64 = 128 << 20;
/// The most that all rounds together may fill, in bytes.
const MAX_WORK: u64 = 512 << 20;

/// The three numbers of RFC 7914 section 2: N as a power of two, r, p.
#[derive(Clone, Copy)]
pub(super) struct Cost {
    pub(super) log_n: u8,
    pub(super) r: u32,
    pub(super) p: u32,
}

/// One computation of scrypt.
struct ScryptWork {
    params: Params,
    salt: Box<[u8]>,
    output_len: usize,
}

/// The hash of those parts.
pub(super) fn hash(cost: Cost, salt: &[u8], expected: &[u8]) -> Option<Foreign> {
    let work = ScryptWork {
        params: cost.judged()?,
        salt: salt.into(),
        output_len: expected.len(),
    };
    Foreign::new(work, expected)
}

impl Cost {
    fn judged(self) -> Option<Params> {
        let n = 1_u64
            .checked_shl(self.log_n.into())
            .filter(|n| (2..=MAX_MEMORY).contains(n))?;
        let block = u64::from(self.r).saturating_mul(128);
        let memory = n.saturating_mul(block);
        let work = memory.saturating_mul(self.p.into());
        let few = memory <= MAX_MEMORY && work <= MAX_WORK && self.p <= 16;
        few.then(|| Params::new(self.log_n, self.r, self.p).ok())
            .flatten()
    }
}

impl Work for ScryptWork {
    fn cost(&self) -> Option<Argon2Cost> {
        None
    }

    fn run(&self, _: &mut dyn Engine, password: &[u8]) -> Result<Option<Output>, EngineFailed> {
        let mut output = Zeroizing::new(vec![0; self.output_len]);
        let computed = ::scrypt::scrypt(password, &self.salt, &self.params, &mut output);
        computed.map_err(|_| EngineFailed)?;
        Ok(Some(output))
    }
}
