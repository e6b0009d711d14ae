//! How far a permission reaches: what a query has to ask for.
use palisade_core::{ConfigError, Subject, Tenant};

use crate::bits::Bit;
use crate::decision::Reason;
use crate::holdings::{Holdings, Spot};
use crate::{Permission, Policy};

/// How much of what belongs somewhere is within reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extent {
    /// None of it.
    #[default]
    Nothing,
    /// What the account owns.
    Own,
    /// All of it.
    All,
}

/// How far a permission of one principal reaches: on the platform, in some tenants, and in all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    platform: Extent,
    tenants: Vec<(Tenant, Extent)>,
    elsewhere: Extent,
    owner: Option<Subject>,
    not_proposed_by: Vec<Subject>,
}

impl Reach {
    pub(crate) const fn nothing() -> Self {
        Self {
            platform: Extent::Nothing,
            tenants: Vec::new(),
            elsewhere: Extent::Nothing,
            owner: None,
            not_proposed_by: Vec::new(),
        }
    }

    pub(crate) fn of(holdings: &Holdings<'_>, permission: Permission) -> Self {
        let Some(bit) = holdings.policy().bit(permission) else {
            return Self::nothing();
        };
        let mut reach = Self {
            owner: Some(holdings.principal().subject().clone()),
            not_proposed_by: barred(holdings, holdings.policy(), bit),
            ..Self::nothing()
        };
        for spot in holdings.spots() {
            let extent = extent(holdings.somehow(bit, spot));
            match spot {
                Spot::Platform => reach.platform = extent,
                Spot::Elsewhere => reach.elsewhere = extent,
                Spot::Tenant(tenant) => reach.tenants.push((tenant.clone(), extent)),
            }
        }
        reach
    }

    /// How much of what belongs to no tenant.
    #[must_use]
    pub const fn platform(&self) -> Extent {
        self.platform
    }

    /// How much in the tenants that differ from all others.
    pub fn tenants(&self) -> impl Iterator<Item = (&Tenant, Extent)> {
        self.tenants.iter().map(|(tenant, extent)| (tenant, *extent))
    }

    /// How much in all tenants that [`tenants`](Self::tenants) does not name.
    #[must_use]
    pub const fn elsewhere(&self) -> Extent {
        self.elsewhere
    }

    /// Whose things [`Extent::Own`] is about.
    #[must_use]
    pub const fn owner(&self) -> Option<&Subject> {
        self.owner.as_ref()
    }

    /// Who must not have proposed it; where somebody is named, the proposer must be known.
    pub fn not_proposed_by(&self) -> impl Iterator<Item = &Subject> {
        self.not_proposed_by.iter()
    }

    /// Whether nothing is within reach, so that no query is needed.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let extents = self.tenants().map(|(_, extent)| extent);
        [self.platform, self.elsewhere]
            .into_iter()
            .chain(extents)
            .all(|extent| extent == Extent::Nothing)
    }

    /// The condition of a query, with `?` for each value.
    ///
    /// ```
    /// # use palisade_core::{Principal, PrincipalKind, Subject, Tenant};
    /// # use palisade_rbac::{Assignments, Authority, Columns, Policy, Role, actions};
    /// # actions! { SHOP { ReadOrders = "order:read"; } }
    /// # let policy = Policy::builder(SHOP).add_role(Role::new("merchant").allow("order:read")).build()?;
    /// # let mel = Subject::new("mel")?;
    /// # let mut assignments = Assignments::new();
    /// # assignments.add(mel.clone(), "merchant", Some(Tenant::new("north")?));
    /// # let authority = Authority::assigned(policy, assignments)?;
    /// # let principal = Principal::new(mel, PrincipalKind::Staff);
    /// use palisade_rbac::Action;
    ///
    /// const ORDERS: Columns = Columns::new("tenant", "customer");
    /// let condition = authority.reach(&principal, ReadOrders::PERMISSION)?.sql(&ORDERS)?;
    /// assert_eq!(condition.text(), "(tenant IN (?))");
    /// assert_eq!(condition.values(), ["north"]);
    /// // format!("SELECT * FROM orders WHERE shipped = 0 AND {}", condition.text())
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] where the permission is under dual control and `columns` does not name who proposed a row.
    pub fn sql(&self, columns: &Columns) -> Result<SqlCondition, ConfigError> {
        crate::sql::condition(self, columns)
    }
}

fn extent(reason: Reason) -> Extent {
    if reason == Reason::Granted {
        Extent::All
    } else if reason == Reason::GrantedToOwner {
        Extent::Own
    } else {
        Extent::Nothing
    }
}

/// Who must not have proposed what they want to do now.
fn barred(holdings: &Holdings<'_>, policy: &Policy, bit: Bit) -> Vec<Subject> {
    if !policy.needs_four_eyes(bit) {
        return Vec::new();
    }
    let principal = holdings.principal();
    let both = [Some(principal.subject()), principal.actor()];
    both.into_iter().flatten().cloned().collect()
}

/// The columns of a table that say where a row belongs. A row without a tenant has `NULL` there.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    pub(crate) tenant: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) proposer: Option<&'static str>,
}

impl Columns {
    /// The columns of the tenant and of the owner, as they are written in a query. They are constants of the program.
    #[must_use]
    pub const fn new(tenant: &'static str, owner: &'static str) -> Self {
        Self {
            tenant,
            owner,
            proposer: None,
        }
    }

    /// The column of who proposed a row.
    #[must_use]
    pub const fn with_proposer(mut self, proposer: &'static str) -> Self {
        self.proposer = Some(proposer);
        self
    }
}

/// A condition to put behind `WHERE`, and its values in the order of its question marks.
///
/// The text is made of constants of the program; what an account or a tenant is called is only ever a value.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a list that is not filtered shows everything"]
pub struct SqlCondition {
    pub(crate) text: String,
    pub(crate) values: Vec<Box<str>>,
}

impl SqlCondition {
    /// The condition, in brackets.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values to bind.
    #[must_use]
    pub fn values(&self) -> Vec<&str> {
        self.values.iter().map(|value| &**value).collect()
    }
}

impl std::fmt::Debug for SqlCondition {
    // The values are ids of accounts and tenants.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlCondition")
            .field("text", &self.text)
            .field("values", &self.values.len())
            .finish()
    }
}
