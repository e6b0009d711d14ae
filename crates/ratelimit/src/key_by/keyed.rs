//! What a request is counted under.
use crate::{Attempt, KeyParts, RateKey};

/// What one limit counts a request under.
#[derive(Clone, Debug)]
#[must_use = "what nobody counts is not limited"]
#[non_exhaustive]
pub enum Keyed {
    /// This attempt, with its key, cost and plan.
    Count(Attempt),
    /// Nothing: this limit does not concern the request, and lets it pass uncharged.
    Exempt,
    /// It should have a key and has none: refused, since an earlier layer is missing.
    Missing,
}

impl From<Attempt> for Keyed {
    #[inline]
    fn from(attempt: Attempt) -> Self {
        Self::Count(attempt)
    }
}

impl From<RateKey> for Keyed {
    #[inline]
    fn from(key: RateKey) -> Self {
        Self::Count(key.into())
    }
}

impl From<KeyParts<'_>> for Keyed {
    #[inline]
    fn from(parts: KeyParts<'_>) -> Self {
        Self::Count(parts.into())
    }
}

/// Nothing is [`Missing`](Keyed::Missing), not exempt.
impl<T: Into<Attempt>> From<Option<T>> for Keyed {
    #[inline]
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Missing, |attempt| Self::Count(attempt.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyHasher;

    #[test]
    fn nothing_found_is_not_exempt() {
        assert!(matches!(Keyed::from(None::<RateKey>), Keyed::Missing));
        let keys = KeyHasher::random().unwrap();
        let key = keys.key().number(1).finish();
        for keyed in [
            Keyed::from(key),
            Keyed::from(Some(key)),
            Keyed::from(keys.key().number(1)),
            Keyed::from(Some(Attempt::new(key))),
        ] {
            assert!(matches!(keyed, Keyed::Count(attempt) if attempt.key() == key && attempt.cost() == 1));
        }
    }
}
