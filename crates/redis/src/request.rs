//! One call of a script, as commands.
use ::redis::{Arg as Part, Cmd};

use crate::{Arg, Key, Script};

/// One call of a script. It is `EVALSHA`, and where the server does not know the script, once `EVAL`.
pub(crate) struct Request {
    by_hash: Cmd,
    script: &'static str,
    source: &'static str,
}

/// Bytes that most calls fit in.
const SIZE: usize = 256;

impl Request {
    pub(crate) fn new(script: &Script, keys: &[Key], args: &[Arg<'_>]) -> Self {
        let parts = keys.len().saturating_add(args.len()).saturating_add(3);
        let mut by_hash = Cmd::with_capacity(parts, SIZE);
        by_hash.arg("EVALSHA").arg(script.hash()).arg(keys.len());
        for key in keys {
            by_hash.arg(key.as_str());
        }
        for &arg in args {
            arg.append_to(&mut by_hash);
        }
        Self {
            by_hash,
            script: script.name(),
            source: script.source(),
        }
    }

    pub(crate) fn by_hash(&self) -> &Cmd {
        &self.by_hash
    }

    /// The same call with the script's text; the server knows the script afterwards.
    pub(crate) fn by_source(&self) -> Cmd {
        let mut command = Cmd::new();
        command.arg("EVAL").arg(self.source);
        for part in self.by_hash.args_iter().skip(2) {
            if let Part::Simple(bytes) = part {
                command.arg(bytes);
            }
        }
        command
    }

    /// The script's name.
    pub(crate) fn script(&self) -> &'static str {
        self.script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(command: &'a Cmd) -> Vec<&'a [u8]> {
        let bytes = |part: Part<&'a [u8]>| {
            if let Part::Simple(bytes) = part {
                bytes
            } else {
                b"?".as_slice()
            }
        };
        command.args_iter().map(bytes).collect()
    }

    #[test]
    fn both_forms_carry_the_same_keys_and_arguments() {
        let script = Script::new("abc", "abc");
        let key = Key::new("p", "k", b"ada");
        let args = [
            Arg::Int(-1),
            Arg::Uint(u64::MAX),
            Arg::from(b"\r\n"),
            Arg::from(""),
        ];
        let request = Request::new(&script, &[key.clone(), key], &args);
        let given: [&[u8]; 7] = [
            b"2",
            b"p:k:{YWRh}",
            b"p:k:{YWRh}",
            b"-1",
            b"18446744073709551615",
            b"\r\n",
            b"",
        ];
        let by_source = request.by_source();
        assert_eq!(parts(request.by_hash())[0], b"EVALSHA");
        assert_eq!(parts(request.by_hash())[2..], given);
        assert_eq!(parts(&by_source)[..2], [b"EVAL".as_slice(), b"abc"]);
        assert_eq!(parts(&by_source)[2..], given);
    }
}
