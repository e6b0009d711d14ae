//! Leaked passwords in a file.
use std::path::Path;
use std::sync::Arc;

use palisade_core::ConfigError;

use super::digest::{BreachDigest, start};
use super::set::{self, CompactSet};

/// A list of leaked passwords in memory, read from a file that [`BreachFilterBuilder`] made: about 22 bits for each password.
///
/// The ten million most frequent ones take 28 MB. What is in it is always found; of other passwords, one in a million is
/// refused too.
///
/// ```
/// use palisade_auth::{BreachFilter, BreachFilterBuilder, PasswordContext, PasswordPolicy, PasswordRefused};
/// use palisade_core::Secret;
/// // Once, offline: from the list that Have I Been Pwned offers for download.
/// let mut builder = BreachFilterBuilder::new();
/// builder.add_line("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:52256179", 10)?;
/// builder.add_password("correct horse battery staple");
/// let file: Vec<u8> = builder.build()?;
///
/// // At start.
/// let policy = PasswordPolicy::customer().with_breach_filter(BreachFilter::from_bytes(file)?);
/// let password = Secret::new("correct horse battery staple".to_owned());
/// let refused = policy.check(&PasswordContext::new("shop"), password).unwrap_err();
/// assert_eq!(refused, PasswordRefused::Breached);
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct BreachFilter(Arc<CompactSet<Vec<u8>>>);

impl BreachFilter {
    /// Reads a filter from a file, as a whole.
    ///
    /// # Errors
    /// [`ConfigError`] where it cannot be read, or is damaged: it ends with a check sum.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path);
        Self::from_bytes(bytes.map_err(|_| ConfigError::new("password filter", "the file cannot be read"))?)
    }

    /// Takes the bytes of a filter.
    ///
    /// # Errors
    /// [`ConfigError`] where they are none, or damaged.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(CompactSet::open(bytes)?)))
    }

    /// Whether the password is in the list.
    #[must_use]
    pub fn contains(&self, digest: &BreachDigest) -> bool {
        self.0.contains(digest.start())
    }
}

impl std::fmt::Debug for BreachFilter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BreachFilter(..)")
    }
}

/// Makes the file of a [`BreachFilter`], in memory: eight bytes for each password while it is made.
#[derive(Clone, Debug, Default)]
pub struct BreachFilterBuilder(Vec<u64>);

impl BreachFilterBuilder {
    /// A list of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a password, as it is: in NFC.
    pub fn add_password(&mut self, password: &str) {
        self.0.push(BreachDigest::of(password).start());
    }

    /// Adds a line of Have I Been Pwned's list, `SHA-1 in hexadecimal:count`, where the count is `at_least` so many. Tells whether
    /// it was.
    ///
    /// # Errors
    /// [`ConfigError`] for any other line.
    pub fn add_line(&mut self, line: &str, at_least: u64) -> Result<bool, ConfigError> {
        let (digest, count) = read(line).ok_or_else(|| {
            ConfigError::new(
                "password filter",
                "a line is not 40 hexadecimal digits, a colon and a count",
            )
        })?;
        if count >= at_least {
            self.0.push(start(&digest));
        }
        Ok(count >= at_least)
    }

    /// The file.
    ///
    /// # Errors
    /// [`ConfigError`] for a list that takes more than 4 GiB: some 1.5 thousand million passwords.
    pub fn build(self) -> Result<Vec<u8>, ConfigError> {
        set::build(self.0).ok_or_else(|| ConfigError::new("password filter", "at most 4 GiB are allowed"))
    }
}

fn read(line: &str) -> Option<([u8; 20], u64)> {
    let (hex, count) = line.trim_end_matches(['\r', '\n']).split_once(':')?;
    let (pairs, odd) = hex.as_bytes().as_chunks::<2>();
    let digit = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    let digest: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    let digest = digest.filter(|_| odd.is_empty())?.try_into().ok()?;
    Some((digest, count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_published_list_are_read_and_others_are_not() {
        let mut builder = BreachFilterBuilder::new();
        assert!(
            builder
                .add_line("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10\r\n", 10)
                .unwrap()
        );
        assert!(
            !builder
                .add_line("7C4A8D09CA3762AF61E59520943DC26494F8941B:9", 10)
                .unwrap()
        );
        for line in [
            "",
            ":1",
            "5BAA:1",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:-1",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FG8:1",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD80:1",
        ] {
            assert!(builder.add_line(line, 1).is_err(), "{line:?}");
        }
        let filter = BreachFilter::from_bytes(builder.build().unwrap()).unwrap();
        assert!(filter.contains(&BreachDigest::of("password")));
        assert!(!filter.contains(&BreachDigest::of("123456")), "too rare");
    }

    #[test]
    fn a_file_that_is_missing_or_is_none_is_refused_at_start() {
        let path = std::env::temp_dir().join(format!("palisade-filter-{}", std::process::id()));
        assert!(BreachFilter::open(&path).is_err());
        std::fs::write(&path, "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:10").unwrap();
        assert!(BreachFilter::open(&path).is_err());
        let mut builder = BreachFilterBuilder::new();
        builder.add_password("password");
        std::fs::write(&path, builder.build().unwrap()).unwrap();
        assert!(
            BreachFilter::open(&path)
                .unwrap()
                .contains(&BreachDigest::of("password"))
        );
        std::fs::remove_file(&path).unwrap();
    }
}
