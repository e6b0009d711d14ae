//! Why a signed value is refused.
use std::sync::Arc;

use http::StatusCode;
use palisade_core::{Refusal, StoreError, StoreErrorKind};

/// A signed value that does not count, or could not be made.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .kind.text())]
pub struct FlowRefused {
    kind: FlowRefusedKind,
    #[source]
    cause: Option<Arc<StoreError>>,
}

/// Why it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FlowRefusedKind {
    /// Its time has passed.
    Expired,
    /// No key signs at present, there are no random bytes, or the state has no JSON form or is too large.
    Internal,
    /// It is not signed by us, for this purpose; or it is no value at all.
    Invalid,
    /// It belongs to another session.
    OtherSession,
    /// It leads to another step.
    OtherStep,
    /// The session that it came from has ended.
    SessionEnded,
    /// The store failed, so that nobody knows whether it was used.
    StoreFailed,
    /// The store did not answer in time.
    StoreTimedOut,
    /// It was used before.
    Used,
}

impl FlowRefusedKind {
    const fn text(self) -> &'static str {
        match self {
            Self::Expired => "the value has expired",
            Self::Internal => "no value could be made",
            Self::Invalid => "the value is not valid",
            Self::OtherSession => "the value belongs to another session",
            Self::OtherStep => "the value leads to another step",
            Self::SessionEnded => "the session has ended",
            Self::StoreFailed => "the store failed",
            Self::StoreTimedOut => "the store did not answer in time",
            Self::Used => "the value was used before",
        }
    }
}

impl FlowRefused {
    pub(super) const fn new(kind: FlowRefusedKind) -> Self {
        Self { kind, cause: None }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> FlowRefusedKind {
        self.kind
    }
}

impl From<StoreError> for FlowRefused {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::TimedOut => FlowRefusedKind::StoreTimedOut,
            StoreErrorKind::Failed | StoreErrorKind::Full | _ => FlowRefusedKind::StoreFailed,
        };
        Self {
            kind,
            cause: Some(Arc::new(error)),
        }
    }
}

/// Whoever presents a bad value is told that it is one, and not which check it failed; that it has run out is told, for its
/// holder has to begin again.
impl Refusal for FlowRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            FlowRefusedKind::SessionEnded => StatusCode::UNAUTHORIZED,
            FlowRefusedKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            FlowRefusedKind::StoreFailed | FlowRefusedKind::StoreTimedOut => StatusCode::SERVICE_UNAVAILABLE,
            FlowRefusedKind::Expired
            | FlowRefusedKind::Invalid
            | FlowRefusedKind::OtherSession
            | FlowRefusedKind::OtherStep
            | FlowRefusedKind::Used => StatusCode::BAD_REQUEST,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            FlowRefusedKind::Expired => "flow_expired",
            FlowRefusedKind::SessionEnded => "session_ended",
            FlowRefusedKind::Internal => "flow_error",
            FlowRefusedKind::StoreFailed | FlowRefusedKind::StoreTimedOut => "flow_unavailable",
            FlowRefusedKind::Invalid
            | FlowRefusedKind::OtherSession
            | FlowRefusedKind::OtherStep
            | FlowRefusedKind::Used => "flow_invalid",
        }
    }
}
