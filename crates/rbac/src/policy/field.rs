//! Fields of a resource: who sees and who changes them.
use std::collections::BTreeMap;

/// A field of a resource, and the permissions that reading and writing it take. What is not named is denied.
///
/// ```
/// use palisade_rbac::Field;
/// let note = Field::new("order", "note").read("order:read").write("order:edit");
/// let total = Field::new("order", "total").read("order:read");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a field does nothing until it is added to a policy"]
pub struct Field {
    pub(super) kind: Box<str>,
    pub(super) name: Box<str>,
    pub(super) read: Option<Box<str>>,
    pub(super) write: Option<Box<str>>,
}

impl Field {
    /// A field that nobody reads or writes. `kind` is the resource's [`KIND`](crate::Resource::KIND).
    pub fn new(kind: impl Into<Box<str>>, name: impl Into<Box<str>>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
            read: None,
            write: None,
        }
    }

    /// Whoever may do this to the object sees the field.
    pub fn read(mut self, permission: impl Into<Box<str>>) -> Self {
        self.read = Some(permission.into());
        self
    }

    /// Whoever may do this to the object may change the field.
    pub fn write(mut self, permission: impl Into<Box<str>>) -> Self {
        self.write = Some(permission.into());
        self
    }
}

/// The permissions that a field takes, by index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldRule {
    pub(crate) read: Option<u16>,
    pub(crate) write: Option<u16>,
}

/// The fields of one kind of resource.
pub(crate) type Fields = BTreeMap<Box<str>, FieldRule>;
