//! One command line: printed, run, judged by its exit status.

use std::fmt;
use std::process::{Command, Stdio};

/// What a command of this tool ends with.
pub(crate) type Outcome = Result<(), Failure>;

/// Why a command failed, as one sentence for the terminal.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A command line in the making.
pub(crate) struct Step {
    line: String,
    command: Command,
}

impl Step {
    pub(crate) fn new(program: &str) -> Self {
        Self {
            line: program.to_owned(),
            command: Command::new(program),
        }
    }

    /// `cargo` as rustup finds it, so that the printed line can be pasted into a shell.
    pub(crate) fn cargo<A: AsRef<str>>(args: impl IntoIterator<Item = A>) -> Self {
        Self::new("cargo").args(args)
    }

    pub(crate) fn args<A: AsRef<str>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        for arg in args {
            self.line.push(' ');
            self.line.push_str(&quoted(arg.as_ref()));
            self.command.arg(arg.as_ref());
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.line = format!("{name}={} {}", quoted(value), self.line);
        self.command.env(name, value);
        self
    }

    /// Prints the line, runs it with this terminal, and fails where it fails.
    pub(crate) fn run(mut self) -> Outcome {
        println!("$ {}", self.line);
        let status = self.command.stdin(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure(format!("`{}` ended with {status}", self.line))),
            Err(error) => Err(Failure(format!("`{}` did not start: {error}", self.line))),
        }
    }

    /// Prints the line, runs it, and returns its standard output.
    pub(crate) fn output(self) -> Result<String, Failure> {
        println!("$ {}", self.line);
        self.quiet_output()
    }

    /// Whether the line runs and succeeds. Nothing is printed: this looks, it does not act.
    pub(crate) fn succeeds(self) -> bool {
        self.quiet_output().is_ok()
    }

    fn quiet_output(mut self) -> Result<String, Failure> {
        let output = self.command.stdin(Stdio::null()).output();
        let output = output.map_err(|error| Failure(format!("`{}` did not start: {error}", self.line)))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(Failure(format!(
            "`{}` ended with {}\n{}",
            self.line,
            output.status,
            reason.trim_end()
        )))
    }
}

fn quoted(text: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_=./:,+@".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_line_can_be_pasted_into_a_shell() {
        let step = Step::cargo(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .args(["it's", ""]);
        assert_eq!(
            step.line,
            r"RUSTDOCFLAGS='-D warnings' cargo doc --no-deps 'it'\''s' ''"
        );
    }

    #[test]
    fn a_line_that_fails_is_named_in_the_failure() {
        let failure = Step::new("sh")
            .args(["-c", "exit 3"])
            .run()
            .unwrap_err()
            .to_string();
        assert!(
            failure.contains("sh -c 'exit 3'") && failure.contains('3'),
            "{failure}"
        );
    }

    #[test]
    fn a_program_that_does_not_exist_is_a_failure() {
        assert!(!Step::new("palisade-no-such-program").succeeds());
        assert!(Step::new("palisade-no-such-program").run().is_err());
    }
}
