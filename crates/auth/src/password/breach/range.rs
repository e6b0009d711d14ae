//! The service that is told five digits.
use palisade_core::{StoreError, StoreErrorKind};
use subtle::{Choice, ConstantTimeEq};

use super::digest::{BreachDigest, RangePrefix};

/// The longest answer, in bytes. Have I Been Pwned's have some 40 KiB.
const MAX_BODY: usize = 256 << 10;
/// Hexadecimal digits of a digest that the answer has.
const SUFFIX: usize = 35;

/// Fetches a range of leaked passwords: the application's HTTP client.
///
/// # Contract
/// 1. It asks with `GET` for `https://api.pwnedpasswords.com/range/` and the prefix, or the same of a mirror, over TLS.
/// 2. It sends the field `Add-Padding: true`. Then all answers are of about the same length, and who watches the line cannot tell
///    the prefix by it.
/// 3. It has a deadline, takes at most [`MAX_BYTES`](BreachRanges::<()>::MAX_BYTES) of the answer, and follows no redirect.
/// 4. Any status but 200 is an error.
pub trait RangeSource: Send + Sync + 'static {
    /// The body of the answer.
    fn fetch(&self, prefix: RangePrefix) -> impl Future<Output = Result<Vec<u8>, StoreError>> + Send;
}

/// Asks for leaked passwords by the first 20 bits of their SHA-1 (k-anonymity): the service does not learn which of some
/// 2000 leaked passwords, or of all others that begin like them, was meant.
#[derive(Clone, Debug)]
pub struct BreachRanges<S>(S);

impl BreachRanges<()> {
    /// The longest answer that is looked at, in bytes.
    pub const MAX_BYTES: usize = MAX_BODY;
}

impl<S: RangeSource> BreachRanges<S> {
    /// Ranges from that source.
    #[must_use]
    pub const fn new(source: S) -> Self {
        Self(source)
    }

    /// How often the password was leaked; 0 where the service does not know it.
    ///
    /// # Errors
    /// [`StoreError`] where the source gives none, or something that is no range: empty, too long, or with a line of another
    /// form. It is never taken for "not leaked".
    pub async fn count(&self, digest: &BreachDigest) -> Result<u64, StoreError> {
        let body = self.0.fetch(digest.prefix()).await?;
        find(&body, digest.suffix().as_bytes()).ok_or_else(|| StoreError::new(StoreErrorKind::Failed))
    }
}

/// The count of `suffix`. It looks at every line and compares in constant time, so that how long it takes tells nothing.
fn find(body: &[u8], suffix: &[u8]) -> Option<u64> {
    if body.len() > MAX_BODY {
        return None;
    }
    let mut lines = std::str::from_utf8(body).ok()?.lines().peekable();
    lines.peek()?;
    let mut found = 0;
    for line in lines {
        let (digits, count) = line.trim_end_matches('\r').split_once(':')?;
        let hex = digits.len() == SUFFIX && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let count: u64 = count.parse().ok().filter(|_| hex)?;
        let same: Choice = digits.to_ascii_uppercase().as_bytes().ct_eq(suffix);
        // Padding has the count 0.
        found |= if same.into() { count } else { 0 };
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// SHA-1 of "password" without its first five digits.
    const PASSWORD: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
    const OTHER: &str = "1D2DA4053E34E76F6576ED1DA63134B5E2A";

    struct Fixed(Result<Vec<u8>, StoreErrorKind>, Mutex<Vec<String>>);

    impl RangeSource for Fixed {
        async fn fetch(&self, prefix: RangePrefix) -> Result<Vec<u8>, StoreError> {
            self.1.lock().unwrap().push(prefix.to_string());
            self.0.clone().map_err(StoreError::new)
        }
    }

    async fn count(body: impl Into<Vec<u8>>) -> Result<u64, StoreError> {
        let ranges = BreachRanges::new(Fixed(Ok(body.into()), Mutex::default()));
        let count = ranges.count(&BreachDigest::of("password")).await;
        assert_eq!(
            *ranges.0.1.lock().unwrap(),
            ["5BAA6"],
            "five digits are all that is told"
        );
        count
    }

    #[tokio::test]
    async fn a_leaked_password_is_found_and_padding_is_not() {
        assert_eq!(
            count(format!("{OTHER}:2\r\n{PASSWORD}:52256179\r\n{OTHER}:3"))
                .await
                .unwrap(),
            52_256_179
        );
        assert_eq!(
            count(format!("{}:7\n", PASSWORD.to_lowercase())).await.unwrap(),
            7
        );
        assert_eq!(count(format!("{OTHER}:2\r\n")).await.unwrap(), 0);
        assert_eq!(
            count(format!("{PASSWORD}:0\r\n{OTHER}:1")).await.unwrap(),
            0,
            "padding"
        );
    }

    #[tokio::test]
    async fn what_is_no_range_is_an_error_and_not_an_absence() {
        let long = format!("{OTHER}:2\r\n").repeat(MAX_BODY / 38);
        assert!(long.len() > MAX_BODY);
        for (name, body) in [
            ("nothing", String::new()),
            ("a page", "<html>Too many requests</html>".into()),
            ("a line without a count", format!("{PASSWORD}\r\n")),
            ("a count that is none", format!("{PASSWORD}:many\r\n")),
            (
                "a short digest",
                format!("{}:1\r\n", PASSWORD.trim_start_matches('1')),
            ),
            (
                "another alphabet",
                format!("{}:1\r\n", PASSWORD.replace('E', "G")),
            ),
            ("an empty line", format!("{OTHER}:2\r\n\r\n{OTHER}:2")),
            ("too much", long),
        ] {
            assert!(count(body).await.is_err(), "{name}");
        }
        assert!(count([0xff, 0xfe]).await.is_err(), "not text");
        let down = BreachRanges::new(Fixed(Err(StoreErrorKind::TimedOut), Mutex::default()));
        assert!(
            down.count(&BreachDigest::of("password"))
                .await
                .unwrap_err()
                .is_timeout()
        );
    }
}
