//! The shop that these tests ask about.
use palisade_core::{Principal, PrincipalKind, Subject, Tenant};
use palisade_rbac::{Ask, Assignments, Authority, Policy, PolicyBuilder, Resource, Role, Verdict, actions};

#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) customer: Subject,
    pub(crate) proposer: Option<Subject>,
    pub(crate) paid: Option<bool>,
}

impl Resource for Order {
    const KIND: &'static str = "order";

    fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    fn owner(&self) -> Option<&Subject> {
        Some(&self.customer)
    }

    fn proposer(&self) -> Option<&Subject> {
        self.proposer.as_ref()
    }
}

pub(crate) fn is_paid(ask: &Ask<'_, Order>) -> Verdict {
    ask.resource.paid.map_or(Verdict::Unknown, Verdict::from)
}

actions! {
    pub(crate) SHOP {
        ReadOrder on Order = "order:read";
        EditOrder on Order = "order:edit";
        RefundOrder on Order = "order:refund";
        ShipOrder on Order = "order:ship" when is_paid;
        AddProduct on Tenant = "product:add";
        ListUsers = "user:list";
    }
}

pub(crate) fn subject(name: &str) -> Subject {
    Subject::new(name).unwrap()
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

pub(crate) fn order(of: &str, customer: &str) -> Order {
    Order {
        tenant: Some(tenant(of)),
        customer: subject(customer),
        proposer: None,
        paid: Some(true),
    }
}

pub(crate) fn customer(name: &str) -> Principal {
    Principal::new(subject(name), PrincipalKind::Customer)
}

pub(crate) fn staff(name: &str) -> Principal {
    Principal::new(subject(name), PrincipalKind::Staff)
}

pub(crate) fn plan() -> PolicyBuilder {
    Policy::builder(SHOP)
        .add_role(Role::new("customer").everywhere().allow_own("order:read"))
        .add_kind(PrincipalKind::Customer, "customer")
        .add_role(Role::new("clerk").allow("order:read"))
        .add_role(
            Role::new("merchant")
                .inherit("clerk")
                .allow("order:*")
                .allow("product:add"),
        )
        .add_role(
            Role::new("administrator")
                .everywhere()
                .allow("user:list")
                .allow("order:read"),
        )
}

pub(crate) fn assignments() -> Assignments {
    let mut assignments = Assignments::new();
    for (name, role, at) in [
        ("mel", "merchant", Some("north")),
        ("mel", "merchant", Some("east")),
        ("sam", "merchant", Some("south")),
        ("cleo", "clerk", Some("north")),
        ("root", "administrator", None),
    ] {
        assignments.add(subject(name), role, at.map(tenant));
    }
    assignments
}

pub(crate) fn shop() -> Authority {
    Authority::assigned(plan().build().unwrap(), assignments()).unwrap()
}
