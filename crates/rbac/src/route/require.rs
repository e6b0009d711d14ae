//! The check before a route.
use std::sync::Arc;

use palisade_core::{Check, ConfigError, Head};

use super::Rule;
use crate::{Authority, Refused};

/// A [`Rule`] before a service: the check that a [`RequireLayer`] makes, or a call of [`check`](Check::check) by itself.
///
/// Put it on a route or a router, behind whatever leaves the [`Principal`](palisade_core::Principal) in the request.
///
/// ```
/// use http::Request;
/// use palisade_core::{Check, Head, Principal, PrincipalKind, Refusal, Subject};
/// use palisade_rbac::{Authority, Policy, Require, Role, Rule, actions};
///
/// actions! { SHOP { ListUsers = "user:list"; } }
/// let policy = Policy::builder(SHOP).add_role(Role::new("administrator").allow("user:list")).build()?;
/// let require = Require::new(&Authority::carried(policy), Rule::action(ListUsers))?;
///
/// let mut request = Request::get("/users").body(())?;
/// assert_eq!(require.check(&Head::from(&request)).unwrap_err().status(), 401);
/// let root = Principal::new(Subject::new("1")?, PrincipalKind::Staff);
/// request.extensions_mut().insert(root.clone());
/// assert_eq!(require.check(&Head::from(&request)).unwrap_err().status(), 403);
/// request.extensions_mut().insert(root.add_role("administrator"));
/// assert!(require.check(&Head::from(&request)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Require {
    authority: Authority,
    rule: Arc<Rule>,
}

/// Says that the rule of the route holds. It has no size, so that leaving it in the request costs nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Permitted(());

/// The layer: answers before the service is called, and calls it only if the rule holds.
///
/// `RequireLayer::new(require)`, and `with_response` for another form of refusals.
#[cfg(feature = "tower")]
pub type RequireLayer<R = palisade_core::ProblemDetails> = palisade_core::GuardLayer<Require, R>;

impl Require {
    /// The rule, decided by `authority`.
    ///
    /// # Errors
    /// [`ConfigError`] for a role or scope that the policy does not know, and a permission of another vocabulary.
    pub fn new(authority: &Authority, rule: Rule) -> Result<Self, ConfigError> {
        rule.check(authority.current().policy())?;
        Ok(Self {
            authority: authority.clone(),
            rule: Arc::new(rule),
        })
    }
}

impl Check for Require {
    type Witness = Permitted;
    type Refusal = Refused;

    fn check(&self, head: &Head<'_>) -> Result<Permitted, Refused> {
        self.rule.decide(&self.authority, head)?;
        Ok(Permitted(()))
    }
}

impl Permitted {
    pub(super) const fn new() -> Self {
        Self(())
    }
}
