//! Django's format: the hasher's name, then its parts.
use base64ct::{Base64, Encoding};

use super::bcrypt::{self, Given};
use super::foreign::Foreign;
use super::modular::{number, split};
use super::pbkdf2::{self, Prf};
use super::scrypt::{self, Cost};

/// Reads `name$...`.
pub(super) fn parse(text: &str) -> Option<Foreign> {
    let (name, rest) = text.split_once('$')?;
    match name {
        "pbkdf2_sha256" => pbkdf2_of(Prf::Sha256, rest),
        "pbkdf2_sha1" => pbkdf2_of(Prf::Sha1, rest),
        "scrypt" => scrypt_of(rest),
        "bcrypt" => bcrypt::parse(rest, Given::Password),
        "bcrypt_sha256" => bcrypt::parse(rest, Given::Sha256),
        "argon2" => Foreign::argon2(&format!("${rest}")),
        _ => None,
    }
}

/// `iterations$salt$hash`; the salt is text, and used as it is.
fn pbkdf2_of(prf: Prf, rest: &str) -> Option<Foreign> {
    let [rounds, salt, hash] = split(rest, '$')?;
    pbkdf2::hash(
        prf,
        number(rounds)?,
        salt.as_bytes(),
        &Base64::decode_vec(hash).ok()?,
    )
}

/// `N$salt$r$p$hash`; N itself, not its power.
fn scrypt_of(rest: &str) -> Option<Foreign> {
    let [n, salt, r, p, hash] = split(rest, '$')?;
    let n: u32 = number(n)?;
    let cost = Cost {
        log_n: Some(n).filter(|n| n.is_power_of_two())?.ilog2().try_into().ok()?,
        r: number(r)?,
        p: number(p)?,
    };
    scrypt::hash(cost, salt.as_bytes(), &Base64::decode_vec(hash).ok()?)
}
