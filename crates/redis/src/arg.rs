//! What a script is given besides its keys.
use ::redis::Cmd;

/// One argument of a script, `ARGV[n]`. Numbers are written in decimal.
///
/// Lua keeps numbers as 64-bit floats: above 2^53 a script must not calculate with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arg<'a> {
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    Uint(u64),
    /// Bytes as they are.
    Bytes(&'a [u8]),
}

impl Arg<'_> {
    /// Adds this argument to a command.
    pub(crate) fn append_to(self, command: &mut Cmd) {
        match self {
            Self::Int(number) => command.arg(number),
            Self::Uint(number) => command.arg(number),
            Self::Bytes(bytes) => command.arg(bytes),
        };
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Uint(number)
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Uint(u64::from(number))
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Arg<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Bytes(text.as_bytes())
    }
}
