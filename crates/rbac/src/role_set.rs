//! Several roles as one.
use crate::bits::{RoleBits, Word};
use crate::policy::CompiledRole;

/// A set of roles that are held together, merged: what they say, here and everywhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleSet {
    direct: Box<[u16]>,
    /// All roles, with what they inherit.
    pub(crate) here: RoleBits,
    /// Of those, what comes through a role that reaches everywhere.
    pub(crate) everywhere: RoleBits,
    words: Box<[Reaching]>,
}

/// What a set says about 64 permissions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reaching {
    /// Where the roles are held.
    pub(crate) here: Word,
    /// Everywhere else.
    pub(crate) everywhere: Word,
}

impl RoleSet {
    /// Merges the roles at these indices.
    pub(crate) fn of(indices: impl IntoIterator<Item = u16>, roles: &[CompiledRole]) -> Self {
        let mut set = Self {
            direct: indices.into_iter().collect(),
            ..Self::default()
        };
        let words = roles.first().map_or(0, |role| role.words.len());
        let mut merged = vec![Reaching::default(); words];
        for role in set
            .direct
            .iter()
            .filter_map(|index| roles.get(usize::from(*index)))
        {
            set.here.add_all(&role.closure);
            if role.everywhere {
                set.everywhere.add_all(&role.closure);
            }
            for (to, from) in merged.iter_mut().zip(&role.words) {
                to.here = to.here.and(*from);
                to.everywhere = if role.everywhere {
                    to.everywhere.and(*from)
                } else {
                    to.everywhere
                };
            }
        }
        set.words = merged.into();
        set
    }

    /// What the roles say, in words of 64 permissions.
    #[inline]
    pub(crate) fn words(&self) -> &[Reaching] {
        &self.words
    }

    /// The roles that were assigned, without what they inherit.
    pub(crate) fn direct(&self) -> &[u16] {
        &self.direct
    }
}
