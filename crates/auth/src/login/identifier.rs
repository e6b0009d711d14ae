//! What people sign in with: an address or a name, in one spelling.
use std::fmt;

use crate::password::folded;

/// The longest identifier, in bytes: the longest e-mail address that a mail server takes (RFC 5321 section 4.5.3.1.3, less the
/// two brackets).
const MAX_BYTES: usize = 254;

/// An e-mail address or user name in the one spelling by which accounts are found.
///
/// The rule: at most 254 bytes; white space at both ends is dropped; NFC; lower case, without regard to a language; NFC again. Empty
/// texts and control characters are refused. Whether an address exists is for a mail with a link to find out.
///
/// # Security
/// Registration and login must use this same rule, or one person gets two accounts, or gets into another's. The whole
/// address is folded: RFC 5321 lets `Ada@` and `ada@` be two mailboxes, yet no provider that matters hands them to two people,
/// and who registers the other spelling does so to confuse. Some characters fold into another one (the Kelvin sign into
/// `k`): send mail to the address *as stored*, never as typed. It is personal data and not printed.
///
/// ```
/// use palisade_auth::Identifier;
/// assert_eq!(Identifier::parse("  Ada@Shop.Example ")?.as_str(), "ada@shop.example");
/// assert!(Identifier::parse("ada@shop.example\r\nbcc: all@shop.example").is_err());
/// # Ok::<(), palisade_auth::MalformedIdentifier>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Box<str>);

impl Identifier {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// [`MalformedIdentifier`] for an empty text, one over 254 bytes, and one with control characters. The length is looked at
    /// first, so a huge input costs nothing.
    pub fn parse(text: &str) -> Result<Self, MalformedIdentifier> {
        if text.len() > MAX_BYTES {
            return Err(MalformedIdentifier);
        }
        let folded = folded(text.trim());
        // Folding may lengthen a text.
        if folded.is_empty() || folded.len() > MAX_BYTES || folded.chars().any(char::is_control) {
            return Err(MalformedIdentifier);
        }
        Ok(Self(folded.into()))
    }

    /// The identifier, as it is to be stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(..)")
    }
}

/// A text that nobody can be called. It says no more, and holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or name to sign in with")]
#[non_exhaustive]
pub struct MalformedIdentifier;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<String> {
        Identifier::parse(text)
            .ok()
            .map(|identifier| identifier.as_str().to_owned())
    }

    #[test]
    fn spellings_of_one_address_are_one_identifier() {
        for text in [
            "ada@shop.example",
            "ADA@SHOP.EXAMPLE",
            "\t ada@shop.example\u{a0}\r\n",
        ] {
            assert_eq!(parse(text).as_deref(), Some("ada@shop.example"), "{text:?}");
        }
        assert_eq!(parse("JOS\u{c9}@shop.example"), parse("jose\u{301}@shop.example"));
        assert_eq!(parse("\u{212a}im"), parse("kim"), "the Kelvin sign");
        assert_ne!(
            parse("a.da@shop.example"),
            parse("ada@shop.example"),
            "dots are no matter of ours"
        );
    }

    #[test]
    fn what_nobody_can_be_called_is_refused() {
        let growing = "\u{130}".repeat(127);
        assert_eq!(growing.len(), 254);
        for (name, text) in [
            ("empty", ""),
            ("white space", " \t\u{3000}"),
            ("a line break", "ada@shop.example\nx"),
            ("a zero byte", "ada\0@shop.example"),
            ("a C1 control", "ada\u{85}x@shop.example"),
            ("long", &"x".repeat(255)),
            ("long once folded", &growing),
            ("huge", &"x".repeat(10_000_000)),
        ] {
            assert_eq!(parse(text), None, "{name}");
        }
        assert!(parse(&"x".repeat(254)).is_some());
    }

    #[test]
    fn it_is_not_printed() {
        assert_eq!(
            format!("{:?}", Identifier::parse("ada@shop.example").unwrap()),
            "Identifier(..)"
        );
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text in "\\PC{1,60}") {
            if let Some(once) = parse(&text) {
                prop_assert_eq!(parse(&once), Some(once));
            }
        }
    }
}
