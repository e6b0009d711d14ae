//! Accounts and tenants, as the server sees them.
use palisade_core::{Subject, Tenant};
use sha2::{Digest, Sha256};

/// 128 bits of a hash: enough to tell accounts apart. It is no secret: who can guess an account's id can guess this.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Short([u8; 16]);

impl Short {
    pub(super) fn of_subject(subject: &Subject) -> Self {
        Self::of(b"subject", subject.as_str())
    }

    pub(super) fn of_tenant(tenant: &Tenant) -> Self {
        Self::of(b"tenant", tenant.as_str())
    }

    fn of(kind: &[u8], text: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(kind)
            .chain_update([0])
            .chain_update(text)
            .finalize();
        let mut short = [0; 16];
        short.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(short)
    }

    /// One that was stored; `None` for anything else, also for the empty one of nobody.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
