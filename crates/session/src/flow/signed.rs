//! The text form: `key id . payload . tag`, the last two as base64url.
use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{KeyId, KeyRing, Secret, Timestamp};
use serde::{Deserialize, Serialize};

use super::FlowRefusedKind;

/// The longest text, in bytes: it is looked at before anything is worked out.
const MAX_TEXT: usize = 4 * 1024;

/// What is signed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payload {
    pub(crate) step: u16,
    /// Microseconds since the Unix epoch.
    pub(crate) expires: u64,
    /// What makes it work once.
    pub(crate) nonce: [u8; 32],
    /// The session it belongs to.
    pub(crate) session: Option<[u8; 9]>,
    /// JSON of the application's.
    pub(crate) state: String,
}

/// Signs with the key that is active.
pub(crate) fn sign(
    ring: &KeyRing,
    purpose: &str,
    payload: &Payload,
    now: Timestamp,
) -> Result<Secret<String>, FlowRefusedKind> {
    let (id, key) = ring.active(now).ok_or(FlowRefusedKind::Internal)?;
    let json = serde_json::to_vec(payload).map_err(|_| FlowRefusedKind::Internal)?;
    let tag = key.tag(&[b"palisade flow", purpose.as_bytes(), &json]);
    let [json, tag] = [json.as_slice(), &tag].map(Base64UrlUnpadded::encode_string);
    let text = format!("{id}:{json}:{tag}");
    if text.len() > MAX_TEXT {
        return Err(FlowRefusedKind::Internal);
    }
    Ok(Secret::new(text))
}

/// Reads a text, if it is signed for this purpose. The key id selects the key; none is tried in turn.
pub(crate) fn verify(
    ring: &KeyRing,
    purpose: &str,
    text: &[u8],
    now: Timestamp,
) -> Result<Payload, FlowRefusedKind> {
    read(ring, purpose, text, now).ok_or(FlowRefusedKind::Invalid)
}

fn read(ring: &KeyRing, purpose: &str, text: &[u8], now: Timestamp) -> Option<Payload> {
    let text = std::str::from_utf8(text)
        .ok()
        .filter(|text| text.len() <= MAX_TEXT)?;
    let (id, rest) = text.split_once(':')?;
    let (json, tag) = rest.split_once(':')?;
    let key = ring.verifying(&KeyId::parse(id).ok()?, now)?;
    let json = Base64UrlUnpadded::decode_vec(json).ok()?;
    let tag = Base64UrlUnpadded::decode_vec(tag).ok()?;
    if !key.verifies(&[b"palisade flow", purpose.as_bytes(), &json], &tag) {
        return None;
    }
    serde_json::from_slice(&json).ok()
}
