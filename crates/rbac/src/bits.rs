//! Sets as bits: of permissions, and of roles.

/// The most roles in one policy.
pub(crate) const MAX_ROLES: usize = 1024;
const ROLE_WORDS: usize = MAX_ROLES / 64;

/// Where a bit stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bit {
    pub(crate) word: usize,
    pub(crate) mask: u64,
}

impl Bit {
    #[inline]
    pub(crate) fn of(index: u16) -> Self {
        Self {
            word: usize::from(index / 64),
            mask: 1_u64.wrapping_shl(u32::from(index % 64)),
        }
    }
}

/// A set of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PermissionBits(Box<[u64]>);

impl PermissionBits {
    pub(crate) fn of(indices: impl IntoIterator<Item = u16>, permissions: usize) -> Self {
        let mut words = vec![0; permissions.div_ceil(64)];
        for bit in indices.into_iter().map(Bit::of) {
            if let Some(word) = words.get_mut(bit.word) {
                *word |= bit.mask;
            }
        }
        Self(words.into())
    }

    #[inline]
    pub(crate) fn has(&self, bit: Bit) -> bool {
        self.0.get(bit.word).is_some_and(|word| word & bit.mask != 0)
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RoleBits([u64; ROLE_WORDS]);

impl RoleBits {
    pub(crate) fn has(&self, role: u16) -> bool {
        let bit = Bit::of(role);
        self.0.get(bit.word).is_some_and(|word| word & bit.mask != 0)
    }

    pub(crate) fn add(&mut self, role: u16) {
        let bit = Bit::of(role);
        if let Some(word) = self.0.get_mut(bit.word) {
            *word |= bit.mask;
        }
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// How many roles both have.
    pub(crate) fn common(&self, other: &Self) -> u32 {
        let both = self.0.iter().zip(other.0).map(|(a, b)| (a & b).count_ones());
        both.fold(0, u32::saturating_add)
    }
}

/// What a role, or a set of them, says about 64 permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Allowed on everything.
    pub(crate) all: u64,
    /// Allowed on what one owns.
    pub(crate) own: u64,
    /// Denied, whatever else allows.
    pub(crate) deny: u64,
}

impl Word {
    #[inline]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            all: self.all | other.all,
            own: self.own | other.own,
            deny: self.deny | other.deny,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_stands_alone() {
        for index in [0, 1, 63, 64, 127, 1023] {
            let one = PermissionBits::of([index], 1024);
            for other in 0..1024 {
                assert_eq!(one.has(Bit::of(other)), other == index, "{index} {other}");
            }
            let mut role = RoleBits::default();
            role.add(index);
            assert!(role.has(index) && !role.has(index ^ 1));
            assert_eq!(role.common(&role), 1);
        }
    }

    #[test]
    fn what_is_past_the_end_is_not_in_a_set() {
        let few = PermissionBits::of([3, 700], 10);
        assert!(few.has(Bit::of(3)) && !few.has(Bit::of(700)) && !few.has(Bit::of(u16::MAX)));
    }
}
