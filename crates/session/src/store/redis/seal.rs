//! Encrypts what is stored, so that whoever reads or writes the server's memory learns and changes nothing.
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use palisade_core::{
    Clock, Key, KeyId, KeyRing, KeyState, StoreError, StoreErrorKind, SystemClock, TokenRef, random_bytes,
};

/// The first byte of what is stored as it is, and of what is sealed.
const PLAIN: u8 = b'0';
const SEALED: u8 = b'1';

/// Bytes of a nonce: so many that random ones do not repeat.
const NONCE: usize = 24;

/// Where a stored value belongs: it means nothing anywhere else.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) session: TokenRef,
    pub(super) field: &'a [u8],
}

impl Place<'_> {
    /// The reference has a fixed length, so no two places look alike.
    fn bytes(&self) -> Vec<u8> {
        [
            b"palisade session".as_slice(),
            self.session.as_bytes(),
            self.field,
        ]
        .concat()
    }
}

/// Seals with the keys of a ring, or with nothing.
#[derive(Clone, Debug)]
pub(super) struct Seal(pub(super) Option<KeyRing>);

/// What was sealed cannot be read.
#[derive(Debug)]
pub(super) enum Unsealed {
    Bytes(Vec<u8>),
    /// Its key was declared compromised, or it was stored before there were keys: the session is void.
    Void,
}

impl Seal {
    pub(super) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let Some(ring) = &self.0 else {
            return Ok([&[PLAIN], plain].concat());
        };
        let (id, key) = ring.active(SystemClock::new().now()).ok_or_else(failed)?;
        let nonce = random_bytes::<NONCE>().map_err(|_| failed())?;
        let aad = place.bytes();
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = cipher(key)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| failed())?;
        let id = id.as_str().as_bytes();
        let length = u8::try_from(id.len()).map_err(|_| failed())?;
        Ok([&[SEALED, length], id, &nonce, &sealed].concat())
    }

    pub(super) fn open(&self, place: Place<'_>, stored: &[u8]) -> Result<Unsealed, StoreError> {
        match (&self.0, stored.split_first()) {
            (None, Some((&PLAIN, plain))) => Ok(Unsealed::Bytes(plain.to_vec())),
            (Some(_), Some((&PLAIN, _))) => Ok(Unsealed::Void),
            (Some(ring), Some((&SEALED, sealed))) => open(ring, place, sealed),
            _ => Err(failed()),
        }
    }
}

fn open(ring: &KeyRing, place: Place<'_>, sealed: &[u8]) -> Result<Unsealed, StoreError> {
    let now = SystemClock::new().now();
    let (id, nonce, sealed) = parts(sealed).ok_or_else(failed)?;
    if ring.state(&id, now) == Some(KeyState::Revoked) {
        return Ok(Unsealed::Void);
    }
    // A key that is not known may be known to another node: that is no reason to end the session.
    let key = ring.verifying(&id, now).ok_or_else(failed)?;
    let aad = place.bytes();
    let payload = Payload {
        msg: sealed,
        aad: &aad,
    };
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), payload);
    plain.map(Unsealed::Bytes).map_err(|_| failed())
}

fn parts(sealed: &[u8]) -> Option<(KeyId, &[u8; NONCE], &[u8])> {
    let (&length, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_at_checked(usize::from(length))?;
    let (nonce, sealed) = rest.split_first_chunk()?;
    let id = KeyId::parse(std::str::from_utf8(id).ok()?).ok()?;
    Some((id, nonce, sealed))
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

pub(super) fn failed() -> StoreError {
    StoreError::new(StoreErrorKind::Failed)
}

#[cfg(test)]
mod tests {
    use palisade_core::{Purpose, RootSecret, Timestamp};

    use super::*;

    fn key(id: &str) -> KeyId {
        KeyId::parse(id).unwrap()
    }

    fn ring() -> KeyRing {
        KeyRing::new(
            Purpose::new("sessions"),
            key("1"),
            &RootSecret::generate().unwrap(),
        )
    }

    fn place(session: u8, field: &[u8]) -> Place<'_> {
        Place {
            session: TokenRef::from_bytes([session; 9]),
            field,
        }
    }

    fn opened(seal: &Seal, at: Place<'_>, stored: &[u8]) -> Option<Vec<u8>> {
        match seal.open(at, stored) {
            Ok(Unsealed::Bytes(bytes)) => Some(bytes),
            Ok(Unsealed::Void) | Err(_) => None,
        }
    }

    #[test]
    fn what_is_sealed_is_read_in_its_place_only_and_unchanged_only() {
        let seal = Seal(Some(ring()));
        let stored = seal.seal(place(1, b"=cart"), b"tea").unwrap();
        assert!(!stored.windows(3).any(|window| window == b"tea"));
        assert_ne!(
            stored,
            seal.seal(place(1, b"=cart"), b"tea").unwrap(),
            "never twice the same"
        );
        assert_eq!(
            opened(&seal, place(1, b"=cart"), &stored).as_deref(),
            Some(&b"tea"[..])
        );
        for wrong in [place(2, b"=cart"), place(1, b"=role")] {
            assert!(seal.open(wrong, &stored).is_err(), "moved by somebody else");
        }
        for at in 0..stored.len() {
            let mut bad = stored.clone();
            bad[at] ^= 1;
            assert_eq!(opened(&seal, place(1, b"=cart"), &bad), None, "{at}");
            assert_eq!(opened(&seal, place(1, b"=cart"), &stored[..at]), None, "{at}");
        }
        assert!(
            Seal(Some(ring())).open(place(1, b"=cart"), &stored).is_err(),
            "another key"
        );
        assert!(Seal(None).open(place(1, b"=cart"), &stored).is_err(), "no key");
    }

    #[test]
    fn replaced_keys_open_and_stolen_ones_void() {
        let mut keys = ring();
        let stored = Seal(Some(keys.clone())).seal(place(1, b"w"), b"ada").unwrap();
        keys.rotate(
            key("2"),
            &RootSecret::generate().unwrap(),
            Timestamp::from_secs(1),
        )
        .unwrap();
        assert!(opened(&Seal(Some(keys.clone())), place(1, b"w"), &stored).is_some());
        keys.compromise(&key("1")).unwrap();
        let seal = Seal(Some(keys));
        assert!(matches!(seal.open(place(1, b"w"), &stored), Ok(Unsealed::Void)));
        let plain = Seal(None).seal(place(1, b"w"), b"ada").unwrap();
        assert!(
            matches!(seal.open(place(1, b"w"), &plain), Ok(Unsealed::Void)),
            "planted or old"
        );
        assert!(matches!(
            Seal(None).open(place(1, b"w"), &plain),
            Ok(Unsealed::Bytes(_))
        ));
    }
}
