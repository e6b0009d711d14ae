//! The field that tells when to come back.
use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// Writes `Retry-After` (RFC 9110 section 10.2.3): whole seconds, rounded up and at least one, so that nobody comes too early.
pub(crate) fn extend(headers: &mut HeaderMap, after: Duration) {
    let rounded = u64::from(after.subsec_nanos() > 0);
    headers.insert(RETRY_AFTER, after.as_secs().saturating_add(rounded).max(1).into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up() {
        for (after, field) in [
            (Duration::ZERO, "1"),
            (Duration::from_millis(1), "1"),
            (Duration::from_secs(2), "2"),
            (Duration::from_millis(2_001), "3"),
            (Duration::MAX, "18446744073709551615"),
        ] {
            let mut headers = HeaderMap::new();
            extend(&mut headers, after);
            assert_eq!(headers[RETRY_AFTER], field, "{after:?}");
        }
    }
}
