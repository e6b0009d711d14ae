//! From the name of a role to its index.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// From the name of a role to its index.
///
/// The names in the map are the operator's, and what is looked up adds none: nobody can make a bucket long. So a plain hash
/// will do, where a keyed one would be most of the cost.
pub(super) type RoleNames = HashMap<Box<str>, u16, BuildHasherDefault<Fnv>>;

/// FNV-1a, with a last step that spreads it over the upper bits, which the map looks at first.
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        (self.0 ^ self.0.wrapping_shr(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}
