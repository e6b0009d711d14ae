//! The questions about many things, and about parts of one.
use std::borrow::Borrow;

use super::{Authority, Who};
use crate::decision::Outcome;
use crate::reach::Reach;
use crate::refused::Detail;
use crate::{Action, Allowed, Ask, Permission, Place, Refused, Resource, View};

impl Authority {
    /// Keeps what the principal may do this to: one look at the rules for all of them, and no look-up for each.
    ///
    /// # Errors
    /// [`Refused`] where one of them asks for a fresh proof, or cannot be decided: a list with holes would look complete.
    pub fn filter<'a, A, R>(
        &self,
        who: impl Into<Who<'a>>,
        _: A,
        resources: impl IntoIterator<Item = R>,
    ) -> Result<Vec<Allowed<A, R>>, Refused>
    where
        A: Action,
        R: Borrow<A::Resource>,
    {
        let (who, current) = (who.into(), self.current());
        let holdings = self.hold(&current, who)?;
        let mut kept = Vec::new();
        for resource in resources {
            let borrowed = resource.borrow();
            let ask = Ask::new(who.principal, borrowed);
            let reason = holdings.settle(A::PERMISSION, &Place::of(borrowed), || A::condition(&ask));
            match reason.outcome() {
                Outcome::Allowed => kept.push(Allowed::new(who.principal.clone(), resource)),
                Outcome::Denied => {}
                Outcome::StepUp | Outcome::Undecided => {
                    self.decide_held::<A>(&holdings, borrowed)?;
                }
            }
        }
        Ok(kept)
    }

    /// Which tenants, and which owners: what a query has to ask for, so that a list is filtered where it is stored.
    ///
    /// Conditions of an action are not part of it. What the query returns still goes through [`filter`](Self::filter), which
    /// makes the witnesses.
    ///
    /// # Errors
    /// [`Refused`] where a fresh proof is missing, or where nobody can tell. "Nothing" is an answer.
    pub fn reach<'a>(&self, who: impl Into<Who<'a>>, permission: Permission) -> Result<Reach, Refused> {
        let (who, current) = (who.into(), self.current());
        let holdings = self.hold(&current, who)?;
        match holdings.anywhere(permission, None) {
            reason if matches!(reason.outcome(), Outcome::StepUp | Outcome::Undecided) => {
                let detail = Detail::of_route(permission);
                self.answer(&holdings, detail, reason).map(|()| Reach::nothing())
            }
            _ => Ok(Reach::of(&holdings, permission)),
        }
    }

    /// Which fields of the resource the principal may read and write.
    ///
    /// # Errors
    /// [`Refused`] where nobody can tell who holds what. A field that cannot be decided is one that is not shown.
    pub fn view<'a, R: Resource>(&self, who: impl Into<Who<'a>>, resource: &R) -> Result<View, Refused> {
        let (who, current) = (who.into(), self.current());
        let holdings = self.hold(&current, who)?;
        Ok(View::of(&holdings, resource))
    }
}
