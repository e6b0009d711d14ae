//! The words that everybody would try first.
use std::fmt;

use zeroize::Zeroizing;

use super::super::text::folded;

/// Words that are looked for, at most.
const MAX_WORDS: usize = 32;
/// The longest text that words are taken from, in bytes: longer than any address (RFC 5321 section 4.5.3.1).
const MAX_TEXT: usize = 320;
/// Characters that make a word. Shorter ones are in everything.
const MIN_WORD: usize = 3;

/// What an attacker knows about the user and the service, and would build a password from (OWASP ASVS 5.0, 6.2.11).
///
/// Words of one or two characters, texts over 320 bytes and words past the 32nd are left out. It holds personal data and is
/// not printed.
#[derive(Clone)]
pub struct PasswordContext {
    /// Folded, the longest first.
    words: Vec<String>,
}

impl PasswordContext {
    /// A context with the name of the service.
    #[must_use]
    pub fn new(service: &str) -> Self {
        Self { words: Vec::new() }.add_name(service)
    }

    /// Adds a name: of a user, a company, a brand. Its parts count, too.
    #[must_use]
    pub fn add_name(self, name: &str) -> Self {
        self.add(name)
    }

    /// Adds an e-mail address: the whole, its local part, and the parts of both.
    #[must_use]
    pub fn add_email(self, email: &str) -> Self {
        let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
        self.add(local).add(email)
    }

    fn add(mut self, text: &str) -> Self {
        if text.len() > MAX_TEXT {
            return self;
        }
        let text = folded(text.trim());
        let parts = text.split(|c: char| !c.is_alphanumeric());
        for word in std::iter::once(text.as_str()).chain(parts) {
            if word.chars().count() >= MIN_WORD && self.words.len() < MAX_WORDS {
                self.words.push(word.to_owned());
            }
        }
        self.words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        self
    }

    /// How many characters are left of the folded password without the words; `None` where it holds none of them.
    pub(super) fn left_of(&self, password: &str) -> Option<usize> {
        let mut left = Zeroizing::new(password.to_owned());
        for word in &self.words {
            if left.contains(word.as_str()) {
                left = Zeroizing::new(left.replace(word.as_str(), ""));
            }
        }
        (left.len() < password.len()).then(|| left.chars().count())
    }
}

impl fmt::Debug for PasswordContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordContext")
            .field("words", &self.words.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_counts_without_regard_to_order() {
        let context = PasswordContext::new("Shop").add_email("Ada.Lovelace@shop.example");
        for (password, left) in [
            ("correct horse battery staple", None),
            ("i shop for apples", Some(13)),
            ("ada.lovelace2024", Some(4)),
            ("lovelaceada2024!", Some(5)),
            ("ada.lovelace@shop.example", Some(0)),
            ("shopshopshopshop!", Some(1)),
        ] {
            assert_eq!(context.left_of(password), left, "{password}");
        }
    }

    #[test]
    fn the_context_is_bounded_and_not_printed() {
        let long = "x".repeat(MAX_TEXT + 1);
        let context = PasswordContext::new(&long).add_email("io@io.io").add_name("al");
        assert_eq!(context.words, ["io@io.io"], "short parts are no words");
        let many = (0..1_000).fold(context, |context, n| context.add_name(&format!("name{n}")));
        assert_eq!(many.words.len(), MAX_WORDS);
        assert!(!format!("{many:?}").contains("name"));
    }
}
