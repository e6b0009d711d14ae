//! What is counted apart from what: keys.
use std::fmt;
use std::hash::Hasher;

use palisade_core::{ClientAddr, Key, Network, Purpose, RandomError, RootSecret, Secret, Subject, Tenant};
use siphasher::sip128::{Hasher128, SipHasher13};
use unicode_normalization::UnicodeNormalization;

const SHARED: Purpose = Purpose::new("palisade rate limit keys");
const ACCOUNTS: Purpose = Purpose::new("palisade rate limit accounts");

/// The key of one counter: 128 bits that tell nothing about what they were made of.
///
/// Made by [`KeyHasher::key`]. Two different lists of parts have different keys, but for a chance of 2^-128.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateKey {
    low: u64,
    high: u64,
}

impl RateKey {
    /// The key as bytes, for a store that keeps it elsewhere.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.high) << 64 | u128::from(self.low)).to_be_bytes()
    }

    /// The half that says where a table keeps it.
    pub(crate) const fn low(self) -> u64 {
        self.low
    }

    /// The half that says which one it is there.
    pub(crate) const fn high(self) -> u64 {
        self.high
    }
}

impl fmt::Debug for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateKey(..)")
    }
}

/// Makes keys of typed parts, under a secret of its own.
///
/// The hash is SipHash-1-3 with 128 bits, a pseudorandom function: who does not know the secret can neither aim at a place
/// in a table nor find a second key that is counted as somebody else's. A faster seeded hash would scatter as well, but its
/// authors do not claim that it withstands someone who learns from the answers, and here every answer tells what is left.
///
/// Each part goes in with its type and its length, so `"a", "bc"` is never `"ab", "c"`, and an account called
/// `192.0.2.1` is never that address. Nothing is allocated.
///
/// # Security
/// Parts are taken as they are. Bring what a client writes into one form first (case, spaces, Unicode): each spelling has
/// a quota of its own.
///
/// ```
/// use palisade_ratelimit::KeyHasher;
/// let keys = KeyHasher::random()?;
/// assert_eq!(keys.key().label("login").number(7).finish(), keys.key().label("login").number(7).finish());
/// assert_ne!(keys.key().label("a").label("bc").finish(), keys.key().label("ab").label("c").finish());
/// assert_ne!(KeyHasher::random()?.key().label("login").finish(), keys.key().label("login").finish());
/// # Ok::<(), palisade_core::RandomError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyHasher {
    hash: Secret<[u64; 2]>,
    /// For what names a person.
    accounts: Key,
}

impl KeyHasher {
    /// A hasher with a secret that lives as long as it does: its keys mean nothing to another process.
    ///
    /// # Errors
    /// [`RandomError`] where the operating system gives no random bytes. There is no weaker secret.
    pub fn random() -> Result<Self, RandomError> {
        Ok(Self::shared(&RootSecret::generate()?, ""))
    }

    /// The hasher of the limit `name` on every node that has this secret: they make the same keys.
    #[must_use]
    pub fn shared(secret: &RootSecret, name: &str) -> Self {
        let tag = secret.derive(SHARED).tag(&[name.as_bytes()]);
        let mut hash = [0; 16];
        hash.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        Self {
            hash: Secret::new(halves(u128::from_le_bytes(hash))),
            accounts: secret.derive(ACCOUNTS),
        }
    }

    /// Begins a key.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    pub fn key(&self) -> KeyParts<'_> {
        let [low, high] = *self.hash.expose();
        KeyParts {
            hash: SipHasher13::new_with_keys(low, high),
            keys: self,
        }
    }
}

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
const fn halves(both: u128) -> [u64; 2] {
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

#[cfg(feature = "test-util")]
impl RateKey {
    /// A key that needs no secret, for the contract suite: the number, mixed (Steele, Lea and Flood, `SplitMix64`).
    pub(crate) const fn of_number(number: u64) -> Self {
        const fn mix(seed: u64) -> u64 {
            let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        }
        let low = mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15));
        Self {
            low,
            high: mix(low.wrapping_add(0x9e37_79b9_7f4a_7c15)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn keys() -> KeyHasher {
        let secret = RootSecret::new(Secret::new((0..32).collect())).unwrap();
        let mut keys = KeyHasher::shared(&secret, "");
        keys.hash = Secret::new(halves(u128::from_le_bytes(*b"0123456789abcdef")));
        keys
    }

    fn client(ip: &str) -> ClientAddr {
        ClientAddr::from_peer(ip.parse().unwrap())
    }

    #[test]
    fn parts_keep_their_borders_their_types_and_their_order() {
        let keys = keys();
        let subject = |text: &str| Subject::new(text).unwrap();
        let tenant = |text: &str| Tenant::new(text).unwrap();
        let all = [
            keys.key(),
            keys.key().label(""),
            keys.key().label("").label(""),
            keys.key().label("a|b"),
            keys.key().label("ab|"),
            keys.key().label("a").label("b"),
            keys.key().label("b").label("a"),
            keys.key().label("ab"),
            keys.key().label("a\u{2}b"),
            keys.key().bytes(b"ab"),
            keys.key().subject(&subject("ab")),
            keys.key().tenant(&tenant("ab")),
            keys.key().number(0),
            keys.key().number(1),
            keys.key().bytes(&[0; 8]),
            keys.key().label("192.0.2.1"),
            keys.key().client(&client("192.0.2.1")),
            keys.key().client(&client("192.0.2.2")),
            keys.key().client(&client("2001:db8::1")),
            keys.key().network(&client("::ffff:0:192.0.2.1").network_at(128)),
            keys.key().network(&client("::192.0.2.1").network_at(128)),
            keys.key().network(&client("1::ffff:192.0.2.1").network_at(128)),
            keys.key().network(&client("2001:db8::1").network_at(128)),
            keys.key().network(&client("2001:db8::1").network_at(56)),
            keys.key().client(&client("192.0.2.1")).label("x"),
            // What a part writes, written by hand as one.
            keys.key().bytes(&[2, 1, 0, 0, 0, 0, 0, 0, 0, b'a']),
        ];
        let distinct: HashSet<RateKey> = all.iter().cloned().map(KeyParts::finish).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn addresses_of_one_64_are_one_client() {
        let keys = keys();
        let key = |ip| keys.key().client(&client(ip)).finish();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }

    #[test]
    fn spellings_of_one_account_are_one_key() {
        let keys = keys();
        let key = |name| keys.key().account(name).finish();
        for spelling in [
            "ada@shop.example",
            " Ada@Shop.Example\n",
            "\u{ff21}DA@shop.example",
            "ADA\u{fe6b}shop.example",
        ] {
            assert_eq!(key(spelling), key("ADA@SHOP.EXAMPLE"), "{spelling:?}");
        }
        // A capital sharp s and an i with a dot fold to the same however they are composed.
        assert_eq!(key("STRA\u{1e9e}E"), key("stra\u{df}e"));
        assert_eq!(key("\u{130}"), key("I\u{307}"));
        assert_ne!(key("ada@shop.example"), key("ada+1@shop.example"));
        assert_ne!(key("ada"), keys.key().label("ada").finish());
        let long = "\u{e9}".repeat(100_000);
        assert_eq!(key(&long), key(&"\u{e9}".repeat(1_000)), "the work is bounded");
    }

    #[test]
    fn nodes_with_one_secret_make_the_same_keys_for_one_limit() {
        let secret = RootSecret::generate().unwrap();
        let key = |name| KeyHasher::shared(&secret, name).key().number(1).finish();
        assert_eq!(key("login"), key("login"));
        assert_ne!(key("login"), key("search"), "limits do not share counters");
        let other = RootSecret::generate().unwrap();
        assert_ne!(
            KeyHasher::shared(&other, "login").key().number(1).finish(),
            key("login")
        );
    }

    #[test]
    fn the_hash_is_siphash_1_3_of_what_is_documented() {
        let mut by_hand = SipHasher13::new_with_key(b"0123456789abcdef");
        by_hand.write(&[
            2, 3, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', b'c', 4, 7, 0, 0, 0, 0, 0, 0, 0,
        ]);
        let hash = by_hand.finish128();
        let key = keys().key().label("abc").number(7).finish();
        assert_eq!((key.low, key.high), (hash.h1, hash.h2));
    }

    #[test]
    fn a_network_is_hashed_as_its_bytes() {
        let by_hand = |bytes: &[u8]| {
            let mut hash = SipHasher13::new_with_key(b"0123456789abcdef");
            hash.write(bytes);
            hash.finish128()
        };
        let v4 = keys().key().client(&client("192.0.2.1")).finish();
        let hash = by_hand(&[7, 192, 0, 2, 1]);
        assert_eq!((v4.low, v4.high), (hash.h1, hash.h2));
        let v6 = keys().key().client(&client("2001:db8::1")).finish();
        let hash = by_hand(&[3, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!((v6.low, v6.high), (hash.h1, hash.h2));
    }

    #[test]
    fn neither_secret_nor_key_is_printed() {
        let printed = format!("{:?} {:?} {:?}", keys(), keys().key(), keys().key().finish());
        assert!(printed.ends_with(" KeyParts(..) RateKey(..)"), "{printed}");
        assert!(
            printed.starts_with("KeyHasher { hash: Secret(..), accounts: "),
            "{printed}"
        );
        assert!(!printed.contains(|c: char| c.is_ascii_digit()), "{printed}");
    }
}
