//! One check for a whole router, by the route that it matched.
use std::fmt;

use http::{HeaderValue, Method};
use palisade_core::{Check, ConfigError, Head};

use super::{Inventory, Permitted, Rule};
use crate::{Authority, Reason, Refused};

/// Decides by the route that the router has matched, never by the path: one layer for a router that was written already.
///
/// `template` reads the matched template from the request, where the router left it. What the router did not match is 404.
/// What it matched and the inventory does not have is refused with 500, and `control_failed` is told. With axum, prefer
/// `axum::Routes` (feature `axum`), where a route without a rule cannot be written.
pub struct ByRoute<F> {
    authority: Authority,
    inventory: Inventory,
    template: F,
}

impl<F> ByRoute<F>
where
    F: for<'h> Fn(&Head<'h>) -> Option<&'h str>,
{
    /// Checks all routes of the inventory.
    ///
    /// # Errors
    /// As for [`Require::new`](super::Require::new), for any of its rules.
    pub fn new(authority: &Authority, inventory: Inventory, template: F) -> Result<Self, ConfigError> {
        inventory.check(authority.current().policy())?;
        Ok(Self {
            authority: authority.clone(),
            inventory,
            template,
        })
    }
}

impl<F> Check for ByRoute<F>
where
    F: for<'h> Fn(&Head<'h>) -> Option<&'h str>,
{
    type Witness = Permitted;
    type Refusal = Refused;

    fn check(&self, head: &Head<'_>) -> Result<Permitted, Refused> {
        let template = (self.template)(head).ok_or_else(Refused::not_found)?;
        let Some(rules) = self.inventory.rules_of(template) else {
            self.authority.failed(Reason::NoRule);
            return Err(Refused::no_rule());
        };
        let rule = rule_for(head.method(), rules).ok_or_else(|| Refused::method_not_allowed(allow(rules)))?;
        rule.decide(&self.authority, head)?;
        Ok(Permitted::new())
    }
}

/// The rule of a method. `HEAD` is `GET` without a body (RFC 9110 section 9.3.2) and has its rule, unless it has its own.
fn rule_for<'r>(method: &Method, rules: &'r [(Method, Rule)]) -> Option<&'r Rule> {
    let of = |method: &Method| {
        rules
            .iter()
            .find(|(known, _)| known == method)
            .map(|(_, rule)| rule)
    };
    of(method).or_else(|| (method == Method::HEAD).then(|| of(&Method::GET)).flatten())
}

fn allow(rules: &[(Method, Rule)]) -> Option<HeaderValue> {
    let names: Vec<_> = rules.iter().map(|(method, _)| method.as_str()).collect();
    HeaderValue::try_from(names.join(", ")).ok()
}

impl<F> fmt::Debug for ByRoute<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByRoute")
            .field("inventory", &self.inventory)
            .finish_non_exhaustive()
    }
}
