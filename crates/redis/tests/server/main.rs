//! `palisade-redis` against real servers, and against one that misbehaves on purpose.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod dropping;
#[cfg(test)]
#[cfg(feature = "tls")]
mod encryption;
#[cfg(test)]
mod failover;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod login;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod reset;
#[cfg(test)]
mod support;
