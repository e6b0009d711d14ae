//! Opaque bearer tokens: 256 random bits that only their holder knows.
use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Purpose, RandomError, Secret, random_bytes};

/// Characters in a token: 256 bits at six each, the last holding four.
const LEN: usize = 43;

/// An opaque bearer value of 256 bits from the operating system, for session ids, one-time links and the like.
///
/// The server keeps its [`TokenHash`] only: who reads the store cannot present what it finds there
/// (OWASP ASVS 5.0, 7.2.2 and 7.2.3 ask for a reference token of at least 128 bits).
///
/// ```
/// use palisade_core::{Purpose, Token};
/// const LINK: Purpose = Purpose::new("reset link");
///
/// let token = Token::generate()?;
/// let text = token.to_text();                            // 43 characters, safe in URLs and cookies
/// let presented = Token::parse(text.expose().as_bytes())?;
/// assert_eq!(presented.hash(LINK), token.hash(LINK));    // what the store is asked for
/// assert!(Token::parse(b"not a token").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Token(Secret<Text>);

/// The text form. The bits themselves are not needed: a text is looked at, hashed and sent as it is.
type Text = [u8; LEN];

impl Token {
    /// Characters in the text form of every token.
    pub const TEXT_LEN: usize = LEN;

    /// A new token.
    ///
    /// # Errors
    /// [`RandomError`] where the operating system gives no random bytes.
    pub fn generate() -> Result<Self, RandomError> {
        let bits = Zeroizing::new(random_bytes::<32>()?);
        let mut text = Zeroizing::new([b'A'; LEN]);
        Base64UrlUnpadded::encode(&*bits, &mut *text).map_err(|_| RandomError)?;
        Ok(Self(Secret::new(*text)))
    }

    /// Reads the text form: exactly 43 characters of unpadded base64url (RFC 4648 section 5), in the one canonical spelling.
    ///
    /// # Errors
    /// [`MalformedToken`] for anything else. The length is looked at first, so a huge input costs nothing.
    pub fn parse(text: &[u8]) -> Result<Self, MalformedToken> {
        let text = Text::try_from(text).map_err(|_| MalformedToken)?;
        // Every byte is looked at, without a branch on any: that is faster than stopping at the first that is wrong.
        let alphabet = text.iter().fold(true, |all, b| all & is_base64url(*b));
        // Four bits are left over for the last character; the other two are zero in the canonical spelling.
        let canonical = text.last().is_some_and(|last| b"AEIMQUYcgkosw048".contains(last));
        if canonical && alphabet {
            Ok(Self(Secret::new(text)))
        } else {
            Err(MalformedToken)
        }
    }

    /// The text form, to be sent to the holder once and kept nowhere else.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(String::from_utf8_lossy(self.0.expose()).into_owned())
    }

    /// What the server keeps: SHA-256 over the text and the purpose, so that a token of one purpose is nothing in another.
    ///
    /// A plain hash is enough, because 256 random bits cannot be guessed; passwords need more. With a purpose of at most
    /// 12 bytes it is one block.
    #[must_use]
    pub fn hash(&self, purpose: Purpose) -> TokenHash {
        let mut hash = Sha256::new();
        hash.update(self.0.expose());
        hash.update(purpose.as_str());
        TokenHash(hash.finalize().into())
    }
}

const fn is_base64url(b: u8) -> bool {
    matches!(b, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')
}

/// The hash of a [`Token`]: what stores keep and look up.
///
/// It does not let anyone in, yet links a stored record to its holder, so it is not printed either;
/// logs take a [`reference`](Self::reference).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The 32 bytes, as a store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash read back from a store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A short name for logs: it tells two tokens apart and leads back to neither the token nor its stored hash.
    #[must_use]
    pub fn reference(&self) -> TokenRef {
        let digest = Sha256::new()
            .chain_update(b"palisade reference")
            .chain_update(self.0)
            .finalize();
        let mut short = [0; 9];
        short.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        TokenRef(short)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

/// The name of a token in logs and lists: 12 characters of base64url. It grants nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenRef([u8; 9]);

impl TokenRef {
    /// Reads the 12 characters back, for a list whose entries a user can choose.
    ///
    /// # Errors
    /// [`MalformedToken`] for anything that [`Display`](fmt::Display) would not have written.
    pub fn parse(text: &[u8]) -> Result<Self, MalformedToken> {
        let text = <&[u8; 12]>::try_from(text).map_err(|_| MalformedToken)?;
        let mut bytes = [0; 9];
        // It is no secret, so it need not be decoded in constant time: base64ct takes 800 instructions for it, in every
        // request that has a session.
        for (three, four) in bytes.chunks_exact_mut(3).zip(text.chunks_exact(4)) {
            let bits = four
                .iter()
                .try_fold(0_u32, |bits, b| Some(bits << 6 | sextet(*b)?));
            let [_, group @ ..] = bits.ok_or(MalformedToken)?.to_be_bytes();
            three.copy_from_slice(&group);
        }
        Ok(Self(bytes))
    }

    /// The 9 bytes, as a store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 9] {
        &self.0
    }

    /// A name read back from a store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 9]) -> Self {
        Self(bytes)
    }
}

/// The six bits of a character of base64url (RFC 4648 section 5).
fn sextet(b: u8) -> Option<u32> {
    let value = match b {
        b'A'..=b'Z' => b.wrapping_sub(b'A'),
        b'a'..=b'z' => b.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => b.wrapping_sub(b'0').wrapping_add(52),
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

impl fmt::Display for TokenRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 12];
        f.write_str(Base64UrlUnpadded::encode(&self.0, &mut text).unwrap_or_default())
    }
}

impl fmt::Debug for TokenRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenRef({self})")
    }
}

/// A text that is no token. It says no more, and holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
#[non_exhaustive]
pub struct MalformedToken;

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Purpose = Purpose::new("one");
    const TWO: Purpose = Purpose::new("two");

    #[test]
    fn a_token_survives_its_text_form() {
        for _ in 0..100 {
            let token = Token::generate().unwrap();
            let text = token.to_text();
            assert_eq!(text.expose().len(), Token::TEXT_LEN);
            assert_eq!(
                Token::parse(text.expose().as_bytes()).unwrap().hash(ONE),
                token.hash(ONE)
            );
        }
    }

    #[test]
    fn anything_but_the_canonical_text_is_refused() {
        let good = "A".repeat(43);
        assert!(Token::parse(good.as_bytes()).is_ok());
        let cases = [
            ("empty", String::new()),
            ("too short", "A".repeat(42)),
            ("padded", format!("{good}=")),
            ("huge", "A".repeat(1_000_000)),
            ("standard alphabet", format!("+{}", "A".repeat(42))),
            ("a space inside", format!("{} {}", "A".repeat(21), "A".repeat(21))),
            ("trailing bits set", format!("{}B", "A".repeat(42))),
            ("a slash", format!("/{}", "A".repeat(42))),
            ("not ASCII", format!("\u{e9}{}", "A".repeat(41))),
        ];
        for (name, text) in cases {
            assert_eq!(
                Token::parse(text.as_bytes()).err(),
                Some(MalformedToken),
                "{name}"
            );
        }
    }

    #[test]
    fn exactly_the_texts_that_a_decoder_takes_are_tokens() {
        for last in 0..=255_u8 {
            let mut text = [b'x'; LEN];
            text[LEN - 1] = last;
            let mut bits = [0; 32];
            let decodes = Base64UrlUnpadded::decode(text, &mut bits).is_ok();
            assert_eq!(Token::parse(&text).is_ok(), decodes, "{last}");
        }
        for byte in 0..=255_u8 {
            let mut text = [b'A'; LEN];
            text[7] = byte;
            let mut bits = [0; 32];
            let decodes = Base64UrlUnpadded::decode(text, &mut bits).is_ok();
            assert_eq!(Token::parse(&text).is_ok(), decodes, "{byte}");
        }
    }

    #[test]
    fn the_hash_is_sha_256_of_text_and_purpose() {
        // Stores keep it: a change of it would sign everybody out. Computed apart from this code.
        let hash = Token::parse(&[b'A'; LEN]).unwrap().hash(ONE);
        let hex = hash
            .as_bytes()
            .iter()
            .fold(String::new(), |hex, b| format!("{hex}{b:02x}"));
        assert_eq!(
            hex,
            "95187f8439adcae792574ea519a8d4031986b2eec505cfa80c269c18dd8b6472"
        );
    }

    #[test]
    fn the_purpose_changes_the_hash() {
        let token = Token::generate().unwrap();
        assert_ne!(token.hash(ONE), token.hash(TWO));
    }

    #[test]
    fn neither_token_nor_hash_is_printed() {
        let token = Token::generate().unwrap();
        let text = token.to_text();
        let hash = token.hash(ONE);
        let printed = format!("{token:?} {hash:?} {:?}", hash.reference());
        assert!(!printed.contains(text.expose().as_str()));
        assert!(!printed.contains(&Base64UrlUnpadded::encode_string(hash.as_bytes())));
    }

    #[test]
    fn a_reference_can_be_read_back_and_differs_per_token() {
        let (a, b) = (
            Token::generate().unwrap().hash(ONE),
            Token::generate().unwrap().hash(ONE),
        );
        assert_ne!(a.reference(), b.reference());
        let text = a.reference().to_string();
        assert_eq!(TokenRef::parse(text.as_bytes()), Ok(a.reference()));
        assert!(TokenRef::parse(b"short").is_err());
        assert_eq!(TokenRef::from_bytes(*a.reference().as_bytes()), a.reference());
        for bits in 0..=255 {
            let name = TokenRef([bits, 1, 2, 3, 4, 5, 6, 255 - bits, bits]);
            assert_eq!(
                TokenRef::parse(name.to_string().as_bytes()),
                Ok(name),
                "as the vetted encoder wrote it"
            );
        }
        for bad in [
            &b"AAAAAAAAAAA="[..],
            b"AAAAAAAAAAA",
            b"AAAAAAAAAAAAA",
            b"AAAAAAAAAAA+",
            b"AAAAAAAAAAA\xff",
        ] {
            assert!(TokenRef::parse(bad).is_err());
        }
    }
}
