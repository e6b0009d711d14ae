//! What a token says about its holder.
use std::fmt;

use palisade_core::{Factor, Principal, PrincipalKind, Subject, Tenant, Timestamp};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use super::json::{self, Names, OneOrMany, Text, Texts};

/// The claims that this crate decides by, each of its type or absent. What stands in the payload besides is not kept.
#[derive(Debug, Default)]
pub(super) struct Claims<'a> {
    pub(super) issuer: Option<Text<'a>>,
    pub(super) audience: Option<OneOrMany<'a>>,
    pub(super) subject: Option<Text<'a>>,
    pub(super) id: Option<Text<'a>>,
    pub(super) issued: Option<u64>,
    /// Microseconds to be added to `issued`.
    pub(super) issued_micros: u32,
    pub(super) expires: Option<u64>,
    pub(super) not_before: Option<u64>,
    pub(super) client: Option<Text<'a>>,
    pub(super) scope: Option<Text<'a>>,
    pub(super) session: Option<Text<'a>>,
    /// The thumbprint of the key that the holder must prove to have: `cnf.jkt`, RFC 9449 section 6.1.
    pub(super) key_thumbprint: Option<Text<'a>>,
    /// The claims of our own issuer.
    pub(super) own: Own<'a>,
}

/// What only our own issuer may say.
#[derive(Debug, Default)]
pub(super) struct Own<'a> {
    pub(super) kind: Option<Text<'a>>,
    pub(super) tenant: Option<Text<'a>>,
    pub(super) roles: Texts<'a>,
    pub(super) factors: Vec<(Factor, u64)>,
    pub(super) actor: Option<Text<'a>>,
}

/// Whose claims they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// This library's issuer.
    Own,
    /// Another issuer, whose subjects are all of this kind.
    Foreign(PrincipalKind),
}

impl<'a> Claims<'a> {
    /// Reads a payload; `None` where a claim is not of its type, or anything occurs twice.
    pub(super) fn read(json: &'a [u8], origin: Origin) -> Option<Self> {
        json::read(Reads(origin), json)
    }

    /// Whom the claims name; `None` where they name nobody.
    pub(super) fn principal(&self, origin: Origin) -> Option<Principal> {
        let subject = Subject::new(self.subject.as_ref()?.as_str()).ok()?;
        match origin {
            Origin::Own => self.own_principal(subject),
            Origin::Foreign(kind) => Some(self.scoped(Principal::new(subject, kind), "")),
        }
    }

    fn own_principal(&self, subject: Subject) -> Option<Principal> {
        let mut principal = Principal::new(
            subject,
            PrincipalKind::from_name(self.own.kind.as_ref()?.as_str())?,
        );
        if let Some(tenant) = &self.own.tenant {
            principal = principal.with_tenant(Tenant::new(tenant.as_str()).ok()?);
        }
        if let Some(actor) = &self.own.actor {
            principal = principal.acted_by(Subject::new(actor.as_str()).ok()?);
        }
        principal = self.own.roles.iter().fold(principal, Principal::add_role);
        for (factor, at) in &self.own.factors {
            principal = principal.with_factor(*factor, Timestamp::from_secs(*at));
        }
        // Our issuer writes a scope, be it empty, for everybody who is limited to one.
        Some(match &self.scope {
            Some(scope) => self.scoped(principal, scope.as_str()),
            None => principal,
        })
    }

    /// The principal, limited to the scopes of the token (RFC 8693 section 4.2: separated by spaces).
    fn scoped(&self, principal: Principal, default: &str) -> Principal {
        let scope = self.scope.as_ref().map_or(default, Text::as_str);
        principal.with_scopes(scope.split(' ').filter(|scope| !scope.is_empty()))
    }
}

struct Reads(Origin);

impl<'de> DeserializeSeed<'de> for Reads {
    type Value = Claims<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reads {
    type Value = Claims<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut claims, mut names) = (Claims::default(), Names::new());
        while let Some(name) = names.next(&mut map)? {
            match name {
                "iss" => claims.issuer = Some(map.next_value()?),
                "aud" => claims.audience = Some(map.next_value()?),
                "sub" => claims.subject = Some(map.next_value()?),
                "jti" => claims.id = Some(map.next_value()?),
                "iat" => claims.issued = Some(map.next_value()?),
                "exp" => claims.expires = Some(map.next_value()?),
                "nbf" => claims.not_before = Some(map.next_value()?),
                "client_id" => claims.client = Some(map.next_value()?),
                "scope" => claims.scope = Some(map.next_value()?),
                "sid" => claims.session = Some(map.next_value()?),
                "cnf" => claims.key_thumbprint = Some(map.next_value_seed(Confirmation)?),
                _ if self.0 == Origin::Own => own(name, &mut claims, &mut map)?,
                _ => json::skip(&mut map)?,
            }
        }
        Ok(claims)
    }
}

/// The claims that mean something from our own issuer only. Another's `roles` may be anything.
fn own<'de, M: MapAccess<'de>>(name: &str, claims: &mut Claims<'de>, map: &mut M) -> Result<(), M::Error> {
    match name {
        "iat_us" => {
            claims.issued_micros = map.next_value()?;
            if claims.issued_micros >= 1_000_000 {
                return Err(M::Error::custom("a second has a million microseconds"));
            }
        }
        "kind" => claims.own.kind = Some(map.next_value()?),
        "tenant" => claims.own.tenant = Some(map.next_value()?),
        "roles" => claims.own.roles = map.next_value()?,
        "factors" => claims.own.factors = map.next_value_seed(Factors)?,
        "act" => claims.own.actor = Some(map.next_value_seed(Actor)?),
        _ => json::skip(map)?,
    }
    Ok(())
}

/// An object of which one member is wanted. Another member might be a condition that is not understood, so there is none.
macro_rules! object_of_one {
    ($name:ident, $member:literal) => {
        struct $name;

        impl<'de> DeserializeSeed<'de> for $name {
            type Value = Text<'de>;

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_map(self)
            }
        }

        impl<'de> Visitor<'de> for $name {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!("an object with ", $member))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut names = Names::new();
                let value = match names.next(&mut map)? {
                    Some($member) => map.next_value()?,
                    _ => return Err(M::Error::custom("not understood")),
                };
                match names.next(&mut map)? {
                    None => Ok(value),
                    Some(_) => Err(M::Error::custom("not understood")),
                }
            }
        }
    };
}

object_of_one!(Confirmation, "jkt");
object_of_one!(Actor, "sub");

/// `{"pwd": 1767225600}`: factors and when each was verified.
struct Factors;

impl<'de> DeserializeSeed<'de> for Factors {
    type Value = Vec<(Factor, u64)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Factors {
    type Value = Vec<(Factor, u64)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("factors")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut factors, mut names) = (Vec::new(), Names::new());
        while let Some(name) = names.next(&mut map)? {
            let known = Factor::from_amr(name).ok_or_else(|| M::Error::custom("an unknown factor"))?;
            factors.push((known, map.next_value()?));
        }
        Ok(factors)
    }
}
