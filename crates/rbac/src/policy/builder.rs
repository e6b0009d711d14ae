//! A policy that is being written down.
use palisade_core::{ConfigError, PrincipalKind};

use super::compile::compile;
use super::{Field, Policy, Role};
use crate::{RequireFresh, Vocabulary};

/// A policy that is being written down; [`build`](Self::build) checks and compiles it.
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until it is built"]
pub struct PolicyBuilder {
    pub(super) vocabulary: Vocabulary,
    pub(super) roles: Vec<Role>,
    pub(super) kinds: Vec<(PrincipalKind, Box<str>)>,
    pub(super) conflicts: Vec<Vec<Box<str>>>,
    pub(super) scopes: Vec<(Box<str>, Vec<Box<str>>)>,
    pub(super) impersonation: Vec<Box<str>>,
    pub(super) four_eyes: Vec<Box<str>>,
    pub(super) fresh: Vec<(Box<str>, RequireFresh)>,
    pub(super) disclose: Vec<(Box<str>, Box<str>)>,
    pub(super) fields: Vec<Field>,
}

impl PolicyBuilder {
    pub(super) const fn new(vocabulary: Vocabulary) -> Self {
        Self {
            vocabulary,
            roles: Vec::new(),
            kinds: Vec::new(),
            conflicts: Vec::new(),
            scopes: Vec::new(),
            impersonation: Vec::new(),
            four_eyes: Vec::new(),
            fresh: Vec::new(),
            disclose: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Adds a role.
    pub fn add_role(mut self, role: Role) -> Self {
        self.roles.push(role);
        self
    }

    /// Gives everybody of a kind a role, held without a tenant, so that no table has a row for every customer.
    pub fn add_kind(mut self, kind: PrincipalKind, role: impl Into<Box<str>>) -> Self {
        self.kinds.push((kind, role.into()));
        self
    }

    /// Nobody may hold two of these roles in one place (static separation of duty).
    pub fn add_conflict<T: Into<Box<str>>>(mut self, roles: impl IntoIterator<Item = T>) -> Self {
        self.conflicts.push(roles.into_iter().map(Into::into).collect());
        self
    }

    /// A scope of a token, and the permissions that it covers. A scope takes away and never gives.
    pub fn add_scope<T: Into<Box<str>>>(
        mut self,
        scope: impl Into<Box<str>>,
        permissions: impl IntoIterator<Item = T>,
    ) -> Self {
        let permissions = permissions.into_iter().map(Into::into).collect();
        self.scopes.push((scope.into(), permissions));
        self
    }

    /// Somebody who acts on behalf of an account may do this, if the account may. Without it they may do nothing.
    pub fn allow_impersonated(mut self, permission: impl Into<Box<str>>) -> Self {
        self.impersonation.push(permission.into());
        self
    }

    /// Nobody may do this to what they proposed themselves (dual control).
    pub fn require_four_eyes(mut self, permission: impl Into<Box<str>>) -> Self {
        self.four_eyes.push(permission.into());
        self
    }

    /// Asks for a recent proof of who is there.
    pub fn require_fresh(mut self, permission: impl Into<Box<str>>, fresh: RequireFresh) -> Self {
        self.fresh.push((permission.into(), fresh));
        self
    }

    /// Answers a denial of `permission` on an object with 403 to whoever has `seen_by` on it. To everybody else, the object
    /// does not exist: 404.
    pub fn disclose(mut self, permission: impl Into<Box<str>>, seen_by: impl Into<Box<str>>) -> Self {
        self.disclose.push((permission.into(), seen_by.into()));
        self
    }

    /// Adds a field of a resource.
    pub fn add_field(mut self, field: Field) -> Self {
        self.fields.push(field);
        self
    }

    /// Checks everything and compiles it.
    ///
    /// # Errors
    /// [`ConfigError`] with the first thing that is wrong: a name that nobody knows (with what it may have meant), a name
    /// given twice, roles that inherit each other in a circle, a role that inherits two that conflict, too much of anything.
    pub fn build(self) -> Result<Policy, ConfigError> {
        self.vocabulary.check()?;
        compile(&self).map_err(|problem| ConfigError::new("policy", problem.text))
    }
}
