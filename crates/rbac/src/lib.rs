#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod action;
mod allowed;
mod assignments;
mod authority;
#[cfg(feature = "axum")]
pub mod axum;
mod bits;
mod decision;
mod find;
mod fresh;
mod holdings;
mod name;
mod policy;
mod reach;
mod refused;
mod resource;
mod role_set;
mod route;
mod sql;
mod view;
mod vocabulary;

pub use action::{Action, Ask, Verdict};
pub use allowed::Allowed;
pub use assignments::{Assignments, Found, Held};
pub use authority::{Authority, Current, Who};
pub use decision::{Decision, HeldAs, Outcome, Reason, Why};
pub use find::{FindRoles, Finding, RoleSource};
pub use fresh::RequireFresh;
pub use holdings::Holdings;
pub use policy::{Field, Policy, PolicyBuilder, Role};
pub use reach::{Columns, Extent, Reach, SqlCondition};
pub use refused::{Refused, RefusedKind};
pub use resource::{Place, Resource};
#[cfg(feature = "tower")]
pub use route::RequireLayer;
pub use route::{ByRoute, Inventory, Matrix, Permitted, Require, Rule};
pub use view::{Patch, View};
pub use vocabulary::{Permission, Vocabulary};
