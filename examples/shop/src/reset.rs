//! Resetting a forgotten password by a link in a mail.
use palisade::LoginLimits;
use palisade::auth::{PasswordReset, RenewalRefused};
use palisade::core::{ClientAddr, Secret};

use crate::db::Db;
use crate::shop::Shop;
use crate::stores::{LimitStore, ResetStore};

/// Resets passwords, with limits of their own.
pub(crate) type Resets = PasswordReset<Db, ResetStore, LoginLimits<LimitStore>>;

/// What came of a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Whoever was signed in to the account is no longer.
    Everybody,
    /// A store did not answer, and somebody may be signed in still.
    NotAll,
}

impl Shop {
    /// Sends a link to the account of that address, where there is one. Nobody is told whether.
    pub(crate) async fn forgot(&self, email: &str, client: ClientAddr) -> Result<(), RenewalRefused> {
        if let Some(mail) = self.resets.request(email, client).await? {
            self.outbox.reset(&mail);
        }
        Ok(())
    }

    /// Gives the account its new password, and ends everything that it is signed in with. Nobody is signed in by it.
    pub(crate) async fn reset(
        &self,
        token: &str,
        new: Secret<String>,
        client: ClientAddr,
    ) -> Result<Ended, RenewalRefused> {
        let changed = self.resets.redeem(token, new, client).await?;
        // The password is changed, whatever comes of the rest.
        let ended = self.end_everything(changed.subject()).await;
        if let Ok(Some(profile)) = self.db.profile(changed.subject()).await {
            self.outbox.was_reset(&profile.email);
        }
        Ok(ended.map_or(Ended::NotAll, |()| Ended::Everybody))
    }
}
