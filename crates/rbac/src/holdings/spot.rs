//! Where something can belong.
use palisade_core::Tenant;

/// Where something belongs, as the rules tell places apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spot<'a> {
    /// To no tenant.
    Platform,
    /// To this tenant.
    Tenant(&'a Tenant),
    /// To any tenant in which the principal holds nothing by itself.
    Elsewhere,
}

impl<'a> Spot<'a> {
    #[inline]
    pub(crate) fn of(tenant: Option<&'a Tenant>) -> Self {
        tenant.map_or(Self::Platform, Self::Tenant)
    }
}
