//! Lua that runs inside the server.
use std::fmt;
use std::sync::OnceLock;

/// One Lua script: a constant of the program, best kept in a file of its own.
///
/// ```
/// use palisade_redis::Script;
/// static COUNT: Script = Script::new("count", "return redis.call('INCR', KEYS[1])");
/// assert_eq!(COUNT.name(), "count");
/// ```
pub struct Script {
    name: &'static str,
    source: &'static str,
    /// The SHA-1 by which the server knows it, worked out at its first use. It names the script and protects nothing.
    hash: OnceLock<::redis::Script>,
}

impl Script {
    /// A script. `name` stands in the causes of errors.
    #[must_use]
    pub const fn new(name: &'static str, source: &'static str) -> Self {
        Self {
            name,
            source,
            hash: OnceLock::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its text.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// 40 hexadecimal digits.
    pub(crate) fn hash(&self) -> &str {
        self.hash
            .get_or_init(|| ::redis::Script::new(self.source))
            .get_hash()
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2 appendix A.1.
    #[test]
    fn the_hash_is_the_sha1_of_the_source() {
        let script = Script::new("abc", "abc");
        assert_eq!(script.hash(), "a9993e364706816aba3e25717850c26c9cd0d89d");
    }
}
