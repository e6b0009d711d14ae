//! Names of what is kept.
use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::ConfigError;
use sha2::{Digest, Sha256};

use crate::slot;

/// Longer subjects stand in a key as their hash, so that no client chooses how long a key is.
const MAX_SUBJECT: usize = 64;
/// The longest prefix.
const MAX_PREFIX: usize = 32;

/// The name of one entry, made by [`Redis::key`](crate::Redis::key).
///
/// It is `prefix:kind:{subject}`. The braces are Redis Cluster's hash tag: all keys of one subject lie in one slot, whatever
/// their kinds, and one script may use them together. The subject is base64url, or `~` and the SHA-256 of it when it has
/// more than 64 bytes, or `-` when it has none; the three never look alike.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    text: String,
    kind: &'static str,
}

impl Key {
    pub(crate) fn new(prefix: &str, kind: &'static str, subject: &[u8]) -> Self {
        Self {
            text: format!("{prefix}:{kind}:{{{}}}", tag(subject)),
            kind,
        }
    }

    /// The key as the server sees it; pure ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it is a key of, such as `rl`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The slot of a cluster in which it lies.
    pub(crate) fn slot(&self) -> u16 {
        slot::slot(self.text.as_bytes())
    }

    /// Whether both must lie in one slot: those that are apart only by chance are not the same.
    pub(crate) fn lies_with(&self, other: &Self) -> bool {
        slot::hashed_part(self.text.as_bytes()) == slot::hashed_part(other.text.as_bytes())
    }
}

impl fmt::Debug for Key {
    /// The subject is left out: it may lead to a person or to a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Refuses a prefix that is not 1 to 32 of `A-Z a-z 0-9 . _ -`.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), ConfigError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !prefix.is_empty() && prefix.len() <= MAX_PREFIX && prefix.bytes().all(plain) {
        return Ok(());
    }
    Err(ConfigError::new(
        "redis prefix",
        format!(
            "`{}` is not 1 to 32 of A-Z a-z 0-9 . _ -",
            prefix.escape_default()
        ),
    ))
}

fn tag(subject: &[u8]) -> String {
    match subject.len() {
        // `{}` would be no hash tag at all.
        0 => "-".to_owned(),
        1..=MAX_SUBJECT => Base64UrlUnpadded::encode_string(subject),
        _ => format!("~{}", Base64UrlUnpadded::encode_string(&Sha256::digest(subject))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_key_is_prefix_kind_and_tag() {
        assert_eq!(Key::new("shop", "rl", b"ada").as_str(), "shop:rl:{YWRh}");
    }

    #[test]
    fn kinds_of_one_subject_lie_together() {
        let subjects: [&[u8]; 4] = [b"", b"a", &[0xff; 64], &[0; 10_000]];
        for subject in subjects {
            let (one, other) = (Key::new("p", "sess", subject), Key::new("q", "rl", subject));
            assert!(one.lies_with(&other));
            assert_eq!(one.slot(), other.slot());
        }
    }

    #[test]
    fn different_subjects_have_different_keys() {
        let long = [7; 65];
        let hash = Sha256::digest(long);
        let subjects: [&[u8]; 7] = [b"", b"-", b"\0", b"{", b"}{", &long, &hash];
        let keys: BTreeSet<_> = subjects
            .iter()
            .map(|subject| Key::new("p", "k", subject).text)
            .collect();
        assert_eq!(keys.len(), subjects.len());
    }

    #[test]
    fn no_subject_makes_a_long_key() {
        assert!(Key::new("p", "k", &[0xff; 10_000]).as_str().len() < 100);
    }

    #[test]
    fn a_key_does_not_print_its_subject() {
        let printed = format!("{:?}", Key::new("p", "sess", b"ada"));
        assert!(!printed.contains("YWRh") && printed.contains("sess"), "{printed}");
    }

    #[test]
    fn only_plain_prefixes_are_taken() {
        for prefix in ["palisade", "a", "shop-1.eu_west", &"x".repeat(32)] {
            assert!(check_prefix(prefix).is_ok(), "{prefix}");
        }
        for prefix in ["", "a b", "a:b", "{a}", "ä", "a\n", &"x".repeat(33)] {
            assert!(check_prefix(prefix).is_err(), "{prefix}");
        }
    }
}
