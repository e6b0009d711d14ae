//! Rules about the tree itself that no compiler checks.

#[cfg(test)]
mod tree;

#[cfg(test)]
mod sources {
    use super::tree::{self, File};

    /// Every line of `files` in which `wrong` finds something, as `path:line: finding`.
    fn findings(files: &[File], wrong: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let in_file = |file: &File| {
            let found =
                |(number, line): (u32, &str)| Some(format!("{}:{number}: {}", file.path, wrong(line)?));
            (1..).zip(file.text.lines()).filter_map(found).collect::<Vec<_>>()
        };
        files.iter().flat_map(in_file).collect()
    }

    fn assert_none(findings: &[String]) {
        assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
    }

    /// The words are split so that this file does not name them.
    #[test]
    fn nothing_is_left_for_later() {
        let words = [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("X", "XX:"),
            concat!("to", "do!("),
            concat!("unimpl", "emented!("),
            concat!("#[ig", "nore"),
            concat!("```ig", "nore"),
            concat!("rust,ig", "nore"),
        ];
        let files = tree::files(&["rs", "md", "toml", "yml", "lua", "html", "css", "js"]);
        assert!(files.len() > 10, "the tree was not read");
        assert_none(&findings(&files, |line| {
            words
                .iter()
                .find(|word| line.contains(**word))
                .map(|word| format!("{word:?}"))
        }));
    }

    /// A path of the machine it was written on is wrong on every other one. Web paths that only look alike
    /// must choose another example.
    #[test]
    fn no_file_names_a_directory_of_one_machine() {
        let roots = ["work", "root", "home", "tmp", "Users"].map(|root| format!("/{root}/"));
        let files = tree::files(&["rs", "md", "toml", "yml", "lua"]);
        assert_none(&findings(&files, |line| {
            let starts = |root: &&String| tree::names_path(line, root);
            roots.iter().find(starts).map(|root| format!("names {root}"))
        }));
    }

    #[test]
    fn every_crate_has_a_readme_and_a_test() {
        for member in tree::members()
            .iter()
            .filter(|member| member.starts_with("crates/"))
        {
            let readme = tree::root().join(member).join("README.md");
            assert!(readme.is_file(), "{member} has no README.md");
            let sources = tree::files_under(member, &["rs"]);
            let tested = sources.iter().any(|file| file.text.contains("#[test]"));
            assert!(tested, "{member} has no #[test]");
        }
    }

    /// The number would be wrong after the next release, and `cargo add` needs none.
    #[test]
    fn no_readme_pins_a_version() {
        let mut files = tree::files(&["md"]);
        files.retain(|file| file.path.ends_with("README.md"));
        assert!(!files.is_empty());
        assert_none(&findings(&files, |line| {
            let pins = ["version = \"", "= \"0", "= \"1", "= \"^", "= \"~"];
            pins.iter()
                .find(|pin| line.contains(**pin))
                .map(|pin| format!("{pin:?}"))
        }));
    }

    #[test]
    fn every_member_inherits_the_workspace_lints() {
        let members = tree::members();
        assert!(members.len() > 1, "only {members:?}");
        for member in members {
            let manifest = tree::read(&format!("{member}/Cargo.toml"));
            assert!(
                manifest.contains("\n[lints]\nworkspace = true"),
                "{member} has lints of its own"
            );
        }
    }

    /// Versions live in one place. A member may only say which features of a dependency it wants. The peers that
    /// the benchmarks measure are nobody else's dependencies, so their versions stand there.
    #[test]
    fn no_member_sets_the_version_of_a_dependency() {
        let mut manifests = tree::files(&["toml"]);
        let mut members = tree::members();
        members.retain(|member| member != "benches");
        manifests.retain(|file| {
            members
                .iter()
                .any(|member| file.path == format!("{member}/Cargo.toml"))
        });
        assert_none(&findings(&manifests, |line| {
            let sets = ["version = \"", "= \"0", "= \"1", "git = \""];
            sets.iter()
                .find(|set| line.contains(**set))
                .map(|set| format!("{set:?}"))
        }));
    }

    /// A tag can be moved to other code; a full commit hash cannot.
    #[test]
    fn every_action_is_pinned_to_a_commit() {
        let mut files = tree::files(&["yml"]);
        files.retain(|file| file.path.starts_with(".github/workflows/"));
        assert!(!files.is_empty());
        assert_none(&findings(&files, |line| {
            let (_, action) = line.split_once("uses:")?;
            let (_, version) = action.trim().split_once('@')?;
            let hash = version.split_whitespace().next()?;
            let pinned = hash.len() == 40 && hash.chars().all(|digit| digit.is_ascii_hexdigit());
            (!pinned).then(|| format!("{} is not pinned", action.trim()))
        }));
    }

    #[test]
    fn every_workflow_starts_with_least_permissions_and_ends() {
        for file in tree::files(&["yml"])
            .iter()
            .filter(|file| file.path.starts_with(".github/workflows/"))
        {
            assert!(
                file.text.contains("\npermissions:\n  contents: read\n"),
                "{}",
                file.path
            );
            let jobs = file.text.matches("runs-on:").count();
            assert_eq!(
                file.text.matches("timeout-minutes:").count(),
                jobs,
                "{}",
                file.path
            );
        }
    }
}
