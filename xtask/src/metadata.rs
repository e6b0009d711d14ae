//! What `cargo metadata` tells about the workspace.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::step::{Failure, Step};

/// A library crate that is published.
pub(crate) struct Library {
    pub(crate) name: String,
    /// Feature to what it turns on: other features, `dep:crate`, `crate/feature`.
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// The published library crates of the workspace, by name.
pub(crate) fn libraries() -> Result<Vec<Library>, Failure> {
    let text = Step::cargo(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Value = serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata is not JSON: {error}")))?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut libraries: Vec<_> = packages
        .filter(|package| is_published_library(package))
        .map(library)
        .collect();
    libraries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(libraries)
}

/// `publish = false` is an empty list of registries here; published packages have none.
fn is_published_library(package: &Value) -> bool {
    let targets = package
        .get("targets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let is_library = |target: &Value| texts(target.get("kind")).any(|kind| kind == "lib");
    package.get("publish").is_none_or(Value::is_null) && targets.into_iter().any(is_library)
}

fn library(package: &Value) -> Library {
    let features = package
        .get("features")
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    Library {
        name: package
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        features: features
            .map(|(name, implied)| (name.clone(), texts(Some(implied)).collect()))
            .collect(),
    }
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned)
}
