//! What a new password must be like.
mod blocklist;
mod context;
mod refused;
mod shape;

use palisade_core::Secret;
use zeroize::Zeroizing;

pub use self::context::PasswordContext;
pub use self::refused::PasswordRefused;
use super::text::{MAX_BYTES, folded, normalised};

/// Characters where the password is the only factor (NIST SP 800-63B-4 section 3.1.1.2).
const MIN_ALONE: usize = 15;
/// Characters where it is used together with a second factor only (the same section).
const MIN_BESIDE: usize = 8;
/// Characters that must be left of a password when the words of its context are taken out.
const MIN_BESIDE_CONTEXT: usize = 8;

/// What a new password must be like. Stored passwords are never judged again: a login takes what was once accepted.
///
/// The rules, in order:
/// 1. At most 1024 bytes, looked at before anything else.
/// 2. Normalisation to NFC; nothing is trimmed, cut or folded.
/// 3. At least 15 Unicode code points, or 8 [beside a second factor](Self::beside_second_factor).
/// 4. At least 8 characters besides the words of the [context](PasswordContext).
/// 5. Not one unit of up to eight characters, repeated.
/// 6. Not made of nothing but runs of four or more neighbours: in the alphabet, among the digits, on a keyboard row.
/// 7. Not a common password, also not with digits or punctuation around it.
///
/// Rules 4 to 7 disregard case. There are no rules about kinds of characters and no expiry: NIST SP 800-63B-4 and
/// OWASP ASVS 5.0 (6.2.5, 6.2.10) forbid both, for good reasons.
///
/// ```
/// use palisade_auth::{PasswordContext, PasswordPolicy, PasswordRefused};
/// use palisade_core::Secret;
/// let policy = PasswordPolicy::customer();
/// let context = PasswordContext::new("shop").add_email("ada@shop.example");
/// let check = |text: &str| policy.check(&context, Secret::new(text.to_owned()));
///
/// assert!(check("correct horse battery staple").is_ok());
/// assert_eq!(check("Tr0ub4dor&3").unwrap_err(), PasswordRefused::TooShort { min: 15, given: 11 });
/// assert_eq!(check("passwordpassword").unwrap_err(), PasswordRefused::Repeated);
/// assert_eq!(check("Password-12345678").unwrap_err(), PasswordRefused::Common);
/// assert_eq!(check("Ada@Shop.Example1").unwrap_err(), PasswordRefused::ContainsContext);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    min_chars: usize,
}

impl Default for PasswordPolicy {
    /// The policy for [customers](Self::customer).
    fn default() -> Self {
        Self::customer()
    }
}

impl PasswordPolicy {
    /// For people who sign in with the password alone: at least 15 characters.
    #[must_use]
    pub const fn customer() -> Self {
        Self { min_chars: MIN_ALONE }
    }

    /// For an account that has a second factor bound and is never let in without it: at least 8 characters.
    #[must_use]
    pub const fn beside_second_factor(mut self) -> Self {
        self.min_chars = MIN_BESIDE;
        self
    }

    /// Judges a new password.
    ///
    /// # Errors
    /// [`PasswordRefused`]: the first rule that it does not meet.
    pub fn check(
        &self,
        context: &PasswordContext,
        password: Secret<String>,
    ) -> Result<AcceptedPassword, PasswordRefused> {
        let Some(password) = normalised(password) else {
            return Err(PasswordRefused::TooLong { max_bytes: MAX_BYTES });
        };
        let (min, given) = (self.min_chars, password.expose().chars().count());
        if given < min {
            return Err(PasswordRefused::TooShort { min, given });
        }
        let plain = Zeroizing::new(folded(password.expose()));
        let chars = Zeroizing::new(plain.chars().collect::<Vec<_>>());
        if context
            .left_of(&plain)
            .is_some_and(|left| left < MIN_BESIDE_CONTEXT)
        {
            Err(PasswordRefused::ContainsContext)
        } else if shape::is_repeated(&chars) {
            Err(PasswordRefused::Repeated)
        } else if shape::is_sequential(&chars) {
            Err(PasswordRefused::Sequential)
        } else if blocklist::is_common(&plain) {
            Err(PasswordRefused::Common)
        } else {
            Ok(AcceptedPassword(password))
        }
    }
}

/// A password that a policy has accepted, in NFC. Only [`PasswordPolicy::check`] makes one, so no new password is hashed unjudged.
#[derive(Debug)]
#[must_use = "an accepted password is there to be hashed"]
pub struct AcceptedPassword(Secret<String>);

impl AcceptedPassword {
    pub(super) fn into_secret(self) -> Secret<String> {
        self.0
    }
}

#[cfg(test)]
mod tests;
