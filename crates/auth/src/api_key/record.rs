//! What is kept of an API key.
use std::future::Future;

use palisade_core::{StoreError, Subject, Tenant, Timestamp, TokenHash};

/// An API key as the application keeps it, under the hash of the key.
///
/// Keep subject, scopes and end in columns of their own; a key is found by its hash alone.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub(super) subject: Subject,
    pub(super) tenant: Option<Tenant>,
    pub(super) scopes: Box<[Box<str>]>,
    pub(super) expires: Timestamp,
}

impl ApiKey {
    /// A key that acts as `subject` within `scopes` until `expires`.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(
        subject: Subject,
        scopes: impl IntoIterator<Item = T>,
        expires: Timestamp,
    ) -> Self {
        Self {
            subject,
            tenant: None,
            scopes: scopes.into_iter().map(Into::into).collect(),
            expires,
        }
    }

    /// Binds the key to a tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Tenant) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Whom it acts as.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The tenant that it acts for.
    #[must_use]
    pub const fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// What it may do.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(AsRef::as_ref)
    }

    /// When it ends.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// Where the API keys are: the application's database.
///
/// # Contract
/// 1. `find` compares the 32 bytes of the hash for equality, by an index.
/// 2. A key that was revoked or deleted is not found.
/// 3. A key that cannot be read is an error, not a key that does not exist.
pub trait ApiKeyStore: Send + Sync + 'static {
    /// The key with that hash.
    fn find(&self, hash: &TokenHash) -> impl Future<Output = Result<Option<ApiKey>, StoreError>> + Send;
}
