//! The one way to sign in.
mod account;
mod authenticated;
mod authenticator;
mod identifier;
mod limiter;
mod migration;
mod refused;

pub use account::{Account, Accounts};
pub use authenticated::Authenticated;
pub use authenticator::Authenticator;
pub use identifier::{Identifier, MalformedIdentifier};
pub use limiter::{DangerouslyUnlimited, LoginBucket, LoginCharge, LoginLimiter};
pub use migration::Migration;
pub use refused::{LoginRefused, LoginRefusedKind};
