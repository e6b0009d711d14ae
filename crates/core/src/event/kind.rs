//! The vocabulary of events.

/// How much an event matters, by the OWASP Logging Vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Normal operation, worth keeping.
    Info,
    /// Suspicious when it repeats.
    Warn,
    /// Somebody should look now.
    Critical,
}

/// How what was attempted ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// A control stopped it.
    Blocked,
    /// It did not succeed by itself.
    Failure,
    /// It succeeded.
    Success,
}

impl Outcome {
    /// The value of the field `outcome`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Failure => "failure",
            Self::Success => "success",
        }
    }
}

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $variant:ident: $name:literal, $level:ident, $outcome:ident, $sensor:expr;)+) => {
        /// What happened. The names are those of the OWASP Logging Vocabulary where it has one, and follow its grammar
        /// where it has none (marked `+`). They never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum SecurityEvent {
            $($(#[$doc])* $variant,)+
        }

        impl SecurityEvent {
            /// Every event there is: the catalogue that OWASP ASVS 5.0, 16.1.1 asks for.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, the value of the field `event.name`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How much it matters.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)+ }
            }

            /// How it ended.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome,)+ }
            }

            /// The OWASP AppSensor detection point it belongs to, where there is one.
            #[must_use]
            pub const fn appsensor(self) -> Option<&'static str> {
                match self { $(Self::$variant => $sensor,)+ }
            }
        }
    };
}

vocabulary! {
    /// A login failed: unknown account or wrong password, which is not told apart.
    AuthnLoginFail: "authn_login_fail", Warn, Failure, Some("AE2");
    /// A login was refused unheard, because too many failed before.
    AuthnLoginFailMax: "authn_login_fail_max", Warn, Blocked, Some("AE3");
    /// A login succeeded.
    AuthnLoginSuccess: "authn_login_success", Info, Success, None;
    /// A password was changed or reset.
    AuthnPasswordChange: "authn_password_change", Info, Success, None;
    /// A change or reset of a password was refused.
    AuthnPasswordChangeFail: "authn_password_change_fail", Warn, Blocked, None;
    /// `+` A link to reset a password was issued.
    AuthnPasswordResetIssued: "authn_password_reset_issued", Info, Success, None;
    /// A token was issued: the beginning of a family of refresh tokens, or an API key.
    AuthnTokenCreated: "authn_token_created", Info, Success, None;
    /// `+` A token was presented and refused.
    AuthnTokenFail: "authn_token_fail", Warn, Blocked, Some("SE1");
    /// A refresh token was presented a second time: it, or its successor, is in other hands. Its family was revoked.
    AuthnTokenReuse: "authn_token_reuse", Critical, Blocked, Some("SE4");
    /// Tokens were revoked.
    AuthnTokenRevoked: "authn_token_revoked", Info, Success, None;
    /// Rules or assignments of roles were replaced.
    AuthzChange: "authz_change", Warn, Success, None;
    /// Somebody who is known tried what they may not do.
    AuthzFail: "authz_fail", Critical, Blocked, Some("ACE3");
    /// `+` A client that misbehaved too often is refused for a while.
    ClientBanned: "client_banned", Warn, Blocked, None;
    /// `+` A control does not work: its store is down or its queue full. One event per change of state.
    ControlFailed: "control_failed", Critical, Failure, None;
    /// `+` A control works, and what it sees says that it is not set up for where it runs. Told once.
    ControlMisconfigured: "control_misconfigured", Warn, Failure, None;
    /// `+` A control works again.
    ControlRecovered: "control_recovered", Info, Success, None;
    /// A rate limit was exceeded.
    ExcessRateLimitExceeded: "excess_rate_limit_exceeded", Warn, Blocked, Some("UT2");
    /// `+` A login was refused because the account has as many sessions as it may have.
    ExcessSessionsExceeded: "excess_sessions_exceeded", Warn, Blocked, None;
    /// Input was refused as malformed, too large or of the wrong type.
    InputValidationFail: "input_validation_fail", Warn, Blocked, Some("RE8");
    /// `+` A request that another site made in the name of a visitor was refused, or would have been.
    MaliciousCsrf: "malicious_csrf", Warn, Blocked, Some("RE5");
    /// `+` A session is used from another network or by another program than the one that logged in.
    SessionBindingChanged: "session_binding_changed", Warn, Success, Some("SE6");
    /// A session was created at a login.
    SessionCreated: "session_created", Info, Success, None;
    /// A session ran out: idle for too long, or too old.
    SessionExpired: "session_expired", Info, Success, None;
    /// `+` A session id was presented that the server does not know.
    SessionFixationAttempt: "session_fixation_attempt", Warn, Blocked, Some("SE1");
    /// `+` A session was ended by its holder.
    SessionLogout: "session_logout", Info, Success, None;
    /// A session got a new id.
    SessionRenewed: "session_renewed", Info, Success, None;
    /// The service stops.
    SysShutdown: "sys_shutdown", Warn, Success, None;
    /// The service starts.
    SysStartup: "sys_startup", Warn, Success, None;
    /// An account was created.
    UserCreated: "user_created", Warn, Success, None;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_greppable() {
        let names: BTreeSet<_> = SecurityEvent::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), SecurityEvent::ALL.len());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{name}"
            );
        }
    }
}
