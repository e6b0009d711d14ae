//! Increasing numbers, in a Rice code of their differences.

/// Bits of a difference that are written as they are; what is above them is written in unary.
const PLAIN: u32 = 20;

/// Writes numbers behind each other, each greater than the one before.
///
/// A difference of `q * 2^20 + r` is `q` ones, a zero, and the 20 bits of `r`. At the end the last byte is filled with
/// ones, which is no number.
pub(super) struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    /// Bits that do not fill a byte yet, behind a one.
    open: u8,
    next: u32,
}

impl<'a> Writer<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self {
            bytes,
            open: 1,
            next: 0,
        }
    }

    /// Adds a number; one that is not greater than the last is in it already.
    pub(super) fn push(&mut self, value: u32) {
        let Some(difference) = value.checked_sub(self.next) else {
            return;
        };
        self.next = value.saturating_add(1);
        (0..difference >> PLAIN).for_each(|_| self.bit(1));
        self.bit(0);
        (0..PLAIN).rev().for_each(|bit| self.bit(difference >> bit & 1));
    }

    /// Fills the last byte.
    pub(super) fn end(mut self) {
        while self.open != 1 {
            self.bit(1);
        }
    }

    fn bit(&mut self, bit: u32) {
        let full = self.open >> 7 == 1;
        self.open = self.open << 1 | u8::from(bit == 1);
        if full {
            self.bytes.push(self.open);
            self.open = 1;
        }
    }
}

/// Reads what a [`Writer`] wrote, in its order.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// The bit that comes next.
    at: usize,
    next: u32,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            next: 0,
        }
    }

    /// The next bits, the first one on top: at least 57 of them. Beyond the end there are ones.
    fn window(&self) -> u64 {
        let mut eight = [0xff; 8];
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        eight.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(eight) << (self.at % 8)
    }

    /// How many ones come before the next zero, which is passed over; `None` where there is none.
    fn unary(&mut self) -> Option<u32> {
        let mut count = 0_u32;
        while self.at < self.bytes.len().checked_mul(8)? {
            let ones = self.window().leading_ones();
            if ones <= SURE {
                self.skip(ones.checked_add(1)?)?;
                return count.checked_add(ones);
            }
            count = count.checked_add(SURE)?;
            self.skip(SURE)?;
        }
        None
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        self.at = self.at.checked_add(usize::try_from(bits).ok()?)?;
        Some(())
    }
}

/// Bits of a window that are of the text, less one.
const SURE: u32 = 56;

impl Iterator for Reader<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let above = self.unary()?;
        let plain = u32::try_from(self.window() >> u64::BITS.saturating_sub(PLAIN)).ok()?;
        self.skip(PLAIN)?;
        let difference = above.checked_mul(1 << PLAIN)?.checked_add(plain)?;
        let value = self.next.checked_add(difference)?;
        self.next = value.checked_add(1)?;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn write(values: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        values.into_iter().for_each(|value| writer.push(value));
        writer.end();
        bytes
    }

    #[test]
    fn long_runs_and_nothing_are_read_back() {
        for values in [
            vec![],
            vec![0],
            vec![(1 << 28) - 1],
            vec![0, 1, 2, 1 << 27],
            (0..300).collect(),
        ] {
            let bytes = write(values.iter().copied());
            assert_eq!(Reader::new(&bytes).collect::<Vec<_>>(), values);
        }
        assert_eq!(write([5, 5, 4]), write([5]), "each once, in order");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(values in proptest::collection::btree_set(0_u32..1 << 28, 0..300)) {
            let bytes = write(values.iter().copied());
            prop_assert_eq!(Reader::new(&bytes).collect::<BTreeSet<_>>(), values);
        }

        #[test]
        fn no_bytes_make_the_reader_panic_or_go_on_for_ever(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Reader::new(&bytes).count() <= 80);
        }
    }
}
