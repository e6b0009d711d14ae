//! The id before the present one.
use std::sync::atomic::{AtomicU64, Ordering};

use palisade_core::{Principal, TokenHash};

use super::entry::{Moment, micros};
use crate::OVERLAP;

/// The new id has not been presented yet.
const UNCONFIRMED: Moment = Moment::MAX;

/// An old id, and what it opens until when.
#[derive(Debug)]
pub(super) struct Previous {
    id: TokenHash,
    opens: Opening,
    until: AtomicU64,
}

#[derive(Debug)]
enum Opening {
    /// The session, for what its holder was then.
    As(Option<Principal>),
    Nothing,
}

impl Previous {
    /// The old id of a renewal: it opens the session until the new one has been presented for a while.
    pub(super) const fn open(id: TokenHash, principal: Option<Principal>) -> Self {
        Self {
            id,
            opens: Opening::As(principal),
            until: AtomicU64::new(UNCONFIRMED),
        }
    }

    /// The old id of a login: it opens nothing, and is known for a while.
    pub(super) fn closed(id: TokenHash, now: Moment) -> Self {
        Self {
            id,
            opens: Opening::Nothing,
            until: AtomicU64::new(now.saturating_add(micros(OVERLAP))),
        }
    }

    pub(super) fn is(&self, id: TokenHash) -> bool {
        self.id == id
    }

    pub(super) const fn opens_ever(&self) -> bool {
        matches!(self.opens, Opening::As(_))
    }

    pub(super) fn is_open(&self, now: Moment) -> bool {
        self.opens_ever() && self.is_recent(now)
    }

    pub(super) fn is_recent(&self, now: Moment) -> bool {
        now < self.until.load(Ordering::Relaxed)
    }

    pub(super) const fn principal(&self) -> Option<&Principal> {
        match &self.opens {
            Opening::As(principal) => principal.as_ref(),
            Opening::Nothing => None,
        }
    }

    pub(super) fn is_unconfirmed(&self) -> bool {
        self.until.load(Ordering::Relaxed) == UNCONFIRMED
    }

    /// The new id was presented: from now on the old one has its last moments. The first presentation counts.
    pub(super) fn close_from(&self, now: Moment) {
        if self.is_unconfirmed() {
            self.until
                .fetch_min(now.saturating_add(micros(OVERLAP)), Ordering::Relaxed);
        }
    }
}
