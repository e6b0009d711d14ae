//! The keys of another issuer: rotation, outages, and ids that nobody has.
#![cfg(feature = "jwks")]

#[cfg(test)]
mod remote;
