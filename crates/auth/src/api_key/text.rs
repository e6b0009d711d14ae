//! The text of an API key.
use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{ConfigError, Purpose, RandomError, Secret, Token, TokenHash};
use sha2::{Digest, Sha256};

/// Keys are hashed for this.
const PURPOSE: Purpose = Purpose::new("api key");
/// Characters of the checksum: 36 bits.
const CHECK: usize = 6;

/// The word that every key begins with, so that scanners of source code find keys that were committed: `shop_live`.
#[derive(Clone, Debug)]
pub(super) struct Prefix(Box<str>);

impl Prefix {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let edges = text.starts_with('_') || text.ends_with('_');
        if !(2..=24).contains(&text.len()) || !text.bytes().all(allowed) || edges {
            let problem = "2 to 24 of a-z 0-9 _ are allowed, without _ at either end";
            return Err(ConfigError::new("API key prefix", problem));
        }
        Ok(Self(text.into()))
    }

    /// A new key and what is kept of it: `prefix_` and 43 random characters and 6 that check them.
    pub(super) fn generate(&self) -> Result<(Secret<String>, TokenHash), RandomError> {
        let token = Token::generate()?;
        let text = token.to_text();
        let mut key = format!("{}_{}", self.0, text.expose());
        let check = checksum(key.as_bytes());
        key.push_str(&check);
        Ok((Secret::new(key), token.hash(PURPOSE)))
    }

    /// What is kept of the key with that text; `None` for a text that is no key of this prefix. A mistyped or invented key
    /// costs no look-up.
    pub(super) fn read(&self, text: &[u8]) -> Option<TokenHash> {
        let rest = text.strip_prefix(self.0.as_bytes())?.strip_prefix(b"_")?;
        let (token, check) = rest.split_at_checked(Token::TEXT_LEN)?;
        let checked = text.get(..text.len().checked_sub(CHECK)?)?;
        let hash = Token::parse(token).ok()?.hash(PURPOSE);
        (check == checksum(checked).as_bytes()).then_some(hash)
    }
}

/// The beginning of SHA-256. It protects nothing: it finds typing errors, and tells keys from other long words.
fn checksum(text: &[u8]) -> String {
    let mut check = Base64UrlUnpadded::encode_string(&Sha256::digest(text));
    check.truncate(CHECK);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_nothing_else_is() {
        let prefix = Prefix::parse("shop_live").unwrap();
        let (key, hash) = prefix.generate().unwrap();
        let text = key.expose();
        assert_eq!(text.len(), 9 + 1 + 43 + 6);
        assert_eq!(prefix.read(text.as_bytes()), Some(hash));
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] ^= 1;
            assert_eq!(prefix.read(&changed), None, "{index}");
        }
        let other = Prefix::parse("shop").unwrap();
        for (name, text) in [
            ("nothing", ""),
            ("the prefix", "shop_live_"),
            ("longer", &format!("{text}A")),
            ("shorter", text.get(..text.len() - 1).unwrap()),
            ("a space", &format!(" {text}")),
        ] {
            assert_eq!(prefix.read(text.as_bytes()), None, "{name}");
        }
        assert_eq!(other.read(text.as_bytes()), None, "a key of a longer prefix");
    }

    #[test]
    fn prefixes_are_plain_words() {
        for prefix in [
            "",
            "a",
            "Shop",
            "shop-live",
            "_shop",
            "shop_",
            "sh\u{f6}p",
            &"a".repeat(25),
        ] {
            assert!(Prefix::parse(prefix).is_err(), "{prefix}");
        }
    }
}
