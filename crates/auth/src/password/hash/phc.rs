//! A PHC string of Argon2id, looked at closely.
use argon2::password_hash::phc;
use subtle::ConstantTimeEq;

use super::super::params::Argon2Cost;
use super::MalformedHash;

/// The longest PHC string, in bytes. The longest that the other rules allow has 186.
const MAX_LEN: usize = 256;
/// The algorithm's only version that counts (RFC 9106 section 3.1: 0x13).
const VERSION: u32 = 19;
/// Bytes of salt: from what RFC 9106 allows to what the PHC string format allows.
const SALT: std::ops::RangeInclusive<usize> = 8..=48;
/// Bytes of output: 128 bits at least; at most what the PHC string format allows.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=64;

/// What a PHC string of Argon2id says: a cost that the algorithm is defined for, a salt and an output of sane lengths.
#[derive(Clone)]
pub(crate) struct Argon2Hash {
    cost: Argon2Cost,
    salt: phc::Salt,
    output: phc::Output,
}

impl Argon2Hash {
    /// Reads a PHC string in its one canonical spelling.
    pub(crate) fn parse(text: &str) -> Result<Self, MalformedHash> {
        if text.len() > MAX_LEN {
            return Err(MalformedHash);
        }
        let parsed = phc::PasswordHash::new(text).map_err(|_| MalformedHash)?;
        let decimal = |name| parsed.params.get_decimal(name).ok_or(MalformedHash);
        let cost = Argon2Cost {
            memory_kib: decimal("m")?,
            passes: decimal("t")?,
            lanes: decimal("p")?,
        };
        let (salt, output) = (
            parsed.salt.ok_or(MalformedHash)?,
            parsed.hash.ok_or(MalformedHash)?,
        );
        let hash = Self::judged(cost, salt, output)?;
        // Writing it anew also settles the algorithm, the version, and that no parameter is repeated or added.
        if hash.to_text()? == text {
            Ok(hash)
        } else {
            Err(MalformedHash)
        }
    }

    /// The hash of that cost, salt and output.
    pub(crate) fn from_parts(cost: Argon2Cost, salt: &[u8], output: &[u8]) -> Result<Self, MalformedHash> {
        let salt = phc::Salt::new(salt).map_err(|_| MalformedHash)?;
        Self::judged(cost, salt, phc::Output::new(output).map_err(|_| MalformedHash)?)
    }

    fn judged(cost: Argon2Cost, salt: phc::Salt, output: phc::Output) -> Result<Self, MalformedHash> {
        if cost.is_sane() && SALT.contains(&salt.len()) && OUTPUT.contains(&output.len()) {
            Ok(Self { cost, salt, output })
        } else {
            Err(MalformedHash)
        }
    }

    /// The same cost and salt with another output.
    pub(crate) fn with_output(&self, output: &[u8]) -> Result<Self, MalformedHash> {
        Self::from_parts(self.cost, &self.salt, output)
    }

    /// The PHC string.
    pub(crate) fn to_text(&self) -> Result<String, MalformedHash> {
        let mut params = phc::ParamsString::new();
        let cost = self.cost;
        for (name, value) in [("m", cost.memory_kib), ("t", cost.passes), ("p", cost.lanes)] {
            params.add_decimal(name, value).map_err(|_| MalformedHash)?;
        }
        let hash = phc::PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(VERSION),
            params,
            salt: Some(self.salt),
            hash: Some(self.output),
        };
        Ok(hash.to_string())
    }

    pub(crate) const fn cost(&self) -> Argon2Cost {
        self.cost
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(crate) fn output(&self) -> &[u8] {
        self.output.as_bytes()
    }

    /// Whether `output` is this hash's, in a time that depends on the lengths only.
    pub(crate) fn matches(&self, output: &[u8]) -> bool {
        self.output().ct_eq(output).into()
    }
}
