//! The formats that begin with `$` and a name.
use std::str::FromStr;

use base64ct::{Base64Unpadded, Encoding};

use super::bcrypt::{self, Given};
use super::foreign::Foreign;
use super::pbkdf2::{self, Prf};
use super::scrypt::{self, Cost};

/// Reads `$name$...`.
pub(super) fn parse(text: &str) -> Option<Foreign> {
    let (name, rest) = text.strip_prefix('$')?.split_once('$')?;
    match name {
        "2a" | "2b" | "2y" => bcrypt::parse(text, Given::Password),
        "scrypt" => scrypt_phc(rest),
        "pbkdf2" | "pbkdf2-sha1" => pbkdf2_of(Prf::Sha1, rest),
        "pbkdf2-sha256" => pbkdf2_of(Prf::Sha256, rest),
        "pbkdf2-sha512" => pbkdf2_of(Prf::Sha512, rest),
        _ => None,
    }
}

/// `ln=17,r=8,p=1$salt$hash`.
fn scrypt_phc(rest: &str) -> Option<Foreign> {
    let [params, salt, hash] = fields(rest)?;
    let [ln, r, p] = split::<3>(params, ',')?;
    let cost = Cost {
        log_n: number(ln.strip_prefix("ln=")?)?,
        r: number(r.strip_prefix("r=")?)?,
        p: number(p.strip_prefix("p=")?)?,
    };
    scrypt::hash(cost, &decode(salt)?, &decode(hash)?)
}

/// `i=600000,l=32$salt$hash` of the PHC string format, or `29000$salt$hash` of passlib.
fn pbkdf2_of(prf: Prf, rest: &str) -> Option<Foreign> {
    let [params, salt, hash] = fields(rest)?;
    let (salt, hash) = (decode(salt)?, decode(hash)?);
    let rounds = match params.split_once(',') {
        Some((rounds, length)) => {
            let length: usize = number(length.strip_prefix("l=")?)?;
            rounds.strip_prefix("i=").filter(|_| length == hash.len())?
        }
        None => params.strip_prefix("i=").unwrap_or(params),
    };
    pbkdf2::hash(prf, number(rounds)?, &salt, &hash)
}

fn fields(rest: &str) -> Option<[&str; 3]> {
    split(rest, '$')
}

/// Exactly so many parts.
pub(super) fn split<const N: usize>(text: &str, at: char) -> Option<[&str; N]> {
    let parts: Vec<_> = text.split(at).collect();
    parts.try_into().ok()
}

/// A number in decimal digits and nothing else.
pub(super) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

/// Unpadded base64; passlib writes `.` for `+`.
fn decode(text: &str) -> Option<Vec<u8>> {
    Base64Unpadded::decode_vec(&text.replace('.', "+")).ok()
}
