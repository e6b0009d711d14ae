//! Fields that somebody may read and write.
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::decision::Outcome;
use crate::holdings::Holdings;
use crate::{Permission, Place, Refused, Resource, Verdict};

/// Which fields of one resource one principal may read and write. What the policy does not name is neither.
///
/// ```
/// # use std::collections::BTreeMap;
/// # use palisade_core::{Principal, PrincipalKind, Subject, Tenant};
/// # use palisade_rbac::{Authority, Field, Policy, Resource, Role, actions};
/// # struct Order;
/// # impl Resource for Order { const KIND: &'static str = "order"; fn tenant(&self) -> Option<&Tenant> { None } }
/// actions! { SHOP { ReadOrder on Order = "order:read"; EditOrder on Order = "order:edit"; } }
///
/// let policy = Policy::builder(SHOP)
///     .add_role(Role::new("clerk").allow("order:read"))
///     .add_field(Field::new("order", "note").read("order:read").write("order:edit"))
///     .build()?;
/// # let clerk = Principal::new(Subject::new("7")?, PrincipalKind::Staff).add_role("clerk");
/// let view = Authority::carried(policy).view(&clerk, &Order)?;
///
/// let record = BTreeMap::from([("note", "fragile"), ("margin", "40 %")]);
/// assert_eq!(view.readable(record), BTreeMap::from([("note", "fragile")]));
/// assert!(view.patch(BTreeMap::from([("note", "sturdy")])).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct View(BTreeMap<Box<str>, Access>);

#[derive(Clone, Copy, Debug)]
struct Access {
    read: Verdict,
    write: Verdict,
}

impl View {
    pub(crate) fn of<R: Resource>(holdings: &Holdings<'_>, resource: &R) -> Self {
        let policy = holdings.policy();
        let place = Place::of(resource);
        let may = |permission: Permission| {
            let reason = holdings.settle(permission, &place, || Verdict::Holds);
            Verdict::from(reason.outcome() == Outcome::Allowed)
        };
        let of_index = |index: Option<u16>| {
            let permission = index.and_then(|index| policy.vocabulary().at(index));
            permission.map_or(Verdict::Fails, may)
        };
        let fields = policy.fields(R::KIND).map(Arc::as_ref);
        let access = fields.into_iter().flatten().map(|(name, rule)| {
            let (read, write) = (of_index(rule.read), of_index(rule.write));
            (name.clone(), Access { read, write })
        });
        Self(access.collect())
    }

    /// Whether the field may be read.
    #[must_use]
    pub fn can_read(&self, field: &str) -> bool {
        self.0
            .get(field)
            .is_some_and(|access| access.read == Verdict::Holds)
    }

    /// Whether the field may be written.
    #[must_use]
    pub fn can_write(&self, field: &str) -> bool {
        self.0
            .get(field)
            .is_some_and(|access| access.write == Verdict::Holds)
    }

    /// What may be read of a record: any map from names to values, such as `serde_json::Map`.
    #[must_use]
    pub fn readable<M, K, V>(&self, record: M) -> M
    where
        M: IntoIterator<Item = (K, V)> + FromIterator<(K, V)>,
        K: AsRef<str>,
    {
        record
            .into_iter()
            .filter(|(field, _)| self.can_read(field.as_ref()))
            .collect()
    }

    /// A change to a record, if each of its fields may be written.
    ///
    /// # Errors
    /// [`Refused`] (403) where one may not. Nothing is left out: a change that is half done is another change.
    pub fn patch<M, K, V>(&self, change: M) -> Result<Patch<M>, Refused>
    where
        M: IntoIterator<Item = (K, V)> + FromIterator<(K, V)>,
        K: AsRef<str>,
    {
        let checked = |(field, value): (K, V)| {
            let may = self.can_write(field.as_ref());
            may.then_some((field, value)).ok_or_else(Refused::forbidden)
        };
        let change: Result<M, Refused> = change.into_iter().map(checked).collect();
        change.map(Patch)
    }
}

/// A change of which each field may be written. Only [`View::patch`] makes one.
#[derive(Debug)]
#[must_use = "the witness is what the checked function asks for"]
pub struct Patch<M>(M);

impl<M> Patch<M> {
    /// The change.
    pub fn into_inner(self) -> M {
        self.0
    }
}
