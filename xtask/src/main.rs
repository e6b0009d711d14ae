//! Developer commands: `cargo xtask <command>`. Every command line that runs is printed with `$ ` before it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool talks to its terminal"
)]

mod alone;
mod bench;
mod ci;
mod deny;
mod docs;
mod fmt;
mod fuzz;
mod interop;
mod lint;
mod metadata;
mod needs;
mod routes;
mod shop;
mod step;
mod test;
mod tools;

use std::path::Path;
use std::process::ExitCode;

use crate::step::Outcome;

/// Unknown command or none, as shells and `getopt` programs answer it.
const USAGE: u8 = 2;

struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: [Command; 12] = [
    Command {
        name: "test",
        about: "[ARGS]: every test and doctest; installs what they need",
        run: test::run,
    },
    Command {
        name: "fmt",
        about: "[--fix]: formatting, checked or written",
        run: fmt::run,
    },
    Command {
        name: "lint",
        about: "[ARGS]: clippy, warnings denied",
        run: lint::run,
    },
    Command {
        name: "docs",
        about: "[ARGS]: rustdoc, warnings denied",
        run: docs::run,
    },
    Command {
        name: "alone",
        about: "each library crate alone, and with each feature alone",
        run: alone::run,
    },
    Command {
        name: "ci",
        about: "all of the above, as .ci/run does it",
        run: ci::run,
    },
    Command {
        name: "shop",
        about: "[ARGS]: the reference shop",
        run: shop::run,
    },
    Command {
        name: "routes",
        about: "the shop's routes and who may use them, into docs/",
        run: routes::run,
    },
    Command {
        name: "bench",
        about: "[CRATE] [--check]: side-by-side measurements",
        run: bench::run,
    },
    Command {
        name: "fuzz",
        about: "[TARGET] [SECONDS]: each fuzz target, 30 seconds",
        run: fuzz::run,
    },
    Command {
        name: "interop",
        about: "tokens with PyJWT and jose, both ways; installs both",
        run: interop::run,
    },
    Command {
        name: "deny",
        about: "[CHECKS]: licences, bans and sources of dependencies",
        run: deny::run,
    },
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_default();
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        print_usage();
        return ExitCode::from(USAGE);
    };
    match enter_root().and_then(|()| (command.run)(&args.collect::<Vec<_>>())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask {name}: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn print_usage() {
    eprintln!("usage: cargo xtask <command>\n");
    for command in &COMMANDS {
        eprintln!("  {:<7} {}", command.name, command.about);
    }
}

/// Commands mean the same wherever in the tree they are called.
fn enter_root() -> Outcome {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let root = Path::new(&here).parent().unwrap_or(Path::new("."));
    std::env::set_current_dir(root)
        .map_err(|error| step::Failure::new(format!("cannot enter {}: {error}", root.display())))
}
