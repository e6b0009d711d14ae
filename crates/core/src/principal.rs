//! Who is acting.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::{Factor, FactorKind, Subject, Tenant, Timestamp};

/// Who is acting, as every way of authenticating tells it. Clones are cheap.
///
/// Only code that has authenticated somebody should make one; from there it travels in the request's extensions. Whether
/// it is fresh enough is asked by the rule that needs to know ([`verified_within`](Self::verified_within)), never
/// stored as a flag.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::{Factor, Principal, PrincipalKind, Subject, Timestamp};
///
/// let login = Timestamp::from_secs(1_000);
/// let ada = Principal::new(Subject::new("42")?, PrincipalKind::Customer).with_factor(Factor::Password, login);
///
/// let later = Timestamp::from_secs(1_299);
/// assert!(ada.verified_within(Factor::Password, Duration::from_secs(300), later));
/// assert!(!ada.verified_within(Factor::Totp, Duration::from_secs(300), later));
/// assert!(!ada.is_multi_factor());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Arc<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    subject: Subject,
    kind: PrincipalKind,
    tenant: Option<Tenant>,
    roles: BTreeSet<Box<str>>,
    /// `None`: whoever it is acts by themselves, and no grant limits them.
    scopes: Option<BTreeSet<Box<str>>>,
    factors: Vec<(Factor, Timestamp)>,
    actor: Option<Subject>,
}

impl Principal {
    /// A principal without tenant, roles, scopes or verified factors.
    #[must_use]
    pub fn new(subject: Subject, kind: PrincipalKind) -> Self {
        Self(Arc::new(Inner {
            subject,
            kind,
            tenant: None,
            roles: BTreeSet::new(),
            scopes: None,
            factors: Vec::new(),
            actor: None,
        }))
    }

    /// Binds the principal to a tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Tenant) -> Self {
        self.inner().tenant = Some(tenant);
        self
    }

    /// Adds a role, by the name that the server's own records give it.
    #[must_use]
    pub fn add_role(mut self, role: impl Into<Box<str>>) -> Self {
        self.inner().roles.insert(role.into());
        self
    }

    /// Limits the principal to these scopes, in place of any before: those of a grant that was verified and bounded.
    ///
    /// # Security
    /// Call it for every token that can carry scopes, also where the list is empty. A token without a scope then may do
    /// nothing; a principal that was never limited may do all that its roles allow.
    #[must_use]
    pub fn with_scopes<T: Into<Box<str>>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.inner().scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a scope, and limits the principal to its scopes (see [`with_scopes`](Self::with_scopes)).
    #[must_use]
    pub fn add_scope(mut self, scope: impl Into<Box<str>>) -> Self {
        self.inner().scopes.get_or_insert_default().insert(scope.into());
        self
    }

    /// Notes who really acts, on behalf of the subject: support staff who impersonate an account, or the actor of a token
    /// exchange (`act`, RFC 8693 section 4.1). Both stay known: what is allowed follows from the subject, and logs name both.
    #[must_use]
    pub fn acted_by(mut self, actor: Subject) -> Self {
        self.inner().actor = Some(actor);
        self
    }

    /// Records that `factor` was verified at `at`; of two times the later one counts.
    #[must_use]
    pub fn with_factor(mut self, factor: Factor, at: Timestamp) -> Self {
        let factors = &mut self.inner().factors;
        if let Some((_, last)) = factors.iter_mut().find(|(known, _)| *known == factor) {
            *last = at.max(*last);
        } else {
            factors.push((factor, at));
        }
        self
    }

    /// Who: the account's id.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.0.subject
    }

    /// What kind of account.
    #[must_use]
    pub fn kind(&self) -> PrincipalKind {
        self.0.kind
    }

    /// The tenant the principal acts for.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.0.tenant.as_ref()
    }

    /// The roles, in alphabetical order.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.0.roles.iter().map(AsRef::as_ref)
    }

    /// Whether the principal has the role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.0.roles.contains(role)
    }

    /// The scopes, in alphabetical order.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.scopes.iter().flatten().map(AsRef::as_ref)
    }

    /// Whether the principal has the scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0
            .scopes
            .as_ref()
            .is_some_and(|scopes| scopes.contains(scope))
    }

    /// Whether the principal may do only what its scopes cover. It may have none, and then covers nothing.
    #[must_use]
    pub fn is_scoped(&self) -> bool {
        self.0.scopes.is_some()
    }

    /// Who really acts, where somebody acts on behalf of the subject.
    #[must_use]
    pub fn actor(&self) -> Option<&Subject> {
        self.0.actor.as_ref()
    }

    /// The verified factors, each with the time of its last verification.
    pub fn factors(&self) -> impl Iterator<Item = (Factor, Timestamp)> {
        self.0.factors.iter().copied()
    }

    /// Whether `factor` was verified at most `age` before `now`, or at most `age` after it, since clocks of nodes differ.
    ///
    /// A time further ahead was told by a broken clock, or is read by one, and is not fresh.
    #[must_use]
    pub fn verified_within(&self, factor: Factor, age: Duration, now: Timestamp) -> bool {
        self.factors()
            .any(|(known, at)| known == factor && now.since(at).max(at.since(now)) <= age)
    }

    /// Whether two factors of different kinds were verified, or one that is two by itself.
    #[must_use]
    pub fn is_multi_factor(&self) -> bool {
        let mut kinds = self.factors().map(|(factor, _)| factor.kind());
        let first = kinds.next();
        first == Some(FactorKind::Both) || kinds.any(|kind| Some(kind) != first)
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }
}

/// What kind of account acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PrincipalKind {
    /// Somebody who buys.
    Customer,
    /// Somebody who works here.
    Staff,
    /// A program.
    Service,
}

impl PrincipalKind {
    /// The name in events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
            Self::Service => "service",
        }
    }

    /// The kind of that name; the other way round than [`as_str`](Self::as_str).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Customer, Self::Staff, Self::Service];
        all.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal() -> Principal {
        Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer)
    }

    #[test]
    fn names_are_bounded_and_not_printed() {
        for text in ["", "a\nb", "a\0", &"x".repeat(129)] {
            assert!(Subject::new(text).is_err(), "{text:?}");
            assert!(Tenant::new(text).is_err(), "{text:?}");
        }
        let printed = format!("{:?}", principal());
        assert!(!printed.contains("42"), "{printed}");
    }

    #[test]
    fn a_factor_goes_stale_and_is_renewed() {
        let minute = Duration::from_secs(60);
        let ada = principal().with_factor(Factor::Totp, Timestamp::from_secs(100));
        assert!(ada.verified_within(Factor::Totp, minute, Timestamp::from_secs(160)));
        assert!(!ada.verified_within(Factor::Totp, minute, Timestamp::from_micros(160_000_001)));
        let ada = ada.with_factor(Factor::Totp, Timestamp::from_secs(161));
        assert!(ada.verified_within(Factor::Totp, minute, Timestamp::from_secs(200)));
        assert_eq!(ada.factors().count(), 1);
    }

    #[test]
    fn an_earlier_verification_does_not_replace_a_later_one() {
        let ada = principal()
            .with_factor(Factor::Totp, Timestamp::from_secs(200))
            .with_factor(Factor::Totp, Timestamp::from_secs(100));
        let times: Vec<_> = ada.factors().collect();
        assert_eq!(times, [(Factor::Totp, Timestamp::from_secs(200))]);
    }

    #[test]
    fn a_verification_far_in_the_future_is_not_fresh() {
        let minute = Duration::from_secs(60);
        let ada = principal().with_factor(Factor::Totp, Timestamp::from_secs(1_000));
        assert!(
            ada.verified_within(Factor::Totp, minute, Timestamp::from_secs(998)),
            "clocks differ"
        );
        assert!(!ada.verified_within(Factor::Totp, minute, Timestamp::from_secs(939)));
        assert!(!ada.verified_within(Factor::Totp, minute, Timestamp::UNIX_EPOCH));
    }

    #[test]
    fn two_factors_of_one_kind_are_not_multi_factor() {
        let at = Timestamp::from_secs(1);
        assert!(!principal().is_multi_factor());
        assert!(!principal().with_factor(Factor::Password, at).is_multi_factor());
        let possession = principal()
            .with_factor(Factor::Totp, at)
            .with_factor(Factor::RecoveryCode, at);
        assert!(!possession.is_multi_factor());
        assert!(possession.with_factor(Factor::Password, at).is_multi_factor());
        assert!(principal().with_factor(Factor::Passkey, at).is_multi_factor());
    }

    #[test]
    fn no_scope_and_no_limit_are_not_the_same() {
        assert!(!principal().is_scoped());
        let nothing = principal().with_scopes(<[&str; 0]>::default());
        assert!(nothing.is_scoped() && nothing.scopes().count() == 0);
        let orders = nothing.add_scope("orders");
        assert!(orders.has_scope("orders") && !orders.has_scope("order"));
        assert!(orders.is_scoped());
    }

    #[test]
    fn who_really_acts_stays_known() {
        let actor = Subject::new("support").unwrap();
        let both = principal().acted_by(actor.clone());
        assert_eq!((both.actor(), both.subject().as_str()), (Some(&actor), "42"));
        assert_eq!(principal().actor(), None);
    }

    #[test]
    fn a_changed_clone_leaves_the_first_as_it_was() {
        let plain = principal();
        let merchant = plain
            .clone()
            .add_role("merchant")
            .with_tenant(Tenant::new("north").unwrap());
        assert!(merchant.has_role("merchant") && !plain.has_role("merchant"));
        assert_eq!(plain.tenant(), None);
    }
}
