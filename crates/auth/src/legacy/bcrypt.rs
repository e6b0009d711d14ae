//! bcrypt, without its trap.
use base64ct::{Base64Bcrypt, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::foreign::Foreign;
use super::modular::number;
use crate::password::{Argon2Cost, Engine, EngineFailed, Output, Work};

/// Bytes of a password that bcrypt reads.
const READS: usize = 72;
/// Bytes that are compared: bcrypt drops the last of its 24.
const OUTPUT_LEN: usize = 23;
/// The least cost that is defined, and the most that is computed: about a second.
const COST: std::ops::RangeInclusive<u32> = 4..=14;
const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What bcrypt is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// The password.
    Password,
    /// The hexadecimal SHA-256 of it, as Django does.
    Sha256,
}

/// One computation of bcrypt.
struct BcryptWork {
    cost: u32,
    salt: [u8; 16],
    given: Given,
}

/// Reads `$2b$12$<22 characters of salt><31 of output>`.
pub(super) fn parse(text: &str, given: Given) -> Option<Foreign> {
    let rest = ["$2a$", "$2b$", "$2y$"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))?;
    let (cost, rest) = rest.split_once('$')?;
    let (salt, output) = rest.split_at_checked(22)?;
    if cost.len() != 2 || output.len() != 31 {
        return None;
    }
    let work = BcryptWork {
        cost: number(cost).filter(|cost| COST.contains(cost))?,
        salt: decode(salt, 0x30)?.try_into().ok()?,
        given,
    };
    Foreign::new(work, &decode(output, 0x3c)?)
}

/// Decodes, without regard to the bits of the last character beyond `keep`: some systems left them as they were.
fn decode(text: &str, keep: usize) -> Option<Vec<u8>> {
    let mut bytes = text.as_bytes().to_vec();
    let last = bytes.last_mut()?;
    let value = ALPHABET.iter().position(|c| c == last)?;
    *last = *ALPHABET.get(value & keep)?;
    Base64Bcrypt::decode_vec(std::str::from_utf8(&bytes).ok()?).ok()
}

impl Work for BcryptWork {
    fn cost(&self) -> Option<Argon2Cost> {
        None
    }

    fn run(&self, _: &mut dyn Engine, password: &[u8]) -> Result<Option<Output>, EngineFailed> {
        let mut key = match self.given {
            Given::Password => Zeroizing::new(password.to_vec()),
            Given::Sha256 => Zeroizing::new(hex_sha256(password)),
        };
        // It would be read up to here only, so that anything that begins like it were right.
        let cut = key.len() > READS || key.contains(&0);
        key.push(0);
        key.truncate(READS);
        let output = Zeroizing::new(::bcrypt::bcrypt(self.cost, self.salt, &key));
        let kept = output.get(..OUTPUT_LEN).ok_or(EngineFailed)?;
        Ok((!cut).then(|| Zeroizing::new(kept.to_vec())))
    }
}

fn hex_sha256(password: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    let digest = Sha256::digest(password);
    digest
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}
