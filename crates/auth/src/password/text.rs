//! The text of a password, bounded and in one spelling.
use palisade_core::Secret;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The longest password that is hashed, in bytes as it was sent. NIST asks for at least 64 characters.
pub(crate) const MAX_BYTES: usize = 1024;

/// How many times longer UTF-8 text can get through NFC (Unicode Standard Annex #15).
const NFC_GROWTH: usize = 3;

/// The password in Unicode Normalization Form C (NIST SP 800-63B-4 section 3.1.1.2), so that two keyboards that write an é
/// differently write the same password. Nothing else about it is changed. `None` where it has more than 1024 bytes.
pub(crate) fn normalised(password: Secret<String>) -> Option<Secret<String>> {
    let text = password.expose();
    if text.len() > MAX_BYTES {
        return None;
    }
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Some(password);
    }
    // All the room at once: a string that grew would leave copies of its beginning behind.
    let mut nfc = String::with_capacity(text.len().saturating_mul(NFC_GROWTH));
    nfc.extend(text.nfc());
    Some(Secret::new(nfc))
}

/// The form that comparisons with words use: NFC and lower case, without regard to a language.
///
/// Lower-casing can take a text out of NFC, so it comes between two normalisations.
pub(crate) fn folded(text: &str) -> String {
    let lower: String = text.nfc().flat_map(char::to_lowercase).collect();
    lower.nfc().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nfc(text: &str) -> Option<String> {
        normalised(Secret::new(text.to_owned())).map(|secret| secret.expose().clone())
    }

    #[test]
    fn two_spellings_of_one_character_are_one_password() {
        assert_eq!(nfc("caf\u{e9}"), nfc("cafe\u{301}"));
        assert_eq!(nfc("\u{212b}"), nfc("A\u{30a}"));
        assert_ne!(nfc("\u{fb01}"), nfc("fi"), "NFC, not NFKC");
    }

    #[test]
    fn nothing_is_trimmed_or_folded() {
        assert_eq!(nfc("  Two Spaces \u{a0}").unwrap(), "  Two Spaces \u{a0}");
    }

    #[test]
    fn the_bound_is_on_the_bytes_as_sent() {
        assert!(nfc(&"x".repeat(1024)).is_some());
        assert!(nfc(&"x".repeat(1025)).is_none());
        assert!(nfc(&"\u{e9}".repeat(513)).is_none());
    }

    proptest! {
        #[test]
        fn the_normalised_text_never_outgrows_its_room(text in "\\PC{0,64}") {
            prop_assert!(nfc(&text).unwrap().len() <= text.len().saturating_mul(NFC_GROWTH));
        }

        #[test]
        fn both_forms_are_stable(text in "\\PC{0,64}") {
            let once = nfc(&text).unwrap();
            prop_assert_eq!(nfc(&once).unwrap(), once);
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }
    }
}
