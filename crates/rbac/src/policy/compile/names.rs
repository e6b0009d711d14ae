//! What a policy can speak of.
use std::collections::BTreeMap;

use super::{Checked, twice};
use crate::Vocabulary;
use crate::bits::PermissionBits;
use crate::name::{is_name, unknown};
use crate::policy::builder::PolicyBuilder;
use crate::policy::problem::Problem;
use crate::policy::role::Role;

/// What there is to speak of.
pub(super) struct Names<'a> {
    pub(super) vocabulary: Vocabulary,
    /// The roles, in alphabetical order: a role's index is its place.
    pub(super) roles: BTreeMap<&'a str, (u16, &'a Role)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(plan: &'a PolicyBuilder) -> Checked<Self> {
        let mut roles = BTreeMap::new();
        for role in &plan.roles {
            if !is_name(&role.name) {
                return Err(Problem::new(
                    &role.name,
                    "a role's name is 1 to 64 of a-z, 0-9, `_`, `-`, `.`",
                ));
            }
            if roles.insert(&*role.name, (0, role)).is_some() {
                return Err(twice("role", &role.name));
            }
        }
        for (index, (place, _)) in (0..).zip(roles.values_mut()) {
            *place = index;
        }
        Ok(Self {
            vocabulary: plan.vocabulary,
            roles,
        })
    }

    pub(super) fn role(&self, name: &str) -> Checked<(u16, &'a Role)> {
        let missing = || Problem::new(name, unknown("role", name, self.roles.keys().copied()));
        self.roles.get(name).copied().ok_or_else(missing)
    }

    /// The one permission of that name.
    pub(super) fn permission(&self, name: &str) -> Checked<u16> {
        let missing = || {
            Problem::new(
                name,
                unknown("permission", name, self.vocabulary.names().iter().copied()),
            )
        };
        let found = self.vocabulary.permission(name).ok_or_else(missing)?;
        Ok(found.index())
    }

    /// The permissions that a name stands for, which may have `*` for the resource or the action.
    pub(super) fn permissions(&self, pattern: &str) -> Checked<Vec<u16>> {
        if !pattern.contains('*') {
            return Ok(vec![self.permission(pattern)?]);
        }
        let (of, act) = pattern.split_once(':').unwrap_or((pattern, ""));
        let part = |wanted: &str, found: &str| wanted == "*" || wanted == found;
        let fits = |name: &str| {
            name.split_once(':')
                .is_some_and(|(o, a)| part(of, o) && part(act, a))
        };
        let names = (0..).zip(self.vocabulary.names());
        let found: Vec<_> = names
            .filter(|(_, name)| fits(name))
            .map(|(index, _)| index)
            .collect();
        if found.is_empty() {
            let halves = self
                .vocabulary
                .names()
                .iter()
                .filter_map(|name| name.split_once(':'));
            let known: Vec<_> = halves
                .flat_map(|(of, act)| [format!("{of}:*"), format!("*:{act}")])
                .collect();
            let text = unknown("permission", pattern, known.iter().map(String::as_str));
            return Err(Problem::new(pattern, text));
        }
        Ok(found)
    }

    pub(super) fn all(&self, patterns: &[Box<str>]) -> Checked<Vec<u16>> {
        let found: Result<Vec<_>, _> = patterns.iter().map(|pattern| self.permissions(pattern)).collect();
        Ok(found?.concat())
    }

    pub(super) fn set(&self, patterns: &[Box<str>]) -> Checked<PermissionBits> {
        Ok(PermissionBits::of(
            self.all(patterns)?,
            self.vocabulary.names().len(),
        ))
    }
}
