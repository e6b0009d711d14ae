//! Tokens that only the holder of a key can use: `DPoP`, RFC 9449 (feature `dpop`).
mod jwk;
mod proof;
mod proofs;
mod refused;
mod replay;
mod tokens;

pub use proofs::{DpopProofs, ProvenKey};
pub use refused::DpopRefused;
pub use replay::{MemoryReplays, ReplayStore};
pub use tokens::{DpopTokens, DpopVerifying};
