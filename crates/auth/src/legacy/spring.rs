//! Spring Security's format: the encoder's name in braces, then what it wrote.
use base64ct::{Base64, Encoding};

use super::bcrypt::{self, Given};
use super::foreign::Foreign;
use super::modular::split;
use super::pbkdf2::{self, Prf};
use super::scrypt::{self, Cost};

/// Reads `{name}...`.
pub(super) fn parse(text: &str) -> Option<Foreign> {
    let (name, rest) = text.strip_prefix('{')?.split_once('}')?;
    match name {
        "bcrypt" => bcrypt::parse(rest, Given::Password),
        // The defaults of Spring Security 5.5 and before, and those from 5.8 on; a secret of its own is not supported.
        "pbkdf2" => pbkdf2_of(Prf::Sha1, 185_000, rest.split_at_checked(16)?),
        "pbkdf2@SpringSecurity_v5_8" => pbkdf2_of(Prf::Sha256, 310_000, rest.split_at_checked(32)?),
        "scrypt" | "scrypt@SpringSecurity_v5_8" => scrypt_of(rest),
        "argon2" | "argon2@SpringSecurity_v5_8" => Foreign::argon2(rest),
        _ => None,
    }
}

/// Salt and hash, each in hexadecimal.
fn pbkdf2_of(prf: Prf, rounds: u32, (salt, hash): (&str, &str)) -> Option<Foreign> {
    pbkdf2::hash(prf, rounds, &unhex(salt)?, &unhex(hash)?)
}

/// `$params$salt$hash`; the parameters are one hexadecimal number: the power of N, then a byte each for r and p.
fn scrypt_of(rest: &str) -> Option<Foreign> {
    let [params, salt, hash] = split(rest.strip_prefix('$')?, '$')?;
    let [_, log_n, r, p] = u32::from_str_radix(params, 16).ok()?.to_be_bytes();
    let cost = Cost {
        log_n,
        r: r.into(),
        p: p.into(),
    };
    scrypt::hash(
        cost,
        &Base64::decode_vec(salt).ok()?,
        &Base64::decode_vec(hash).ok()?,
    )
}

/// Bytes of lower-case hexadecimal.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a')?.checked_add(10),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(high)? << 4 | digit(low)?);
    odd.is_empty().then(|| pairs.iter().map(byte).collect()).flatten()
}
