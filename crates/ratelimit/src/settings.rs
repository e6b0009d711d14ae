//! What can be chosen about the layer.

/// Which response fields tell a client how it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimitFields {
    /// `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10.
    #[default]
    Ietf,
    /// None. `Retry-After` stays.
    None,
}

/// What can be chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) cost: u64,
    pub(crate) fields: RateLimitFields,
    pub(crate) preflights: Preflights,
    pub(crate) on_failure: OnFailure,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cost: 1,
            fields: RateLimitFields::default(),
            preflights: Preflights::Free,
            on_failure: OnFailure::Refuse,
        }
    }
}

/// Whether CORS preflights are charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preflights {
    Charged,
    Free,
}

/// What happens to requests while the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    LetThrough,
    Refuse,
}
