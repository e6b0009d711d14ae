//! What can be done in an application, as the application declares it.
use palisade_core::ConfigError;

use crate::name::is_name;

/// The most permissions in one vocabulary.
pub(crate) const MAX_PERMISSIONS: usize = 1024;

/// Everything that can be done: the list of all permissions, each `resource:action`. Made by [`actions!`](crate::actions).
///
/// It is a constant of the program, so that a permission is an index and a misspelt one does not compile. A policy that is
/// loaded later, from a file, can only speak of these.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary {
    names: &'static [&'static str],
    id: u64,
}

/// One permission of a [`Vocabulary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permission {
    vocabulary: u64,
    index: u16,
    name: &'static str,
}

impl Vocabulary {
    /// The vocabulary of these permissions. Names are checked when a policy is built on it.
    #[must_use]
    pub const fn new(names: &'static [&'static str]) -> Self {
        Self {
            names,
            id: fingerprint(names),
        }
    }

    /// All names, in the order in which they were declared.
    #[must_use]
    pub const fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// The permission of that name.
    #[must_use]
    pub const fn permission(&self, name: &str) -> Option<Permission> {
        let mut names = self.names;
        let mut index: u16 = 0;
        while let Some((found, rest)) = names.split_first() {
            if same(found.as_bytes(), name.as_bytes()) {
                return Some(Permission {
                    vocabulary: self.id,
                    index,
                    name: found,
                });
            }
            names = rest;
            index = index.saturating_add(1);
        }
        None
    }

    /// The permission that [`actions!`](crate::actions) has put into the list. Any other name is one that no policy knows.
    #[doc(hidden)]
    #[must_use]
    pub const fn declared(&self, name: &'static str) -> Permission {
        match self.permission(name) {
            Some(permission) => permission,
            None => Permission {
                vocabulary: 0,
                index: u16::MAX,
                name,
            },
        }
    }

    /// Refuses a vocabulary that cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let problem = |text: String| Err(ConfigError::new("vocabulary", text));
        if self.names.is_empty() || self.names.len() > MAX_PERMISSIONS {
            return problem(format!("1 to {MAX_PERMISSIONS} permissions are allowed"));
        }
        let plain = |name: &&str| {
            name.split_once(':')
                .is_some_and(|(of, act)| is_name(of) && is_name(act))
        };
        match self.names.iter().find(|name| !plain(name)) {
            Some(name) => problem(format!("`{name}` is not `resource:action` in small letters")),
            None => Ok(()),
        }
    }

    /// Whether both are the same list.
    pub(crate) const fn is(&self, other: Self) -> bool {
        self.id == other.id
    }

    /// Whether the permission is one of these.
    #[inline]
    pub(crate) const fn has(&self, permission: Permission) -> bool {
        permission.vocabulary == self.id
    }

    /// The permission at an index.
    pub(crate) fn at(&self, index: u16) -> Option<Permission> {
        self.names.get(usize::from(index)).map(|name| Permission {
            vocabulary: self.id,
            index,
            name,
        })
    }
}

impl Permission {
    /// The name, `resource:action`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    #[inline]
    pub(crate) const fn index(self) -> u16 {
        self.index
    }
}

/// FNV-1a over the names: what tells the permissions of two vocabularies apart, so that an index of one is never taken for
/// one of the other. Both are constants of one program; nobody can choose them to collide.
const fn fingerprint(names: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut names = names;
    while let Some((name, rest)) = names.split_first() {
        let mut bytes = name.as_bytes();
        while let Some((byte, after)) = bytes.split_first() {
            hash = step(hash, *byte);
            bytes = after;
        }
        hash = step(hash, 0xff);
        names = rest;
    }
    hash
}

const fn step(hash: u64, byte: u8) -> u64 {
    // The only lossless widening that a constant function can do.
    let low = u64::from_le_bytes([byte, 0, 0, 0, 0, 0, 0, 0]);
    (hash ^ low).wrapping_mul(0x0100_0000_01b3)
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let (mut one, mut other) = (one, other);
    while let (Some((a, one_rest)), Some((b, other_rest))) = (one.split_first(), other.split_first()) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Vocabulary = Vocabulary::new(&["order:read", "order:refund"]);

    #[test]
    fn permissions_are_found_by_their_whole_name() {
        let refund = const { SHOP.declared("order:refund") };
        assert_eq!((refund.index(), refund.name()), (1, "order:refund"));
        for wrong in ["", "order", "order:rea", "order:read ", "order:refunds"] {
            assert_eq!(SHOP.permission(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn another_vocabulary_has_other_permissions() {
        const OTHER: Vocabulary = Vocabulary::new(&["order:refund", "order:read"]);
        assert!(SHOP.has(SHOP.declared("order:read")));
        assert!(!SHOP.has(OTHER.declared("order:read")));
        assert!(!SHOP.has(SHOP.declared("order:never")));
    }

    #[test]
    fn names_are_resource_and_action() {
        const BAD: [&[&str]; 6] = [&[], &["order"], &["order:*"], &[":"], &["a:b:c"], &["Order:read"]];
        assert!(SHOP.check().is_ok());
        for names in BAD {
            assert!(Vocabulary::new(names).check().is_err(), "{names:?}");
        }
    }
}
