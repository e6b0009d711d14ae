//! Keys in the making, part by part.
use std::fmt;
use std::hash::Hasher;

use palisade_core::{ClientAddr, Network, Subject, Tenant};
use siphasher::sip128::{Hasher128, SipHasher13};
use unicode_normalization::UnicodeNormalization;

use super::{KeyHasher, RateKey};

/// A key in the making. Parts count in their order.
///
/// Where a key is asked for, the parts can be given as they are; [`finish`](Self::finish) makes the [`RateKey`] itself.
#[derive(Clone)]
#[must_use = "parts are not a key until they are finished"]
pub struct KeyParts<'a> {
    hash: SipHasher13,
    keys: &'a KeyHasher,
}

/// What the next bytes are. It stands before each part.
#[derive(Clone, Copy)]
enum Tag {
    Account,
    Address,
    Bytes,
    Label,
    Network,
    Number,
    Subject,
    Tenant,
}

impl Tag {
    const fn byte(self) -> u8 {
        match self {
            Self::Account => 8,
            Self::Address => 7,
            Self::Bytes => 1,
            Self::Label => 2,
            Self::Network => 3,
            Self::Number => 4,
            Self::Subject => 5,
            Self::Tenant => 6,
        }
    }
}

impl<'a> KeyParts<'a> {
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    pub(super) const fn new(hash: SipHasher13, keys: &'a KeyHasher) -> Self {
        Self { hash, keys }
    }
}

impl KeyParts<'_> {
    /// The client's network: the address for IPv4, the /64 for IPv6.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    pub fn client(self, client: &ClientAddr) -> Self {
        self.network(&client.network())
    }

    /// A network.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    pub fn network(mut self, network: &Network) -> Self {
        // Of one length each, so no length is written. Words are what the hash takes fastest.
        let [bytes @ .., prefix] = network.to_bytes();
        let [low, high] = halves(u128::from_le_bytes(bytes));
        if (low, high & LOW_HALF, prefix) == (0, MAPPED, 128) {
            // An IPv4 address: 5 bytes, which is one round of the hash in place of three.
            let [_, address] = words(high);
            self.hash.write_u8(Tag::Address.byte());
            self.hash.write_u32(address);
            return self;
        }
        self.hash
            .write_u16(u16::from_le_bytes([Tag::Network.byte(), prefix]));
        self.hash.write_u64(low);
        self.hash.write_u64(high);
        self
    }

    /// An account as somebody wrote it: a mail address, a user name, a telephone number.
    ///
    /// It is brought into one form (white space around it cut off, NFKC, lower case), so that spellings of one account count
    /// together, and enters the key as an HMAC-SHA-256 of that: what leaves the process says nothing about a person. A name of
    /// over 1 024 bytes counts by its first 1 024.
    pub fn account(self, name: &str) -> Self {
        let tag = self.keys.accounts.tag(&[normalised(name).as_bytes()]);
        self.part(Tag::Account, &tag)
    }

    /// An account by the name that the application gave it.
    pub fn subject(self, subject: &Subject) -> Self {
        self.part(Tag::Subject, subject.as_str().as_bytes())
    }

    /// A tenant.
    pub fn tenant(self, tenant: &Tenant) -> Self {
        self.part(Tag::Tenant, tenant.as_str().as_bytes())
    }

    /// A text, such as the name of a route or a normalised mail address.
    pub fn label(self, label: &str) -> Self {
        self.part(Tag::Label, label.as_bytes())
    }

    /// Bytes, such as the hash of an API key.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.part(Tag::Bytes, bytes)
    }

    /// A number.
    #[inline]
    pub fn number(mut self, number: u64) -> Self {
        self.hash.write_u8(Tag::Number.byte());
        self.hash.write_u64(number);
        self
    }

    /// The key.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    #[must_use]
    pub fn finish(self) -> RateKey {
        let hash = self.hash.finish128();
        RateKey {
            low: hash.h1,
            high: hash.h2,
        }
    }

    #[inline]
    fn part(mut self, tag: Tag, bytes: &[u8]) -> Self {
        self.hash.write_u8(tag.byte());
        self.hash
            .write_u64(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.hash.write(bytes);
        self
    }
}

/// A name in the one form of all its spellings.
fn normalised(name: &str) -> String {
    const MAX_BYTES: usize = 1_024;
    // A character is at most four bytes long.
    let mut ends = (0..4).map(|less| MAX_BYTES.saturating_sub(less));
    let head = ends.find_map(|end| name.get(..end));
    let name = head.unwrap_or(name).trim();
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    folded.nfkc().collect()
}

/// What an IPv4-mapped address has in its second half, read from the left: two bytes of zeroes, two of ones.
const MAPPED: u64 = 0xffff_0000;
const LOW_HALF: u64 = 0xffff_ffff;

/// The lower and the upper 32 bits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "cut in two on purpose"
)]
const fn words(both: u64) -> [u32; 2] {
    [both as u32, (both >> 32) as u32]
}

/// The lower and the upper 64 bits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "cut in two on purpose"
)]
pub(super) const fn halves(both: u128) -> [u64; 2] {
    [both as u64, (both >> 64) as u64]
}

impl From<KeyParts<'_>> for RateKey {
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    fn from(parts: KeyParts<'_>) -> Self {
        parts.finish()
    }
}

impl fmt::Debug for KeyParts<'_> {
    // The state of the hash holds the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyParts(..)")
    }
}
