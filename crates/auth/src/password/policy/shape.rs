//! Passwords with a shape that a guesser tries: repeated units and sequences.

/// The longest unit whose repetition is refused, in characters.
const MAX_UNIT: usize = 8;
/// Neighbours that make a run.
const MIN_RUN: usize = 4;

/// Rows whose neighbours follow each other on a keyboard: QWERTY, then what QWERTZ and AZERTY have otherwise.
const ROWS: [&str; 8] = [
    "1234567890-=",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
];

/// Whether the text is one unit of up to eight characters, one and a half times or more.
pub(super) fn is_repeated(text: &[char]) -> bool {
    let longest = MAX_UNIT.min(text.len().saturating_mul(2) / 3);
    (1..=longest).any(|unit| text.iter().zip(text.iter().skip(unit)).all(|(a, b)| a == b))
}

/// Whether the text falls into runs of four or more neighbours, from the left, and nothing is left over.
pub(super) fn is_sequential(text: &[char]) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let run = run(rest);
        if run < MIN_RUN {
            return false;
        }
        rest = rest.get(run..).unwrap_or_default();
    }
    true
}

/// The length of the run that the text begins with: each character the neighbour of the one before, always in the same
/// row and direction.
fn run(text: &[char]) -> usize {
    let mut ways = u32::MAX;
    let steps = text.iter().zip(text.iter().skip(1)).take_while(|(from, to)| {
        ways &= steps(**from, **to);
        ways != 0
    });
    steps.count().saturating_add(1)
}

/// In which rows, and in which direction, one comes after the other: two bits for the alphabet and the digits, two for each
/// row of the keyboard.
fn steps(from: char, to: char) -> u32 {
    let next = |a: char, b: char| {
        let alphabet = a.is_alphanumeric() && b.is_alphanumeric();
        alphabet && u32::from(b) == u32::from(a).saturating_add(1)
    };
    let rows = ROWS
        .iter()
        .flat_map(|row| [follows(row, from, to), follows(row, to, from)]);
    [next(from, to), next(to, from)]
        .into_iter()
        .chain(rows)
        .fold(0, |ways, way| (ways << 1) | u32::from(way))
}

fn follows(row: &str, from: char, to: char) -> bool {
    row.chars()
        .zip(row.chars().skip(1))
        .any(|pair| pair == (from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn repetitions() {
        for (text, repeated) in [
            ("aaaaaaaaaaaaaaa", true),
            ("abababababababa", true),
            ("passwordpassword", true),
            ("passwordpasswor", true),
            ("password1234567", false),
            ("123412341234123", true),
            ("\u{1f600}\u{1f600}\u{1f600}\u{1f600}", true),
            ("correct horse correct horse ", false),
            ("aaaaaaaaaaaaaab", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(is_repeated(&chars(text)), repeated, "{text}");
        }
    }

    #[test]
    fn sequences() {
        for (text, sequential) in [
            ("abcdefgh", true),
            ("hgfedcba", true),
            ("1234567890123456", true),
            ("0987654321098765", true),
            ("qwertyuiopasdfghjkl", true),
            ("poiuytrewq", true),
            ("qwertzuiop", true),
            ("azertyuiopqsdfghjklm", true),
            ("abcd1234qwer", true),
            ("abcdefghx", false),
            ("abc123qwe", false),
            ("abcdcbab", false),
            ("correct horse", false),
        ] {
            assert_eq!(is_sequential(&chars(text)), sequential, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_repeated_unit_is_found(unit in "[a-z]{1,8}", times in 2_usize..20) {
            prop_assert!(is_repeated(&chars(&unit.repeat(times))));
        }

        #[test]
        fn repetition_is_what_a_naive_reading_says(text in "[ab]{0,24}") {
            // Writes each unit out as often as it fits, and once more.
            let naive = (1..=MAX_UNIT).filter(|unit| text.len().saturating_mul(2) >= unit.saturating_mul(3)).any(|unit| {
                let written = text.get(..unit).unwrap_or_default().repeat(24);
                written.starts_with(&text)
            });
            prop_assert_eq!(is_repeated(&chars(&text)), naive);
        }

        #[test]
        fn a_walk_along_the_alphabet_is_found(start in 0_usize..15, length in 4_usize..11) {
            let walk: Vec<char> = ('a'..='z').skip(start).take(length).collect();
            prop_assert!(is_sequential(&walk));
        }
    }
}
