//! The token that a form carries: bound to the session, another text each time.
use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{RandomError, Secret, random_bytes};
use subtle::ConstantTimeEq;

use crate::seed::Seed;

/// Characters of a token: twice 32 bytes at six bits each.
const LEN: usize = 86;

/// A new token: a random mask, and the session's seed under it. Because the text differs each time, a page that is
/// compressed together with what an attacker chose does not give it away (BREACH).
pub(crate) fn issue(seed: &Seed) -> Result<Secret<String>, RandomError> {
    let mask = random_bytes::<32>()?;
    let mut bytes = [0; 64];
    let under = seed.expose().iter().zip(mask).map(|(seed, mask)| seed ^ mask);
    bytes
        .iter_mut()
        .zip(mask.into_iter().chain(under))
        .for_each(|(to, from)| *to = from);
    Ok(Secret::new(Base64UrlUnpadded::encode_string(&bytes)))
}

/// Whether the text is a token of the session.
pub(super) fn verifies(seed: &Seed, text: &[u8]) -> bool {
    let mut bytes = [0; 64];
    if text.len() != LEN || Base64UrlUnpadded::decode(text, &mut bytes).is_err() {
        return false;
    }
    let (mask, under) = bytes.split_at(32);
    let mut presented = [0; 32];
    let unmasked = mask.iter().zip(under).map(|(mask, under)| mask ^ under);
    presented
        .iter_mut()
        .zip(unmasked)
        .for_each(|(to, from)| *to = from);
    presented.ct_eq(seed.expose()).into()
}

#[cfg(test)]
mod tests {
    use palisade_core::{Purpose, Token};

    use super::*;

    fn seed() -> Seed {
        Seed::of(Token::generate().unwrap().hash(Purpose::new("test")))
    }

    #[test]
    fn a_token_is_another_text_each_time_and_good_for_one_session() {
        let (one, two) = (seed(), seed());
        let (first, second) = (issue(&one).unwrap(), issue(&one).unwrap());
        assert_ne!(first.expose(), second.expose());
        for token in [first, second] {
            assert_eq!(token.expose().len(), LEN);
            assert!(verifies(&one, token.expose().as_bytes()));
            assert!(!verifies(&two, token.expose().as_bytes()));
        }
    }

    #[test]
    fn what_was_changed_is_no_token() {
        let seed = seed();
        let good = issue(&seed).unwrap().expose().clone();
        for at in 0..LEN {
            let mut bad = good.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            assert!(!verifies(&seed, &bad), "{at}");
        }
        for bad in [
            "",
            "A",
            good.trim_start_matches(|_: char| true),
            &format!("{good}="),
            &"A".repeat(100_000),
            &"A".repeat(LEN),
        ] {
            assert!(!verifies(&seed, bad.as_bytes()), "{bad:.90}");
        }
        assert!(!verifies(&seed, &[0xff; LEN]));
    }
}
