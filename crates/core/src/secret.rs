//! Values that must not be printed.
use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A value that cannot be printed, compared byte by byte or left behind in memory.
///
/// It has no `Display`, no `Serialize` and no `PartialEq`; its `Debug` is constant; it is overwritten when dropped.
/// The content is reached by [`expose`](Self::expose) only, so a search for that word is the audit.
///
/// ```
/// use palisade_core::Secret;
/// let password = Secret::new(String::from("correct horse battery staple"));
/// assert_eq!(format!("{password:?}"), "Secret(..)");
/// assert_eq!(password.expose().len(), 28);
/// ```
///
/// ```compile_fail,E0277
/// println!("{}", palisade_core::Secret::new(String::new())); // not Display
/// ```
///
/// ```compile_fail,E0277
/// serde_json::to_string(&palisade_core::Secret::new(String::new())); // not Serialize, with any feature
/// ```
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes `value` in. What was copied out of it before is not wiped.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The content.
    ///
    /// # Security
    /// Keep the borrow short, and never format it.
    #[must_use]
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Whether both hold the same bytes, in a time that depends on the lengths only.
    #[must_use]
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        self.0.as_ref().ct_eq(other).into()
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// The error says that the value did not fit, and nothing of the value.
#[cfg(feature = "serde")]
impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The error of a wrong type quotes the value ("invalid type: string \"..\""): it is replaced, whatever it says.
        let read = T::deserialize(deserializer);
        read.map(Self::new)
            .map_err(|_| serde::de::Error::custom("a secret is not of the form expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_content_is_printed() {
        let secret = Secret::new(String::from("hunter2"));
        assert_eq!(
            format!("{secret:?} {:#?}", Some(&secret))
                .matches("hunter2")
                .count(),
            0
        );
    }

    #[test]
    fn comparison_looks_at_every_byte_and_at_the_length() {
        let secret = Secret::new(b"abc".to_vec());
        assert!(secret.ct_eq(b"abc"));
        assert!(!secret.ct_eq(b"abd"));
        assert!(!secret.ct_eq(b"abcd"));
        assert!(!secret.ct_eq(b""));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_form_field_can_be_read_straight_into_a_secret() {
        let secret: Secret<String> = serde_json::from_str("\"hunter2\"").unwrap();
        assert_eq!(secret.expose(), "hunter2");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_secret_of_the_wrong_type_is_not_in_the_error() {
        let text = serde_json::from_str::<Secret<Vec<u8>>>("\"hunter2\"").unwrap_err();
        let number = serde_json::from_str::<Secret<String>>("271828").unwrap_err();
        assert!(!format!("{text} {text:?}").contains("hunter2"), "{text}");
        assert!(!format!("{number} {number:?}").contains("271828"), "{number}");
    }
}
