//! The form in which a store keeps a principal.
use serde::{Deserialize, Serialize};

use crate::{Factor, Principal, PrincipalKind, Subject, Tenant, Timestamp};

/// A [`Principal`] as a store of sessions or tokens writes it down and reads it back (feature `serde`).
///
/// It is a type of its own because a `Principal` itself must not be deserialisable: a handler that took one from a request
/// would believe whatever the client wrote. Read this form from your own store only.
///
/// ```
/// use palisade_core::{Principal, PrincipalKind, StoredPrincipal, Subject};
/// let ada = Principal::new(Subject::new("42")?, PrincipalKind::Customer).add_role("buyer");
/// let json = serde_json::to_string(&StoredPrincipal::from(&ada))?;
/// let read: StoredPrincipal = serde_json::from_str(&json)?;
/// assert_eq!(read.into_principal(), Some(ada));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredPrincipal {
    subject: Name,
    kind: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<Name>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Box<str>>,
    /// Absent where no grant limits the principal, which is not the same as no scope at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Box<str>>>,
    /// Authentication method references (RFC 8176) with microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    factors: Vec<(Box<str>, u64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Name>,
}

/// The text of an id, which is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Name(Box<str>);

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name(..)")
    }
}

impl StoredPrincipal {
    /// The principal; `None` where another version of the program wrote something that this one does not know. Whoever
    /// reads it then knows nobody, rather than somebody with fewer factors or another kind.
    #[must_use]
    pub fn into_principal(self) -> Option<Principal> {
        let subject = Subject::new(self.subject.0).ok()?;
        let mut principal = Principal::new(subject, PrincipalKind::from_name(&self.kind)?);
        if let Some(tenant) = self.tenant {
            principal = principal.with_tenant(Tenant::new(tenant.0).ok()?);
        }
        principal = self.roles.into_iter().fold(principal, Principal::add_role);
        if let Some(scopes) = self.scopes {
            principal = principal.with_scopes(scopes);
        }
        if let Some(actor) = self.actor {
            principal = principal.acted_by(Subject::new(actor.0).ok()?);
        }
        for (amr, at) in self.factors {
            principal = principal.with_factor(Factor::from_amr(&amr)?, Timestamp::from_micros(at));
        }
        Some(principal)
    }
}

impl From<&Principal> for StoredPrincipal {
    fn from(principal: &Principal) -> Self {
        Self {
            subject: Name(principal.subject().as_str().into()),
            kind: principal.kind().as_str().into(),
            tenant: principal.tenant().map(|tenant| Name(tenant.as_str().into())),
            roles: principal.roles().map(Into::into).collect(),
            scopes: principal
                .is_scoped()
                .then(|| principal.scopes().map(Into::into).collect()),
            factors: principal
                .factors()
                .map(|(factor, at)| (factor.amr().into(), at.as_micros()))
                .collect(),
            actor: principal.actor().map(|actor| Name(actor.as_str().into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Principal {
        Principal::new(Subject::new("42").unwrap(), PrincipalKind::Staff)
            .with_tenant(Tenant::new("north").unwrap())
            .add_role("merchant")
            .add_role("author")
            .add_scope("orders")
            .acted_by(Subject::new("support").unwrap())
            .with_factor(Factor::Password, Timestamp::from_micros(1_000_001))
            .with_factor(Factor::Totp, Timestamp::from_secs(2))
            .with_factor(Factor::RecoveryCode, Timestamp::from_secs(3))
            .with_factor(Factor::Passkey, Timestamp::from_secs(4))
    }

    fn read(json: &str) -> Option<Principal> {
        let stored: StoredPrincipal = serde_json::from_str(json).ok()?;
        stored.into_principal()
    }

    #[test]
    fn every_part_of_a_principal_is_read_back() {
        let plain = |kind| Principal::new(Subject::new("7").unwrap(), kind);
        let kinds = [PrincipalKind::Customer, PrincipalKind::Service];
        let no_scope = full().with_scopes(<[&str; 0]>::default());
        for principal in kinds.map(plain).into_iter().chain([full(), no_scope]) {
            let json = serde_json::to_string(&StoredPrincipal::from(&principal)).unwrap();
            assert_eq!(read(&json), Some(principal));
        }
    }

    #[test]
    fn what_is_not_known_is_nobody_and_not_somebody_with_less() {
        assert!(read(r#"{"subject":"42","kind":"customer"}"#).is_some());
        let cases = [
            ("another kind", r#"{"subject":"42","kind":"robot"}"#),
            ("no subject", r#"{"kind":"customer"}"#),
            ("an empty subject", r#"{"subject":"","kind":"customer"}"#),
            (
                "another factor",
                r#"{"subject":"42","kind":"customer","factors":[["sms",1]]}"#,
            ),
            (
                "another field",
                r#"{"subject":"42","kind":"customer","denied":["all"]}"#,
            ),
            (
                "a bad tenant",
                r#"{"subject":"42","kind":"customer","tenant":"\n"}"#,
            ),
        ];
        for (name, json) in cases {
            assert_eq!(read(json), None, "{name}");
        }
    }

    #[test]
    fn no_id_is_printed() {
        let printed = format!("{:?}", StoredPrincipal::from(&full()));
        assert!(!printed.contains("42") && !printed.contains("north"), "{printed}");
    }
}
