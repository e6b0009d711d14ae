//! What can be chosen about the layer.
use std::sync::Arc;

use crate::{RateLimitFields, ResponseHead};

/// What can be chosen.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) cost: u64,
    pub(crate) fields: RateLimitFields,
    pub(crate) exposure: Exposure,
    pub(crate) preflights: Preflights,
    pub(crate) numbers: Numbers,
    pub(crate) refunds: Refunds,
    pub(crate) on_failure: OnFailure,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cost: 1,
            fields: RateLimitFields::default(),
            exposure: Exposure::SameOrigin,
            preflights: Preflights::Free,
            numbers: Numbers::InFields,
            refunds: Refunds::Never,
            on_failure: OnFailure::Refuse,
        }
    }
}

/// Whether scripts of other origins may read the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    AnyOrigin,
    SameOrigin,
}

/// Whether CORS preflights are charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preflights {
    Charged,
    Free,
}

/// Whether the handler learns how its client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    InFields,
    InRequest,
}

/// After which responses the charge is given back.
#[derive(Clone)]
pub(crate) enum Refunds {
    Never,
    When(Arc<Outcome>),
}

/// What is read from a response: whether all went well, whether it is a strike.
pub(crate) type Outcome = dyn Fn(ResponseHead<'_>) -> bool + Send + Sync;

/// What happens to requests while the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    LetThrough,
    Refuse,
}
