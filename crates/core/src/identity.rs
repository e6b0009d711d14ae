//! Whose account, and whose shop: names that are not printed.
use std::fmt;

use crate::ConfigError;

/// The longest subject or tenant, in bytes.
const MAX_NAME: usize = 128;

macro_rules! bounded_name {
    ($(#[$doc:meta])* $name:ident, $setting:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes 1 to 128 bytes without control characters.
            ///
            /// # Errors
            /// [`ConfigError`] for anything else; the text does not hold the value.
            pub fn new(text: impl Into<Box<str>>) -> Result<Self, ConfigError> {
                let text = text.into();
                if text.is_empty() || text.len() > MAX_NAME || text.chars().any(char::is_control) {
                    return Err(ConfigError::new($setting, "1 to 128 bytes without control characters are allowed"));
                }
                Ok(Self(text))
            }

            /// The text. Events and logs take a pseudonym instead.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

bounded_name! {
    /// The id of an account: opaque, stable, never used again. It is not printed; a [`Recorder`](crate::Recorder) writes
    /// a pseudonym of it.
    Subject, "subject"
}

bounded_name! {
    /// The id of a tenant: a shop, a merchant, an organisation.
    Tenant, "tenant"
}
