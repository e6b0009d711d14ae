//! What is stored for a token.
use palisade_core::Subject;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::PasswordHash;

/// Whose password a token resets, and which one: the password that the account had when it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetRecord {
    subject: Subject,
    bound_to: [u8; 32],
}

impl ResetRecord {
    /// Bytes of a record before the subject's.
    const BOUND: usize = 32;

    pub(super) fn new(subject: Subject, hash: Option<&PasswordHash>) -> Self {
        Self {
            subject,
            bound_to: bound_to(hash),
        }
    }

    /// Whose password.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Whether the account's hash is still the one of then.
    pub(super) fn is_bound_to(&self, hash: Option<&PasswordHash>) -> bool {
        self.bound_to.ct_eq(&bound_to(hash)).into()
    }

    /// The record, for a store that keeps bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.bound_to, self.subject.as_str().as_bytes()].concat()
    }

    /// A record that a store has kept; `None` where that is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (bound_to, subject) = bytes.split_at_checked(Self::BOUND)?;
        Some(Self {
            bound_to: bound_to.try_into().ok()?,
            subject: Subject::new(std::str::from_utf8(subject).ok()?).ok()?,
        })
    }
}

fn bound_to(hash: Option<&PasswordHash>) -> [u8; 32] {
    let text = hash.map_or("", PasswordHash::as_str);
    Sha256::new()
        .chain_update(b"palisade reset of ")
        .chain_update(text)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::lab::plain;
    use crate::{Argon2Params, PasswordHash};

    fn hash(output: u8) -> PasswordHash {
        plain(Argon2Params::default().cost(), &[1; 16], &[output; 32])
    }

    #[test]
    fn a_record_is_of_one_hash() {
        let subject = Subject::new("42").unwrap();
        let (one, two) = (hash(1), hash(2));
        let record = ResetRecord::new(subject.clone(), Some(&one));
        assert!(record.is_bound_to(Some(&one)));
        assert!(!record.is_bound_to(Some(&two)) && !record.is_bound_to(None));
        let none = ResetRecord::new(subject, None);
        assert!(none.is_bound_to(None) && !none.is_bound_to(Some(&one)));
    }

    #[test]
    fn a_record_is_read_back_and_nothing_else_is() {
        let record = ResetRecord::new(Subject::new("42").unwrap(), Some(&hash(1)));
        let bytes = record.to_bytes();
        assert_eq!(ResetRecord::from_bytes(&bytes), Some(record));
        for end in 0..=32 {
            assert_eq!(ResetRecord::from_bytes(&bytes[..end]), None, "{end} bytes");
        }
        let broken = [bytes.as_slice(), &[0xff]].concat();
        assert_eq!(ResetRecord::from_bytes(&broken), None);
    }
}
