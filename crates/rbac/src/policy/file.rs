//! A policy as a file: TOML or JSON.
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use palisade_core::{ConfigError, Factor, PrincipalKind};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::compile::compile;
use super::problem::{Problem, line_of};
use super::{Field, Policy, PolicyBuilder, Role};
use crate::{RequireFresh, Vocabulary};

/// The longest policy, in bytes.
const MAX_FILE: usize = 1 << 20;

impl Policy {
    /// Reads a policy from TOML (feature `toml`); the README has one with everything in it.
    ///
    /// # Errors
    /// [`ConfigError`] with the line and what is wrong there, as for [`PolicyBuilder::build`]; also for a key that is not
    /// known, and for more than 1 MiB.
    #[cfg(feature = "toml")]
    pub fn from_toml(vocabulary: Vocabulary, text: &str) -> Result<Self, ConfigError> {
        let at = |error: toml::de::Error| {
            let before = error
                .span()
                .and_then(|span| text.get(..span.start))
                .unwrap_or_default();
            (
                before.matches('\n').count().saturating_add(1),
                error.message().to_owned(),
            )
        };
        read(vocabulary, text, |text| toml::from_str(text).map_err(at))
    }

    /// Reads a policy from JSON (feature `json`), with the same keys as the TOML form.
    ///
    /// # Errors
    /// As for `from_toml`; also for a key that is there twice.
    #[cfg(feature = "json")]
    pub fn from_json(vocabulary: Vocabulary, text: &str) -> Result<Self, ConfigError> {
        let at = |error: serde_json::Error| (error.line(), said(&error));
        read(vocabulary, text, |text| serde_json::from_str(text).map_err(at))
    }
}

/// What `serde_json` says, without the line that it adds.
#[cfg(feature = "json")]
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.clone(), |(said, _)| said.to_owned())
}

fn read(
    vocabulary: Vocabulary,
    text: &str,
    parse: impl FnOnce(&str) -> Result<File, (usize, String)>,
) -> Result<Policy, ConfigError> {
    vocabulary.check()?;
    if text.len() > MAX_FILE {
        return Err(ConfigError::new("policy", "a policy has at most 1 MiB"));
    }
    let file =
        parse(text).map_err(|(line, said)| ConfigError::new("policy", format!("line {line}: {said}")))?;
    let located = |problem: Problem| match line_of(text, &problem.name) {
        Some(line) => ConfigError::new("policy", format!("line {line}: {}", problem.text)),
        None => ConfigError::new("policy", problem.text),
    };
    compile(&file.into_builder(vocabulary).map_err(located)?).map_err(located)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    roles: Table<RoleEntry>,
    #[serde(default)]
    kinds: Table<Vec<Box<str>>>,
    #[serde(default)]
    conflicts: Vec<Vec<Box<str>>>,
    #[serde(default)]
    scopes: Table<Vec<Box<str>>>,
    #[serde(default)]
    impersonation: Vec<Box<str>>,
    #[serde(default)]
    four_eyes: Vec<Box<str>>,
    #[serde(default)]
    fresh: Table<FreshEntry>,
    #[serde(default)]
    disclose: Table<Box<str>>,
    #[serde(default)]
    fields: Table<Table<FieldEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleEntry {
    #[serde(default)]
    everywhere: bool,
    #[serde(default)]
    inherits: Vec<Box<str>>,
    #[serde(default)]
    allow: Vec<Box<str>>,
    #[serde(default)]
    allow_own: Vec<Box<str>>,
    #[serde(default)]
    deny: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FreshEntry {
    within_seconds: u32,
    #[serde(default)]
    factors: Vec<Box<str>>,
    #[serde(default)]
    multi_factor: bool,
    acr: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldEntry {
    read: Option<Box<str>>,
    write: Option<Box<str>>,
}

impl File {
    fn into_builder(self, vocabulary: Vocabulary) -> Result<PolicyBuilder, Problem> {
        let mut plan = Policy::builder(vocabulary);
        for (name, entry) in self.roles.0 {
            plan = plan.add_role(entry.into_role(name));
        }
        for (kind, roles) in self.kinds.0 {
            let of = kind_of(&kind)?;
            plan = roles.into_iter().fold(plan, |plan, role| plan.add_kind(of, role));
        }
        plan.conflicts = self.conflicts;
        plan.scopes = self.scopes.0;
        plan.impersonation = self.impersonation;
        plan.four_eyes = self.four_eyes;
        plan.disclose = self.disclose.0;
        for (permission, entry) in self.fresh.0 {
            let rule = entry.into_rule(&permission)?;
            plan.fresh.push((permission, rule));
        }
        for (kind, fields) in self.fields.0 {
            let field = |(name, entry): (Box<str>, FieldEntry)| Field {
                kind: kind.clone(),
                name,
                read: entry.read,
                write: entry.write,
            };
            plan.fields.extend(fields.0.into_iter().map(field));
        }
        Ok(plan)
    }
}

impl RoleEntry {
    fn into_role(self, name: Box<str>) -> Role {
        let mut role = Role::new(name);
        role = if self.everywhere { role.everywhere() } else { role };
        role.inherits = self.inherits;
        role.allow = self.allow;
        role.allow_own = self.allow_own;
        role.deny = self.deny;
        role
    }
}

impl FreshEntry {
    fn into_rule(self, permission: &str) -> Result<RequireFresh, Problem> {
        let within = Duration::from_secs(self.within_seconds.into());
        let mut factors = self.factors.iter().map(|name| factor_of(name));
        let rule = match (factors.next(), self.multi_factor) {
            (None, true) => RequireFresh::multi_factor(within),
            (Some(first), false) => RequireFresh::factor(first?, within),
            _ => {
                let text = format!("`{permission}`: either `factors` or `multi_factor = true` is asked for");
                return Err(Problem::new(permission, text));
            }
        };
        let rule = factors.try_fold(rule, |rule, factor| Ok(rule.or(factor?)))?;
        match &self.acr {
            Some(acr) => rule
                .with_acr(acr)
                .map_err(|error| Problem::new(acr, error.to_string())),
            None => Ok(rule),
        }
    }
}

fn kind_of(name: &str) -> Result<PrincipalKind, Problem> {
    let all = [
        PrincipalKind::Customer,
        PrincipalKind::Staff,
        PrincipalKind::Service,
    ];
    let missing = || crate::name::unknown("kind", name, all.iter().map(|kind| kind.as_str()));
    let found = all.iter().find(|kind| kind.as_str() == name).copied();
    found.ok_or_else(|| Problem::new(name, missing()))
}

fn factor_of(name: &str) -> Result<Factor, Problem> {
    let all = [
        ("passkey", Factor::Passkey),
        ("password", Factor::Password),
        ("recovery_code", Factor::RecoveryCode),
        ("totp", Factor::Totp),
    ];
    let missing = || crate::name::unknown("factor", name, all.iter().map(|(name, _)| *name));
    let found = all
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, factor)| *factor);
    found.ok_or_else(|| Problem::new(name, missing()))
}

/// A table in which no key is there twice. JSON's maps would keep the last and say nothing.
struct Table<T>(Vec<(Box<str>, T)>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
    type Value = Table<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = std::collections::BTreeSet::new();
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Box<str>, T>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!("`{key}` is there twice")));
            }
            entries.push((key, value));
        }
        Ok(Table(entries))
    }
}
