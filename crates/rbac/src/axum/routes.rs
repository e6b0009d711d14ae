//! A router in which every route has a rule.
use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, Route, on};
use http::Method;
use palisade_core::{ConfigError, GuardLayer};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Authority, Inventory, Require, Rule};

/// An axum router that is written with rules: a route without one does not compile, and each handler has its rule right before
/// it. The router matches, once; no path is looked at a second time. A public route has no check before it, and costs nothing.
///
/// ```
/// # use axum::{Router, routing::get};
/// # use palisade_rbac::{Authority, Policy, Role, Rule, actions, axum::Routes};
/// actions! { SHOP { ListUsers = "user:list"; } }
/// # let policy = Policy::builder(SHOP).add_role(Role::new("administrator").allow("user:list")).build()?;
/// let authority = Authority::carried(policy);
///
/// let routes: Routes = Routes::new(&authority)
///     .get("/", Rule::public(), || async { "hello" })
///     .get("/users", Rule::action(ListUsers), || async { "ada, bob" });
/// let (router, inventory) = routes.into_router()?;
/// assert!(inventory.matrix(authority.current().policy()).to_markdown().contains("| GET | /users |"));
/// # let _: Router = router;
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
///
/// ```compile_fail,E0061
/// # use palisade_rbac::{Authority, axum::Routes};
/// fn routes(authority: &Authority) -> Routes {
///     Routes::new(authority).get("/users", || async { "ada, bob" }) // an argument is missing: the rule
/// }
/// ```
#[must_use = "routes do nothing until they are a router"]
pub struct Routes<S = ()> {
    authority: Authority,
    router: Router<S>,
    /// Or the first thing that was wrong.
    inventory: Result<Inventory, ConfigError>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes; their rules will be decided by `authority`.
    pub fn new(authority: &Authority) -> Self {
        Self {
            authority: authority.clone(),
            router: Router::new(),
            inventory: Ok(Inventory::new()),
        }
    }

    /// Adds a route for `GET`, and with it `HEAD`.
    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &str, rule: Rule, handler: H) -> Self {
        self.on((Method::GET, MethodFilter::GET), path, (rule, handler))
    }

    /// Adds a route for `POST`.
    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &str, rule: Rule, handler: H) -> Self {
        self.on((Method::POST, MethodFilter::POST), path, (rule, handler))
    }

    /// Adds a route for `PUT`.
    pub fn put<H: Handler<T, S>, T: 'static>(self, path: &str, rule: Rule, handler: H) -> Self {
        self.on((Method::PUT, MethodFilter::PUT), path, (rule, handler))
    }

    /// Adds a route for `PATCH`.
    pub fn patch<H: Handler<T, S>, T: 'static>(self, path: &str, rule: Rule, handler: H) -> Self {
        self.on((Method::PATCH, MethodFilter::PATCH), path, (rule, handler))
    }

    /// Adds a route for `DELETE`.
    pub fn delete<H: Handler<T, S>, T: 'static>(self, path: &str, rule: Rule, handler: H) -> Self {
        self.on((Method::DELETE, MethodFilter::DELETE), path, (rule, handler))
    }

    /// Adds the routes of another list under a prefix, as [`Router::nest`] does.
    pub fn nest(mut self, prefix: &str, routes: Self) -> Self {
        let under = |path: &str| match path {
            "/" => prefix.to_owned(),
            path => format!("{}{path}", prefix.trim_end_matches('/')),
        };
        self.inventory = join(self.inventory, routes.inventory, under);
        if self.inventory.is_ok() {
            self.router = self.router.nest(prefix, routes.router);
        }
        self
    }

    /// Adds the routes of another list, as [`Router::merge`] does.
    pub fn merge(mut self, routes: Self) -> Self {
        self.inventory = join(self.inventory, routes.inventory, str::to_owned);
        if self.inventory.is_ok() {
            self.router = self.router.merge(routes.router);
        }
        self
    }

    /// Puts a layer before the routes that are there by now, as [`Router::layer`] does: the session of the pages, the limit
    /// of one form. It stands before their rules.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// The router, to which other layers are added as usual, and the list of its routes.
    ///
    /// # Errors
    /// [`ConfigError`] for a route that is there twice, and a rule that does not fit the policy.
    pub fn into_router(self) -> Result<(Router<S>, Inventory), ConfigError> {
        Ok((self.router, self.inventory?))
    }

    fn on<H, T>(
        mut self,
        (method, filter): (Method, MethodFilter),
        path: &str,
        (rule, handler): (Rule, H),
    ) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let known = self
            .inventory
            .and_then(|known| known.add(method, path, rule.clone()));
        let public = rule.is_public();
        let checked = known.and_then(|known| Ok((known, Require::new(&self.authority, rule)?)));
        self.inventory = match checked {
            Ok((known, require)) => {
                let endpoint = if public {
                    on(filter, handler)
                } else {
                    on(filter, handler.layer(GuardLayer::new(require)))
                };
                self.router = self.router.route(path, endpoint);
                Ok(known)
            }
            Err(error) => Err(error),
        };
        self
    }
}

/// Adds the routes of `other`, under new paths.
fn join(
    all: Result<Inventory, ConfigError>,
    other: Result<Inventory, ConfigError>,
    path: impl Fn(&str) -> String,
) -> Result<Inventory, ConfigError> {
    let other = other?;
    let routes = other.routes();
    routes
        .map(|(method, at, rule)| (method.clone(), path(at), rule.clone()))
        .try_fold(all?, |all, (method, path, rule)| all.add(method, path, rule))
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("inventory", &self.inventory)
            .finish_non_exhaustive()
    }
}
