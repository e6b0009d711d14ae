//! Names in a policy, and what somebody may have meant by a wrong one.

/// The longest name of a role, resource, action or field, in bytes.
const MAX_NAME: usize = 64;

/// Whether a role, field, resource or action may be called that: 1 to 64 of `a-z`, `0-9`, `_`, `-` and `.`.
pub(crate) const fn is_name(text: &str) -> bool {
    let mut rest = text.as_bytes();
    if rest.is_empty() || rest.len() > MAX_NAME {
        return false;
    }
    while let Some((byte, after)) = rest.split_first() {
        if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.') {
            return false;
        }
        rest = after;
    }
    true
}

/// Whether a scope may be called that: a `scope-token` of RFC 6749 section 3.3, of at most 128 bytes.
pub(crate) fn is_scope(text: &str) -> bool {
    let token = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !text.is_empty() && text.len() <= 128 && text.bytes().all(token)
}

/// What is wrong with a name that nobody knows, with the nearest one that is known.
pub(crate) fn unknown<'a>(what: &str, wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let wrong: String = wrong.chars().take(MAX_NAME).collect();
    match nearest(&wrong, known) {
        Some(known) => format!("`{wrong}` is no {what}; did you mean `{known}`?"),
        None => format!("`{wrong}` is no {what}"),
    }
}

/// The known name that is nearest, if it is near: a third of its letters differ at most.
fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let far = |name: &str| distance(wrong, name).saturating_mul(3) > name.len().max(3);
    known
        .filter(|name| !far(name))
        .min_by_key(|name| distance(wrong, name))
}

/// The optimal string alignment distance: letters to insert, remove or replace, or neighbours to swap.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut last = None;
    for (row, a) in (1_usize..).zip(one.chars()) {
        let mut here = vec![row];
        for (column, (pair, b)) in above.windows(2).zip(&other).enumerate() {
            let &[diagonal, up] = pair else { continue };
            let left = here.last().copied().unwrap_or(row);
            let replaced = diagonal.saturating_add(usize::from(a != *b));
            let swap = column
                .checked_sub(1)
                .filter(|left| other.get(*left) == Some(&a) && last == Some(*b));
            let swapped = swap
                .and_then(|left| before.get(left))
                .map_or(usize::MAX, |cost| cost.saturating_add(1));
            here.push(replaced.min(up.min(left).saturating_add(1)).min(swapped));
        }
        before = std::mem::replace(&mut above, here);
        last = Some(a);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters_and_swaps() {
        for (one, other, want) in [
            ("", "", 0),
            ("a", "", 1),
            ("kitten", "sitting", 3),
            ("order:refnd", "order:refund", 1),
            ("clrek", "clerk", 1),
            ("ab", "ba", 1),
            ("abc", "cab", 2),
        ] {
            assert_eq!(distance(one, other), want, "{one} {other}");
            assert_eq!(distance(other, one), want, "{other} {one}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["order:read", "order:refund", "user:list"];
        assert_eq!(nearest("order:refnd", known.into_iter()), Some("order:refund"));
        assert_eq!(nearest("warehouse:count", known.into_iter()), None);
    }

    #[test]
    fn names_are_plain() {
        for name in ["a", "order", "two_words", "a-b.c9"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "A", "a b", "a:b", "*", "a\n", "é", "=a", &"x".repeat(65)] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
