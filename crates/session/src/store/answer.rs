//! What a store answers.
use std::sync::Arc;

use crate::{Record, Values};

/// What became of a new session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Created {
    /// It is stored; this is its record.
    Begun(Arc<Record>),
    /// The reference is taken; nothing has changed.
    Taken,
    /// The account has as many sessions as it may have; nothing has changed.
    TooMany,
}

/// What a store knows of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loaded {
    /// A session that is alive.
    Found(Found),
    /// An id that was good until a moment ago. The browser may have a newer one by now.
    Late,
    /// A session that was ended.
    Ended,
    /// A session whose time has passed.
    Expired,
    /// Nothing.
    Unknown,
}

/// A session that is alive, as an id finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    record: Arc<Record>,
    late: bool,
    due: bool,
}

impl Found {
    /// The session of the id that is presented.
    #[must_use]
    pub const fn new(record: Arc<Record>) -> Self {
        Self {
            record,
            late: false,
            due: false,
        }
    }

    /// Found by the old id: the record has the principal of before.
    #[must_use]
    pub const fn late(record: Arc<Record>) -> Self {
        Self {
            record,
            late: true,
            due: false,
        }
    }

    /// The id is older than the session's lifetimes allow, and is to be replaced.
    #[must_use]
    pub const fn due(record: Arc<Record>) -> Self {
        Self {
            record,
            late: false,
            due: true,
        }
    }

    /// The record.
    #[must_use]
    pub const fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// Whether it was found by its old id.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.late
    }

    /// Whether its id is to be replaced.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        self.due
    }
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Updated {
    /// The changes are stored; this is the record now.
    Saved(Arc<Record>),
    /// Another update came first; nothing has changed. This is the record now.
    Conflict(Arc<Record>),
    /// The values would have become too large; nothing has changed.
    TooLarge,
    /// Somebody has logged in to the session meanwhile, and the id is the one of before; nothing has changed.
    Superseded,
    /// There is no such session, and the update has not made one.
    Gone,
}

/// What became of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotated {
    /// The session has the new secret; this is the record now.
    Moved(Arc<Record>),
    /// Another request has replaced the secret already; nothing has changed. The values are those of the session, where
    /// somebody logs in to the account that has it now.
    Superseded(Option<Values>),
    /// The account has as many sessions as it may have; nothing has changed.
    TooMany,
    /// The id opens no session.
    Gone,
}
