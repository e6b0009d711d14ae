//! The service that hashes and verifies passwords.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{ConfigError, Recorder, Secret, Timestamp, random_bytes};
use zeroize::Zeroizing;

use super::engine::{Argon2Engine, Engine, Input};
use super::error::PasswordError;
use super::hash::PasswordHash;
use super::params::{Argon2Cost, Argon2Params};
use super::policy::{AcceptedPassword, PasswordContext, PasswordPolicy};
use super::pool::{Computation, HashLoad, Pool};
use super::settings::PasswordSettings;
use super::text::normalised;
use crate::time::AnyClock;

/// Bytes of random salt in new hashes (RFC 9106 section 3.1).
const SALT_LEN: usize = 16;
/// Bytes of output in new hashes.
const OUTPUT_LEN: usize = 32;

/// Hashes and verifies passwords with Argon2id, on threads of its own. Clones are cheap and share the threads, which end with
/// the last of them.
///
/// The futures need no particular runtime. Dropping one stops nothing that runs: who hangs up frees no place early.
///
/// ```
/// use palisade_auth::{PasswordContext, PasswordPolicy, PasswordSettings, Passwords};
/// use palisade_core::Secret;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let passwords = Passwords::start(&PasswordSettings::default())?;
/// let secret = |text: &str| Secret::new(text.to_owned());
///
/// let context = PasswordContext::new("shop").add_email("ada@shop.example");
/// let hash = passwords.accept(&PasswordPolicy::customer(), &context, secret("correct horse battery staple")).await?;
/// assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
///
/// assert!(passwords.verify(&hash, secret("correct horse battery staple")).await.is_ok());
/// assert!(passwords.verify(&hash, secret("Correct horse battery staple")).await.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Passwords(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: Pool,
    params: Argon2Params,
    stored: Argon2Cost,
    /// What is computed where there is nothing to verify: a hash of the live parameters, of a password that nobody knows.
    dummy: PasswordHash,
    clock: AnyClock,
    recorder: Recorder,
}

impl Passwords {
    /// Starts the threads and makes one hash, so that a cost that this machine cannot carry is found now.
    ///
    /// # Errors
    /// [`ConfigError`] for settings out of their bounds, and where threads, memory or random bytes are not to be had.
    pub fn start(settings: &PasswordSettings) -> Result<Self, ConfigError> {
        Self::start_with(settings, || Argon2Engine::new(settings.params.cost()).ok())
    }

    pub(crate) fn start_with<E: Engine>(
        settings: &PasswordSettings,
        engine: impl Fn() -> Option<E>,
    ) -> Result<Self, ConfigError> {
        let (limits, stored) = (settings.limits()?, settings.stored_ceiling()?);
        let no_memory = || {
            ConfigError::new(
                "argon2 parameters",
                "there is no memory for a hash on each thread",
            )
        };
        let mut first = engine().ok_or_else(no_memory)?;
        let clock = &settings.clock;
        let (dummy, each) = dummy(&mut first, settings.params.cost(), clock).ok_or_else(no_memory)?;
        let pool = Pool::new(limits, each, clock.clone(), settings.recorder.clone());
        let no_thread = |_| ConfigError::new("password threads", "the operating system gave no thread");
        pool.start(first).map_err(no_thread)?;
        for _ in 1..limits.threads.get() {
            pool.start(engine().ok_or_else(no_memory)?).map_err(no_thread)?;
        }
        Ok(Self(Arc::new(Inner {
            pool,
            params: settings.params,
            stored,
            dummy,
            clock: clock.clone(),
            recorder: settings.recorder.clone(),
        })))
    }

    /// Judges a new password and hashes it: [`PasswordPolicy::check`], then [`hash`](Self::hash). For registration, change and reset.
    ///
    /// # Security
    /// Call it *before* looking whether the address is taken. Then a taken address costs exactly what a free one
    /// does, and the answer can be the same; see the crate's documentation, "Registration".
    ///
    /// # Errors
    /// [`PasswordError`]: refused by the policy (before anything is hashed), overloaded, or an internal fault.
    pub async fn accept(
        &self,
        policy: &PasswordPolicy,
        context: &PasswordContext,
        password: Secret<String>,
    ) -> Result<PasswordHash, PasswordError> {
        let accepted = policy.check(context, password)?;
        self.hash(accepted).await
    }

    /// Hashes a password that a policy has accepted, with the live parameters and a random salt of 16 bytes.
    ///
    /// # Errors
    /// [`PasswordError`]: overloaded, or an internal fault.
    pub async fn hash(&self, password: AcceptedPassword) -> Result<PasswordHash, PasswordError> {
        self.hash_normalised(password.into_secret()).await
    }

    /// Verifies a password. It always computes one hash: of a password that is too long, or for a stored hash that is too
    /// costly, it computes one with the live parameters and refuses.
    ///
    /// # Errors
    /// [`PasswordError`]: the wrong password is an error too, so that `?` is safe; overloaded; or an internal fault.
    pub async fn verify(
        &self,
        hash: &PasswordHash,
        password: Secret<String>,
    ) -> Result<PasswordVerified, PasswordError> {
        self.verify_or_pretend(Some(hash), normalised(password)).await
    }

    /// As [`verify`](Self::verify), and the same work where there is no hash or no password to verify.
    pub(crate) async fn verify_or_pretend(
        &self,
        hash: Option<&PasswordHash>,
        password: Option<Secret<String>>,
    ) -> Result<PasswordVerified, PasswordError> {
        let usable = hash.filter(|hash| hash.cost().fits(self.0.stored));
        let (hash, password, real) = match (usable, password) {
            (Some(hash), Some(password)) => (hash, password, true),
            (_, password) => (
                &self.0.dummy,
                password.unwrap_or_else(|| Secret::new(String::new())),
                false,
            ),
        };
        let computation = Computation {
            cost: hash.cost(),
            password,
            salt: hash.salt(),
            output_len: hash.output_len(),
        };
        let output = self.0.pool.compute(computation).await?;
        if hash.matches(&output) & real {
            Ok(PasswordVerified(()))
        } else {
            Err(PasswordError::MISMATCH)
        }
    }

    pub(crate) async fn hash_normalised(
        &self,
        password: Secret<String>,
    ) -> Result<PasswordHash, PasswordError> {
        let salt = random_bytes::<SALT_LEN>()?;
        let cost = self.0.params.cost();
        let computation = Computation {
            cost,
            password,
            salt: &salt,
            output_len: OUTPUT_LEN,
        };
        let output = self.0.pool.compute(computation).await?;
        Ok(PasswordHash::from_parts(cost, &salt, &output)?)
    }

    /// Whether a stored hash was made in another way than new ones are.
    #[must_use]
    pub fn needs_rehash(&self, hash: &PasswordHash) -> bool {
        hash.cost() != self.0.params.cost()
            || hash.salt().len() != SALT_LEN
            || hash.output_len() != OUTPUT_LEN
    }

    /// How busy the hashing is, and what it has done: for metrics, and to refuse other work in time.
    #[must_use]
    pub fn load(&self) -> HashLoad {
        self.0.pool.load()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.0.recorder
    }
}

/// A hash of a password that nobody knows, and how long it took.
fn dummy(engine: &mut impl Engine, cost: Argon2Cost, clock: &AnyClock) -> Option<(PasswordHash, Duration)> {
    let password = Zeroizing::new(random_bytes::<32>().ok()?);
    let salt = random_bytes::<SALT_LEN>().ok()?;
    let mut output = [0; OUTPUT_LEN];
    let start = clock.monotonic();
    let input = Input {
        password: &*password,
        salt: &salt,
    };
    engine.compute(cost, input, &mut output).ok()?;
    let took = clock.monotonic().saturating_sub(start);
    Some((PasswordHash::from_parts(cost, &salt, &output).ok()?, took))
}

/// The password was the one that was hashed. Only [`Passwords::verify`] makes one.
#[derive(Clone, Copy, Debug)]
#[must_use = "it is the proof that a password was verified"]
pub struct PasswordVerified(());

#[cfg(test)]
mod tests;
