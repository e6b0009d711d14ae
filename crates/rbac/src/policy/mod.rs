//! The policy: written down, checked, compiled.
mod builder;
mod compile;
mod field;
#[cfg(any(feature = "toml", feature = "json"))]
mod file;
mod names;
mod problem;
mod role;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use palisade_core::{ConfigError, PrincipalKind};

pub use builder::PolicyBuilder;
pub use field::Field;
pub(crate) use field::Fields;
use names::RoleNames;
pub use role::Role;

use crate::bits::{Bit, PermissionBits, RoleBits, Word};
use crate::name::unknown;
use crate::role_set::RoleSet;
use crate::{Permission, RequireFresh, Vocabulary};

/// The rules: roles, what they allow and deny, and what else must hold. Checked when it is built, and then never changed; an
/// [`Authority`](crate::Authority) replaces it as a whole.
///
/// ```
/// use palisade_core::PrincipalKind;
/// use palisade_rbac::{Policy, Role, actions};
///
/// actions! { SHOP { ListUsers = "user:list"; ReadReport = "report:read"; } }
///
/// let policy = Policy::builder(SHOP)
///     .add_role(Role::new("analyst").allow("report:read"))
///     .add_role(Role::new("administrator").everywhere().inherit("analyst").allow("user:*"))
///     .build()?;
/// assert_eq!(policy.roles().collect::<Vec<_>>(), ["administrator", "analyst"]);
///
/// let wrong = Policy::builder(SHOP).add_role(Role::new("analyst").allow("reprot:read")).build();
/// assert_eq!(
///     wrong.unwrap_err().to_string(),
///     "policy: `reprot:read` is no permission; did you mean `report:read`?",
/// );
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
pub struct Policy {
    vocabulary: Vocabulary,
    /// In alphabetical order: a role's index is its place.
    roles: Box<[CompiledRole]>,
    by_name: RoleNames,
    /// Groups of roles of which nobody may hold two in one place.
    conflicts: Box<[RoleBits]>,
    kinds: Kinds,
    scopes: BTreeMap<Box<str>, PermissionBits>,
    impersonated: PermissionBits,
    four_eyes: PermissionBits,
    needs_fresh: PermissionBits,
    fresh: Box<[Option<Arc<RequireFresh>>]>,
    disclosed_by: Box<[Option<u16>]>,
    fields: BTreeMap<Box<str>, Arc<Fields>>,
}

/// A role with all that it inherits.
#[derive(Debug)]
pub(crate) struct CompiledRole {
    pub(crate) name: Box<str>,
    pub(crate) everywhere: bool,
    pub(crate) closure: RoleBits,
    pub(crate) words: Box<[Word]>,
}

/// The roles that everybody of a kind has.
#[derive(Debug)]
struct Kinds {
    customer: RoleSet,
    staff: RoleSet,
    service: RoleSet,
    none: RoleSet,
}

impl Policy {
    /// Begins a policy about these permissions.
    pub const fn builder(vocabulary: Vocabulary) -> PolicyBuilder {
        PolicyBuilder::new(vocabulary)
    }

    /// What the policy is about.
    #[must_use]
    pub const fn vocabulary(&self) -> Vocabulary {
        self.vocabulary
    }

    /// The names of all roles, in alphabetical order.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(|role| &*role.name)
    }

    pub(crate) fn compiled_roles(&self) -> &[CompiledRole] {
        &self.roles
    }

    #[inline]
    pub(crate) fn role_at(&self, index: u16) -> Option<&CompiledRole> {
        self.roles.get(usize::from(index))
    }

    #[inline]
    pub(crate) fn role(&self, name: &str) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    /// The role, or an error that says what it may have meant.
    pub(crate) fn known_role(&self, setting: &'static str, name: &str) -> Result<u16, ConfigError> {
        let missing = || ConfigError::new(setting, unknown("role", name, self.roles()));
        self.role(name).ok_or_else(missing)
    }

    /// Where the permission's bit is; `None` for one of another vocabulary.
    #[inline]
    pub(crate) fn bit(&self, permission: Permission) -> Option<Bit> {
        self.vocabulary
            .has(permission)
            .then(|| Bit::of(permission.index()))
    }

    #[inline]
    pub(crate) fn kind(&self, kind: PrincipalKind) -> &RoleSet {
        match kind {
            PrincipalKind::Customer => &self.kinds.customer,
            PrincipalKind::Staff => &self.kinds.staff,
            PrincipalKind::Service => &self.kinds.service,
            // A kind that this crate does not know has no roles by itself.
            _ => &self.kinds.none,
        }
    }

    pub(crate) fn has_conflicts(&self) -> bool {
        !self.conflicts.is_empty()
    }

    /// Whether these roles must not be held together.
    pub(crate) fn in_conflict(&self, held: &RoleBits) -> bool {
        self.conflicts.iter().any(|group| group.common(held) > 1)
    }

    pub(crate) fn scope_covers(&self, scope: &str, bit: Bit) -> bool {
        self.scopes.get(scope).is_some_and(|covered| covered.has(bit))
    }

    pub(crate) fn knows_scope(&self, scope: &str) -> bool {
        self.scopes.contains_key(scope)
    }

    pub(crate) fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(|scope| &**scope)
    }

    #[inline]
    pub(crate) fn may_be_impersonated(&self, bit: Bit) -> bool {
        self.impersonated.has(bit)
    }

    #[inline]
    pub(crate) fn needs_four_eyes(&self, bit: Bit) -> bool {
        self.four_eyes.has(bit)
    }

    /// Whether the permission asks for a fresh proof: a bit, since most do not.
    #[inline]
    pub(crate) fn needs_fresh(&self, bit: Bit) -> bool {
        self.needs_fresh.has(bit)
    }

    pub(crate) fn fresh(&self, permission: Permission) -> Option<&Arc<RequireFresh>> {
        self.fresh.get(usize::from(permission.index()))?.as_ref()
    }

    pub(crate) fn disclosed_by(&self, permission: Permission) -> Option<Permission> {
        let by = *self.disclosed_by.get(usize::from(permission.index()))?;
        self.vocabulary.at(by?)
    }

    pub(crate) fn fields(&self, kind: &str) -> Option<&Arc<Fields>> {
        self.fields.get(kind)
    }

    pub(crate) fn all_fields(&self) -> impl Iterator<Item = (&str, &Fields)> {
        self.fields.iter().map(|(kind, fields)| (&**kind, &**fields))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("permissions", &self.vocabulary.names().len())
            .field("roles", &self.roles.len())
            .finish_non_exhaustive()
    }
}
