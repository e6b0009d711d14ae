//! A proof that was refused.
use crate::TokenRefusedKind;

/// A proof of possession that proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DpopRefused {
    /// The request has no proof, or several.
    #[error("the request has no proof of possession")]
    Missing,
    /// It is no proof, its signature is not that of its key, or it is for another method, target or token.
    #[error("the proof of possession is not valid")]
    Invalid,
    /// It was made too long ago, or in the future.
    #[error("the proof of possession is not fresh")]
    Stale,
    /// It was used before.
    #[error("the proof of possession was used before")]
    Replayed,
    /// Whether it was used before cannot be known at the moment.
    #[error("the proof of possession cannot be verified at the moment")]
    Unavailable,
}

impl From<DpopRefused> for TokenRefusedKind {
    fn from(refused: DpopRefused) -> Self {
        match refused {
            DpopRefused::Unavailable => Self::Unavailable,
            DpopRefused::Missing | DpopRefused::Invalid | DpopRefused::Stale | DpopRefused::Replayed => {
                Self::Unproven
            }
        }
    }
}
