//! What a list of devices shows.
use std::fmt;

/// The most characters of a label.
const MAX: usize = 64;

/// The name of a device in the list of an account: what the client says of itself, without control characters and cut after
/// 64 characters. Nothing is decided by it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DeviceLabel(Box<str>);

impl DeviceLabel {
    /// Makes a label of any text, such as a `User-Agent` field.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let kept = text.chars().filter(|c| !c.is_control()).take(MAX);
        Self(kept.collect::<String>().trim().into())
    }

    /// The text. It comes from a client: escape it where it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceLabel(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_plain() {
        let long = "\u{e9}".repeat(1000);
        for (text, label) in [
            ("", ""),
            (" Firefox\r\nX: 1\0 ", "FirefoxX: 1"),
            ("\u{1b}[31m", "[31m"),
            (long.as_str(), &*"\u{e9}".repeat(64)),
        ] {
            assert_eq!(DeviceLabel::new(text).as_str(), label);
        }
    }
}
