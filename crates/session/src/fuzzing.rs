//! Entry points for the fuzz targets; no part of the API.
use crate::CookiePolicy;

/// Reads the lines of `data` as the `Cookie` fields of one request.
pub fn cookie_fields(data: &[u8]) {
    let lines: Vec<_> = data
        .split(|byte| *byte == b'\n')
        .map(|line| ("cookie", line))
        .collect();
    if let Ok(Some(value)) = CookiePolicy::default().find(&lines.as_slice()) {
        assert!(!value.contains(&b';'), "a value ends at the semicolon");
    }
}
