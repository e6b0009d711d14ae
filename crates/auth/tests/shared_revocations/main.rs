//! Several instances, and what they know of each other's revocations.
#[cfg(test)]
mod instances;
