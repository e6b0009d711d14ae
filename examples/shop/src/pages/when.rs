//! Times as people say them.
use std::time::Duration;

const UNITS: [(u64, &str); 3] = [(86_400, "day"), (3_600, "hour"), (60, "minute")];

/// How long ago something was.
pub(super) fn ago(span: Duration) -> String {
    let secs = span.as_secs();
    match UNITS.iter().find(|(unit, _)| secs >= *unit) {
        Some((unit, name)) => format!(
            "{} ago",
            counted(secs.checked_div(*unit).unwrap_or_default(), name)
        ),
        None => "just now".into(),
    }
}

/// How long to wait, rounded up: whoever waits that long has waited long enough.
pub(super) fn wait(span: Duration) -> String {
    let secs = span.as_secs().max(1);
    match UNITS.iter().find(|(unit, _)| secs > *unit) {
        Some((unit, name)) => counted(secs.div_ceil(*unit), name),
        None => counted(secs, "second"),
    }
}

fn counted(count: u64, unit: &str) -> String {
    if count == 1 {
        format!("1 {unit}")
    } else {
        format!("{count} {unit}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_rounded_down() {
        let cases = [
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (172_799, "1 day ago"),
            (172_800, "2 days ago"),
        ];
        for (secs, text) in cases {
            assert_eq!(ago(Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn a_wait_is_rounded_up() {
        let cases = [
            (0, "1 second"),
            (1, "1 second"),
            (60, "60 seconds"),
            (61, "2 minutes"),
            (3_600, "60 minutes"),
            (3_601, "2 hours"),
            (90_000, "2 days"),
        ];
        for (secs, text) in cases {
            assert_eq!(wait(Duration::from_secs(secs)), text);
        }
    }
}
