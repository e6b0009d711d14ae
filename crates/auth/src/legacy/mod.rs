//! What other systems hashed.
mod bcrypt;
mod django;
mod foreign;
mod modular;
mod pbkdf2;
mod scrypt;
mod spring;
#[cfg(test)]
mod tests;

use self::foreign::Foreign;
use crate::{MalformedHash, PasswordHash};

/// The longest text, in bytes, looked at before it is taken apart.
const MAX_LEN: usize = 512;

impl PasswordHash {
    /// Reads a hash that another system made, so that its users keep their passwords. Everything else treats it like any other:
    /// at the owner's next login it is verified as it is, and replaced with one of Argon2id.
    ///
    /// | form | read | bound |
    /// |---|---|---|
    /// | bcrypt | `$2a$`, `$2b$`, `$2y$` | cost up to 14 |
    /// | scrypt, PHC | `$scrypt$ln=..,r=..,p=..$salt$hash` | 128 MiB, 512 MiB in all rounds |
    /// | PBKDF2, PHC and passlib | `$pbkdf2-sha256$i=..,l=..$salt$hash`, `$pbkdf2-sha512$rounds$salt$hash`, `$pbkdf2$` | 4 000 000 rounds |
    /// | Django | `pbkdf2_sha256`, `pbkdf2_sha1`, `scrypt`, `bcrypt_sha256`, `bcrypt`, `argon2` (id), each with `$` after it | as above |
    /// | Spring | `{bcrypt}`, `{scrypt}`, `{pbkdf2}`, `{argon2}` (id), the latter three also with `@SpringSecurity_v5_8` | as above |
    ///
    /// Costs below what is sound today are read, too: they are what is to be replaced.
    ///
    /// # Security
    /// * bcrypt reads 72 bytes of a password and stops at a zero byte. A password that it would not read to its end is refused,
    ///   after the same work: otherwise everything that begins like it would be right (CVE-2025-22228). Its owner resets it.
    ///   Django's `bcrypt_sha256` has no such limit.
    /// * Fast hashes (`{noop}`, `{MD5}`, `md5$`, `{sha256}` and the like) are not read: their owners reset their passwords, or
    ///   the old system verifies them by [`Migration`](crate::Migration).
    /// * Accounts with such a hash take another time to refuse than unknown ones do, until their owners have signed in.
    /// * Passwords are normalised to NFC before; who typed it in another form, which few keyboards do, resets it.
    ///
    /// # Errors
    /// [`MalformedHash`] for anything else, also for what [`parse`](Self::parse) reads.
    pub fn parse_legacy(text: &str) -> Result<Self, MalformedHash> {
        if text.len() > MAX_LEN {
            return Err(MalformedHash);
        }
        let read = |read: fn(&str) -> Option<Foreign>| read(text);
        let foreign = read(modular::parse)
            .or_else(|| read(django::parse))
            .or_else(|| read(spring::parse));
        Ok(Self::of(text.to_owned(), foreign.ok_or(MalformedHash)?))
    }
}
