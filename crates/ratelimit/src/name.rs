//! The name of a limit.
use palisade_core::ConfigError;

/// The name of a limit, a `sf-string` of RFC 9651 that needs no escaping: 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(Box<str>);

impl Name {
    pub(crate) const MAX_BYTES: usize = 64;

    pub(crate) fn new(text: impl Into<Box<str>>) -> Result<Self, ConfigError> {
        let text = text.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > Self::MAX_BYTES || !text.bytes().all(allowed) {
            return Err(ConfigError::new(
                "rate limit name",
                "1 to 64 characters of A-Z a-z 0-9 . _ - are allowed",
            ));
        }
        Ok(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_need_no_escaping_anywhere() {
        for text in [
            "",
            "a b",
            "a\"b",
            "a\\b",
            "a,b",
            "a;q=1",
            "\u{e9}",
            "a\r\nb",
            &"a".repeat(65),
        ] {
            assert!(Name::new(text).is_err(), "{text:?}");
        }
        assert_eq!(
            Name::new("login.by-address_2").unwrap().as_str(),
            "login.by-address_2"
        );
        assert!(Name::new("a".repeat(64)).is_ok());
    }
}
