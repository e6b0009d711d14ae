//! Issues access tokens.
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{Clock, ConfigError, Factor, Principal, Secret, Timestamp, TokenRef, random_bytes};
use serde::Serialize;
use serde::ser::{Error, SerializeMap, Serializer};

use super::profile::name;
use super::{SigningKeys, TokenProfile};
use crate::time::AnyClock;

/// The most roles in a token: what a verifier reads of any list.
const MAX_ROLES: usize = 64;
/// The longest token, in bytes: what a verifier reads by default.
const MAX_BYTES: usize = 8192;

/// Issues access tokens by RFC 9068 for one audience. Clones share the keys.
#[derive(Clone, Debug)]
pub struct Issuer {
    name: Box<str>,
    audience: Box<str>,
    keys: SigningKeys,
    lifetime: Duration,
    clock: AnyClock,
}

impl Issuer {
    /// An issuer of that name, for that audience. Tokens live 15 minutes.
    ///
    /// # Errors
    /// [`ConfigError`] for an empty name or one of more than 256 bytes.
    pub fn new(issuer: &str, audience: &str, keys: SigningKeys) -> Result<Self, ConfigError> {
        Ok(Self {
            name: name("token issuer", issuer)?,
            audience: name("token audience", audience)?,
            keys,
            lifetime: Duration::from_secs(15 * 60),
            clock: AnyClock::default(),
        })
    }

    /// Gives tokens another life than 15 minutes.
    ///
    /// # Errors
    /// [`ConfigError`] for less than 1 second, more than 24 hours, or a part of a second.
    pub fn with_lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        let allowed = Duration::from_secs(1)..=TokenProfile::MAX_LIFETIME;
        if !allowed.contains(&lifetime) || lifetime.subsec_nanos() > 0 {
            let problem = format!("{lifetime:?} is not between 1s and 24h in whole seconds");
            return Err(ConfigError::new("token life", problem));
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Lives by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = AnyClock::new(clock);
        self
    }

    /// Issues a token.
    ///
    /// # Errors
    /// [`IssueError`] where no key may sign, the operating system gives no random bytes, or the token would say something that
    /// no verifier takes: more than 64 roles, a scope with a space, more than 8192 bytes.
    pub fn issue(&self, grant: &Grant<'_>) -> Result<IssuedToken, IssueError> {
        let now = self.clock.now();
        let (id, key) = self.keys.active(now).ok_or(IssueError)?;
        let header = Header {
            alg: key.algorithm().name(),
            kid: id.as_str(),
            typ: "at+jwt",
        };
        let jti = Base64UrlUnpadded::encode_string(&random_bytes::<16>().map_err(|_| IssueError)?);
        let claims = Claims {
            issuer: self,
            grant,
            jti: &jti,
            issued: now,
        };
        let mut text = part(&header)?;
        text.push('.');
        text.push_str(&part(&claims)?);
        let signature = key.sign(text.as_bytes()).ok_or(IssueError)?;
        text.push('.');
        text.push_str(&Base64UrlUnpadded::encode_string(&signature));
        if text.len() > MAX_BYTES {
            return Err(IssueError);
        }
        Ok(IssuedToken {
            token: Secret::new(text),
            id: jti.into(),
            lifetime: self.lifetime,
        })
    }
}

/// Whom a token is issued to, and with which bounds.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    principal: &'a Principal,
    client: Option<&'a str>,
    session: Option<TokenRef>,
    key_thumbprint: Option<Box<str>>,
}

impl<'a> Grant<'a> {
    /// A token that says who somebody is, with all that the principal holds.
    #[must_use]
    pub const fn new(principal: &'a Principal) -> Self {
        Self {
            principal,
            client: None,
            session: None,
            key_thumbprint: None,
        }
    }

    /// Names the client that the token is issued to (`client_id`).
    #[must_use]
    pub const fn with_client_id(mut self, client: &'a str) -> Self {
        self.client = Some(client);
        self
    }

    /// Names the family of refresh tokens, or the session, that the token comes from (`sid`), so that it can be revoked
    /// with it.
    #[must_use]
    pub const fn with_session(mut self, session: TokenRef) -> Self {
        self.session = Some(session);
        self
    }

    /// Binds the token to the key whose possession was proved (`cnf.jkt`, RFC 9449 section 6.1).
    #[cfg(feature = "dpop")]
    #[must_use]
    pub fn bound_to(mut self, key: &crate::ProvenKey) -> Self {
        self.key_thumbprint = Some(key.thumbprint().into());
        self
    }

    #[cfg(test)]
    pub(super) fn bound_to_thumbprint(mut self, thumbprint: &str) -> Self {
        self.key_thumbprint = Some(thumbprint.into());
        self
    }
}

/// A token for its holder. The server keeps nothing of it.
#[derive(Debug)]
pub struct IssuedToken {
    token: Secret<String>,
    id: Box<str>,
    lifetime: Duration,
}

impl IssuedToken {
    /// The text, to be sent to the holder: `access_token`, RFC 6749 section 5.1.
    #[must_use]
    pub fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Its id (`jti`), by which it can be revoked.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How long it lives: `expires_in`.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

/// No token could be issued: no key is active, there were no random bytes, or the principal does not fit into a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no token could be issued")]
#[non_exhaustive]
pub struct IssueError;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

struct Claims<'a> {
    issuer: &'a Issuer,
    grant: &'a Grant<'a>,
    jti: &'a str,
    issued: Timestamp,
}

impl Serialize for Claims<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (grant, principal) = (self.grant, self.grant.principal);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("iss", &self.issuer.name)?;
        map.serialize_entry("aud", &self.issuer.audience)?;
        map.serialize_entry("sub", principal.subject().as_str())?;
        map.serialize_entry("jti", self.jti)?;
        let issued = self.issued.as_secs();
        map.serialize_entry("iat", &issued)?;
        // NumericDate could have a fraction, and many parsers take integers only. Revocations need the finer time.
        let micros = self.issued.since(Timestamp::from_secs(issued)).as_micros();
        map.serialize_entry("iat_us", &micros)?;
        map.serialize_entry("exp", &issued.saturating_add(self.issuer.lifetime.as_secs()))?;
        entry(&mut map, "client_id", grant.client)?;
        entry(&mut map, "sid", grant.session.map(|session| session.to_string()))?;
        entry(
            &mut map,
            "cnf",
            grant.key_thumbprint.as_deref().map(|jkt| One("jkt", jkt)),
        )?;
        own(&mut map, principal)?;
        map.end()
    }
}

/// What the principal holds besides its subject.
fn own<M: SerializeMap>(map: &mut M, principal: &Principal) -> Result<(), M::Error> {
    map.serialize_entry("kind", principal.kind().as_str())?;
    entry(
        map,
        "tenant",
        principal.tenant().map(palisade_core::Tenant::as_str),
    )?;
    let roles: Vec<_> = principal.roles().collect();
    if roles.len() > MAX_ROLES {
        return Err(M::Error::custom("more roles than a verifier reads"));
    }
    entry(map, "roles", (!roles.is_empty()).then_some(roles))?;
    if principal.is_scoped() {
        let scopes: Vec<_> = principal.scopes().collect();
        if !scopes.iter().all(|scope| is_scope(scope)) {
            return Err(M::Error::custom("a scope that would be read as another"));
        }
        map.serialize_entry("scope", &scopes.join(" "))?;
    }
    entry(
        map,
        "act",
        principal.actor().map(|actor| One("sub", actor.as_str())),
    )?;
    let factors = Factors(principal.factors().collect());
    // `auth_time` and `amr` are for others (RFC 9068 section 2.2.1); `factors` tells each factor's own time.
    entry(
        map,
        "auth_time",
        factors.0.iter().map(|(_, at)| at.as_secs()).max(),
    )?;
    let names: Vec<_> = factors.0.iter().map(|(factor, _)| factor.amr()).collect();
    entry(map, "amr", (!names.is_empty()).then_some(names))?;
    entry(map, "factors", (!factors.0.is_empty()).then_some(factors))
}

/// Factors by name, each with the second in which it was verified.
struct Factors(Vec<(Factor, Timestamp)>);

impl Serialize for Factors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(factor, at)| (factor.amr(), at.as_secs())))
    }
}

fn entry<M: SerializeMap>(map: &mut M, name: &str, value: Option<impl Serialize>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, &value))
}

/// An object with one member.
struct One<'a>(&'static str, &'a str);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

/// One part of the token.
fn part(value: &impl Serialize) -> Result<String, IssueError> {
    let json = serde_json::to_vec(value).map_err(|_| IssueError)?;
    Ok(Base64UrlUnpadded::encode_string(&json))
}

/// The characters of a scope, RFC 6749 section 3.3. A space would make two of one.
fn is_scope(scope: &str) -> bool {
    let allowed = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !scope.is_empty() && scope.bytes().all(allowed)
}
