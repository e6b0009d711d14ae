//! For tests: one account, a limiter and a clock.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_core::{
    ClientAddr, Collected, FakeClock, Recorder, Secret, StoreError, StoreErrorKind, Subject,
};

use super::{Credential, Credentials};
use crate::password::lab::Lab;
use crate::{
    Identifier, LoginBucket, LoginCharge, LoginLimiter, PasswordContext, PasswordHash, PasswordSettings,
    Passwords,
};

pub(crate) const ADA: &str = "ada@shop.example";
pub(crate) const OLD: &str = "correct horse battery staple";
pub(crate) const NEW: &str = "a quite different passphrase";

/// The accounts: there is one, with the id 42.
pub(crate) struct Shop {
    pub(crate) credential: Mutex<Credential>,
    pub(crate) down: AtomicBool,
    /// Look-ups and replacements.
    pub(crate) asked: AtomicUsize,
}

impl Shop {
    pub(crate) fn stored(&self) -> PasswordHash {
        self.credential.lock().unwrap().hash.clone().unwrap()
    }

    pub(crate) fn change(&self, change: impl FnOnce(Credential) -> Credential) {
        let mut credential = self.credential.lock().unwrap();
        *credential = change(credential.clone());
    }

    fn found(&self, is: impl FnOnce(&Credential) -> bool) -> Result<Option<Credential>, StoreError> {
        self.answers()?;
        let credential = self.credential.lock().unwrap();
        Ok(is(&credential).then(|| credential.clone()))
    }

    fn answers(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let up = !self.down.load(Ordering::SeqCst);
        up.then_some(()).ok_or(StoreError::new(StoreErrorKind::TimedOut))
    }
}

impl Credentials for Arc<Shop> {
    async fn by_identifier(&self, identifier: &Identifier) -> Result<Option<Credential>, StoreError> {
        tokio::task::yield_now().await;
        self.found(|credential| credential.identifier == *identifier)
    }

    async fn by_subject(&self, subject: &Subject) -> Result<Option<Credential>, StoreError> {
        tokio::task::yield_now().await;
        self.found(|credential| credential.subject == *subject)
    }

    async fn replace(
        &self,
        _: &Subject,
        old: Option<&PasswordHash>,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        tokio::task::yield_now().await;
        self.answers()?;
        let mut credential = self.credential.lock().unwrap();
        let text = |hash: Option<&PasswordHash>| hash.map(|hash| hash.as_str().to_owned());
        let same = text(credential.hash.as_ref()) == text(old);
        if same {
            let former = credential.hash.replace(new.clone());
            credential.former.splice(0..0, former);
        }
        Ok(same)
    }
}

/// A limiter that has room for so many attempts in each kind of bucket.
#[derive(Default)]
pub(crate) struct Limits {
    pub(crate) account: AtomicUsize,
    pub(crate) client: AtomicUsize,
    pub(crate) down: AtomicBool,
}

impl LoginLimiter for Limits {
    async fn charge(&self, bucket: LoginBucket<'_>, _: ClientAddr) -> Result<LoginCharge, StoreError> {
        tokio::task::yield_now().await;
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Failed));
        }
        let room = match bucket {
            LoginBucket::Account(_) => &self.account,
            LoginBucket::Client(_) => &self.client,
        };
        let took = room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(1));
        Ok(match took {
            Ok(_) => LoginCharge::Allowed,
            Err(_) => LoginCharge::Refused {
                retry_after: Duration::from_secs(30),
            },
        })
    }
}

/// All of it.
pub(crate) struct Stage {
    pub(crate) lab: Lab,
    pub(crate) clock: FakeClock,
    pub(crate) events: Collected,
    pub(crate) shop: Arc<Shop>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) passwords: Passwords,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let (clock, events) = (FakeClock::new(), Collected::new());
        let settings = PasswordSettings::default()
            .with_clock(clock.clone())
            .with_recorder(Recorder::default().add_sink(events.clone()));
        let (lab, passwords) = Lab::start(&settings);
        let hash = passwords.hash_normalised(secret(OLD)).await.unwrap();
        lab.take();
        let identifier = Identifier::parse(ADA).unwrap();
        let context = PasswordContext::new("shop").add_email(ADA);
        let credential = Credential::new(subject(), identifier, context).with_password(hash);
        let shop = Shop {
            credential: Mutex::new(credential),
            down: AtomicBool::default(),
            asked: AtomicUsize::default(),
        };
        let limits = Limits {
            account: AtomicUsize::new(1_000),
            client: AtomicUsize::new(1_000),
            ..Limits::default()
        };
        Self {
            lab,
            clock,
            events,
            shop: Arc::new(shop),
            limits: Arc::new(limits),
            passwords,
        }
    }

    /// How many computations there were since it was last asked.
    pub(crate) fn computed(&self) -> usize {
        self.lab.take().len()
    }

    pub(crate) async fn is_password(&self, text: &str) -> bool {
        let right = self
            .passwords
            .verify(&self.shop.stored(), secret(text))
            .await
            .is_ok();
        self.lab.take();
        right
    }
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub(crate) fn subject() -> Subject {
    Subject::new("42").unwrap()
}

pub(crate) fn client() -> ClientAddr {
    ClientAddr::from_peer([192, 0, 2, 7].into())
}
