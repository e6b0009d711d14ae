//! The text of a refresh token.
use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{Key, KeyId, KeyRing, Purpose, Secret, Timestamp, Token, TokenHash};

use super::OwnerId;

/// Tokens of a family are hashed for this.
const FAMILY: Purpose = Purpose::new("refresh");
/// Owner, counter and tag.
const BODY: usize = 16 + 4 + 32;
/// The same as text.
const BODY_TEXT: usize = 70;
/// The longest text: key id, family, body and two dots.
const MAX: usize = 32 + Token::TEXT_LEN + BODY_TEXT + 2;

/// One token of a family: `key.family.body`, the body being owner, counter and tag.
///
/// The tag is an HMAC of all the rest under a key that no store has: a token that this server did not issue is refused
/// before a store is asked, and whoever reads a store can make none. The text follows from family and counter, so every
/// node makes the same successor.
#[derive(Debug)]
pub(crate) struct RefreshText {
    owner: OwnerId,
    family: Token,
    counter: u32,
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotIssued {
    Malformed,
    UnknownKey,
    Forged,
}

impl RefreshText {
    pub(super) const fn new(owner: OwnerId, family: Token, counter: u32) -> Self {
        Self {
            owner,
            family,
            counter,
        }
    }

    /// Reads a text that was issued under a key that is trusted.
    pub(crate) fn read(text: &[u8], keys: &KeyRing, now: Timestamp) -> Result<Self, NotIssued> {
        let (key, family, body) = split(text).ok_or(NotIssued::Malformed)?;
        let family = Token::parse(family).map_err(|_| NotIssued::Malformed)?;
        let mut bytes = [0; BODY];
        let decoded = Base64UrlUnpadded::decode(body, &mut bytes).map_err(|_| NotIssued::Malformed)?;
        let (owner, rest) = decoded.split_first_chunk::<16>().ok_or(NotIssued::Malformed)?;
        let (counter, tag) = rest.split_first_chunk::<4>().ok_or(NotIssued::Malformed)?;
        let read = Self::new(OwnerId::from_bytes(*owner), family, u32::from_be_bytes(*counter));
        let key = keys.verifying(&key, now).ok_or(NotIssued::UnknownKey)?;
        if read.is_tagged(key, tag) {
            Ok(read)
        } else {
            Err(NotIssued::Forged)
        }
    }

    /// The text of this token, under the key that signs at `now`; `None` where there is none.
    pub(super) fn write(&self, keys: &KeyRing, now: Timestamp) -> Option<Secret<String>> {
        let (id, key) = keys.active(now)?;
        let counter = self.counter.to_be_bytes();
        let tag = key.tag(&self.parts(self.family.to_text().expose(), &counter));
        let body = [&self.owner.as_bytes()[..], &counter, &tag].concat();
        let body = Base64UrlUnpadded::encode_string(&body);
        let text = format!("{id}.{}.{body}", self.family.to_text().expose());
        Some(Secret::new(text))
    }

    pub(super) const fn owner(&self) -> OwnerId {
        self.owner
    }

    pub(super) const fn counter(&self) -> u32 {
        self.counter
    }

    /// What the store knows the family by.
    pub(super) fn family(&self) -> TokenHash {
        self.family.hash(FAMILY)
    }

    /// The token of the same family with that counter.
    pub(super) fn with_counter(self, counter: u32) -> Self {
        Self { counter, ..self }
    }

    fn is_tagged(&self, key: &Key, tag: &[u8]) -> bool {
        let counter = self.counter.to_be_bytes();
        key.verifies(&self.parts(self.family.to_text().expose(), &counter), tag)
    }

    fn parts<'a>(&'a self, family: &'a str, counter: &'a [u8; 4]) -> [&'a [u8]; 3] {
        [self.owner.as_bytes(), family.as_bytes(), counter]
    }
}

fn split(text: &[u8]) -> Option<(KeyId, &[u8], &[u8])> {
    if text.len() > MAX {
        return None;
    }
    let mut parts = text.rsplitn(3, |byte| *byte == b'.');
    let (body, family, key) = (parts.next()?, parts.next()?, parts.next()?);
    let key = KeyId::parse(std::str::from_utf8(key).ok()?).ok()?;
    (body.len() == BODY_TEXT).then_some((key, family, body))
}

#[cfg(test)]
mod tests {
    use palisade_core::{RootSecret, Subject};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

    fn ring() -> KeyRing {
        let id = KeyId::parse("2026.11").unwrap();
        KeyRing::new(Purpose::new("test"), id, &RootSecret::generate().unwrap())
    }

    fn token() -> RefreshText {
        let owner = OwnerId::of(&Subject::new("42").unwrap());
        RefreshText::new(owner, Token::generate().unwrap(), 7)
    }

    #[test]
    fn a_token_survives_its_text() {
        let (ring, token) = (ring(), token());
        let text = token.write(&ring, NOW).unwrap();
        let read = RefreshText::read(text.expose().as_bytes(), &ring, NOW).unwrap();
        assert_eq!(
            (read.owner(), read.counter(), read.family()),
            (token.owner(), 7, token.family())
        );
        assert_eq!(
            read.write(&ring, NOW).unwrap().expose(),
            text.expose(),
            "and is the same again"
        );
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let ring = ring();
        let text = token().write(&ring, NOW).unwrap();
        for index in 0..text.expose().len() {
            let mut bytes = text.expose().clone().into_bytes();
            bytes[index] ^= 1;
            assert!(RefreshText::read(&bytes, &ring, NOW).is_err(), "{index}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_for_its_reason() {
        let (ring, other) = (ring(), ring());
        let text = token().write(&ring, NOW).unwrap().expose().clone();
        for (name, text, why) in [
            ("nothing", String::new(), NotIssued::Malformed),
            ("dots", "...".to_owned(), NotIssued::Malformed),
            ("longer", format!("{text}A"), NotIssued::Malformed),
            ("a megabyte", "A".repeat(1 << 20), NotIssued::Malformed),
            ("no key", text.replacen("2026.11", "", 1), NotIssued::Malformed),
            (
                "another key",
                text.replacen("2026.11", "2026.12", 1),
                NotIssued::UnknownKey,
            ),
            ("a line break", format!("{text}\n"), NotIssued::Malformed),
        ] {
            assert_eq!(
                RefreshText::read(text.as_bytes(), &ring, NOW).unwrap_err(),
                why,
                "{name}"
            );
        }
        let forged = RefreshText::read(text.as_bytes(), &other, NOW).unwrap_err();
        assert_eq!(forged, NotIssued::Forged, "a key of the same name");
    }

    #[test]
    fn a_compromised_key_voids_its_tokens() {
        let mut ring = ring();
        let text = token().write(&ring, NOW).unwrap();
        ring.compromise(&KeyId::parse("2026.11").unwrap()).unwrap();
        let refused = RefreshText::read(text.expose().as_bytes(), &ring, NOW).unwrap_err();
        assert_eq!(refused, NotIssued::UnknownKey);
        assert!(token().write(&ring, NOW).is_none());
    }
}
