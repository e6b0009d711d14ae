//! Where a key is kept.
use crate::RateKey;

/// The one of `all` that a key belongs to: half of its hash, as a fraction of 2^64, times their number.
#[inline]
pub(super) fn of_key<T>(all: &[T], key: RateKey) -> Option<&T> {
    let count = u128::try_from(all.len()).unwrap_or(0);
    let index = u128::from(key.low()).wrapping_mul(count) >> 64;
    all.get(usize::try_from(index).ok()?)
}
