//! A decision, and why.
use std::fmt;
use std::sync::Arc;

use crate::holdings::Holdings;
use crate::{Permission, Place, RequireFresh};

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The action is allowed.
    Allowed,
    /// It is not.
    Denied,
    /// It would be, after a fresh proof of who is there.
    StepUp,
    /// Nobody can tell: something failed that the decision needs. It is never taken for "allowed".
    Undecided,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident: $name:literal, $outcome:ident;)+) => {
        /// Why a decision ended as it did, for logs. Clients are not told.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $variant,)+
        }

        impl Reason {
            /// The reason in events, in `snake_case`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Whether what cannot be decided now may be decided later, without anybody correcting the program or its data.
            pub(crate) const fn passes(self) -> bool {
                matches!(self, Self::LookupFailed | Self::ConditionUnknown)
            }

            /// Whether it allows. Everything else does not.
            #[inline]
            pub(crate) const fn allows(self) -> bool {
                matches!(self, Self::Granted | Self::GrantedToOwner)
            }

            /// The outcome that it leads to.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)+ }
            }
        }
    };
}

reasons! {
    /// The action's condition does not hold.
    ConditionFails: "condition_fails", Denied;
    /// The action's condition cannot be told.
    ConditionUnknown: "condition_unknown", Undecided;
    /// Two roles are held in one place that must not be held together.
    Conflict: "separation_of_duty", Denied;
    /// A role denies it.
    ExplicitDeny: "explicit_deny", Denied;
    /// A role allows it.
    Granted: "granted", Allowed;
    /// A role allows it on what one owns.
    GrantedToOwner: "granted_to_owner", Allowed;
    /// Somebody acts on behalf of the account, and may not do this.
    Impersonated: "impersonated", Denied;
    /// The roles could not be looked up.
    LookupFailed: "lookup_failed", Undecided;
    /// Roles are to be looked up, and nobody did.
    LookupMissing: "lookup_missing", Undecided;
    /// No role allows it.
    NoRule: "no_rule", Denied;
    /// The proof of who is there is missing or too old.
    NotFresh: "not_fresh", StepUp;
    /// A role allows it on what one owns, and this is somebody else's.
    NotOwner: "not_owner", Denied;
    /// The principal acts for another tenant.
    OtherTenant: "other_tenant", Denied;
    /// No scope of the token covers it.
    OutOfScope: "out_of_scope", Denied;
    /// Whoever proposed it cannot approve it.
    OwnProposal: "own_proposal", Denied;
    /// Another person than the proposer is asked for, and nobody knows who proposed it.
    ProposerUnknown: "proposer_unknown", Undecided;
    /// A role is asked for that is not held.
    RoleMissing: "role_missing", Denied;
    /// The principal carries more roles than can be looked at.
    TooManyRoles: "too_many_roles", Undecided;
    /// The permission belongs to another vocabulary than the policy.
    UnknownPermission: "unknown_permission", Undecided;
}

/// A decision about one action in one place: the outcome, and why.
#[derive(Clone, Copy, Debug)]
#[must_use = "a decision that nobody looks at protects nothing"]
pub struct Decision<'a> {
    reason: Reason,
    permission: Permission,
    place: Place<'a>,
    holdings: &'a Holdings<'a>,
}

impl<'a> Decision<'a> {
    pub(crate) const fn new(
        reason: Reason,
        permission: Permission,
        place: Place<'a>,
        holdings: &'a Holdings<'a>,
    ) -> Self {
        Self {
            reason,
            permission,
            place,
            holdings,
        }
    }

    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.reason.outcome()
    }

    /// Whether it is allowed. Everything else is not.
    #[must_use]
    #[inline]
    pub const fn is_allowed(&self) -> bool {
        self.reason.allows()
    }

    /// The reason.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What is asked for where the outcome is [`Outcome::StepUp`].
    #[must_use]
    pub fn required(&self) -> Option<&'a RequireFresh> {
        let fresh = self.holdings.policy().fresh(self.permission);
        fresh
            .filter(|_| self.outcome() == Outcome::StepUp)
            .map(Arc::as_ref)
    }

    /// The rule and the assignment that decided. They are looked for here, so a decision costs nothing for it.
    #[must_use]
    pub fn why(&self) -> Why<'a> {
        Why {
            reason: self.reason,
            permission: self.permission.name(),
            role: self
                .holdings
                .deciding_role(self.reason, self.permission, &self.place),
        }
    }
}

/// The rule and the assignment that decided, for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Why<'a> {
    /// The reason.
    pub reason: Reason,
    /// The permission that was asked for.
    pub permission: &'static str,
    /// The role that allowed or denied, as it was assigned, and how it is held.
    pub role: Option<(&'a str, HeldAs)>,
}

/// How a role is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeldAs {
    /// Everybody of the principal's kind has it.
    Kind,
    /// Without a tenant.
    Platform,
    /// In the resource's tenant.
    Tenant,
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.permission, self.reason.as_str())?;
        match self.role {
            Some((role, HeldAs::Kind)) => write!(f, " by role `{role}` of the principal's kind"),
            Some((role, HeldAs::Platform)) => write!(f, " by role `{role}`"),
            Some((role, HeldAs::Tenant)) => write!(f, " by role `{role}` in the tenant"),
            None => Ok(()),
        }
    }
}
