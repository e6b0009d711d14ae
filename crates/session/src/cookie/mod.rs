//! The session cookie: how it is set, removed and found.
mod scan;

use std::time::Duration;

use http::HeaderValue;
use palisade_core::{ConfigError, Headers, Token};

pub(crate) use scan::Fault;

const SETTING: &str = "session cookie";

/// The longest name after the prefix. With it a `Set-Cookie` field stays under 200 of the 4096 bytes that every browser
/// stores (RFC 6265bis section 5.6).
const MAX_NAME: usize = 64;

/// What the session cookie looks like. Whatever is chosen, it is `__Host-`, `Secure`, `HttpOnly` and `Path=/`.
///
/// A `__Host-` cookie has no `Domain`, so no other host can read it, and browsers let no other host set it (RFC 6265bis
/// section 4.1.3.2; OWASP ASVS 5.0, 3.3.1 to 3.3.4). There is no way to build another one.
///
/// ```
/// use palisade_session::CookiePolicy;
/// let cookie = CookiePolicy::host("id")?;
/// assert_eq!(cookie.name(), "__Host-id");
/// assert_eq!(cookie.removal(), "__Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
/// assert!(CookiePolicy::host("id; Domain=shop.example").is_err());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct CookiePolicy {
    name: Box<str>,
    attributes: &'static str,
    persistent: bool,
    removal: HeaderValue,
}

impl CookiePolicy {
    /// The cookie `__Host-<name>` with `SameSite=Lax`, which the browser forgets when it closes.
    ///
    /// # Errors
    /// [`ConfigError`] where `name` is not 1 to 64 characters of an HTTP token (RFC 9110 section 5.6.2), or already has a
    /// prefix.
    pub fn host(name: &str) -> Result<Self, ConfigError> {
        if name.len() > MAX_NAME || name.is_empty() || !name.bytes().all(is_token) {
            return Err(ConfigError::new(
                SETTING,
                "a name has 1 to 64 characters of an HTTP token",
            ));
        }
        if name.starts_with("__") {
            return Err(ConfigError::new(
                SETTING,
                "give the name without its prefix: `__Host-` is added",
            ));
        }
        let name: Box<str> = format!("__Host-{name}").into();
        let removal = removal(&name, LAX).ok_or(ConfigError::new(SETTING, "not a field value"))?;
        Ok(Self {
            name,
            attributes: LAX,
            persistent: false,
            removal,
        })
    }

    /// Sends the cookie with `SameSite=Strict`: not even with a link from another site.
    ///
    /// Somebody who follows a link from an e-mail is then not logged in on the first page.
    #[must_use]
    pub fn with_same_site_strict(self) -> Self {
        Self {
            removal: removal(&self.name, STRICT).unwrap_or(self.removal),
            attributes: STRICT,
            ..self
        }
    }

    /// Lets the browser keep the cookie when it closes, for as long as the session can live (`Max-Age`).
    ///
    /// # Security
    /// Who opens the browser next finds the session (NIST SP 800-63B-4 section 5.1.1 advises against it).
    #[must_use]
    pub fn with_persistence(self) -> Self {
        Self {
            persistent: true,
            ..self
        }
    }

    /// The full name, with its prefix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `Set-Cookie` value that removes the cookie: with the attributes that set it, for browsers refuse to touch a
    /// `__Host-` cookie by anything less, and with `Max-Age=0`.
    #[must_use]
    pub fn removal(&self) -> HeaderValue {
        self.removal.clone()
    }

    /// The `Set-Cookie` value that hands out `token`. It is marked sensitive.
    pub(crate) fn set(&self, token: &Token, lifetime: Duration) -> HeaderValue {
        let (text, name) = (token.to_text(), &self.name);
        let mut line = format!("{name}={}{}", text.expose(), self.attributes);
        if self.persistent {
            line.push_str("; Max-Age=");
            line.push_str(&lifetime.as_secs().to_string());
        }
        // All parts are visible ASCII, so this is a value; if it were none, no cookie is better than a broken one.
        let mut value = HeaderValue::try_from(line).unwrap_or_else(|_| self.removal());
        value.set_sensitive(true);
        value
    }

    /// The value that the request presents.
    pub(crate) fn find<'h>(&self, headers: &'h impl Headers) -> Result<Option<&'h [u8]>, Fault> {
        scan::find(headers, &self.name)
    }
}

impl Default for CookiePolicy {
    /// The cookie `__Host-id` with `SameSite=Lax`.
    fn default() -> Self {
        Self {
            name: "__Host-id".into(),
            attributes: LAX,
            persistent: false,
            removal: HeaderValue::from_static(
                "__Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            ),
        }
    }
}

const LAX: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax";
const STRICT: &str = "; Path=/; Secure; HttpOnly; SameSite=Strict";

fn removal(name: &str, attributes: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{name}={attributes}; Max-Age=0")).ok()
}

/// RFC 9110 section 5.6.2, `tchar`.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lifetimes;

    fn set(policy: &CookiePolicy) -> String {
        let token = Token::parse(&[b'A'; 43]).unwrap();
        let value = policy.set(&token, Lifetimes::staff().absolute());
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_cookie_is_host_only_secure_and_a_session_cookie() {
        let text = set(&CookiePolicy::host("id").unwrap());
        let value = "A".repeat(43);
        assert_eq!(
            text,
            format!("__Host-id={value}; Path=/; Secure; HttpOnly; SameSite=Lax")
        );
    }

    #[test]
    fn persistence_and_strictness_are_asked_for_by_name() {
        let policy = CookiePolicy::host("id")
            .unwrap()
            .with_persistence()
            .with_same_site_strict();
        let text = set(&policy);
        assert!(
            text.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200"),
            "{text}"
        );
    }

    #[test]
    fn tower_sessions_removal_cookie_without_secure_is_ignored_by_browsers_so_ours_has_it() {
        for policy in [
            CookiePolicy::host("id"),
            CookiePolicy::host("id").map(CookiePolicy::with_same_site_strict),
        ] {
            let policy = policy.unwrap();
            let removal = policy.removal();
            let (name, attributes) = removal.to_str().unwrap().split_once(';').unwrap();
            assert_eq!(name, "__Host-id=");
            let set = set(&policy);
            let (_, same) = set.split_once(';').unwrap();
            assert_eq!(attributes, format!("{same}; Max-Age=0"), "the attributes match");
            assert!(attributes.contains("; Secure") || attributes.contains(" Secure"));
        }
    }

    #[test]
    fn names_are_tokens_of_bounded_length() {
        let longest = "n".repeat(MAX_NAME);
        let policy = CookiePolicy::host(&longest).unwrap().with_persistence();
        assert!(set(&policy).len() < 200 && policy.removal().len() < 200);
        let long = "n".repeat(MAX_NAME + 1);
        for name in [
            "",
            "a b",
            "a=b",
            "a;b",
            "a,b",
            "a\"",
            "a\n",
            "\u{e9}",
            "__Host-id",
            "__Secure-id",
            &long,
        ] {
            assert!(CookiePolicy::host(name).is_err(), "{name:?}");
        }
    }
}
