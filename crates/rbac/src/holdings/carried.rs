//! Roles that a principal carries by name.
use palisade_core::Principal;

use super::Reach;
use crate::bits::{RoleBits, Word};
use crate::policy::{CompiledRole, Policy};

/// The most roles that a principal may carry and the policy knows.
const MAX_CARRIED: usize = 32;

/// The roles that a principal carries, by index. There is no allocation for it.
pub(crate) struct Carried {
    roles: [u16; MAX_CARRIED],
    len: usize,
}

impl Carried {
    /// Looks the names up. Names that the policy does not know give nothing; `None` for more roles than there is room for,
    /// since one that is left out could be one that denies.
    #[inline]
    pub(crate) fn of(principal: &Principal, policy: &Policy) -> Option<Self> {
        let mut carried = Self {
            roles: [0; MAX_CARRIED],
            len: 0,
        };
        for role in principal.roles().filter_map(|name| policy.role(name)) {
            *carried.roles.get_mut(carried.len)? = role;
            carried.len = carried.len.saturating_add(1);
        }
        Some(carried)
    }

    #[inline]
    pub(crate) fn indices(&self) -> &[u16] {
        self.roles.get(..self.len).unwrap_or_default()
    }

    #[inline]
    fn compiled<'p>(&self, policy: &'p Policy) -> impl Iterator<Item = &'p CompiledRole> + use<'_, 'p> {
        self.indices().iter().filter_map(|index| policy.role_at(*index))
    }

    #[inline]
    pub(super) fn word(&self, policy: &Policy, index: usize, reach: Reach) -> Word {
        let counts = self.compiled(policy).filter(|role| reach.counts(role));
        let words = counts.filter_map(|role| role.words.get(index));
        words.fold(Word::default(), |all, word| all.and(*word))
    }

    /// All are held in one place, so any two can be in conflict.
    pub(super) fn in_conflict(&self, policy: &Policy) -> bool {
        let mut held = RoleBits::default();
        self.compiled(policy).for_each(|role| held.add_all(&role.closure));
        policy.in_conflict(&held)
    }
}
