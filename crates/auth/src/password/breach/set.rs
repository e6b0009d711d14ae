//! A compact set of numbers that hardly ever holds what was not put in.
use std::ops::Range;

use palisade_core::ConfigError;
use sha2::{Digest, Sha256};

use super::bits::{Reader, Writer};

/// The first bytes of every set, with the version of the format.
const MAGIC: &[u8; 8] = b"PLSDSET1";
/// Bytes before the index: the magic, and the power of two of the buckets, as eight bytes.
const HEADER: usize = 16;
/// Bytes at the end: SHA-256 of everything before.
const SUM: usize = 32;
/// Bits of a number that are kept within a bucket.
const KEPT: u32 = 28;
/// Numbers in a bucket, on average, at most; a power of two. In 28 bits, they make one in 2^20 others look like one of them.
const FULL: usize = 256;
/// The most buckets, as a power of two.
const MAX_BUCKETS: u32 = 24;

/// A set of 64-bit numbers that are evenly spread, such as the beginnings of hashes: about 22 bits for each. Of numbers that are
/// not in it, one in a million is said to be.
///
/// The numbers fall into buckets by their first bits. Within a bucket they are sorted, cut to 28 bits, and written as the
/// differences from one to the next in a Rice code of 20 bits. An index tells where each bucket ends.
#[derive(Clone, Debug)]
pub(crate) struct CompactSet<B> {
    bytes: B,
    bucket_bits: u32,
}

impl<B: AsRef<[u8]>> CompactSet<B> {
    /// Reads a set, and its check sum.
    pub(crate) fn open(bytes: B) -> Result<Self, ConfigError> {
        let bucket_bits = judge(bytes.as_ref()).ok_or_else(|| {
            ConfigError::new("password filter", "not a filter of this format, or a damaged one")
        })?;
        Ok(Self { bytes, bucket_bits })
    }

    /// Whether the number was put in.
    pub(crate) fn contains(&self, value: u64) -> bool {
        let (bucket, kept) = split(value, self.bucket_bits);
        let bytes = self
            .range(bucket)
            .and_then(|range| self.bytes.as_ref().get(range));
        bytes.is_some_and(|bytes| Reader::new(bytes).find(|found| *found >= kept) == Some(kept))
    }

    /// Where the bucket is.
    fn range(&self, bucket: usize) -> Option<Range<usize>> {
        let index = bucket.checked_mul(4)?.checked_add(HEADER)?;
        let start = match index.checked_sub(4).filter(|_| bucket > 0) {
            Some(before) => offset(self.bytes.as_ref(), before)?,
            None => 0,
        };
        let data = data_at(self.bucket_bits)?;
        let end = offset(self.bytes.as_ref(), index)?;
        Some(data.checked_add(start)?..data.checked_add(end)?)
    }
}

/// The bytes of a set of these numbers. `None` where they take more than 4 GiB.
pub(crate) fn build(mut values: Vec<u64>) -> Option<Vec<u8>> {
    let bucket_bits = bucket_bits(values.len());
    values.sort_unstable();
    let mut values = values
        .into_iter()
        .map(|value| split(value, bucket_bits))
        .peekable();
    let (mut index, mut data) = (Vec::new(), Vec::new());
    for bucket in 0..1_usize.checked_shl(bucket_bits)? {
        let mut writer = Writer::new(&mut data);
        while let Some((_, kept)) = values.next_if(|(of, _)| *of == bucket) {
            writer.push(kept);
        }
        writer.end();
        index.extend(u32::try_from(data.len()).ok()?.to_le_bytes());
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u64::from(bucket_bits).to_le_bytes());
    bytes.extend(index);
    bytes.extend(data);
    bytes.extend(Sha256::digest(&bytes));
    Some(bytes)
}

/// The power of two of the buckets, of which none is to be over full.
fn bucket_bits(count: usize) -> u32 {
    (0..MAX_BUCKETS)
        .find(|bits| count >> bits <= FULL)
        .unwrap_or(MAX_BUCKETS)
}

/// The bucket of a number, and what is kept of it there.
fn split(value: u64, bucket_bits: u32) -> (usize, u32) {
    let bucket = value
        .checked_shr(u64::BITS.saturating_sub(bucket_bits))
        .unwrap_or(0);
    let kept = value.checked_shl(bucket_bits).unwrap_or(0) >> u64::BITS.saturating_sub(KEPT);
    (
        usize::try_from(bucket).unwrap_or(usize::MAX),
        u32::try_from(kept).unwrap_or(u32::MAX),
    )
}

/// The power of two of the buckets, where everything fits together.
fn judge(bytes: &[u8]) -> Option<u32> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
    let bits = u64::from_le_bytes(body.strip_prefix(MAGIC)?.first_chunk().copied()?);
    let bits = u32::try_from(bits).ok().filter(|bits| *bits <= MAX_BUCKETS)?;
    let index = body.get(HEADER..data_at(bits)?)?;
    let (ends, _) = index.as_chunks::<4>();
    let sorted = ends.iter().map(|end| u32::from_le_bytes(*end)).is_sorted();
    let last = ends.last().map(|end| u32::from_le_bytes(*end))?;
    let whole = data_at(bits)?.checked_add(usize::try_from(last).ok()?)? == body.len();
    (sorted && whole && *Sha256::digest(body) == *sum).then_some(bits)
}

/// Where the data begins.
fn data_at(bucket_bits: u32) -> Option<usize> {
    1_usize
        .checked_shl(bucket_bits)?
        .checked_mul(4)?
        .checked_add(HEADER)
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    let end = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*end)).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn spread(seed: u64) -> u64 {
        u64::from_be_bytes(*Sha256::digest(seed.to_be_bytes()).first_chunk().unwrap())
    }

    fn set(values: Vec<u64>) -> CompactSet<Vec<u8>> {
        CompactSet::open(build(values).unwrap()).unwrap()
    }

    #[test]
    fn everything_that_was_put_in_is_found_and_next_to_nothing_else() {
        for count in [0, 1, 2, 256, 257, 5_000] {
            let set = set((0..count).map(spread).collect());
            assert!((0..count).all(|n| set.contains(spread(n))), "{count}");
            let wrong = (count..count + 5_000)
                .filter(|n| set.contains(spread(*n)))
                .count();
            assert!(wrong <= 1, "{count}: {wrong} of 5 000 were never put in");
            let bits = set.bytes.len().saturating_sub(HEADER + SUM) * 8;
            assert!(
                bits <= 24 * usize::try_from(count).unwrap() + 320,
                "{count}: {bits} bits"
            );
        }
    }

    #[test]
    fn what_is_damaged_is_refused() {
        let good = build((0..1_000).map(spread).collect()).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            assert!(CompactSet::open(bytes).is_err(), "byte {at}");
        }
        for end in 0..good.len() {
            assert!(CompactSet::open(&good[..end]).is_err(), "{end} bytes");
        }
        let longer = [good.as_slice(), b"x"].concat();
        assert!(CompactSet::open(longer).is_err());
    }

    #[test]
    fn an_index_that_lies_is_refused_though_the_sum_is_right() {
        let good = build((0..1_000).map(spread).collect()).unwrap();
        for (name, at, value) in [
            ("buckets", 8, 25_u8),
            ("an end before the one before", 19, 127),
            ("data", 28, 0),
        ] {
            let mut bytes = good[..good.len() - SUM].to_vec();
            bytes[at] = value;
            let sum = Sha256::digest(&bytes);
            bytes.extend(sum);
            assert!(CompactSet::open(bytes).is_err(), "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn it_holds_what_a_naive_set_of_cut_numbers_holds(
            values in proptest::collection::vec(any::<u64>(), 0..400),
            others in proptest::collection::vec(any::<u64>(), 0..50),
        ) {
            let bits = bucket_bits(values.len());
            let naive: BTreeSet<_> = values.iter().map(|value| split(*value, bits)).collect();
            let set = set(values.clone());
            for value in values.iter().chain(&others) {
                prop_assert_eq!(set.contains(*value), naive.contains(&split(*value, bits)));
            }
        }
    }
}
