//! Money: whole minor units and a currency.
use std::fmt;

/// An amount in minor units (cents of a euro) of a currency with two decimals. It is never a floating-point number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    minor: u32,
    currency: String,
}

impl Money {
    /// `minor` units of the currency with this ISO 4217 code.
    pub(crate) fn new(minor: u32, currency: impl Into<String>) -> Self {
        Self {
            minor,
            currency: currency.into(),
        }
    }

    /// So many times the amount, unless that is more than an amount can be.
    pub(crate) fn checked_mul(&self, times: u32) -> Option<Self> {
        Some(Self::new(self.minor.checked_mul(times)?, self.currency.as_str()))
    }

    /// Both amounts together, unless that is more than an amount can be, or they are of two currencies.
    pub(crate) fn checked_add(&self, other: &Self) -> Option<Self> {
        let same = self.currency == other.currency;
        let sum = self.minor.checked_add(other.minor).filter(|_| same)?;
        Some(Self::new(sum, self.currency.as_str()))
    }

    /// The amount in minor units.
    pub(crate) fn minor(&self) -> u32 {
        self.minor
    }

    /// The ISO 4217 code.
    pub(crate) fn currency(&self) -> &str {
        &self.currency
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = (self.minor / 100, self.minor % 100);
        match self.currency.as_str() {
            "EUR" => write!(f, "€{major}.{minor:02}"),
            other => write!(f, "{other} {major}.{minor:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_written_with_two_decimals() {
        let cases = [(0, "€0.00"), (5, "€0.05"), (2400, "€24.00"), (14905, "€149.05")];
        for (minor, text) in cases {
            assert_eq!(Money::new(minor, "EUR").to_string(), text);
        }
        assert_eq!(Money::new(u32::MAX, "USD").to_string(), "USD 42949672.95");
    }

    #[test]
    fn sums_are_exact_or_none() {
        let euro = |minor| Money::new(minor, "EUR");
        assert_eq!(euro(2_400).checked_mul(3), Some(euro(7_200)));
        assert_eq!(euro(2_400).checked_add(&euro(5)), Some(euro(2_405)));
        assert_eq!(euro(u32::MAX).checked_mul(2), None);
        assert_eq!(euro(u32::MAX).checked_add(&euro(1)), None);
        assert_eq!(euro(1).checked_add(&Money::new(1, "USD")), None);
    }
}
