//! What is acted on: whose it is and where it belongs.
use palisade_core::{Subject, Tenant};

/// A thing that actions are done to. The three answers are all that the rules look at.
///
/// Answer from the record that was read from your own store, never from what a client sent: an order that is read by its id
/// tells its own tenant. `()` is a resource too, for actions without an object, and so is a [`Tenant`], for what is created
/// in it.
///
/// # Security
/// The object that is checked must be the object that is used: hand the record itself to
/// [`authorize`](crate::Authority::authorize), and go on with what comes back.
pub trait Resource {
    /// What it is called in the policy's section of fields, in small letters: `order`.
    const KIND: &'static str;
    /// Whether there is an object to look at. Only `()` has none.
    const IS_OBJECT: bool = true;

    /// The tenant it belongs to; `None` for what belongs to the platform itself.
    fn tenant(&self) -> Option<&Tenant>;

    /// The account it belongs to.
    fn owner(&self) -> Option<&Subject> {
        None
    }

    /// Who asked for it, where another person must approve (dual control).
    fn proposer(&self) -> Option<&Subject> {
        None
    }
}

impl Resource for () {
    const KIND: &'static str = "";
    const IS_OBJECT: bool = false;

    fn tenant(&self) -> Option<&Tenant> {
        None
    }
}

impl Resource for Tenant {
    const KIND: &'static str = "tenant";

    fn tenant(&self) -> Option<&Tenant> {
        Some(self)
    }
}

/// Where a resource belongs, borrowed: what a decision reads of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place<'a> {
    pub(crate) tenant: Option<&'a Tenant>,
    pub(crate) owner: Option<&'a Subject>,
    pub(crate) proposer: Option<&'a Subject>,
}

impl<'a> Place<'a> {
    /// The platform itself: no tenant, no owner.
    #[must_use]
    pub const fn platform() -> Self {
        Self {
            tenant: None,
            owner: None,
            proposer: None,
        }
    }

    /// Where this resource belongs.
    pub fn of<R: Resource + ?Sized>(resource: &'a R) -> Self {
        Self {
            tenant: resource.tenant(),
            owner: resource.owner(),
            proposer: resource.proposer(),
        }
    }
}
