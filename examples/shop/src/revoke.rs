//! The end of everything that an account is signed in with.
use palisade::core::Subject;
use palisade::rbac::Allowed;

use crate::access::RevokeUser;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

impl Shop {
    /// Ends every session and every token of an account, at once and for good. Whoever knows the password can sign in again.
    pub(crate) async fn revoke(&self, _: &Allowed<RevokeUser>, account: &Subject) -> Result<(), Refused> {
        self.db.profile(account).await?.ok_or(Problem::NOT_FOUND)?;
        self.end_everything(account).await
    }

    /// The same for the account's owner. Tokens come first: they last the longest where a store fails in between.
    pub(crate) async fn end_everything(&self, account: &Subject) -> Result<(), Refused> {
        self.tokens.end_all(account).await?;
        self.sessions.end_all(account).await?;
        Ok(())
    }
}
