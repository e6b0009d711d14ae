//! What a browser presents, as a store knows it.
use palisade_core::{MalformedToken, Purpose, RandomError, Token, TokenHash, TokenRef};

/// What the secrets of sessions are hashed for.
const SESSION_ID: Purpose = Purpose::new("session id");

/// Characters of the reference at the beginning of the id.
const REFERENCE_LEN: usize = 12;

/// The id of a session, as a store knows it: where the session is kept, and the hash of the secret that opens it.
///
/// What the browser has is 55 characters: a reference of 72 random bits, which stays the same from the session's
/// beginning to its end and grants nothing, and a secret of 256 random bits, which is replaced at every login and every
/// change of rights. Because the reference stays, everything about a session lies in one place: a new id, the overlap with
/// the old one and the end are one act on it, also where a store is spread over many machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId {
    reference: TokenRef,
    hash: TokenHash,
}

impl SessionId {
    /// The id of the session that is kept under `reference` and opened by the secret with this hash.
    #[must_use]
    pub const fn new(reference: TokenRef, hash: TokenHash) -> Self {
        Self { reference, hash }
    }

    /// Where the session is kept, and what it is called in lists and logs. It grants nothing.
    #[must_use]
    pub const fn reference(&self) -> TokenRef {
        self.reference
    }

    /// The hash of the secret.
    #[must_use]
    pub const fn hash(&self) -> TokenHash {
        self.hash
    }

    /// A new id.
    pub(crate) fn mint() -> Result<Minted, RandomError> {
        let secret = Token::generate()?;
        let hash = secret.hash(SESSION_ID);
        let id = Self::new(hash.reference(), hash);
        Ok(Minted { id, secret })
    }

    /// The id that follows this one.
    pub(crate) fn next(self) -> Result<Minted, RandomError> {
        let secret = Token::generate()?;
        let id = Self::new(self.reference, secret.hash(SESSION_ID));
        Ok(Minted { id, secret })
    }

    /// Reads what a browser presents: 55 characters in their one spelling, and nothing else.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, MalformedToken> {
        // What is too short to be cut has no secret. The secret first: its length is looked at before anything is worked
        // out.
        let (reference, secret) = text.split_at_checked(REFERENCE_LEN).unwrap_or_default();
        let secret = Token::parse(secret)?;
        Ok(Self::new(TokenRef::parse(reference)?, secret.hash(SESSION_ID)))
    }
}

/// An id that this server has just made, with the secret that opens it.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) id: SessionId,
    pub(crate) secret: Token,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(minted: &Minted) -> String {
        format!("{}{}", minted.id.reference(), minted.secret.to_text().expose())
    }

    #[test]
    fn an_id_is_read_back_and_the_next_one_keeps_its_place() {
        let first = SessionId::mint().unwrap();
        assert_eq!(SessionId::parse(text(&first).as_bytes()), Ok(first.id));
        let next = first.id.next().unwrap();
        assert_eq!(next.id.reference(), first.id.reference());
        assert_ne!(next.id.hash(), first.id.hash());
        assert_eq!(SessionId::parse(text(&next).as_bytes()), Ok(next.id));
    }

    #[test]
    fn another_length_or_spelling_is_no_id() {
        let good = text(&SessionId::mint().unwrap());
        let cases = [
            String::new(),
            good.chars().take(54).collect(),
            format!("{good}A"),
            good.replacen(|_: char| true, "+", 1),
            format!("+{}", "A".repeat(54)),
            good.chars().skip(12).collect(),
            "A".repeat(100_000),
        ];
        for case in cases {
            assert!(SessionId::parse(case.as_bytes()).is_err(), "{case:.60}");
        }
        assert!(SessionId::parse(&[0xff; 55]).is_err());
    }

    #[test]
    fn neither_secret_nor_hash_is_printed() {
        let minted = SessionId::mint().unwrap();
        let printed = format!("{minted:?}");
        assert!(
            !printed.contains(minted.secret.to_text().expose().as_str()),
            "{printed}"
        );
    }
}
