//! A stored password hash.
mod form;
mod phc;

use std::fmt;
use std::sync::Arc;

pub(crate) use self::form::{Expected, Form, Opened};
pub(crate) use self::phc::Argon2Hash;
use super::params::Argon2Cost;
use super::pepper::{Sealed, Tagged};

/// The hash of a password as it is stored. In one of three forms, each in one spelling:
///
/// | form | text |
/// |---|---|
/// | plain: a PHC string of Argon2id | `$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$...` |
/// | [tagged](crate::Pepper::hmac): with an HMAC in the place of the output | `$hmac-sha256$k=2026-11$argon2id$v=19$...` |
/// | [sealed](crate::Pepper::seal): the PHC string, encrypted | `$xchacha20poly1305$k=2026-11$...$...` |
///
/// It is made by [`Passwords::hash`](crate::Passwords::hash) or read back with [`parse`](Self::parse). It does not let anyone in, yet who holds it may
/// guess at leisure, so it is not printed: `Debug` shows the cost only.
///
/// ```
/// use palisade_auth::PasswordHash;
/// let stored = "$argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
/// let hash = PasswordHash::parse(stored)?;
/// assert_eq!(hash.as_str(), stored);
/// assert_eq!(hash.cost().map(|cost| cost.memory_kib), Some(19_456));
/// assert!(PasswordHash::parse("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW").is_err());
/// # Ok::<(), palisade_auth::MalformedHash>(())
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    text: Box<str>,
    form: Arc<dyn Form>,
}

impl PasswordHash {
    /// Reads a stored hash. No key is needed: whether its key is there shows when it is verified.
    ///
    /// A PHC string must be in the one canonical spelling: `argon2id`, `v=19`, the parameters `m`, `t`, `p` in this order and no
    /// other, 8 to 48 bytes of salt, 16 to 64 bytes of output, unpadded base64, at most 256 bytes in all. A cost that the
    /// algorithm is not defined for, or beyond 1 GiB, 64 passes or 16 lanes, is refused here; what a verification may really
    /// cost is bounded more closely by [`PasswordSettings::with_stored_ceiling`](crate::PasswordSettings::with_stored_ceiling).
    ///
    /// # Errors
    /// [`MalformedHash`] for anything else.
    pub fn parse(text: &str) -> Result<Self, MalformedHash> {
        if text.starts_with(Tagged::PREFIX) {
            Ok(Self::of(text.to_owned(), Tagged::parse(text)?))
        } else if text.starts_with(Sealed::PREFIX) {
            Ok(Self::of(text.to_owned(), Sealed::parse(text)?))
        } else {
            Ok(Self::of(text.to_owned(), Argon2Hash::parse(text)?))
        }
    }

    /// The hash with that text, which is of that form.
    pub(crate) fn of(text: String, form: impl Form + 'static) -> Self {
        Self {
            text: text.into(),
            form: Arc::new(form),
        }
    }

    /// The hash with nothing around it.
    pub(crate) fn plain(hash: Argon2Hash) -> Result<Self, MalformedHash> {
        Ok(Self::of(hash.to_text()?, hash))
    }

    /// The text, for the database and nowhere else.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the hash was made with, and what verifying it costs. `None` where that is [sealed](crate::Pepper::seal), and for what another
    /// system hashed.
    #[must_use]
    pub fn cost(&self) -> Option<Argon2Cost> {
        self.form.cost()
    }

    pub(crate) fn form(&self) -> &dyn Form {
        &*self.form
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash")
            .field("cost", &self.cost())
            .finish_non_exhaustive()
    }
}

/// A text that is no password hash of this crate. It says no more, and holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a password hash of a known form")]
#[non_exhaustive]
pub struct MalformedHash;

#[cfg(test)]
mod tests;
