//! Why a new password was not accepted.
use http::StatusCode;
use palisade_core::Refusal;

/// Why a new password was not accepted: one of a closed set of reasons, each with a constant text for people. The password is
/// not part of it. As a response it is a 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordRefused {
    /// It is in a list of leaked passwords.
    #[error("the password has been leaked")]
    Breached,
    /// It is one of the most common passwords, or one with digits or punctuation around it.
    #[error("the password is a common one")]
    Common,
    /// Too little is left of it without the name of the service, the user's name or address.
    #[error("the password is made of the user's or the service's name")]
    ContainsContext,
    /// It has no letter, or no digit, and the policy asks for both.
    #[error("the password has no letter or no digit")]
    LetterOrDigitMissing,
    /// It is a short unit, repeated.
    #[error("the password repeats a short unit")]
    Repeated,
    /// The account has, or lately had, this password.
    #[error("the password was used before")]
    Reused,
    /// It is a row of neighbours in the alphabet, among the digits or on the keyboard.
    #[error("the password is a sequence")]
    Sequential,
    /// It has more bytes in UTF-8 than are hashed.
    #[error("the password is too long: at most {max_bytes} bytes")]
    TooLong {
        /// Bytes that are allowed.
        max_bytes: usize,
    },
    /// It has too few characters.
    #[error("the password is too short: {given} of at least {min} characters")]
    TooShort {
        /// Characters that are needed.
        min: usize,
        /// Characters that it has: Unicode code points of its NFC form.
        given: usize,
    },
}

impl Refusal for PasswordRefused {
    fn status(&self) -> StatusCode {
        StatusCode::UNPROCESSABLE_ENTITY
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Breached => "password_breached",
            Self::Common => "password_common",
            Self::ContainsContext => "password_contains_context",
            Self::LetterOrDigitMissing => "password_letter_or_digit_missing",
            Self::Repeated => "password_repeated",
            Self::Reused => "password_reused",
            Self::Sequential => "password_sequential",
            Self::TooLong { .. } => "password_too_long",
            Self::TooShort { .. } => "password_too_short",
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Breached => "This password is in a list of leaked passwords. Please choose another.",
            Self::Common => "This password is one of the most common ones. Please choose another.",
            Self::ContainsContext => {
                "This password is mostly your name, your address or the name of this service. Please choose another."
            }
            Self::LetterOrDigitMissing => "This password needs at least one letter and one digit.",
            Self::Reused => "This password was used before. Please choose another.",
            Self::Repeated => "This password repeats itself. Please choose another.",
            Self::Sequential => "This password is a simple sequence. Please choose another.",
            Self::TooLong { .. } => "This password is too long. At most 1024 bytes are allowed.",
            Self::TooShort { min, .. } if *min <= super::MIN_BESIDE => {
                "This password is too short. At least 8 characters are needed."
            }
            Self::TooShort { min, .. } if *min <= super::MIN_STAFF => {
                "This password is too short. At least 12 characters are needed."
            }
            Self::TooShort { .. } => "This password is too short. At least 15 characters are needed.",
        }
    }
}
