//! What a new password of an existing account goes through.
use std::fmt;
use std::sync::Arc;

use palisade_core::{ClientAddr, ControlHealth, Event, Recorder, Secret, SecurityEvent, StoreError, Subject};

use super::{Credential, Credentials, PasswordChanged, RenewalRefused, RenewalRefusedKind};
use crate::password::normalised;
use crate::{AcceptPassword, PasswordErrorKind, PasswordHash, PasswordPolicy, PasswordRefused, Passwords};

/// The rules for new passwords of accounts that exist, and where these are: what a [`PasswordChange`](crate::PasswordChange) and a
/// [`PasswordReset`](crate::PasswordReset) share. Clones are cheap and share everything.
#[derive(Debug)]
pub struct PasswordRenewal<C, P = PasswordPolicy>(Arc<Inner<C, P>>);

struct Inner<C, P> {
    credentials: C,
    policy: P,
    passwords: Passwords,
    health: ControlHealth,
}

impl<C, P> Clone for PasswordRenewal<C, P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C, P> fmt::Debug for Inner<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRenewal").finish_non_exhaustive()
    }
}

impl<C: Credentials, P: AcceptPassword> PasswordRenewal<C, P> {
    /// Rules and accounts. Events go to the recorder of `passwords`.
    #[must_use]
    pub fn new(credentials: C, policy: P, passwords: Passwords) -> Self {
        Self(Arc::new(Inner {
            credentials,
            policy,
            passwords,
            health: ControlHealth::new("credentials"),
        }))
    }

    pub(crate) fn credentials(&self) -> &C {
        &self.0.credentials
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Judges a new password, compares it with the former ones, and hashes it.
    pub(crate) async fn hash(
        &self,
        credential: &Credential,
        new: Secret<String>,
    ) -> Result<PasswordHash, RenewalRefused> {
        let accepted = self.0.policy.accept(&credential.context, new).await?;
        // The current one is the first of the former ones, once it is replaced.
        let former = credential.hash.iter().chain(&credential.former);
        for hash in former.take(self.0.policy.policy().history()) {
            let password = normalised(Secret::new(accepted.expose().to_owned()));
            match self.0.passwords.check(Some(hash), password).await {
                Ok(_) => return Err(refused(PasswordRefused::Reused)),
                Err(error) if error.kind() == PasswordErrorKind::Mismatch => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(self.0.passwords.hash(accepted).await?)
    }

    /// Stores the new hash, if the old one is still there.
    pub(crate) async fn replace(
        &self,
        credential: &Credential,
        new: &PasswordHash,
    ) -> Result<PasswordChanged, RenewalRefused> {
        let (subject, old) = (&credential.subject, credential.hash.as_ref());
        let replaced = self.0.credentials.replace(subject, old, new).await;
        if self.answer(replaced)? {
            Ok(PasswordChanged::new(subject.clone()))
        } else {
            Err(RenewalRefused::new(RenewalRefusedKind::Conflict))
        }
    }

    /// What the accounts answered.
    pub(crate) fn answer<T>(&self, answer: Result<T, StoreError>) -> Result<T, RenewalRefused> {
        self.watch(&self.0.health, answer)
    }

    /// What a store answered. The operator is told where its health changes.
    pub(crate) fn watch<T>(
        &self,
        health: &ControlHealth,
        answer: Result<T, StoreError>,
    ) -> Result<T, RenewalRefused> {
        match &answer {
            Ok(_) => health.works(self.recorder()),
            Err(error) => health.failed(self.recorder(), error.kind().reason()),
        }
        answer.map_err(|_| RenewalRefused::UNAVAILABLE)
    }

    /// Tells how a change or reset ended. `reason` says which of the two it was where it succeeded.
    pub(crate) fn record(
        &self,
        result: &Result<PasswordChanged, RenewalRefused>,
        (subject, client): (Option<&Subject>, ClientAddr),
        what: &'static str,
    ) {
        let event = match result {
            Ok(_) => Event::new(SecurityEvent::AuthnPasswordChange).with_rule(what),
            Err(refused) => {
                let event = Event::new(SecurityEvent::AuthnPasswordChangeFail).with_rule(what);
                event.with_reason(palisade_core::Refusal::code(refused))
            }
        };
        let event = event.with_client(client);
        self.recorder().record(&match subject {
            Some(subject) => event.with_subject(subject),
            None => event,
        });
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        self.0.passwords.recorder()
    }
}

pub(crate) fn refused(refused: PasswordRefused) -> RenewalRefused {
    RenewalRefused::new(RenewalRefusedKind::Refused(refused))
}
