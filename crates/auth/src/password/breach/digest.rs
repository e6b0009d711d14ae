//! The name by which a password is looked up among the leaked ones.
use std::fmt;

use palisade_core::Secret;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use super::super::policy::AcceptedPassword;

/// SHA-1 of a password in NFC: what lists of leaked passwords are keyed by. It protects nothing, and whoever has it can guess the
/// password, so it is not printed.
#[derive(Clone, Debug)]
pub struct BreachDigest(Secret<[u8; 20]>);

impl BreachDigest {
    pub(crate) fn of(text: &str) -> Self {
        Self(Secret::new(Sha1::digest(text.as_bytes()).into()))
    }

    /// The first 20 bits, which may be told to a service: about 2000 leaked passwords share them.
    #[must_use]
    pub fn prefix(&self) -> RangePrefix {
        let [a, b, c, ..] = *self.0.expose();
        RangePrefix(u32::from_be_bytes([0, a, b, c]) >> 4)
    }

    /// The rest, as 35 hexadecimal digits in capitals.
    pub(super) fn suffix(&self) -> Zeroizing<String> {
        let mut hex = Zeroizing::new(String::with_capacity(40));
        for byte in self.0.expose() {
            for nibble in [byte >> 4, byte & 0xf] {
                hex.extend(char::from_digit(nibble.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
        Zeroizing::new(hex.chars().skip(5).collect())
    }

    /// The first 64 bits.
    pub(crate) fn start(&self) -> u64 {
        start(self.0.expose())
    }
}

impl From<&AcceptedPassword> for BreachDigest {
    fn from(password: &AcceptedPassword) -> Self {
        Self::of(password.expose())
    }
}

/// The first 64 bits of a digest.
pub(super) fn start(digest: &[u8; 20]) -> u64 {
    digest.first_chunk().map_or(0, |start| u64::from_be_bytes(*start))
}

/// The first 20 bits of a [`BreachDigest`]. As text: five hexadecimal digits in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangePrefix(u32);

impl fmt::Display for RangePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05X}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_told_by_its_first_five_digits_only() {
        // SHA-1 of "password": 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
        let digest = BreachDigest::of("password");
        assert_eq!(digest.prefix().to_string(), "5BAA6");
        assert_eq!(*digest.suffix(), "1E4C9B93F3F0682250B6CF8331B7EE68FD8");
        assert_eq!(digest.start(), 0x5baa_61e4_c9b9_3f3f);
        assert!(!format!("{digest:?}").contains("91"));
        // A digest that begins with zeroes keeps them.
        let zero = (0..1_000_000)
            .map(|n: u32| BreachDigest::of(&n.to_string()))
            .find(|digest| digest.prefix().0 < 16);
        assert!(zero.unwrap().prefix().to_string().starts_with("0000"));
    }
}
