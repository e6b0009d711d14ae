//! The common passwords, embedded.
use std::sync::LazyLock;

use super::super::breach::{BreachDigest, CompactSet};

/// Passwords of public leaks, of eight or more characters, in lower case, as a set of 31 KB; see `SOURCE.md`.
static COMMON: LazyLock<Option<CompactSet<&[u8]>>> =
    LazyLock::new(|| CompactSet::open(include_bytes!("common.set").as_slice()).ok());

/// Whether the folded password is common, as a whole or in what is left of it without the digits and the punctuation at its
/// ends: `password-2024` is no secret that `password` is not.
pub(super) fn is_common(password: &str) -> bool {
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    contains(password) || contains(core)
}

fn contains(word: &str) -> bool {
    // A set that could not be read, which a test rules out, would refuse everything.
    COMMON
        .as_ref()
        .is_none_or(|set| set.contains(BreachDigest::of(word).start()))
}

#[cfg(test)]
mod tests {
    use super::super::super::breach::BreachFilterBuilder;
    use super::*;

    const WORDS: &str = include_str!("common.txt");

    #[test]
    fn the_list_is_sorted_folded_and_long_enough() {
        let words: Vec<_> = WORDS.lines().collect();
        assert_eq!(words.len(), 11_611);
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        for word in words {
            assert!(word.len() >= 8, "{word}");
            assert!(
                word.bytes()
                    .all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()),
                "{word}"
            );
        }
    }

    #[test]
    fn the_set_is_made_of_the_list_and_small() {
        let mut builder = BreachFilterBuilder::new();
        WORDS.lines().for_each(|word| builder.add_password(word));
        let set = builder.build().unwrap();
        assert!(set == include_bytes!("common.set"), "make it anew, see SOURCE.md");
        assert!(set.len() < 33_000, "{} bytes", set.len());
    }

    #[test]
    fn every_word_is_found_and_its_neighbours_are_not() {
        for word in WORDS.lines() {
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
