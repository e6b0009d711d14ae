//! Passwords: what one may be, and how one is changed.
use std::sync::Arc;

use palisade::LoginLimits;
use palisade::auth::{PasswordChange, PasswordContext, PasswordPolicy};
use palisade::session::Session;

use crate::db::Db;
use crate::problem::Refused;
use crate::shop::Shop;
use crate::stores::LimitStore;

/// Counts guesses at passwords, wherever they are made.
pub(crate) type Guesses = Arc<LoginLimits<LimitStore>>;

/// Changes passwords.
pub(crate) type Changes = PasswordChange<Db, Guesses>;

/// What every password of the shop has to meet.
pub(crate) fn policy() -> PasswordPolicy {
    PasswordPolicy::customer()
}

/// The words that no password of this account may be made of.
pub(crate) fn context(email: &str) -> PasswordContext {
    PasswordContext::new("Palisade Shop").add_email(email)
}

impl Shop {
    /// Ends whatever else an account is signed in with, programs too, and gives this session a new id: after what signs it in has
    /// changed, since somebody else may have known it (OWASP ASVS 5.0, 7.4.3).
    pub(crate) async fn end_everything_else(&self, session: &Session) -> Result<(), Refused> {
        self.sessions.renew(session).await?;
        if let Some(principal) = session.principal() {
            self.tokens.end_all(principal.subject()).await?;
        }
        self.sessions.end_others(session).await?;
        Ok(())
    }
}
