//! The common passwords, embedded.
use std::sync::LazyLock;

/// Passwords of public leaks, of eight or more characters, in lower case, sorted by bytes; see `SOURCE.md`.
const COMMON: &str = include_str!("common.txt");

static WORDS: LazyLock<Box<[&'static str]>> = LazyLock::new(|| COMMON.lines().collect());

/// Whether the folded password is common, as a whole or in what is left of it without the digits and the punctuation at its
/// ends: `password-2024` is no secret that `password` is not.
pub(super) fn is_common(password: &str) -> bool {
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    contains(password) || contains(core)
}

fn contains(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_folded_and_long_enough() {
        assert_eq!(WORDS.len(), 11_611);
        assert!(WORDS.windows(2).all(|pair| pair[0] < pair[1]));
        for word in &*WORDS {
            assert!(word.len() >= 8, "{word}");
            assert!(
                word.bytes()
                    .all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()),
                "{word}"
            );
        }
    }

    #[test]
    fn every_word_is_found_and_its_neighbours_are_not() {
        for word in &*WORDS {
            assert!(is_common(word), "{word}");
        }
        for word in [
            "",
            "passwore",
            "zzzzzzzzzzzz",
            "!",
            "correct horse battery staple",
        ] {
            assert!(!is_common(word), "{word}");
        }
    }

    #[test]
    fn decoration_hides_nothing() {
        assert!(is_common("!!password123456"));
        assert!(is_common("123sunshine..."));
        assert!(!is_common("my sunshine of 2024"));
    }
}
