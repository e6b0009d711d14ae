//! Which servers are new enough.
use ::redis::Value;

use crate::failure::Failure;

/// Redis 6.2: what the scripts of all stores may rely on. Valkey began at 7.2.
const OLDEST: (u32, u32) = (6, 2);

/// Refuses the server that sent this `INFO server`, if it is too old.
pub(crate) fn check(info: &Value) -> Result<(), Failure> {
    let found = text(info).and_then(version).ok_or(Failure::Unexpected)?;
    if found < OLDEST {
        Err(Failure::TooOld)
    } else {
        Ok(())
    }
}

/// A string, or a string that is told to be plain text.
#[expect(clippy::wildcard_enum_match_arm, reason = "nothing else has a text")]
fn text(info: &Value) -> Option<&str> {
    match info {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

/// The first two numbers of `redis_version`, which Valkey sends too.
fn version(info: &str) -> Option<(u32, u32)> {
    let mut lines = info.lines();
    let text = lines.find_map(|line| line.strip_prefix("redis_version:"))?;
    let mut numbers = text.trim_end().split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), Failure> {
        check(&Value::BulkString(text.as_bytes().to_vec()))
    }

    #[test]
    fn six_two_and_later_will_do() {
        for version in ["6.2.0", "6.2.14", "7.0.15", "7.2.4", "8.8", "10.0.0"] {
            let info = format!("# Server\r\nredis_version:{version}\r\nserver_name:valkey\r\n");
            assert_eq!(checked(&info), Ok(()), "{version}");
        }
    }

    #[test]
    fn older_ones_and_what_tells_no_version_are_refused() {
        for version in ["6.0.20", "5.0.14", "2.8.0", "0.0"] {
            assert_eq!(
                checked(&format!("redis_version:{version}\r\n")),
                Err(Failure::TooOld),
                "{version}"
            );
        }
        for text in [
            "",
            "redis_version:",
            "redis_version:7",
            "redis_version:seven.two",
            "# Server",
        ] {
            assert_eq!(checked(text), Err(Failure::Unexpected), "{text}");
        }
        assert_eq!(check(&Value::Nil), Err(Failure::Unexpected));
    }
}
