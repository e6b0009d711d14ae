//! A hash that is encrypted as a whole.
use base64ct::{Base64Unpadded, Encoding};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use palisade_core::{Key, KeyId, Timestamp, random_bytes};
use zeroize::Zeroizing;

use super::{Pepper, Wrap};
use crate::password::error::PasswordError;
use crate::password::hash::{Argon2Hash, Form, MalformedHash, Opened, PasswordHash};
use crate::password::params::Argon2Cost;

/// Bytes of the nonce: enough to draw it at random for every row and every key.
const NONCE_LEN: usize = 24;
/// Bytes of the longest PHC string and the tag of 16 bytes, and some room.
const MAX_SEALED: usize = 256;
/// The longest text, in bytes, looked at before it is taken apart.
const MAX_LEN: usize = 512;

/// `$xchacha20poly1305$k=<key id>$<nonce>$<sealed>`, both in unpadded base64. The key id is authenticated, too.
pub(crate) struct Sealed {
    key: KeyId,
    nonce: [u8; NONCE_LEN],
    bytes: Box<[u8]>,
}

impl Sealed {
    pub(crate) const PREFIX: &'static str = "$xchacha20poly1305$";

    pub(crate) fn parse(text: &str) -> Result<Self, MalformedHash> {
        if text.len() > MAX_LEN {
            return Err(MalformedHash);
        }
        let rest = text
            .strip_prefix(Self::PREFIX)
            .and_then(|rest| rest.strip_prefix("k="));
        let (key, rest) = rest.and_then(|rest| rest.split_once('$')).ok_or(MalformedHash)?;
        let (nonce, bytes) = rest.split_once('$').ok_or(MalformedHash)?;
        let decoded = |text| Base64Unpadded::decode_vec(text).map_err(|_| MalformedHash);
        let (nonce, bytes) = (decoded(nonce)?, decoded(bytes)?);
        if bytes.len() > MAX_SEALED {
            return Err(MalformedHash);
        }
        Ok(Self {
            key: KeyId::parse(key).map_err(|_| MalformedHash)?,
            nonce: nonce.try_into().map_err(|_| MalformedHash)?,
            bytes: bytes.into(),
        })
    }

    pub(crate) fn wrap(hash: &Argon2Hash, (id, key): (KeyId, Key)) -> Result<PasswordHash, PasswordError> {
        let nonce = random_bytes::<NONCE_LEN>()?;
        let text = Zeroizing::new(hash.to_text()?);
        let payload = Payload {
            msg: text.as_bytes(),
            aad: id.as_str().as_bytes(),
        };
        let sealed = cipher(&key).encrypt(&XNonce::from(nonce), payload);
        let sealed = Self {
            key: id,
            nonce,
            bytes: sealed.map_err(|_| PasswordError::INTERNAL)?.into(),
        };
        Ok(PasswordHash::of(sealed.to_text(), sealed))
    }

    fn to_text(&self) -> String {
        let (nonce, bytes) = (
            Base64Unpadded::encode_string(&self.nonce),
            Base64Unpadded::encode_string(&self.bytes),
        );
        format!("{}k={}${nonce}${bytes}", Self::PREFIX, self.key)
    }

    fn unseal(&self, key: &Key) -> Option<Argon2Hash> {
        let payload = Payload {
            msg: &self.bytes,
            aad: self.key.as_str().as_bytes(),
        };
        let text = cipher(key).decrypt(&XNonce::from(self.nonce), payload).ok()?;
        let text = Zeroizing::new(text);
        Argon2Hash::parse(std::str::from_utf8(&text).ok()?).ok()
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose().into())
}

impl Form for Sealed {
    fn cost(&self) -> Option<Argon2Cost> {
        None
    }

    fn open(&self, pepper: &Pepper, now: Timestamp) -> Option<Opened> {
        let hash = self.unseal(pepper.sealing(&self.key, now)?)?;
        Some(Opened::of(hash, Wrap::Sealed(self.key.clone())))
    }
}
