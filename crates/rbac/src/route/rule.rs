//! What a route asks for.
use std::fmt;
use std::sync::Arc;

use palisade_core::{ConfigError, Head, Principal, Tenant};

use crate::decision::Reason;
use crate::holdings::{Holdings, Spot};
use crate::name::unknown;
use crate::refused::Detail;
use crate::{Action, Authority, Found, Permission, Place, Policy, Refused, Resource, Verdict, Who};

/// What a route asks for before its handler runs. Everything that is added must hold as well.
///
/// ```
/// # use palisade_rbac::{Rule, actions};
/// actions! { SHOP { ListUsers = "user:list"; EditUsers = "user:edit"; } }
///
/// let page = Rule::public();
/// let account = Rule::signed_in();
/// let users = Rule::action(ListUsers).and_action(EditUsers).and_scope("admin").hidden();
/// assert_eq!(users.to_string(), "user:list, user:edit, scope admin, hidden");
/// ```
#[derive(Clone)]
#[must_use = "a rule does nothing until it is on a route"]
pub struct Rule {
    access: Access,
    needs: Vec<Need>,
    tenant: Option<TenantOf>,
    visibility: Visibility,
}

type TenantOf = Arc<dyn Fn(&Head<'_>) -> Option<Tenant> + Send + Sync>;
type Condition = Arc<dyn Fn(&Principal, &Head<'_>) -> Verdict + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Public,
    Principals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Visibility {
    Told,
    Hidden,
}

/// One thing that is asked for.
#[derive(Clone)]
enum Need {
    /// The permission, on anything: the object comes later.
    Somewhere(Permission),
    /// The permission, where there is no object.
    Here(Permission),
    Role(Box<str>),
    Scope(Box<str>),
    Condition(&'static str, Condition),
}

impl Rule {
    /// Anybody, signed in or not.
    pub const fn public() -> Self {
        Self::new(Access::Public)
    }

    /// Anybody who is signed in.
    pub const fn signed_in() -> Self {
        Self::new(Access::Principals)
    }

    /// Whoever has the action's permission: on anything at all where the action is on an object, which the handler then
    /// authorizes.
    pub fn action<A: Action>(action: A) -> Self {
        Self::signed_in().and_action(action)
    }

    /// Whoever has the permission on anything at all.
    pub fn permission(permission: Permission) -> Self {
        Self::signed_in().and_permission(permission)
    }

    /// Whoever holds the role, by itself or through another.
    ///
    /// Prefer permissions: a role says who somebody is, and not what this route does. Somebody who acts on behalf of an
    /// account, or with a token that is limited to scopes, is refused unless the rule names a permission (or, for tokens, a
    /// scope) as well.
    pub fn role(role: impl Into<Box<str>>) -> Self {
        Self::signed_in().and_role(role)
    }

    /// Whoever is signed in and, if by a token with scopes, has this one.
    pub fn scope(scope: impl Into<Box<str>>) -> Self {
        Self::signed_in().and_scope(scope)
    }

    const fn new(access: Access) -> Self {
        Self {
            access,
            needs: Vec::new(),
            tenant: None,
            visibility: Visibility::Told,
        }
    }

    /// Asks for an action's permission as well.
    pub fn and_action<A: Action>(self, _: A) -> Self {
        if A::Resource::IS_OBJECT {
            self.and(Need::Somewhere(A::PERMISSION))
        } else {
            self.and(Need::Here(A::PERMISSION))
        }
    }

    /// Asks for a permission as well.
    pub fn and_permission(self, permission: Permission) -> Self {
        self.and(Need::Somewhere(permission))
    }

    /// Asks for a role as well.
    pub fn and_role(self, role: impl Into<Box<str>>) -> Self {
        self.and(Need::Role(role.into()))
    }

    /// Asks for a scope as well, of tokens that are limited to scopes.
    pub fn and_scope(self, scope: impl Into<Box<str>>) -> Self {
        self.and(Need::Scope(scope.into()))
    }

    /// Asks a closure as well. Its name stands in the inventory.
    pub fn when<F>(self, name: &'static str, holds: F) -> Self
    where
        F: Fn(&Principal, &Head<'_>) -> Verdict + Send + Sync + 'static,
    {
        self.and(Need::Condition(name, Arc::new(holds)))
    }

    /// Asks for permissions and roles in the tenant that the request names, in its host for instance. A request that names
    /// none is refused.
    pub fn in_tenant<F>(mut self, tenant: F) -> Self
    where
        F: Fn(&Head<'_>) -> Option<Tenant> + Send + Sync + 'static,
    {
        self.access = Access::Principals;
        self.tenant = Some(Arc::new(tenant));
        self
    }

    /// Answers 404 where it would be 403, as if there were no such route.
    pub const fn hidden(mut self) -> Self {
        self.visibility = Visibility::Hidden;
        self
    }

    fn and(mut self, need: Need) -> Self {
        self.access = Access::Principals;
        self.needs.push(need);
        self
    }

    /// Whether anybody may use the route.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.access == Access::Public
    }

    /// Refuses a rule that can never hold, or was misspelt.
    pub(crate) fn check(&self, policy: &Policy) -> Result<(), ConfigError> {
        for need in &self.needs {
            match need {
                Need::Somewhere(permission) | Need::Here(permission) => {
                    if policy.bit(*permission).is_none() {
                        let text = format!("`{}` belongs to another vocabulary", permission.name());
                        return Err(ConfigError::new("rule", text));
                    }
                }
                Need::Role(role) => policy.known_role("rule", role).map(|_| ())?,
                Need::Scope(scope) if !policy.knows_scope(scope) => {
                    return Err(ConfigError::new("rule", unknown("scope", scope, policy.scopes())));
                }
                Need::Scope(_) | Need::Condition(..) => {}
            }
        }
        Ok(())
    }

    /// Decides about a request.
    pub(crate) fn decide(&self, authority: &Authority, head: &Head<'_>) -> Result<(), Refused> {
        if self.is_public() {
            return Ok(());
        }
        let decided = match head.extensions().get::<Principal>() {
            Some(principal) => self.ask(authority, principal, head),
            None => Err(Refused::sign_in()),
        };
        match self.visibility {
            Visibility::Told => decided,
            Visibility::Hidden => decided.map_err(Refused::hidden),
        }
    }

    fn ask(&self, authority: &Authority, principal: &Principal, head: &Head<'_>) -> Result<(), Refused> {
        if self.needs.is_empty() && self.tenant.is_none() {
            return Ok(());
        }
        let current = authority.current();
        let who = Who {
            principal,
            found: head.extensions().get::<Found>(),
        };
        let holdings = authority.hold(&current, who)?;
        let tenant = self.tenant.as_ref().map(|tenant| tenant(head));
        if let Some(None) = tenant {
            return authority.answer(&holdings, Detail::of_rule("tenant"), Reason::OtherTenant);
        }
        let tenant = tenant.flatten();
        for need in &self.needs {
            let (reason, detail) = self.settle(need, (&holdings, tenant.as_ref()), head);
            authority.answer(&holdings, detail, reason)?;
        }
        self.only_in_tenant(&holdings, tenant.as_ref(), authority)
    }

    /// A rule that names a tenant and nothing else asks for any role that reaches it.
    fn only_in_tenant(
        &self,
        holdings: &Holdings<'_>,
        tenant: Option<&Tenant>,
        authority: &Authority,
    ) -> Result<(), Refused> {
        match tenant {
            Some(tenant) if !self.needs.iter().any(Need::asks_in_tenant) => {
                let held = !holdings.has_conflict() && holdings.holds_any(Spot::Tenant(tenant));
                let reason = if held {
                    Reason::Granted
                } else {
                    Reason::OtherTenant
                };
                authority.answer(holdings, Detail::of_rule("tenant"), reason)
            }
            _ => Ok(()),
        }
    }

    fn settle<'n>(
        &self,
        need: &'n Need,
        (holdings, tenant): (&Holdings<'_>, Option<&Tenant>),
        head: &Head<'_>,
    ) -> (Reason, Detail<'n>) {
        match need {
            Need::Somewhere(permission) => (
                holdings.anywhere(*permission, tenant),
                Detail::of_route(*permission),
            ),
            Need::Here(permission) => {
                let place = Place {
                    tenant,
                    ..Place::platform()
                };
                let reason = holdings.settle(*permission, &place, || Verdict::Holds);
                (reason, Detail::of_route(*permission))
            }
            Need::Role(role) => (self.has_role(role, holdings, tenant), Detail::of_rule(role)),
            Need::Scope(scope) => (has_scope(scope, holdings.principal()), Detail::of_rule(scope)),
            Need::Condition(name, holds) => {
                let reason = match holds(holdings.principal(), head) {
                    Verdict::Holds => Reason::Granted,
                    Verdict::Fails => Reason::ConditionFails,
                    Verdict::Unknown => Reason::ConditionUnknown,
                };
                (reason, Detail::of_rule(name))
            }
        }
    }

    fn has_role(&self, role: &str, holdings: &Holdings<'_>, tenant: Option<&Tenant>) -> Reason {
        let principal = holdings.principal();
        let by_permission = self.needs.iter().any(Need::is_permission);
        let by_scope = self.needs.iter().any(|need| matches!(need, Need::Scope(_)));
        if holdings.has_conflict() {
            return Reason::Conflict;
        }
        if principal.actor().is_some() && !by_permission {
            return Reason::Impersonated;
        }
        if principal.is_scoped() && !by_permission && !by_scope {
            return Reason::OutOfScope;
        }
        let held = holdings.policy().role(role).is_some_and(|index| match tenant {
            Some(tenant) => holdings.has_role(index, Spot::Tenant(tenant)),
            None => holdings.spots().any(|spot| holdings.has_role(index, spot)),
        });
        if held {
            Reason::Granted
        } else {
            Reason::RoleMissing
        }
    }

    /// What one role says to this rule, for a table: the least of all that is asked for.
    pub(super) fn answer_of(&self, policy: &Policy, role: u16) -> Answer {
        let one = |need: &Need| match need {
            Need::Somewhere(permission) => super::matrix::answer(policy, role, *permission),
            Need::Here(permission) => match super::matrix::answer(policy, role, *permission) {
                Answer::Yes => Answer::Yes,
                Answer::Own | Answer::No => Answer::No,
            },
            Need::Role(name) => {
                let has = |index| policy.role_at(role).is_some_and(|role| role.closure.has(index));
                if policy.role(name).is_some_and(has) {
                    Answer::Yes
                } else {
                    Answer::No
                }
            }
            Need::Scope(_) | Need::Condition(..) => Answer::Yes,
        };
        self.needs.iter().map(one).min().unwrap_or(Answer::Yes)
    }

    /// The permissions that the rule names.
    pub(super) fn permissions(&self) -> impl Iterator<Item = Permission> {
        self.needs.iter().filter_map(|need| match need {
            Need::Somewhere(permission) | Need::Here(permission) => Some(*permission),
            Need::Role(_) | Need::Scope(_) | Need::Condition(..) => None,
        })
    }
}

/// What a role says, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    No,
    Own,
    Yes,
}

impl Need {
    const fn is_permission(&self) -> bool {
        matches!(self, Self::Somewhere(_) | Self::Here(_))
    }

    const fn asks_in_tenant(&self) -> bool {
        matches!(self, Self::Somewhere(_) | Self::Here(_) | Self::Role(_))
    }
}

fn has_scope(scope: &str, principal: &Principal) -> Reason {
    if principal.is_scoped() && !principal.has_scope(scope) {
        Reason::OutOfScope
    } else {
        Reason::Granted
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let need = |need: &Need| match need {
            Need::Somewhere(permission) | Need::Here(permission) => permission.name().to_owned(),
            Need::Role(role) => format!("role {role}"),
            Need::Scope(scope) => format!("scope {scope}"),
            Need::Condition(name, _) => format!("when {name}"),
        };
        let mut parts: Vec<String> = self.needs.iter().map(need).collect();
        if self.tenant.is_some() {
            parts.push("in its tenant".to_owned());
        }
        if parts.is_empty() {
            parts.push(if self.is_public() { "public" } else { "signed in" }.to_owned());
        }
        if self.visibility == Visibility::Hidden {
            parts.push("hidden".to_owned());
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({self})")
    }
}
