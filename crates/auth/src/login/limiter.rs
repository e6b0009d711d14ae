//! What slows guessing down.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{ClientAddr, Network, StoreError};

use super::Identifier;

/// Limits how often somebody may try to sign in. The application, or the facade, puts a rate limiter behind it.
///
/// Each attempt is charged to two buckets, one after the other: that of the client's network and that of the account. They are
/// independent; a limit on the *pair* would leave an attacker as many guesses as it has addresses, or accounts to try.
///
/// # Contract
/// 1. A charge is one atomic step: of a hundred attempts at once on a bucket that has room for five, five are allowed.
/// 2. The bucket of an account is kept for whatever name was tried, whether or not there is such an account.
/// 3. A charge is not given back, also when the attempt succeeds or its future is dropped.
/// 4. A limiter that cannot tell answers with an error, which refuses the attempt.
pub trait LoginLimiter: Send + Sync + 'static {
    /// Charges one attempt of `client` to the bucket. The client is for events; what is charged is the bucket.
    fn charge(
        &self,
        bucket: LoginBucket<'_>,
        client: ClientAddr,
    ) -> impl Future<Output = Result<LoginCharge, StoreError>> + Send;
}

/// So that whatever asks for passwords counts the guesses together.
impl<L: LoginLimiter> LoginLimiter for Arc<L> {
    fn charge(
        &self,
        bucket: LoginBucket<'_>,
        client: ClientAddr,
    ) -> impl Future<Output = Result<LoginCharge, StoreError>> + Send {
        L::charge(self, bucket, client)
    }
}

/// What an attempt is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginBucket<'a> {
    /// The account that is tried, by the name that was given.
    Account(&'a Identifier),
    /// The network that the attempt comes from.
    Client(Network),
}

impl LoginBucket<'_> {
    /// The name of the bucket's kind in events and metrics: `login-account` or `login-client`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Account(_) => "login-account",
            Self::Client(_) => "login-client",
        }
    }

    /// A text that names this bucket and no other, to key the limiter by. It holds an address of somebody: a store that
    /// others can read should get a hash of it.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Account(identifier) => format!("account {}", identifier.as_str()),
            Self::Client(network) => format!("client {network}"),
        }
    }
}

/// Whether there was room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an attempt that was refused must not go on"]
#[non_exhaustive]
pub enum LoginCharge {
    /// There was, and the attempt was charged.
    Allowed,
    /// There was none.
    Refused {
        /// When there will be.
        retry_after: Duration,
    },
}

/// No limit: everybody may guess as fast as the hashing goes.
///
/// # Security
/// This is for tests, and for services behind a gateway that limits logins per account *and* per client. Anywhere else it
/// gives passwords away.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it is written out where it is used, so that a search finds it"
)]
pub struct DangerouslyUnlimited;

impl LoginLimiter for DangerouslyUnlimited {
    async fn charge(&self, _: LoginBucket<'_>, _: ClientAddr) -> Result<LoginCharge, StoreError> {
        Ok(LoginCharge::Allowed)
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::ClientAddr;

    use super::*;

    #[test]
    fn two_buckets_have_two_keys() {
        // A name may look like a network, or like another bucket's key.
        let client = ClientAddr::from_peer([192, 0, 2, 7].into());
        let names = ["192.0.2.7/32", "client 192.0.2.7/32", "ada@shop.example"];
        let names = names.map(|name| Identifier::parse(name).unwrap());
        let mut keys = vec![LoginBucket::Client(client.network()).key()];
        keys.extend(names.iter().map(|name| LoginBucket::Account(name).key()));
        let unique: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(unique.len(), 4, "{keys:?}");
    }
}
