//! The answer "no".
use std::fmt;
use std::sync::Arc;

use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::Refusal;

use crate::decision::{Outcome, Reason};
use crate::holdings::Holdings;
use crate::{Permission, Place, RequireFresh, Resource};

/// A request that may not go on, or an action that may not be done.
///
/// The client is told by status and code what it can do about it, and nothing else. The [`reason`](Self::reason) and the
/// [`rule`](Self::rule) are for logs.
#[derive(Clone)]
pub struct Refused(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: RefusedKind,
    reason: Option<Reason>,
    rule: Box<str>,
    fresh: Option<Arc<RequireFresh>>,
    allow: Option<HeaderValue>,
}

/// What the client is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusedKind {
    /// 403: known, and not allowed.
    Forbidden,
    /// 500: the program is at fault, for instance a route without a rule.
    Internal,
    /// 405: the route has no rule for this method.
    MethodNotAllowed,
    /// 404: as if it did not exist.
    NotFound,
    /// 401: nobody is signed in.
    SignIn,
    /// 401 `insufficient_user_authentication`: allowed after a fresh proof (RFC 9470).
    StepUp,
    /// 503: nobody can tell now.
    Undecided,
}

impl Refused {
    /// 404, as it is for an object that is not to be seen: for one that is not there, so that both answers are the same.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(RefusedKind::NotFound, None)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(RefusedKind::Forbidden, None)
    }

    pub(crate) fn sign_in() -> Self {
        Self::new(RefusedKind::SignIn, None)
    }

    pub(crate) fn no_rule() -> Self {
        Self::new(RefusedKind::Internal, None)
    }

    pub(crate) fn method_not_allowed(allow: Option<HeaderValue>) -> Self {
        Self(Arc::new(Inner {
            kind: RefusedKind::MethodNotAllowed,
            reason: None,
            rule: "".into(),
            fresh: None,
            allow,
        }))
    }

    pub(crate) fn undecided(reason: Reason) -> Self {
        Self::new(kind_of_undecided(reason), Some(reason))
    }

    pub(crate) fn because(holdings: &Holdings<'_>, detail: &Detail<'_>, reason: Reason) -> Self {
        let fresh = detail
            .permission
            .and_then(|permission| holdings.policy().fresh(permission));
        let kind = match reason.outcome() {
            Outcome::StepUp => RefusedKind::StepUp,
            Outcome::Undecided => kind_of_undecided(reason),
            Outcome::Denied | Outcome::Allowed => detail.kind_of_denial(holdings),
        };
        Self(Arc::new(Inner {
            kind,
            reason: Some(reason),
            rule: detail.name(holdings, reason).into(),
            fresh: fresh.filter(|_| kind == RefusedKind::StepUp).cloned(),
            allow: None,
        }))
    }

    fn new(kind: RefusedKind, reason: Option<Reason>) -> Self {
        Self(Arc::new(Inner {
            kind,
            reason,
            rule: "".into(),
            fresh: None,
            allow: None,
        }))
    }

    /// The same refusal, as if the thing did not exist, where it was 403.
    pub(crate) fn hidden(self) -> Self {
        if self.kind() != RefusedKind::Forbidden {
            return self;
        }
        Self(Arc::new(Inner {
            kind: RefusedKind::NotFound,
            reason: self.0.reason,
            rule: self.0.rule.clone(),
            fresh: None,
            allow: None,
        }))
    }

    /// What the client is told.
    #[must_use]
    pub fn kind(&self) -> RefusedKind {
        self.0.kind
    }

    /// Why, for logs. Nobody was asked where nobody is signed in.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.0.reason
    }

    /// The permission and the role that decided, for logs; empty where there was neither.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.0.rule
    }

    /// The proof that is asked for, where the kind is [`RefusedKind::StepUp`].
    #[must_use]
    pub fn required(&self) -> Option<&RequireFresh> {
        self.0.fresh.as_deref()
    }
}

const fn kind_of_undecided(reason: Reason) -> RefusedKind {
    if reason.passes() {
        RefusedKind::Undecided
    } else {
        RefusedKind::Internal
    }
}

impl Refusal for Refused {
    fn status(&self) -> StatusCode {
        match self.kind() {
            RefusedKind::Forbidden => StatusCode::FORBIDDEN,
            RefusedKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            RefusedKind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            RefusedKind::NotFound => StatusCode::NOT_FOUND,
            RefusedKind::SignIn | RefusedKind::StepUp => StatusCode::UNAUTHORIZED,
            RefusedKind::Undecided => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind() {
            RefusedKind::Forbidden => "forbidden",
            RefusedKind::Internal => "authorization_failed",
            RefusedKind::MethodNotAllowed => "method_not_allowed",
            RefusedKind::NotFound => "not_found",
            RefusedKind::SignIn => "authentication_required",
            RefusedKind::StepUp => "insufficient_user_authentication",
            RefusedKind::Undecided => "authorization_unavailable",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if self.kind() == RefusedKind::SignIn {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(fresh) = &self.0.fresh {
            headers.insert(WWW_AUTHENTICATE, fresh.challenge());
        }
        if let Some(allow) = &self.0.allow {
            headers.insert(ALLOW, allow.clone());
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("kind", &self.0.kind)
            .field("reason", &self.0.reason)
            .field("rule", &self.0.rule)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Refused {}

/// What was asked, as far as the answer "no" depends on it.
#[derive(Clone, Copy)]
pub(crate) struct Detail<'a> {
    permission: Option<Permission>,
    object: Option<Place<'a>>,
    rule: &'a str,
}

impl<'a> Detail<'a> {
    pub(crate) const fn of_route(permission: Permission) -> Self {
        Self {
            permission: Some(permission),
            object: None,
            rule: permission.name(),
        }
    }

    pub(crate) fn of_object<R: Resource>(permission: Permission, resource: &'a R) -> Self {
        Self {
            object: R::IS_OBJECT.then(|| Place::of(resource)),
            ..Self::of_route(permission)
        }
    }

    /// A rule about something else than a permission.
    pub(crate) const fn of_rule(rule: &'a str) -> Self {
        Self {
            permission: None,
            object: None,
            rule,
        }
    }

    /// The permission, and the role where one decided.
    pub(crate) fn name(&self, holdings: &Holdings<'_>, reason: Reason) -> String {
        let place = self.object.unwrap_or_default();
        let role = self
            .permission
            .and_then(|permission| holdings.deciding_role(reason, permission, &place));
        match role {
            Some((role, _)) => format!("{} by {role}", self.rule),
            None => self.rule.to_owned(),
        }
    }

    /// An object that the principal may not even see does not exist for it.
    fn kind_of_denial(&self, holdings: &Holdings<'_>) -> RefusedKind {
        let (Some(permission), Some(place)) = (self.permission, self.object) else {
            return RefusedKind::Forbidden;
        };
        let seen_by = holdings.policy().disclosed_by(permission);
        let sees = |by| holdings.granted(by, &place).outcome() == Outcome::Allowed;
        match seen_by {
            Some(by) if by != permission && sees(by) => RefusedKind::Forbidden,
            _ => RefusedKind::NotFound,
        }
    }
}
