//! Refresh tokens: the store contract, races, two nodes, failures.
#[cfg(test)]
mod contract;
#[cfg(test)]
mod races;
#[cfg(test)]
mod service;
#[cfg(test)]
mod site;
