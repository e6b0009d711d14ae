//! The command line of the tool itself.

#[cfg(test)]
mod commands {
    use std::process::{Command, Output};

    fn xtask(args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(args)
            .output()
            .unwrap()
    }

    #[test]
    fn no_command_and_an_unknown_one_print_the_list_and_exit_with_2() {
        for args in [&[][..], &["tset"]] {
            let output = xtask(args);
            assert_eq!(output.status.code(), Some(2), "{args:?}");
            let text = String::from_utf8(output.stderr).unwrap();
            for command in [
                "test", "fmt", "lint", "docs", "alone", "ci", "shop", "routes", "bench", "fuzz", "interop",
                "deny",
            ] {
                assert!(
                    text.contains(&format!("\n  {command}")),
                    "{command} is not in:\n{text}"
                );
            }
        }
    }

    #[test]
    fn a_wrong_option_is_told_and_nothing_runs() {
        let output = xtask(&["fmt", "--write"]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "cargo xtask fmt: the only option is --fix\n"
        );
        assert!(output.stdout.is_empty());
    }

    /// Nothing on PATH and nobody to install it: the tests are not run without what they need.
    #[test]
    fn missing_programs_are_named_in_one_sentence() {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .arg("test")
            .env("PATH", "")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            text.contains("`apt-get install redis-server chromium chromium-driver`"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1);
        assert!(output.stdout.is_empty(), "nothing may have run");
    }
}
