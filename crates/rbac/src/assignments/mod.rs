//! Which account holds which roles.
mod held;
mod roster;
mod table;

use std::collections::HashMap;
use std::fmt;

use palisade_core::{Subject, Tenant};

pub use held::{Found, Held};
pub(crate) use roster::{Profile, Roster};
pub(crate) use table::Table;

/// Which account holds which roles: the list that an application reads from its database and hands to an
/// [`Authority`](crate::Authority).
///
/// ```
/// use palisade_core::{Subject, Tenant};
/// use palisade_rbac::Assignments;
///
/// let mel = Subject::new("mel")?;
/// let mut assignments = Assignments::new();
/// assignments.add(mel.clone(), "merchant", Some(Tenant::new("north")?));
/// assignments.add(mel.clone(), "merchant", Some(Tenant::new("south")?));
/// assert!(assignments.remove(&mel, "merchant", Some(&Tenant::new("south")?)));
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Default)]
pub struct Assignments(HashMap<Subject, Held>);

impl Assignments {
    /// Nobody holds anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Assigns a role to an account, in a tenant or without one. Twice is once.
    pub fn add(&mut self, subject: Subject, role: impl Into<Box<str>>, tenant: Option<Tenant>) {
        self.0.entry(subject).or_default().insert(role.into(), tenant);
    }

    /// Takes a role from an account; whether it was there.
    pub fn remove(&mut self, subject: &Subject, role: &str, tenant: Option<&Tenant>) -> bool {
        self.0
            .get_mut(subject)
            .is_some_and(|held| held.remove(role, tenant))
    }

    /// Takes all roles from an account.
    pub fn remove_all(&mut self, subject: &Subject) {
        self.0.remove(subject);
    }

    /// What an account holds.
    #[must_use]
    pub fn of(&self, subject: &Subject) -> Option<&Held> {
        self.0.get(subject)
    }

    /// How many accounts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (&Subject, &Held)> {
        self.0.iter()
    }
}

impl fmt::Debug for Assignments {
    // Who may do what is nobody's business who reads a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignments")
            .field("accounts", &self.0.len())
            .finish_non_exhaustive()
    }
}
