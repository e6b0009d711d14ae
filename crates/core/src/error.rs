//! The two errors that are not a request's fault: a wrong configuration and a store that fails.
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// A configuration that cannot work, or would not be safe. It is found at start, never at a request.
///
/// The text names the setting, what was given and what is allowed. Secrets are never part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    setting: &'static str,
    problem: Cow<'static, str>,
}

impl ConfigError {
    /// An error about `setting`; `problem` says what was given and what is allowed, and never holds a secret.
    #[must_use]
    pub fn new(setting: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self {
            setting,
            problem: problem.into(),
        }
    }

    /// The name of the setting that is wrong.
    #[must_use]
    pub const fn setting(&self) -> &'static str {
        self.setting
    }
}

/// A store that did not answer, or not in time.
///
/// Its text is constant: keys, values, addresses and credentials are not part of it. The cause is in
/// [`source`](StdError::source), for logs that may see it.
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What happened to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store answered with an error, or with something it cannot have meant.
    Failed,
    /// The store is full, and refuses rather than forget what must not be forgotten.
    Full,
    /// No answer within the deadline.
    TimedOut,
}

impl StoreErrorKind {
    /// The kind as the reason of an event: `failed`, `full` or `timed_out`.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Full => "full",
            Self::TimedOut => "timed_out",
        }
    }
}

impl StoreError {
    /// A failure of the given kind without a further cause.
    #[must_use]
    pub const fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// A failure of the given kind, caused by `source`.
    #[must_use]
    pub fn caused_by(kind: StoreErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind,
            source: Some(source.into()),
        }
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Whether the store gave no answer within the deadline.
    #[must_use]
    pub const fn is_timeout(&self) -> bool {
        matches!(self.kind, StoreErrorKind::TimedOut)
    }
}

impl fmt::Debug for StoreError {
    // The cause of a client library may hold a URL with a password: only its presence is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("kind", &self.kind)
            .field("has_source", &self.source.is_some())
            .finish()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Failed => "the store failed",
            StoreErrorKind::Full => "the store is full",
            StoreErrorKind::TimedOut => "the store did not answer in time",
        })
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Some(source) => Some(source.as_ref()),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_error_keeps_its_cause_out_of_its_text() {
        let error = StoreError::caused_by(StoreErrorKind::TimedOut, "redis://user:hunter2@db");
        assert!(error.is_timeout());
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert!(error.source().unwrap().to_string().contains("hunter2"));
    }

    #[test]
    fn a_config_error_names_the_setting() {
        let error = ConfigError::new("trusted proxies", "`10.0.0.0/33` is not a CIDR");
        assert_eq!(error.to_string(), "trusted proxies: `10.0.0.0/33` is not a CIDR");
    }
}
