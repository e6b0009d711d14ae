//! What a new password must be like.
mod blocklist;
mod context;
mod refused;
mod shape;

use palisade_core::{ConfigError, Secret};
use zeroize::Zeroizing;

pub use self::context::PasswordContext;
pub use self::refused::PasswordRefused;
use super::breach::{BreachDigest, BreachFilter};
use super::text::{MAX_BYTES, folded, normalised};

/// Characters where the password is the only factor (NIST SP 800-63B-4 section 3.1.1.2).
const MIN_ALONE: usize = 15;
/// Characters where it is used together with a second factor only (the same section).
const MIN_BESIDE: usize = 8;
/// Characters for staff, beside a second factor (PCI DSS 4.0.1, 8.3.6).
const MIN_STAFF: usize = 12;
/// Former passwords that staff may not choose again (PCI DSS 4.0.1, 8.3.7).
const HISTORY_STAFF: usize = 4;
/// Former passwords that can be remembered: each costs a hash at every change.
const MAX_HISTORY: usize = 24;
/// Characters that must be left of a password when the words of its context are taken out.
const MIN_BESIDE_CONTEXT: usize = 8;

/// What a new password must be like. Stored passwords are never judged again: a login takes what was once accepted.
///
/// The rules, in order:
/// 1. At most 1024 bytes, looked at before anything else.
/// 2. Normalisation to NFC; nothing is trimmed, cut or folded.
/// 3. At least 15 Unicode code points, or 8 [beside a second factor](Self::beside_second_factor) (12 for [staff](Self::pci_staff)).
/// 4. At least 8 characters besides the words of the [context](PasswordContext).
/// 5. Not one unit of up to eight characters, repeated.
/// 6. Not made of nothing but runs of four or more neighbours: in the alphabet, among the digits, on a keyboard row.
/// 7. Not a common password, also not with digits or punctuation around it.
/// 8. For [staff](Self::pci_staff) only: a letter and a digit.
/// 9. With a [filter](Self::with_breach_filter): not in its list of leaked passwords.
///
/// Rules 4 to 7 disregard case. Customers have no rules about kinds of characters, and nobody's password expires: NIST SP
/// 800-63B-4 and OWASP ASVS 5.0 (6.2.5, 6.2.10) forbid both, for good reasons.
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
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    min_chars: usize,
    min_beside: usize,
    kinds: Kinds,
    history: usize,
    breached: Option<BreachFilter>,
}

/// Which kinds of characters are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kinds {
    Any,
    LetterAndDigit,
}

impl Default for PasswordPolicy {
    /// The policy for [customers](Self::customer).
    fn default() -> Self {
        Self::customer()
    }
}

impl PasswordPolicy {
    /// For people who sign in with the password alone: at least 15 characters of any kind. Former passwords are not remembered.
    #[must_use]
    pub const fn customer() -> Self {
        Self {
            min_chars: MIN_ALONE,
            min_beside: MIN_BESIDE,
            kinds: Kinds::Any,
            history: 0,
            breached: None,
        }
    }

    /// For people who work where cards are handled (PCI DSS 4.0.1, 8.3.6 and 8.3.7): a letter and a digit, none of the last four
    /// passwords, and at least 15 characters, or 12 [beside a second factor](Self::beside_second_factor).
    ///
    /// The rule about kinds of characters is a deviation from ASVS 6.2.5, which PCI DSS leaves no choice about. Its other
    /// rule against the standards, a new password every 90 days (8.3.9), holds only where the password is the one factor: ask
    /// staff for a second one. PCI DSS's section 8 is not about customers.
    #[must_use]
    pub const fn pci_staff() -> Self {
        Self {
            min_chars: MIN_ALONE,
            min_beside: MIN_STAFF,
            kinds: Kinds::LetterAndDigit,
            history: HISTORY_STAFF,
            breached: None,
        }
    }

    /// For an account that has a second factor bound and is never let in without it: at least 8 characters, staff 12.
    #[must_use]
    pub const fn beside_second_factor(mut self) -> Self {
        self.min_chars = self.min_beside;
        self
    }

    /// Refuses what is in that list of leaked passwords.
    #[must_use]
    pub fn with_breach_filter(mut self, filter: BreachFilter) -> Self {
        self.breached = Some(filter);
        self
    }

    /// Refuses the last `count` passwords of the account, where its password is changed or reset. Each costs one more hash then.
    ///
    /// # Errors
    /// [`ConfigError`] for more than 24.
    pub fn with_history(mut self, count: usize) -> Result<Self, ConfigError> {
        if count > MAX_HISTORY {
            let problem = format!("{count} was given; at most {MAX_HISTORY} is allowed");
            return Err(ConfigError::new("password history", problem));
        }
        self.history = count;
        Ok(self)
    }

    /// How many former passwords are refused.
    #[must_use]
    pub const fn history(&self) -> usize {
        self.history
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
        match self.flaw(context, password.expose()) {
            Some(flaw) => Err(flaw),
            None => Ok(AcceptedPassword(password)),
        }
    }

    /// The first of the rules 4 to 9 that the text does not meet.
    fn flaw(&self, context: &PasswordContext, text: &str) -> Option<PasswordRefused> {
        let plain = Zeroizing::new(folded(text));
        let chars = Zeroizing::new(plain.chars().collect::<Vec<_>>());
        if context
            .left_of(&plain)
            .is_some_and(|left| left < MIN_BESIDE_CONTEXT)
        {
            Some(PasswordRefused::ContainsContext)
        } else if shape::is_repeated(&chars) {
            Some(PasswordRefused::Repeated)
        } else if shape::is_sequential(&chars) {
            Some(PasswordRefused::Sequential)
        } else if blocklist::is_common(&plain) {
            Some(PasswordRefused::Common)
        } else if self.kinds == Kinds::LetterAndDigit && !has_letter_and_digit(&chars) {
            Some(PasswordRefused::LetterOrDigitMissing)
        } else if self.is_breached(text) {
            Some(PasswordRefused::Breached)
        } else {
            None
        }
    }

    fn is_breached(&self, text: &str) -> bool {
        let filter = self.breached.as_ref();
        filter.is_some_and(|filter| filter.contains(&BreachDigest::of(text)))
    }
}

fn has_letter_and_digit(chars: &[char]) -> bool {
    chars.iter().any(|c| c.is_alphabetic()) && chars.iter().any(|c| c.is_numeric())
}

/// A password that a policy has accepted, in NFC. Only [`PasswordPolicy::check`] makes one, so no new password is hashed unjudged.
#[derive(Debug)]
#[must_use = "an accepted password is there to be hashed"]
pub struct AcceptedPassword(Secret<String>);

impl AcceptedPassword {
    /// The text, for what else judges it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    pub(crate) fn into_secret(self) -> Secret<String> {
        self.0
    }
}

#[cfg(test)]
mod tests;
