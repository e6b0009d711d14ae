//! What is wrong with a policy, and where.

/// What is wrong, and the name it is about, by which a line can be found.
#[derive(Debug)]
pub(super) struct Problem {
    #[cfg_attr(
        not(any(feature = "toml", feature = "json")),
        expect(dead_code, reason = "only a file has lines")
    )]
    pub(super) name: Box<str>,
    pub(super) text: String,
}

impl Problem {
    pub(super) fn new(name: &str, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }
}

/// The first line (from 1) that has the name as a whole word, outside a comment of TOML.
#[cfg(any(feature = "toml", feature = "json"))]
pub(super) fn line_of(text: &str, name: &str) -> Option<usize> {
    let has = |line: &str| !line.trim_start().starts_with('#') && has_word(line, name);
    (1..)
        .zip(text.lines())
        .find_map(|(number, line)| has(line).then_some(number))
}

#[cfg(any(feature = "toml", feature = "json"))]
fn has_word(line: &str, name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '*');
    !name.is_empty()
        && line.match_indices(name).any(|(at, found)| {
            let before = line.get(..at).and_then(|text| text.chars().next_back());
            let after = line
                .get(at.saturating_add(found.len())..)
                .and_then(|text| text.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        })
}
