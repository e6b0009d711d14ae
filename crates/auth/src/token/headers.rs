//! Headers of tokens that were verified.
use std::sync::{Arc, PoisonError, RwLock};

use super::VerifyingKey;

/// The most headers that are remembered. An issuer writes one for each of its keys, and has two or three.
const MAX: usize = 8;

/// The headers of verified tokens, each with the key that it chose.
///
/// All that is decided by a header follows from its bytes, the profile and the key: the same bytes need not be read again
/// for the same key. Whether that key is trusted still is asked every time. A header is signed with what follows it, so nobody
/// puts one in here who cannot sign.
#[derive(Default)]
pub(super) struct Headers(RwLock<Vec<Known>>);

struct Known {
    /// In base64url, as it was sent.
    text: Box<[u8]>,
    key: Arc<VerifyingKey>,
}

impl Headers {
    /// The key that this very header chose before.
    pub(super) fn find(&self, text: &[u8]) -> Option<Arc<VerifyingKey>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let same = known.iter().find(|known| *known.text == *text)?;
        Some(Arc::clone(&same.key))
    }

    /// Remembers a header of a token that was verified with `key`. The oldest one makes room.
    pub(super) fn remember(&self, text: &[u8], key: &Arc<VerifyingKey>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| *known.text != *text);
        if known.len() >= MAX {
            known.remove(0);
        }
        known.push(Known {
            text: text.into(),
            key: Arc::clone(key),
        });
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}
