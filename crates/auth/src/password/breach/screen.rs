//! A policy that also asks a service.
use std::sync::Arc;

use palisade_core::{ControlHealth, Recorder, Secret};

use super::digest::BreachDigest;
use super::filter::BreachFilter;
use super::range::{BreachRanges, RangeSource};
use crate::password::error::PasswordError;
use crate::password::policy::{AcceptedPassword, PasswordContext, PasswordPolicy, PasswordRefused};

/// What judges new passwords: a [`PasswordPolicy`], or one that also asks a service about leaked ones ([`BreachScreen`]).
pub trait AcceptPassword: Send + Sync + 'static {
    /// Judges a new password.
    ///
    /// # Errors
    /// [`PasswordError`] of kind `Refused` with the first rule that it does not meet, or of kind `Unavailable` where it cannot be
    /// judged.
    fn accept(
        &self,
        context: &PasswordContext,
        password: Secret<String>,
    ) -> impl Future<Output = Result<AcceptedPassword, PasswordError>> + Send;

    /// The rules that need nobody else.
    fn policy(&self) -> &PasswordPolicy;
}

impl AcceptPassword for PasswordPolicy {
    async fn accept(
        &self,
        context: &PasswordContext,
        password: Secret<String>,
    ) -> Result<AcceptedPassword, PasswordError> {
        Ok(self.check(context, password)?)
    }

    fn policy(&self) -> &PasswordPolicy {
        self
    }
}

/// A policy that, as its last rule, asks a service whether the password was leaked (NIST SP 800-63B-4 section 3.1.1.2, OWASP
/// ASVS 5.0, 6.2.12). Clones share everything.
///
/// Where the service does not answer, new passwords are not accepted (503), or a [filter](Self::with_fallback) is asked in its place. Either
/// way the operator is told, once a change.
#[derive(Debug)]
pub struct BreachScreen<S> {
    policy: PasswordPolicy,
    ranges: Arc<BreachRanges<S>>,
    fallback: Option<BreachFilter>,
    recorder: Recorder,
    health: Arc<ControlHealth>,
}

impl<S> Clone for BreachScreen<S> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            ranges: Arc::clone(&self.ranges),
            fallback: self.fallback.clone(),
            recorder: self.recorder.clone(),
            health: Arc::clone(&self.health),
        }
    }
}

impl<S: RangeSource> BreachScreen<S> {
    /// That policy, and then that service.
    #[must_use]
    pub fn new(policy: PasswordPolicy, source: S) -> Self {
        Self {
            policy,
            ranges: Arc::new(BreachRanges::new(source)),
            fallback: None,
            recorder: Recorder::default(),
            health: Arc::new(ControlHealth::new("breached passwords")),
        }
    }

    /// Asks this filter where the service does not answer.
    #[must_use]
    pub fn with_fallback(mut self, filter: BreachFilter) -> Self {
        self.fallback = Some(filter);
        self
    }

    /// Tells events through this recorder.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    async fn is_breached(&self, digest: &BreachDigest) -> Result<bool, PasswordError> {
        match self.ranges.count(digest).await {
            Ok(count) => {
                self.health.works(&self.recorder);
                Ok(count > 0)
            }
            Err(error) => {
                self.health.failed(&self.recorder, error.kind().reason());
                let local = self.fallback.as_ref().map(|filter| filter.contains(digest));
                local.ok_or(PasswordError::UNAVAILABLE)
            }
        }
    }
}

impl<S: RangeSource> AcceptPassword for BreachScreen<S> {
    async fn accept(
        &self,
        context: &PasswordContext,
        password: Secret<String>,
    ) -> Result<AcceptedPassword, PasswordError> {
        let accepted = self.policy.check(context, password)?;
        if self.is_breached(&BreachDigest::from(&accepted)).await? {
            return Err(PasswordRefused::Breached.into());
        }
        Ok(accepted)
    }

    fn policy(&self) -> &PasswordPolicy {
        &self.policy
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::{Collected, SecurityEvent, StoreError, StoreErrorKind};

    use super::*;
    use crate::password::breach::{BreachFilterBuilder, RangePrefix};
    use crate::password::{PasswordErrorKind, PasswordSettings, Passwords};

    const BREACHED: PasswordErrorKind = PasswordErrorKind::Refused(PasswordRefused::Breached);
    const LEAKED: &str = "correct horse battery staple";

    /// Knows one password, or does not answer.
    struct Service(bool);

    impl RangeSource for Service {
        async fn fetch(&self, prefix: RangePrefix) -> Result<Vec<u8>, StoreError> {
            let digest = BreachDigest::of(LEAKED);
            let known = if prefix == digest.prefix() {
                digest.suffix().to_string()
            } else {
                "0".repeat(35)
            };
            let up = self.0.then(|| format!("{known}:3\r\n").into_bytes());
            up.ok_or_else(|| StoreError::new(StoreErrorKind::TimedOut))
        }
    }

    async fn accept(screen: &BreachScreen<Service>, text: &str) -> Result<(), PasswordErrorKind> {
        let accepted = screen
            .accept(&PasswordContext::new("shop"), Secret::new(text.to_owned()))
            .await;
        accepted.map(drop).map_err(|error| error.kind())
    }

    fn filter() -> BreachFilter {
        let mut builder = BreachFilterBuilder::new();
        builder.add_password(LEAKED);
        BreachFilter::from_bytes(builder.build().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn asvs_v6_2_12_a_leaked_password_is_refused_after_the_other_rules() {
        let screen = BreachScreen::new(PasswordPolicy::customer(), Service(true));
        assert_eq!(accept(&screen, LEAKED).await, Err(BREACHED));
        assert_eq!(accept(&screen, "correct horse battery stable").await, Ok(()));
        assert!(accept(&screen, "short").await.is_err());
        let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
        let context = PasswordContext::new("shop");
        let refused = passwords.accept(&screen, &context, Secret::new(LEAKED.to_owned()));
        assert_eq!(refused.await.unwrap_err().kind(), BREACHED);
        assert_eq!(passwords.load().computed, 0, "nothing is hashed");
    }

    #[tokio::test]
    async fn a_service_that_is_down_accepts_nothing_and_a_filter_takes_its_place() {
        let sink = Collected::new();
        let recorder = Recorder::default().add_sink(sink.clone());
        let screen = BreachScreen::new(PasswordPolicy::customer(), Service(false)).with_recorder(recorder);
        for text in [LEAKED, "correct horse battery stable"] {
            assert_eq!(accept(&screen, text).await, Err(PasswordErrorKind::Unavailable));
        }
        assert_eq!(
            sink.entries(),
            [(SecurityEvent::ControlFailed, Some("timed_out"))]
        );
        let screen = screen.with_fallback(filter());
        assert_eq!(accept(&screen, LEAKED).await, Err(BREACHED));
        assert_eq!(accept(&screen, "correct horse battery stable").await, Ok(()));
    }

    #[test]
    fn a_policy_with_a_filter_needs_no_service() {
        let policy = PasswordPolicy::customer().with_breach_filter(filter());
        let check = |text: &str| {
            policy
                .check(&PasswordContext::new("shop"), Secret::new(text.to_owned()))
                .map(drop)
        };
        assert_eq!(check(LEAKED), Err(PasswordRefused::Breached));
        assert_eq!(check("correct horse battery stable"), Ok(()));
    }
}
