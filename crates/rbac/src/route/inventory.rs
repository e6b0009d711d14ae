//! The list of all routes.
use std::collections::BTreeMap;

use http::Method;
use palisade_core::ConfigError;

use super::{Matrix, Rule};
use crate::Policy;

/// All routes of an application, each with its rule: what is checked, and what is shown in a review.
///
/// A route is a method and the template that the router matches, `/orders/{id}`.
///
/// ```
/// use http::Method;
/// use palisade_rbac::{Inventory, Rule};
///
/// let inventory = Inventory::new().add(Method::GET, "/", Rule::public())?;
/// // The application refuses to start with a route that has no rule.
/// let routes = [(Method::GET, "/"), (Method::POST, "/orders")];
/// assert_eq!(
///     inventory.covers(routes).unwrap_err().to_string(),
///     "routes: POST /orders has no rule; a public route is spelled `Rule::public()`",
/// );
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Inventory(BTreeMap<Box<str>, Vec<(Method, Rule)>>);

impl Inventory {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route.
    ///
    /// # Errors
    /// [`ConfigError`] for a path that does not start with `/` or has more than 1024 bytes, and for a route that is there.
    pub fn add(mut self, method: Method, path: impl Into<Box<str>>, rule: Rule) -> Result<Self, ConfigError> {
        let path = path.into();
        if !path.starts_with('/') || path.len() > 1024 || path.chars().any(char::is_control) {
            let text = "a path starts with `/` and has at most 1024 bytes without control characters";
            return Err(ConfigError::new("routes", text));
        }
        let rules = self.0.entry(path.clone()).or_default();
        if rules.iter().any(|(known, _)| *known == method) {
            return Err(ConfigError::new(
                "routes",
                format!("{method} {path} has two rules"),
            ));
        }
        rules.push((method, rule));
        Ok(self)
    }

    /// All routes, by path.
    pub fn routes(&self) -> impl Iterator<Item = (&Method, &str, &Rule)> {
        let paths = self.0.iter().map(|(path, rules)| (&**path, rules));
        paths.flat_map(|(path, rules)| rules.iter().map(move |(method, rule)| (method, path, rule)))
    }

    /// Checks that each of these routes has a rule; for routers that can tell their routes.
    ///
    /// # Errors
    /// [`ConfigError`] that names the first route without one.
    pub fn covers<'a>(&self, routes: impl IntoIterator<Item = (Method, &'a str)>) -> Result<(), ConfigError> {
        let has = |(method, path): &(Method, &str)| {
            let rules = self.0.get(*path);
            rules.is_some_and(|rules| rules.iter().any(|(known, _)| known == method))
        };
        match routes.into_iter().find(|route| !has(route)) {
            Some((method, path)) => {
                let text = format!("{method} {path} has no rule; a public route is spelled `Rule::public()`");
                Err(ConfigError::new("routes", text))
            }
            None => Ok(()),
        }
    }

    /// Who can use which route: for reviews, and for ASVS 8.1.1.
    #[must_use]
    pub fn matrix(&self, policy: &Policy) -> Matrix {
        Matrix::of_routes(self, policy)
    }

    /// Refuses rules that do not fit the policy.
    pub(crate) fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        self.routes().try_for_each(|(_, _, rule)| rule.check(policy))
    }

    pub(super) fn rules_of(&self, path: &str) -> Option<&[(Method, Rule)]> {
        self.0.get(path).map(Vec::as_slice)
    }
}
