//! What the handlers work with.
use std::sync::Arc;

use palisade::LoginLimits;
use palisade::auth::{
    Authenticator, PasswordChange, PasswordRenewal, PasswordReset, PasswordSettings, Passwords,
};
use palisade::core::{Clock, ConfigError, Recorder, StoreError};
use palisade::rbac::Authority;

use crate::access;
use crate::db::{Db, User};
use crate::limits;
use crate::outbox::Outbox;
use crate::password::{self, Changes, Guesses};
use crate::reset::Resets;
use crate::stores::{Sessions, Stores};
use crate::tokens::Tokens;

/// What the shop is to the outside.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The issuer of its tokens.
    pub(crate) issuer: String,
    /// Where its mails go.
    pub(crate) outbox: Outbox,
}

/// The parts of the shop. Clones are cheap and share them.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) authority: Authority,
    pub(crate) changes: Changes,
    pub(crate) db: Db,
    pub(crate) logins: Authenticator<Db, Guesses>,
    pub(crate) outbox: Outbox,
    pub(crate) passwords: Passwords,
    pub(crate) recorder: Recorder,
    pub(crate) resets: Resets,
    pub(crate) sessions: Sessions,
    pub(crate) tokens: Tokens,
}

impl Shop {
    /// The shop over this database and these stores, in which nobody has a role yet but customers. `clock` tells when somebody
    /// signed in, and how long ago that is.
    pub(crate) fn new(site: Site, db: Db, stores: &Stores, clock: &impl Clock) -> Result<Self, ConfigError> {
        let recorder = stores.recorder().clone();
        let settings = PasswordSettings::default()
            .with_recorder(recorder.clone())
            .with_clock(clock.clone());
        let passwords = Passwords::start(&settings)?;
        let guesses = Arc::new(LoginLimits::of(
            stores.limit("login-account", limits::LOGIN_ACCOUNT)?,
            stores.limit("login-client", limits::LOGIN_CLIENT)?,
        ));
        let logins = Authenticator::new(db.clone(), Arc::clone(&guesses), passwords.clone());
        let renewal = PasswordRenewal::new(db.clone(), password::policy(), passwords.clone());
        let links = LoginLimits::of(
            stores.limit("reset-account", limits::RESET_ACCOUNT)?,
            stores.limit("reset-client", limits::RESET_CLIENT)?,
        );
        let resets = PasswordReset::new(renewal.clone(), stores.resets()?, links);
        let changes = PasswordChange::new(renewal, guesses).with_freshness(limits::FRESH)?;
        let tokens = Tokens::new(&site.issuer, stores.secret(), stores.refresh()?, &recorder)?;
        Ok(Self {
            authority: access::authority(&[])?,
            changes,
            db,
            logins,
            outbox: site.outbox,
            passwords,
            recorder,
            resets,
            sessions: stores.sessions()?,
            tokens,
        })
    }

    /// The same shop, which knows of other processes what they revoke.
    pub(crate) async fn with_others(mut self, stores: &Stores) -> Result<Self, StoreError> {
        if let Some(redis) = stores.redis() {
            self.tokens = self.tokens.shared(redis.clone(), stores.recorder()).await?;
        }
        Ok(self)
    }

    /// The same shop, in which these have the roles of their accounts.
    pub(crate) fn with_staff(mut self, staff: &[User], clock: &impl Clock) -> Result<Self, ConfigError> {
        self.authority = access::authority(staff)?
            .with_recorder(self.recorder.clone())
            .with_clock(clock.clone());
        Ok(self)
    }
}
