//! What is counted apart from what: keys.
mod hasher;
mod parts;
#[cfg(test)]
mod tests;

use std::fmt;

pub use hasher::KeyHasher;
pub use parts::KeyParts;

/// The key of one counter: 128 bits that tell nothing about what they were made of.
///
/// Made by [`KeyHasher::key`]. Two different lists of parts have different keys, but for a chance of 2^-128.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateKey {
    low: u64,
    high: u64,
}

impl RateKey {
    /// The key as bytes, for a store that keeps it elsewhere.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.high) << 64 | u128::from(self.low)).to_be_bytes()
    }

    /// The half that says where a table keeps it.
    pub(crate) const fn low(self) -> u64 {
        self.low
    }

    /// The half that says which one it is there.
    pub(crate) const fn high(self) -> u64 {
        self.high
    }
}

impl fmt::Debug for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateKey(..)")
    }
}

#[cfg(feature = "test-util")]
impl RateKey {
    /// A key that needs no secret, for the contract suite: the number, mixed (Steele, Lea and Flood, `SplitMix64`).
    pub(crate) const fn of_number(number: u64) -> Self {
        const fn mix(seed: u64) -> u64 {
            let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
        let low = mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15));
        Self {
            low,
            high: mix(low.wrapping_add(0x9e37_79b9_7f4a_7c15)),
        }
    }
}
