//! A field value in the making.
use http::HeaderValue;

use crate::name::Name;

/// The largest `sf-integer` (RFC 9651 section 3.3.1).
pub(super) const MAX_INTEGER: u64 = 999_999_999_999_999;

/// The longest value: a quoted name, a period, two parameters.
const MAX_BYTES: usize = Name::MAX_BYTES + 64;

/// A field value in the making, on the stack.
pub(super) struct Text {
    bytes: [u8; MAX_BYTES],
    len: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; MAX_BYTES],
            len: 0,
        }
    }

    /// How many bytes it has.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn push(&mut self, part: &[u8]) {
        if let Some(free) = self.next(part.len()) {
            free.copy_from_slice(part);
        }
    }

    #[inline]
    pub(super) fn parameter<const N: usize>(&mut self, key: &[u8; N], number: u64) {
        self.push(key);
        self.number(number.min(MAX_INTEGER));
    }

    /// Two digits at a time, in their place: these fields are in every response.
    fn number(&mut self, number: u64) {
        let digits = number.checked_ilog10().unwrap_or(0).saturating_add(1);
        let Some(free) = self.next(usize::try_from(digits).unwrap_or(usize::MAX)) else {
            return;
        };
        let mut rest = number;
        for pair in free.rchunks_mut(2) {
            let two = u8::try_from(rest % 100).unwrap_or(0);
            rest /= 100;
            match pair {
                [tens, units] => (*tens, *units) = (b'0' | (two / 10), b'0' | (two % 10)),
                [units] => *units = b'0' | two,
                _ => {}
            }
        }
    }

    /// The next so many bytes. Where they do not fit, no value is made at all.
    #[inline]
    fn next(&mut self, len: usize) -> Option<&mut [u8]> {
        let start = self.len;
        self.len = start.saturating_add(len);
        self.bytes.get_mut(start..self.len)
    }

    pub(super) fn into_value(self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.bytes.get(..self.len)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_everybody_writes_them() {
        let mut numbers: Vec<u64> = (0..20_000).collect();
        numbers.extend((0..15).flat_map(|power| {
            let power = 10_u64.pow(power);
            [power - 1, power, power + 1, 9 * power]
        }));
        for number in numbers {
            let mut text = Text::new();
            text.parameter(b"r=", number);
            assert_eq!(text.into_value().unwrap(), format!("r={number}"));
        }
    }

    #[test]
    fn what_does_not_fit_is_no_value() {
        let mut text = Text::new();
        text.push(&[b'a'; MAX_BYTES - 1]);
        text.parameter(b"", 10);
        assert!(text.into_value().is_none());
    }
}
