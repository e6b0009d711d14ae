//! Routes: their rules, the check before them, and the list of all of them.
mod by_route;
mod inventory;
mod matrix;
mod require;
mod rule;

pub use by_route::ByRoute;
pub use inventory::Inventory;
pub use matrix::Matrix;
#[cfg(feature = "tower")]
pub use require::RequireLayer;
pub use require::{Permitted, Require};
pub use rule::Rule;
