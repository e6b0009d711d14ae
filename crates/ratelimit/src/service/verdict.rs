//! What becomes of a request.
use http::Request;

use super::after::After;
use crate::LimitRefused;
use crate::fields::Standing;
use crate::limits::GivingBack;
use crate::metered::{Metered, Usage};
use crate::store::Store;

/// What becomes of a request.
pub(super) enum Verdict<S: Store> {
    /// It goes on with these marks, and this is left to do when it was answered.
    Forward { marks: Marks, after: After<S> },
    /// It does not go on.
    Refuse(Refused<S>),
}

/// The marks of a request that goes on.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) metered: Option<Metered>,
    pub(super) usage: Option<Usage>,
}

impl Marks {
    /// Gives a request its marks.
    #[inline]
    pub(super) fn mark<A>(self, request: &mut Request<A>) {
        if let Some(mark) = self.metered {
            request.extensions_mut().insert(mark);
        }
        if let Some(usage) = self.usage {
            request.extensions_mut().insert(usage);
        }
    }
}

/// A request that does not go on.
pub(super) struct Refused<S: Store> {
    pub(super) refusal: LimitRefused,
    pub(super) standing: Option<Standing>,
    pub(super) giving_back: GivingBack<S>,
}
