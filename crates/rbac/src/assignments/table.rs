//! Who holds what: from an account to its profile.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use palisade_core::{ConfigError, Subject, random_bytes};
use siphasher::sip128::SipHasher13;

use super::Assignments;
use super::roster::{Profile, Roster, RosterBuilder};

/// From an account to its profile, in one step.
///
/// An entry is 16 bytes: 96 bits of a keyed hash of the account, and the number of its profile. Four entries share a cache
/// line, and no string is compared. Two of 100 000 accounts share a hash with a probability of 10^-19, and who does not know
/// the key, which is drawn for each table, can neither look for such a pair nor know one.
pub(crate) struct Table {
    key: SipHasher13,
    accounts: HashMap<AccountHash, u32, BuildHasherDefault<Taken>>,
    pub(crate) roster: Roster,
}

impl Table {
    pub(crate) fn of(assignments: &Assignments) -> Result<Self, ConfigError> {
        let key: [u8; 16] =
            random_bytes().map_err(|_| ConfigError::new("assignments", "there are no random bytes"))?;
        let key = SipHasher13::new_with_key(&key);
        let mut builder = RosterBuilder::default();
        let mut accounts =
            HashMap::with_capacity_and_hasher(assignments.len(), BuildHasherDefault::default());
        for (subject, held) in assignments.iter() {
            let before = accounts.insert(hash(&key, subject), builder.profile(held)?);
            if before.is_some() {
                return Err(ConfigError::new(
                    "assignments",
                    "two accounts share a hash; try again",
                ));
            }
        }
        Ok(Self {
            key,
            accounts,
            roster: builder.finish(),
        })
    }

    #[inline]
    pub(crate) fn profile(&self, subject: &Subject) -> Option<&Profile> {
        let number = self.accounts.get(&hash(&self.key, subject))?;
        self.roster.profile(*number)
    }
}

/// The part of an account's hash that is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
struct AccountHash([u8; 12]);

#[inline]
fn hash(key: &SipHasher13, subject: &Subject) -> AccountHash {
    let whole = key.hash(subject.as_str().as_bytes()).as_bytes();
    AccountHash(whole.first_chunk().copied().unwrap_or_default())
}

impl Hash for AccountHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let first = self.0.first_chunk().copied().unwrap_or_default();
        state.write_u64(u64::from_le_bytes(first));
    }
}

/// Takes a hash as it is.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
