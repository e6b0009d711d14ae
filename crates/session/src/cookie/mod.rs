//! The session cookie: how it is set, removed and found.
mod scan;

use std::time::Duration;

use http::HeaderValue;
use palisade_core::{ConfigError, Headers, Token, TokenRef};

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
    same_site: SameSite,
    partitioned: bool,
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
        Ok(Self {
            name,
            ..Self::default()
        }
        .with_its_removal())
    }

    /// Sends the cookie with `SameSite=Strict`: not even with a link from another site.
    ///
    /// Somebody who follows a link from an e-mail is then not logged in on the first page.
    #[must_use]
    pub fn with_same_site_strict(self) -> Self {
        self.with_same_site(SameSite::Strict)
    }

    /// Keeps the cookie of each site that embeds this one apart (`Partitioned`, CHIPS): who embeds it then has a session of
    /// its own with the visitor, and cannot follow the visitor across sites.
    #[must_use]
    pub fn with_partitioned(self) -> Self {
        let partitioned = true;
        Self { partitioned, ..self }.with_its_removal()
    }

    /// Weakenings, one method each.
    pub const fn dangerous(self) -> DangerousCookie {
        DangerousCookie(self)
    }

    fn with_same_site(self, same_site: SameSite) -> Self {
        Self { same_site, ..self }.with_its_removal()
    }

    fn with_its_removal(mut self) -> Self {
        let line = format!("{}={}; Max-Age=0", self.name, self.attributes());
        // A name is an HTTP token and the rest is constant, so this is a field value.
        if let Ok(removal) = HeaderValue::try_from(line) {
            self.removal = removal;
        }
        self
    }

    const fn attributes(&self) -> &'static str {
        match (self.same_site, self.partitioned) {
            (SameSite::Lax, false) => "; Path=/; Secure; HttpOnly; SameSite=Lax",
            (SameSite::Lax, true) => "; Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned",
            (SameSite::Strict, false) => "; Path=/; Secure; HttpOnly; SameSite=Strict",
            (SameSite::Strict, true) => "; Path=/; Secure; HttpOnly; SameSite=Strict; Partitioned",
            (SameSite::None, false) => "; Path=/; Secure; HttpOnly; SameSite=None",
            (SameSite::None, true) => "; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
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

    /// The `Set-Cookie` value that hands out the id of a session and the secret that opens it. It is marked sensitive.
    pub(crate) fn set(&self, session: TokenRef, secret: &Token, lifetime: Duration) -> HeaderValue {
        let (text, name) = (secret.to_text(), &self.name);
        let mut line = format!("{name}={session}{}{}", text.expose(), self.attributes());
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
            same_site: SameSite::Lax,
            partitioned: false,
            persistent: false,
            removal: HeaderValue::from_static(
                "__Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
            ),
        }
    }
}

/// When browsers send the cookie along with what another site caused (RFC 6265bis section 5.6.7).
#[derive(Clone, Copy, Debug)]
enum SameSite {
    Lax,
    Strict,
    None,
}

/// Weakenings of a [`CookiePolicy`], one method each.
#[derive(Debug)]
#[must_use]
pub struct DangerousCookie(CookiePolicy);

impl DangerousCookie {
    /// Sends the cookie with whatever another site causes (`SameSite=None`), for a site that works embedded in others.
    ///
    /// # Security
    /// The browser no longer keeps forged requests from being made in a visitor's name: the anti-forgery check
    /// ([`Csrf`](crate::Csrf)) is all that is left. Use [`with_partitioned`](CookiePolicy::with_partitioned) with it.
    #[must_use]
    pub fn same_site_none(self) -> CookiePolicy {
        self.0.with_same_site(SameSite::None)
    }
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
        let value = policy.set(
            TokenRef::from_bytes([0; 9]),
            &token,
            Lifetimes::staff().absolute(),
        );
        assert!(value.is_sensitive());
        value.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_cookie_is_host_only_secure_and_a_session_cookie() {
        let text = set(&CookiePolicy::host("id").unwrap());
        let value = "A".repeat(55);
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
        let plain = || CookiePolicy::host("id").unwrap();
        for policy in [
            plain(),
            plain().with_same_site_strict(),
            plain().with_partitioned(),
            plain().with_partitioned().with_same_site_strict(),
            plain().dangerous().same_site_none(),
            plain().dangerous().same_site_none().with_partitioned(),
        ] {
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
    fn partition_and_none_are_asked_for_by_name() {
        let policy = CookiePolicy::default()
            .dangerous()
            .same_site_none()
            .with_partitioned();
        let text = set(&policy);
        assert!(
            text.ends_with("; Secure; HttpOnly; SameSite=None; Partitioned"),
            "{text}"
        );
        assert!(!set(&CookiePolicy::default()).contains("None"));
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
