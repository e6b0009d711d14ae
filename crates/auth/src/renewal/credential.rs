//! What is known of an account's password.
use palisade_core::{StoreError, Subject};

use crate::{Identifier, PasswordContext, PasswordHash};

/// Former hashes that are looked at, at most.
const MAX_FORMER: usize = 24;

/// An account, as far as a new password for it needs to know it.
#[derive(Clone, Debug)]
pub struct Credential {
    pub(crate) subject: Subject,
    pub(crate) identifier: Identifier,
    pub(crate) context: PasswordContext,
    pub(crate) hash: Option<PasswordHash>,
    pub(crate) former: Vec<PasswordHash>,
    pub(crate) disabled: bool,
}

impl Credential {
    /// An account without a password. The context has the words that no password of it may be made of.
    #[must_use]
    pub const fn new(subject: Subject, identifier: Identifier, context: PasswordContext) -> Self {
        Self {
            subject,
            identifier,
            context,
            hash: None,
            former: Vec::new(),
            disabled: false,
        }
    }

    /// The hash of its password.
    #[must_use]
    pub fn with_password(mut self, hash: PasswordHash) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Adds the hash of a former password, the latest first. More than 24 are left out.
    #[must_use]
    pub fn add_former(mut self, hash: PasswordHash) -> Self {
        if self.former.len() < MAX_FORMER {
            self.former.push(hash);
        }
        self
    }

    /// Its password can be neither changed nor reset: locked, closed, or one that signs in elsewhere.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }
}

/// Where the passwords are: the application's database.
///
/// # Contract
/// 1. Both look-ups do the same work whether or not there is such an account, as far as the database allows.
/// 2. `by_identifier` compares the stored [`Identifier`] for equality: no pattern, no folding of its own.
/// 3. `replace` is one atomic compare-and-set: it stores `new` where the account's hash is still `old`, puts `old` before the former
///    ones where there is a history, and tells whether it did. Of a hundred at once with the same `old`, one does.
/// 4. An account that cannot be read is an error, not an account that does not exist.
pub trait Credentials: Send + Sync + 'static {
    /// The account with that identifier.
    fn by_identifier(
        &self,
        identifier: &Identifier,
    ) -> impl Future<Output = Result<Option<Credential>, StoreError>> + Send;

    /// The account with that id.
    fn by_subject(
        &self,
        subject: &Subject,
    ) -> impl Future<Output = Result<Option<Credential>, StoreError>> + Send;

    /// Stores `new` in the place of `old`, or of none.
    fn replace(
        &self,
        subject: &Subject,
        old: Option<&PasswordHash>,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
