//! A role, as it is written down.

/// A role as it is written down: what it inherits, allows and denies. A [`Policy`](crate::Policy) compiles it.
///
/// Permissions are `resource:action`; `resource:*`, `*:action` and `*:*` stand for all that the vocabulary has at load.
///
/// ```
/// use palisade_rbac::Role;
/// let merchant = Role::new("merchant").inherit("clerk").allow("order:*").deny("order:delete");
/// let customer = Role::new("customer").everywhere().allow_own("order:read");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a role does nothing until it is added to a policy"]
pub struct Role {
    pub(super) name: Box<str>,
    pub(super) reach: RoleReach,
    pub(super) inherits: Vec<Box<str>>,
    pub(super) allow: Vec<Box<str>>,
    pub(super) allow_own: Vec<Box<str>>,
    pub(super) deny: Vec<Box<str>>,
}

/// How far a role reaches that is held without a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoleReach {
    /// Only to what belongs to no tenant.
    Platform,
    /// To the platform and into every tenant.
    Everywhere,
}

impl Role {
    /// A role that allows nothing. Its name is 1 to 64 of `a-z`, `0-9`, `_`, `-` and `.`.
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self {
            name: name.into(),
            reach: RoleReach::Platform,
            inherits: Vec::new(),
            allow: Vec::new(),
            allow_own: Vec::new(),
            deny: Vec::new(),
        }
    }

    /// Held without a tenant, the role reaches into every tenant: for administrators, and for customers who buy in all shops.
    /// Held in a tenant it stays in that tenant.
    pub fn everywhere(mut self) -> Self {
        self.reach = RoleReach::Everywhere;
        self
    }

    /// Has all that `role` has, its denials too. How far it reaches is not inherited.
    pub fn inherit(mut self, role: impl Into<Box<str>>) -> Self {
        self.inherits.push(role.into());
        self
    }

    /// Allows the permission on everything within reach.
    pub fn allow(mut self, permission: impl Into<Box<str>>) -> Self {
        self.allow.push(permission.into());
        self
    }

    /// Allows the permission on what belongs to whoever acts.
    pub fn allow_own(mut self, permission: impl Into<Box<str>>) -> Self {
        self.allow_own.push(permission.into());
        self
    }

    /// Denies the permission within reach, whatever other roles allow.
    pub fn deny(mut self, permission: impl Into<Box<str>>) -> Self {
        self.deny.push(permission.into());
        self
    }
}
