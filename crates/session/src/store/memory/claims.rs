//! Values that work once.
use std::collections::{BTreeSet, HashSet};

use palisade_core::{StoreError, StoreErrorKind, TokenHash};

use super::entry::Moment;

/// How many claimed values are remembered. Only who holds something that this server signed can add one.
const CAPACITY: usize = 65_536;

/// The values that were claimed, until they are forgotten.
#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: HashSet<TokenHash>,
    ends: BTreeSet<(Moment, TokenHash)>,
}

impl Claims {
    /// Whether nobody has claimed the value before.
    pub(super) fn claim(&mut self, value: TokenHash, now: Moment, until: Moment) -> Result<bool, StoreError> {
        self.forget(now);
        if self.taken.contains(&value) {
            return Ok(false);
        }
        // To forget one that counts would let it work twice.
        if self.taken.len() >= CAPACITY {
            return Err(StoreError::new(StoreErrorKind::Full));
        }
        self.ends.insert((until, value));
        Ok(self.taken.insert(value))
    }

    fn forget(&mut self, now: Moment) {
        while let Some((until, value)) = self.ends.first().copied().filter(|(until, _)| *until <= now) {
            self.ends.remove(&(until, value));
            self.taken.remove(&value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(n: u32) -> TokenHash {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        TokenHash::from_bytes(bytes)
    }

    #[test]
    fn a_full_list_refuses_rather_than_forget_what_counts() {
        let mut claims = Claims::default();
        for n in 0..65_536 {
            assert!(claims.claim(value(n), 0, 10).unwrap());
        }
        let refused = claims.claim(value(65_536), 9, 10).unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Full);
        assert!(!claims.claim(value(0), 9, 10).unwrap());
        assert!(
            claims.claim(value(65_536), 10, 20).unwrap(),
            "the others have run out"
        );
        assert_eq!((claims.taken.len(), claims.ends.len()), (1, 1));
    }
}
