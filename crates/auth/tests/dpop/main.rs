//! Tokens that are bound to keys.
#![cfg(feature = "dpop")]

#[cfg(test)]
mod proofs;
