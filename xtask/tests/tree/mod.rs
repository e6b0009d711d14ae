//! The files that belong to the project.

use std::fs;
use std::path::{Path, PathBuf};

/// One text file, by its path from the root with forward slashes.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What builds, runs and fuzzing leave behind, as `.gitignore` lists it.
const LEFT_BEHIND: [&str; 6] = [
    ".git",
    "target",
    "data",
    "fuzz/target",
    "fuzz/corpus",
    "fuzz/artifacts",
];

/// Asked when the test runs: a build directory shared by two clones may hold a test that the other compiled.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&here).parent().unwrap().to_owned()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file of the project that ends in one of `extensions`.
pub(crate) fn files(extensions: &[&str]) -> Vec<File> {
    files_under("", extensions)
}

pub(crate) fn files_under(directory: &str, extensions: &[&str]) -> Vec<File> {
    let mut files = Vec::new();
    let mut unvisited = vec![directory.to_owned()];
    while let Some(directory) = unvisited.pop() {
        for path in entries(&directory) {
            if root().join(&path).is_dir() {
                unvisited.push(path);
            } else if extensions
                .iter()
                .any(|extension| path.ends_with(&format!(".{extension}")))
            {
                files.push(File {
                    text: read(&path),
                    path,
                });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    files
}

fn entries(directory: &str) -> Vec<String> {
    let names = fs::read_dir(root().join(directory))
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let paths = names.map(|name| format!("{directory}/{}", name.to_str().unwrap()));
    paths
        .map(|path| path.trim_start_matches('/').to_owned())
        .filter(|path| !LEFT_BEHIND.contains(&path.as_str()))
        .collect()
}

/// The directories of the workspace members, from the root manifest's `members` list.
pub(crate) fn members() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let (_, list) = manifest.split_once("\nmembers = [").unwrap();
    let (list, _) = list.split_once("\n]").unwrap();
    list.lines()
        .filter_map(|line| Some(line.split('"').nth(1)?.to_owned()))
        .collect()
}

/// Whether `line` holds an absolute path below `root`, which begins and ends with a slash.
pub(crate) fn names_path(line: &str, root: &str) -> bool {
    let inside = |before: char| before.is_alphanumeric() || "._-}~/".contains(before);
    let before = |(at, _)| line.get(..at).and_then(|text| text.chars().next_back());
    line.match_indices(root)
        .map(before)
        .any(|before| !before.is_some_and(inside))
}

#[test]
fn a_path_is_told_from_the_middle_of_another() {
    assert!(names_path("see `/opt/x`", "/opt/"));
    assert!(names_path("/opt/x", "/opt/"));
    assert!(!names_path("https://host.example/opt/x", "/opt/"));
    assert!(!names_path("./opt/x", "/opt/"));
    assert!(!names_path("/opt", "/opt/"));
}
