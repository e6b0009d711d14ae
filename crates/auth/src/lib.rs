#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod login;
mod password;
mod retry;
mod time;

pub use login::{
    Account, Accounts, Authenticated, Authenticator, DangerouslyUnlimited, Identifier, LoginBucket,
    LoginCharge, LoginLimiter, LoginRefused, LoginRefusedKind, MalformedIdentifier,
};
pub use password::{
    AcceptedPassword, Argon2Cost, Argon2Params, HashLoad, MalformedHash, PasswordContext, PasswordError,
    PasswordErrorKind, PasswordHash, PasswordPolicy, PasswordRefused, PasswordSettings, PasswordVerified,
    Passwords,
};
