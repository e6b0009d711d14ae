//! The questions about one thing.
use std::borrow::Borrow;

use palisade_core::{Event, Principal, SecurityEvent};

use super::{Authority, Current, Who};
use crate::decision::{Outcome, Reason};
use crate::holdings::Holdings;
use crate::refused::Detail;
use crate::{Action, Allowed, Ask, Permission, Place, Refused};

impl Authority {
    /// Decides whether the principal may do this to the resource, and hands the resource on in a witness that only this
    /// can make. Give the resource itself, or a reference to it; when the answer is no, it does not come back.
    ///
    /// ```
    /// # use palisade_core::{Principal, PrincipalKind, Subject, Tenant};
    /// # use palisade_rbac::{Allowed, Authority, Policy, Resource, Role, actions};
    /// # struct Order { customer: Subject, total: u64 }
    /// # impl Resource for Order {
    /// #     const KIND: &'static str = "order";
    /// #     fn tenant(&self) -> Option<&Tenant> { None }
    /// #     fn owner(&self) -> Option<&Subject> { Some(&self.customer) }
    /// # }
    /// actions! { SHOP { ReadOrder on Order = "order:read"; } }
    ///
    /// let policy = Policy::builder(SHOP)
    ///     .add_role(Role::new("customer").allow_own("order:read"))
    ///     .add_kind(PrincipalKind::Customer, "customer")
    ///     .build()?;
    /// let authority = Authority::carried(policy);
    ///
    /// fn total(order: &Allowed<ReadOrder, Order>) -> u64 { order.total }
    ///
    /// let [ada, bob] = ["ada", "bob"].map(|name| Subject::new(name).unwrap());
    /// let principal = Principal::new(ada.clone(), PrincipalKind::Customer);
    /// let order = authority.authorize(&principal, ReadOrder, Order { customer: ada, total: 7 })?;
    /// assert_eq!(total(&order), 7);
    /// assert!(authority.authorize(&principal, ReadOrder, Order { customer: bob, total: 9 }).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Refused`]: 404 for an object that is not to be seen, 403, 401 with a challenge, or 503 where nobody can tell.
    pub fn authorize<'a, A, R>(
        &self,
        who: impl Into<Who<'a>>,
        _: A,
        resource: R,
    ) -> Result<Allowed<A, R>, Refused>
    where
        A: Action,
        R: Borrow<A::Resource>,
    {
        let (who, current) = (who.into(), self.current());
        let holdings = self.hold(&current, who)?;
        self.decide_held::<A>(&holdings, resource.borrow())?;
        Ok(Allowed::new(who.principal.clone(), resource))
    }

    /// The witness of an action without an object.
    ///
    /// # Errors
    /// [`Refused`]: 403, 401 with a challenge, or 503.
    pub fn allow<'a, A>(&self, who: impl Into<Who<'a>>) -> Result<Allowed<A, ()>, Refused>
    where
        A: Action<Resource = ()>,
    {
        let (who, current) = (who.into(), self.current());
        let holdings = self.hold(&current, who)?;
        self.decide_held::<A>(&holdings, &())?;
        Ok(Allowed::new(who.principal.clone(), ()))
    }

    /// Decides whether the permission can be used on anything at all: the question of a route or a menu, before an object is
    /// known. The object is still to be authorized.
    ///
    /// # Errors
    /// [`Refused`]: 403, 401 with a challenge, or 503.
    pub fn permits<'a>(&self, who: impl Into<Who<'a>>, permission: Permission) -> Result<(), Refused> {
        let (who, current) = (who.into(), self.current());
        let holdings = self.hold(&current, who)?;
        let reason = holdings.anywhere(permission, None);
        self.answer(&holdings, Detail::of_route(permission), reason)
    }

    /// What the principal holds, or the refusal.
    pub(crate) fn hold<'a>(&self, current: &'a Current<'_>, who: Who<'a>) -> Result<Holdings<'a>, Refused> {
        current.holdings(who).map_err(|reason| {
            self.failed(reason);
            Refused::undecided(reason)
        })
    }

    pub(super) fn decide_held<A: Action>(
        &self,
        holdings: &Holdings<'_>,
        resource: &A::Resource,
    ) -> Result<(), Refused> {
        let place = Place::of(resource);
        let condition = || A::condition(&Ask::new(holdings.principal(), resource));
        let reason = holdings.settle(A::PERMISSION, &place, condition);
        let detail = Detail::of_object(A::PERMISSION, resource);
        self.answer(holdings, detail, reason)
    }

    /// Turns a reason into an answer, and tells of it where it is no.
    pub(crate) fn answer(
        &self,
        holdings: &Holdings<'_>,
        detail: Detail<'_>,
        reason: Reason,
    ) -> Result<(), Refused> {
        match reason.outcome() {
            Outcome::Allowed => {
                self.shared.health.works(&self.recorder);
                return Ok(());
            }
            Outcome::Denied => self.denied(holdings.principal(), reason, &detail.name(holdings, reason)),
            Outcome::Undecided => self.failed(reason),
            Outcome::StepUp => {}
        }
        Err(Refused::because(holdings, &detail, reason))
    }

    fn denied(&self, principal: &Principal, reason: Reason, rule: &str) {
        let event = Event::new(SecurityEvent::AuthzFail)
            .with_principal(principal)
            .with_reason(reason.as_str())
            .with_rule(rule);
        self.recorder.record(&event);
    }

    pub(crate) fn failed(&self, reason: Reason) {
        let health = if reason.passes() {
            &self.shared.health
        } else {
            &self.shared.faults
        };
        health.failed(&self.recorder, reason.as_str());
    }
}
