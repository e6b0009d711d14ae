//! Who asks.
use palisade_core::Principal;

use crate::Found;

/// Who asks: a principal, and what was found where an [`Authority`](crate::Authority) has roles looked up.
///
/// Functions take `impl Into<Who>`: a `&Principal`, or a pair `(&Principal, &Found)`.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) found: Option<&'a Found>,
}

impl<'a> From<&'a Principal> for Who<'a> {
    fn from(principal: &'a Principal) -> Self {
        Self {
            principal,
            found: None,
        }
    }
}

impl<'a> From<(&'a Principal, &'a Found)> for Who<'a> {
    fn from((principal, found): (&'a Principal, &'a Found)) -> Self {
        Self {
            principal,
            found: Some(found),
        }
    }
}
