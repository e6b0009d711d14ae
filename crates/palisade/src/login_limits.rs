//! Rate limits where the login funnel asks for them.
use palisade_auth::{LoginBucket, LoginCharge, LoginLimiter};
use palisade_core::{ClientAddr, ConfigError, Recorder, StoreError, StoreErrorKind};
use palisade_ratelimit::store::Store;
use palisade_ratelimit::{Attempt, Decision, MemoryStore, Quota, RateLimiter};

/// The two limits of a login: one by account, one by the client's network, independent of each other.
///
/// It is what [`Authenticator`](palisade_auth::Authenticator) asks for, made of two [`RateLimiter`]s.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade::LoginLimits;
/// use palisade::auth::{Identifier, LoginBucket, LoginCharge, LoginLimiter};
/// use palisade::core::ClientAddr;
/// use palisade::ratelimit::Quota;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
///
/// const HOURLY: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// const AT_ONCE: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// let limits = LoginLimits::new(Quota::per_hour(HOURLY).burst(AT_ONCE), Quota::per_hour(HOURLY))?;
///
/// let client = ClientAddr::from_peer("192.0.2.7".parse()?);
/// let ada = Identifier::parse("ada@shop.example")?;
/// for _ in 0..2 {
///     assert_eq!(limits.charge(LoginBucket::Account(&ada), client).await?, LoginCharge::Allowed);
/// }
/// assert!(matches!(limits.charge(LoginBucket::Account(&ada), client).await?, LoginCharge::Refused { .. }));
/// let bob = Identifier::parse("bob@shop.example")?;
/// assert_eq!(limits.charge(LoginBucket::Account(&bob), client).await?, LoginCharge::Allowed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LoginLimits<S = MemoryStore> {
    account: RateLimiter<S>,
    client: RateLimiter<S>,
}

impl LoginLimits {
    /// Two limits in memory, named `login-account` and `login-client`.
    ///
    /// # Errors
    /// [`ConfigError`] where memory or random bytes are not to be had.
    pub fn new(account: Quota, client: Quota) -> Result<Self, ConfigError> {
        let account = RateLimiter::new("login-account", account)?;
        Ok(Self::of(account, RateLimiter::new("login-client", client)?))
    }
}

impl<S: Store> LoginLimits<S> {
    /// Two limits of the caller's.
    #[must_use]
    pub const fn of(account: RateLimiter<S>, client: RateLimiter<S>) -> Self {
        Self { account, client }
    }

    /// Records refusals with `recorder`.
    #[must_use]
    pub fn with_recorder(self, recorder: &Recorder) -> Self {
        let account = self.account.with_recorder(recorder.clone());
        Self {
            account,
            client: self.client.with_recorder(recorder.clone()),
        }
    }
}

impl<S: Store> LoginLimiter for LoginLimits<S> {
    async fn charge(&self, bucket: LoginBucket<'_>, client: ClientAddr) -> Result<LoginCharge, StoreError> {
        let (limit, key) = match bucket {
            LoginBucket::Account(name) => (&self.account, self.account.key().label(name.as_str())),
            LoginBucket::Client(network) => (&self.client, self.client.key().network(&network)),
            // A kind of bucket that came later: what has no limit is refused.
            _ => return Err(StoreError::new(StoreErrorKind::Failed)),
        };
        match limit.check(Attempt::new(key).with_client(client)).await {
            Decision::Allow(_) => Ok(LoginCharge::Allowed),
            Decision::Deny(denied) => Ok(LoginCharge::Refused {
                retry_after: denied.retry_after(),
            }),
            Decision::StoreFailed(error) => Err(error),
            // An attempt costs one, and every burst is at least that; what is not known does not pass.
            Decision::NeverFits | _ => Err(StoreError::new(StoreErrorKind::Failed)),
        }
    }
}
