//! What a token says about its holder.
use std::fmt;

use palisade_core::{Factor, Principal, PrincipalKind, Subject, Tenant, Timestamp};
use serde::Deserialize;
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
    /// What is to be added to `issued`.
    pub(super) issued_micros: Option<Micros>,
    pub(super) kind: Option<Text<'a>>,
    pub(super) tenant: Option<Text<'a>>,
    pub(super) roles: Option<Texts<'a>>,
    pub(super) factors: Option<Vec<(Factor, u64)>>,
    pub(super) actor: Option<Text<'a>>,
}

/// Microseconds within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Micros(pub(super) u32);

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            micros @ ..1_000_000 => Ok(Self(micros)),
            _ => Err(D::Error::custom("a second has a million microseconds")),
        }
    }
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
        for role in self.own.roles.iter().flat_map(Texts::iter) {
            principal = principal.add_role(role);
        }
        for (factor, at) in self.own.factors.iter().flatten() {
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
        let (mut claims, mut others) = (Claims::default(), Names::new());
        while let Some(name) = map.next_key::<Text<'de>>()? {
            match name.as_str() {
                "iss" => json::once(&mut claims.issuer, &mut map)?,
                "aud" => json::once(&mut claims.audience, &mut map)?,
                "sub" => json::once(&mut claims.subject, &mut map)?,
                "jti" => json::once(&mut claims.id, &mut map)?,
                "iat" => json::once(&mut claims.issued, &mut map)?,
                "exp" => json::once(&mut claims.expires, &mut map)?,
                "nbf" => json::once(&mut claims.not_before, &mut map)?,
                "client_id" => json::once(&mut claims.client, &mut map)?,
                "scope" => json::once(&mut claims.scope, &mut map)?,
                "sid" => json::once(&mut claims.session, &mut map)?,
                "cnf" => json::once_with(&mut claims.key_thumbprint, Confirmation, &mut map)?,
                own if self.0 == Origin::Own && claims.own.read(own, &mut map)? => {}
                _ => {
                    others.add(name)?;
                    json::skip(&mut map)?;
                }
            }
        }
        Ok(claims)
    }
}

impl<'de> Own<'de> {
    /// Reads a claim that means something from our own issuer only, or tells that it is none of these. Another's `roles`
    /// may be anything.
    fn read<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<bool, M::Error> {
        match name {
            "iat_us" => json::once(&mut self.issued_micros, map)?,
            "kind" => json::once(&mut self.kind, map)?,
            "tenant" => json::once(&mut self.tenant, map)?,
            "roles" => json::once(&mut self.roles, map)?,
            "factors" => json::once_with(&mut self.factors, Factors, map)?,
            "act" => json::once_with(&mut self.actor, Actor, map)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
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
        let mut factors: Self::Value = Vec::new();
        while let Some(name) = map.next_key::<Text<'de>>()? {
            let is_new = |factor: &Factor| factors.iter().all(|(known, _)| known != factor);
            let factor = Factor::from_amr(name.as_str()).filter(is_new);
            let factor = factor.ok_or_else(|| M::Error::custom("an unknown factor, or one twice"))?;
            factors.push((factor, map.next_value()?));
        }
        Ok(factors)
    }
}
