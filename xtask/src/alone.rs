//! `cargo xtask alone`

use std::collections::BTreeSet;

use crate::metadata::{self, Library};
use crate::step::{Failure, Outcome, Step};
use crate::tools;

/// Lints each published library by itself: without features, with its default ones, with each one alone.
///
/// A workspace build turns on every feature that any member asks for, and so hides a crate that compiles only
/// in company. Clippy instead of `check`, because code that a feature leaves unused is only a warning.
pub(crate) fn run(args: &[String]) -> Outcome {
    if !args.is_empty() {
        return Err(Failure::new("takes no arguments"));
    }
    tools::component("clippy", "clippy")?;
    let libraries = metadata::libraries()?;
    if libraries.is_empty() {
        return Err(Failure::new("the workspace has no published library"));
    }
    for library in libraries {
        for features in selections(&library) {
            lint(&library.name, &features)?;
        }
    }
    Ok(())
}

fn lint(name: &str, features: &str) -> Outcome {
    let step = Step::cargo(["clippy", "--lib", "-p", name, "--no-default-features"]);
    let step = if features.is_empty() {
        step
    } else {
        step.args(["--features", features])
    };
    step.args(["--", "-D", "warnings"]).run()
}

/// Feature lists worth a build. Two that turn on the same things are one build, named after the first.
fn selections(library: &Library) -> Vec<String> {
    let named = library.features.keys().cloned();
    let mut seen = BTreeSet::new();
    let all = std::iter::once(String::new()).chain(named);
    all.filter(|features| seen.insert(turned_on(library, features)))
        .collect()
}

/// Everything a feature turns on, itself included; `default` is only a name for others.
fn turned_on(library: &Library, feature: &str) -> BTreeSet<String> {
    let mut on = BTreeSet::new();
    let mut unvisited = vec![feature.to_owned()];
    while let Some(visited) = unvisited.pop() {
        let implied = library.features.get(&visited).into_iter().flatten().cloned();
        if on.insert(visited) {
            unvisited.extend(implied);
        }
    }
    on.remove("");
    on.remove("default");
    on
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(features: &[(&str, &[&str])]) -> Library {
        let owned = |(name, implied): &(&str, &[&str])| {
            (
                (*name).to_owned(),
                implied.iter().map(|&feature| feature.to_owned()).collect(),
            )
        };
        Library {
            name: "palisade-x".to_owned(),
            features: features.iter().map(owned).collect(),
        }
    }

    #[test]
    fn a_library_without_features_is_built_once() {
        assert_eq!(selections(&library(&[])), [""]);
        assert_eq!(selections(&library(&[("default", &[])])), [""]);
    }

    #[test]
    fn the_default_and_the_only_feature_in_it_are_one_build() {
        let library = library(&[("default", &["tower"]), ("tower", &["dep:tower-layer"])]);
        assert_eq!(selections(&library), ["", "default"]);
    }

    #[test]
    fn a_feature_outside_the_default_is_built_without_it() {
        let library = library(&[("default", &["tower"]), ("tower", &[]), ("redis", &["dep:redis"])]);
        assert_eq!(selections(&library), ["", "default", "redis"]);
    }

    #[test]
    fn features_that_imply_each_other_end() {
        let library = library(&[("a", &["b"]), ("b", &["a"])]);
        assert_eq!(selections(&library), ["", "a"]);
    }
}
