//! A hash whose output is an HMAC of the output.
use std::sync::Arc;

use palisade_core::{Key, KeyId, Timestamp};

use super::{Pepper, Wrap};
use crate::password::error::PasswordError;
use crate::password::hash::{Argon2Hash, Expected, Form, MalformedHash, Opened, PasswordHash};
use crate::password::params::Argon2Cost;
use crate::password::work::Argon2Work;

/// Bytes of the output below the tag: what new hashes have, so it need not be stored.
pub(crate) const INNER_LEN: usize = 32;

/// `$hmac-sha256$k=<key id>` and a PHC string whose output is the tag.
pub(crate) struct Tagged {
    key: KeyId,
    hash: Argon2Hash,
}

impl Tagged {
    pub(crate) const PREFIX: &'static str = "$hmac-sha256$";

    pub(crate) fn parse(text: &str) -> Result<Self, MalformedHash> {
        let rest = text
            .strip_prefix(Self::PREFIX)
            .and_then(|rest| rest.strip_prefix("k="));
        let (key, hash) = rest.and_then(|rest| rest.split_once('$')).ok_or(MalformedHash)?;
        let key = KeyId::parse(key).map_err(|_| MalformedHash)?;
        let hash = Argon2Hash::parse(&format!("${hash}"))?;
        if hash.output().len() == INNER_LEN {
            Ok(Self { key, hash })
        } else {
            Err(MalformedHash)
        }
    }

    /// Replaces the output of `hash`, which must have 32 bytes.
    pub(crate) fn wrap(hash: &Argon2Hash, (id, key): (KeyId, Key)) -> Result<PasswordHash, PasswordError> {
        if hash.output().len() != INNER_LEN {
            return Err(PasswordError::INTERNAL);
        }
        let tagged = Self {
            hash: hash.with_output(&key.tag(&[hash.output()]))?,
            key: id,
        };
        let text = format!("{}k={}{}", Self::PREFIX, tagged.key, tagged.hash.to_text()?);
        Ok(PasswordHash::of(text, tagged))
    }
}

impl Form for Tagged {
    fn cost(&self) -> Option<Argon2Cost> {
        Some(self.hash.cost())
    }

    fn open(&self, pepper: &Pepper, now: Timestamp) -> Option<Opened> {
        let key = pepper.tagging(&self.key, now)?.clone();
        let expected = ExpectedTag {
            key,
            tag: self.hash.output().into(),
        };
        Some(Opened {
            work: Arc::new(Argon2Work::verifying(&self.hash, INNER_LEN)),
            expected: Box::new(expected),
            argon2: Some(self.hash.clone()),
            wrap: Wrap::Tagged(self.key.clone()),
        })
    }
}

struct ExpectedTag {
    key: Key,
    tag: Box<[u8]>,
}

impl Expected for ExpectedTag {
    fn is(&self, output: &[u8]) -> bool {
        self.key.verifies(&[output], &self.tag)
    }
}
