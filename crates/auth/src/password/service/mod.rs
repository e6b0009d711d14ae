//! The service that hashes and verifies passwords.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{ConfigError, ControlHealth, Recorder, Secret, Timestamp, random_bytes};
use zeroize::Zeroizing;

use super::breach::AcceptPassword;
use super::engine::{Argon2Engine, Engine, Input};
use super::error::PasswordError;
use super::hash::{Argon2Hash, Opened, PasswordHash};
use super::params::{Argon2Cost, Argon2Params};
use super::pepper::{Pepper, Wrap};
use super::policy::{AcceptedPassword, PasswordContext};
use super::pool::{HashLoad, Pool};
use super::settings::PasswordSettings;
use super::text::normalised;
use super::work::Argon2Work;
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
    pepper: Pepper,
    pepper_health: ControlHealth,
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
        let no_key = |_| ConfigError::new("password pepper", "no key of the ring is active");
        let dummy = settings.pepper.wrap(dummy, clock.now()).map_err(no_key)?;
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
            pepper: settings.pepper.clone(),
            pepper_health: ControlHealth::new("password pepper"),
            clock: clock.clone(),
            recorder: settings.recorder.clone(),
        })))
    }

    /// Judges a new password and hashes it: [`AcceptPassword::accept`], then [`hash`](Self::hash). For registration, change and reset.
    ///
    /// # Security
    /// Call it *before* looking whether the address is taken. Then a taken address costs exactly what a free one
    /// does, and the answer can be the same; see the crate's documentation, "Registration".
    ///
    /// # Errors
    /// [`PasswordError`]: refused by the policy (before anything is hashed), overloaded, unavailable (what is asked about leaked
    /// passwords does not answer), or an internal fault.
    pub async fn accept(
        &self,
        policy: &impl AcceptPassword,
        context: &PasswordContext,
        password: Secret<String>,
    ) -> Result<PasswordHash, PasswordError> {
        let accepted = policy.accept(context, password).await?;
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
    /// costly or whose pepper is missing, it computes one with the live parameters and refuses.
    ///
    /// # Errors
    /// [`PasswordError`]: the wrong password is an error too, so that `?` is safe; overloaded; or an internal fault.
    pub async fn verify(
        &self,
        hash: &PasswordHash,
        password: Secret<String>,
    ) -> Result<PasswordVerified, PasswordError> {
        let checked = self.check(Some(hash), normalised(password)).await?;
        Ok(checked.verified)
    }

    /// As [`verify`](Self::verify), and the same work where there is no hash or no password to verify.
    pub(crate) async fn check(
        &self,
        hash: Option<&PasswordHash>,
        password: Option<Secret<String>>,
    ) -> Result<Checked, PasswordError> {
        let opened = hash.and_then(|hash| self.open(hash));
        let (opened, password, real) = match (opened, password) {
            (Some(opened), Some(password)) => (opened, password, true),
            (_, password) => (self.open_dummy()?, password.unwrap_or_else(no_password), false),
        };
        let output = self.0.pool.compute(Arc::clone(&opened.work), password).await?;
        let output = output.ok_or(PasswordError::MISMATCH)?;
        if opened.expected.is(&output) & real {
            Ok(Checked {
                verified: PasswordVerified(()),
                upgrade: self.upgrade(&opened, &output),
            })
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
        let work = Argon2Work::new(cost, &salt, OUTPUT_LEN);
        let output = self.0.pool.compute(Arc::new(work), password).await?;
        let output = output.ok_or(PasswordError::INTERNAL)?;
        self.0
            .pepper
            .wrap(Argon2Hash::from_parts(cost, &salt, &output)?, self.now())
    }

    /// Whether a stored hash was made in another way than new ones are: with other parameters, another pepper or none, or
    /// by another system. Also where its pepper is missing.
    #[must_use]
    pub fn needs_rehash(&self, hash: &PasswordHash) -> bool {
        let opened = self.0.pepper.open(hash, self.now());
        opened.is_none_or(|opened| !self.is_made_as_now(&opened) || !self.is_wrapped_as_now(&opened))
    }

    /// The same hash under the pepper of now, without its password: for a job that goes through the table after a key
    /// was rotated, or when a pepper is taken on. `None` where nothing is to be done, or only a login can.
    ///
    /// Store what it gives with a compare-and-set on the old text, so that a password that is changed meanwhile stays changed.
    ///
    /// # Errors
    /// [`PasswordError`] of kind `Internal` where the hash's key is missing or revoked, or no key is active.
    pub fn rewrap(&self, hash: &PasswordHash) -> Result<Option<PasswordHash>, PasswordError> {
        let opened = self
            .0
            .pepper
            .open(hash, self.now())
            .ok_or(PasswordError::INTERNAL)?;
        if self.is_wrapped_as_now(&opened) {
            return Ok(None);
        }
        match opened {
            // What is tagged is a tag: the output that another key would need is known at a login only.
            Opened {
                wrap: Wrap::Tagged(_),
                ..
            }
            | Opened { argon2: None, .. } => Ok(None),
            Opened {
                argon2: Some(hash), ..
            } => self.0.pepper.adopt(hash, self.now()),
        }
    }

    /// The hash, ready to be verified, where that is possible and does not cost too much.
    fn open(&self, hash: &PasswordHash) -> Option<Opened> {
        let opened = self.0.pepper.open(hash, self.now());
        let health = &self.0.pepper_health;
        match &opened {
            Some(_) => health.works(self.recorder()),
            None => health.failed(self.recorder(), "key_missing"),
        }
        opened.filter(|opened| opened.work.cost().is_none_or(|cost| cost.fits(self.0.stored)))
    }

    fn open_dummy(&self) -> Result<Opened, PasswordError> {
        let opened = self.0.pepper.open(&self.0.dummy, self.now());
        opened.ok_or(PasswordError::INTERNAL)
    }

    /// What is to be done with a hash whose password was just found right.
    fn upgrade(&self, opened: &Opened, output: &[u8]) -> Upgrade {
        if !self.is_made_as_now(opened) {
            return Upgrade::Rehash;
        }
        if self.is_wrapped_as_now(opened) {
            return Upgrade::None;
        }
        let hash = opened
            .argon2
            .as_ref()
            .and_then(|hash| hash.with_output(output).ok());
        let wrapped = hash.and_then(|hash| self.0.pepper.wrap(hash, self.now()).ok());
        wrapped.map_or(Upgrade::None, Upgrade::Wrapped)
    }

    fn is_made_as_now(&self, opened: &Opened) -> bool {
        opened.argon2.as_ref().is_some_and(|hash| {
            hash.cost() == self.0.params.cost()
                && hash.salt().len() == SALT_LEN
                && hash.output().len() == OUTPUT_LEN
        })
    }

    fn is_wrapped_as_now(&self, opened: &Opened) -> bool {
        self.0.pepper.is_live(&opened.wrap, self.now())
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
fn dummy(engine: &mut impl Engine, cost: Argon2Cost, clock: &AnyClock) -> Option<(Argon2Hash, Duration)> {
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
    Some((Argon2Hash::from_parts(cost, &salt, &output).ok()?, took))
}

/// The password was the one that was hashed. Only [`Passwords::verify`] makes one.
#[derive(Clone, Copy, Debug)]
#[must_use = "it is the proof that a password was verified"]
pub struct PasswordVerified(());

impl PasswordVerified {
    /// The proof that another system found the password right.
    pub(crate) const fn elsewhere() -> Self {
        Self(())
    }
}

/// What a password that was found right tells.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) verified: PasswordVerified,
    pub(crate) upgrade: Upgrade,
}

/// What is to be done with the stored hash.
#[derive(Debug)]
pub(crate) enum Upgrade {
    /// It is as new ones are.
    None,
    /// Hash the password anew.
    Rehash,
    /// This is it under the pepper of now; it cost no further computation.
    Wrapped(PasswordHash),
}

fn no_password() -> Secret<String> {
    Secret::new(String::new())
}

#[cfg(test)]
mod tests;
