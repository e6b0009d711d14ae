//! What a store keeps of a family.
use std::fmt;

use palisade_core::{Subject, Timestamp, TokenHash, TokenRef};
use sha2::{Digest, Sha256};

use super::{DeviceLabel, RefreshLifetimes};

/// Whose families: a hash of the account's id. It stands in every token, so that a store finds an account's families in one
/// place, and says nothing that the holder does not know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId([u8; 16]);

impl OwnerId {
    /// The owner that is this account.
    #[must_use]
    pub fn of(subject: &Subject) -> Self {
        let digest = Sha256::new()
            .chain_update(b"palisade refresh owner")
            .chain_update(subject.as_str())
            .finalize();
        let mut short = [0; 16];
        short.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(short)
    }

    /// The 16 bytes, as a store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// An owner read from a token.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnerId(..)")
    }
}

/// A family that begins.
#[derive(Clone, Debug)]
pub struct NewFamily {
    pub(crate) id: TokenHash,
    pub(crate) device: DeviceLabel,
    pub(crate) lifetimes: RefreshLifetimes,
    /// The principal in its stored form, as JSON; the store does not look into it.
    pub(crate) principal: Box<[u8]>,
}

impl NewFamily {
    /// The hash under which it is kept.
    #[must_use]
    pub const fn id(&self) -> TokenHash {
        self.id
    }

    /// Its name in lists.
    #[must_use]
    pub fn reference(&self) -> TokenRef {
        self.id.reference()
    }

    /// The device.
    #[must_use]
    pub const fn device(&self) -> &DeviceLabel {
        &self.device
    }

    /// How long it lives.
    #[must_use]
    pub const fn lifetimes(&self) -> RefreshLifetimes {
        self.lifetimes
    }

    /// What the store keeps for the service, as it is.
    #[must_use]
    pub const fn principal(&self) -> &[u8] {
        &self.principal
    }

    /// A family with these parts, for the contract tests and for stores' own.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn for_tests(id: TokenHash, lifetimes: RefreshLifetimes) -> Self {
        Self {
            id,
            device: DeviceLabel::new("test"),
            lifetimes,
            principal: Box::from(*b"{}"),
        }
    }
}

/// One token of a family, as a store sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyToken {
    family: TokenHash,
    number: u32,
}

impl FamilyToken {
    /// The token of that number.
    #[must_use]
    pub const fn new(family: TokenHash, number: u32) -> Self {
        Self { family, number }
    }

    /// Its family.
    #[must_use]
    pub const fn family(&self) -> TokenHash {
        self.family
    }

    /// Its number: 0 is the first.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }
}

/// A family that was found alive.
#[derive(Clone, Debug)]
pub struct Family {
    pub(crate) created: Timestamp,
    pub(crate) principal: Box<[u8]>,
}

impl Family {
    /// A family read by a store: when it began by the wall clock, and what [`NewFamily::principal`] gave.
    #[must_use]
    pub fn new(created: Timestamp, principal: impl Into<Box<[u8]>>) -> Self {
        Self {
            created,
            principal: principal.into(),
        }
    }

    /// When it began.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }
}

/// One line of the list of an account's devices.
#[derive(Clone, Debug)]
pub struct ListedFamily {
    reference: TokenRef,
    device: DeviceLabel,
    created: Timestamp,
    last_used: Timestamp,
}

impl ListedFamily {
    /// A line: times by the wall clock.
    #[must_use]
    pub const fn new(
        reference: TokenRef,
        device: DeviceLabel,
        created: Timestamp,
        last_used: Timestamp,
    ) -> Self {
        Self {
            reference,
            device,
            created,
            last_used,
        }
    }

    /// Its name, by which the account can end it.
    #[must_use]
    pub const fn reference(&self) -> TokenRef {
        self.reference
    }

    /// The device that it was issued to.
    #[must_use]
    pub const fn device(&self) -> &DeviceLabel {
        &self.device
    }

    /// When it began.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// When it was refreshed last.
    #[must_use]
    pub const fn last_used(&self) -> Timestamp {
        self.last_used
    }
}
