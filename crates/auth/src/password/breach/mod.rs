//! Leaked passwords: a list in a file, and a service that is told five digits.
mod bits;
mod digest;
mod filter;
mod range;
mod screen;
mod set;

pub use self::digest::{BreachDigest, RangePrefix};
pub use self::filter::{BreachFilter, BreachFilterBuilder};
pub use self::range::{BreachRanges, RangeSource};
pub use self::screen::{AcceptPassword, BreachScreen};
pub(super) use self::set::CompactSet;
