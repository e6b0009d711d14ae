//! The roles of one account.
use palisade_core::{StoreError, Tenant};

/// The roles that one account holds, each in a tenant or without one.
///
/// A role that is held in a tenant never reaches out of it. Held without one, it reaches what belongs to no tenant, and every
/// tenant if the policy says that the role reaches [everywhere](crate::Role::everywhere).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(pub(super) Vec<(Option<Tenant>, Box<str>)>);

impl Held {
    /// No roles.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a role.
    #[must_use]
    pub fn add(mut self, role: impl Into<Box<str>>, tenant: Option<Tenant>) -> Self {
        self.insert(role.into(), tenant);
        self
    }

    pub(super) fn insert(&mut self, role: Box<str>, tenant: Option<Tenant>) {
        let entry = (tenant, role);
        if let Err(place) = self.0.binary_search(&entry) {
            self.0.insert(place, entry);
        }
    }

    pub(super) fn remove(&mut self, role: &str, tenant: Option<&Tenant>) -> bool {
        let before = self.0.len();
        self.0
            .retain(|(at, held)| (at.as_ref(), &**held) != (tenant, role));
        self.0.len() < before
    }

    /// The roles, by tenant and name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Tenant>)> {
        self.0.iter().map(|(tenant, role)| (&**role, tenant.as_ref()))
    }
}

/// What a look-up of an account's roles came to. It travels in the request's extensions, so that a route that is public
/// works while the look-up does not.
#[derive(Clone, Debug)]
pub struct Found(Option<Held>);

impl Found {
    /// The roles that were found.
    #[must_use]
    pub const fn new(held: Held) -> Self {
        Self(Some(held))
    }

    /// The look-up failed: whatever asks for a role cannot be decided.
    #[must_use]
    pub const fn failed() -> Self {
        Self(None)
    }

    pub(crate) const fn held(&self) -> Option<&Held> {
        self.0.as_ref()
    }
}

impl From<Result<Held, StoreError>> for Found {
    fn from(found: Result<Held, StoreError>) -> Self {
        Self(found.ok())
    }
}
