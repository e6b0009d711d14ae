//! `cargo xtask fuzz [TARGET] [SECONDS]`

use std::path::Path;

use crate::step::{Failure, Outcome, Step};
use crate::tools;

const SECONDS: u32 = 30;
/// One input that takes this long, in seconds, is a finding: somebody could send it.
const SLOW_INPUT: u32 = 10;

/// Runs every fuzz target, or one.
///
/// The sanitizers look for memory errors, which safe Rust has none of; without them the toolchain can be the
/// stable one, told through `RUSTC_BOOTSTRAP` to accept the coverage flags.
pub(crate) fn run(args: &[String]) -> Outcome {
    let (wanted, seconds) = parse(args)?;
    if !Path::new("fuzz/Cargo.toml").exists() {
        return Err(Failure::new("there is no fuzz/Cargo.toml"));
    }
    tools::install("fuzz")?;
    let targets = Step::cargo(["fuzz", "list"]).output()?;
    let chosen: Vec<_> = targets
        .lines()
        .filter(|target| wanted.is_none_or(|wanted| wanted == *target))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::new(format!("no such target; there are:\n{targets}")));
    }
    chosen.into_iter().try_for_each(|target| fuzz(target, seconds))
}

fn fuzz(target: &str, seconds: u32) -> Outcome {
    Step::cargo(["fuzz", "run", "--sanitizer", "none", target, "--"])
        .args([
            format!("-max_total_time={seconds}"),
            format!("-timeout={SLOW_INPUT}"),
        ])
        .env("RUSTC_BOOTSTRAP", "1")
        .run()
}

fn parse(args: &[String]) -> Result<(Option<&str>, u32), Failure> {
    match args {
        [] => Ok((None, SECONDS)),
        [only] => Ok(only
            .parse()
            .map_or((Some(only.as_str()), SECONDS), |seconds| (None, seconds))),
        [target, seconds] => match seconds.parse() {
            Ok(seconds) => Ok((Some(target.as_str()), seconds)),
            Err(_) => Err(Failure::new(format!("{seconds:?} is no number of seconds"))),
        },
        _ => Err(Failure::new("takes at most a target and a number of seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Option<(Option<String>, u32)> {
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        parse(&args)
            .ok()
            .map(|(target, seconds)| (target.map(str::to_owned), seconds))
    }

    #[test]
    fn target_and_seconds_may_each_be_left_out() {
        assert_eq!(parsed(&[]), Some((None, SECONDS)));
        assert_eq!(parsed(&["5"]), Some((None, 5)));
        assert_eq!(
            parsed(&["forwarded"]),
            Some((Some("forwarded".to_owned()), SECONDS))
        );
        assert_eq!(
            parsed(&["forwarded", "5"]),
            Some((Some("forwarded".to_owned()), 5))
        );
    }

    #[test]
    fn seconds_that_are_no_number_are_refused() {
        assert_eq!(parsed(&["forwarded", "soon"]), None);
        assert_eq!(parsed(&["forwarded", "5", "6"]), None);
    }
}
