//! Rate limits in a real Redis: the contract, the wire, outages, and several nodes.

#[cfg(test)]
mod contract;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wire;
