use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use http::HeaderMap;
use palisade_core::{Clock, Factor};
use palisade_core::{
    Collected, FakeClock, Principal, PrincipalKind, Refusal, StoreErrorKind, Subject, Tenant,
};
use tokio::sync::Barrier;

use super::*;
use crate::password::lab::{Lab, plain};
use crate::{Argon2Cost, Argon2Params, Identifier, PasswordSettings};

const ADA: &str = "ada@shop.example";
const RIGHT: &str = "correct horse battery staple";

/// One account, in memory.
#[derive(Default)]
struct Shop {
    account: Mutex<Option<(Identifier, Account)>>,
    down: AtomicBool,
    /// Changes the password between the look-up and the replacement.
    changes_meanwhile: Mutex<Option<PasswordHash>>,
}

impl Shop {
    fn with(account: Account) -> Arc<Self> {
        let account = Some((Identifier::parse(ADA).unwrap(), account));
        Arc::new(Self {
            account: Mutex::new(account),
            ..Self::default()
        })
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Option<(Identifier, Account)>> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self) -> PasswordHash {
        let account = self.account();
        account.as_ref().unwrap().1.password.clone().unwrap()
    }

    fn answers(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::SeqCst) {
            Err(StoreError::new(StoreErrorKind::TimedOut))
        } else {
            Ok(())
        }
    }
}

impl Accounts for Arc<Shop> {
    async fn find(&self, identifier: &Identifier) -> Result<Option<Account>, StoreError> {
        yield_once().await;
        self.answers()?;
        let account = self.account();
        let found = account.as_ref().filter(|(known, _)| known == identifier);
        Ok(found.map(|(_, account)| account.clone()))
    }

    async fn replace_hash(
        &self,
        _: &Subject,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        yield_once().await;
        self.answers()?;
        let meanwhile = self.changes_meanwhile.lock().unwrap().take();
        let mut account = self.account();
        let password = &mut account.as_mut().unwrap().1.password;
        *password = meanwhile.or_else(|| password.take());
        if password.as_ref().unwrap().as_str() == old.as_str() {
            *password = Some(new.clone());
        }
        Ok(())
    }
}

/// A limiter that has room for so many attempts in each kind of bucket.
#[derive(Default)]
struct Limits {
    account: AtomicUsize,
    client: AtomicUsize,
    charged: Mutex<Vec<String>>,
    clients: Mutex<Vec<ClientAddr>>,
    down: AtomicBool,
}

impl Limits {
    fn with(account: usize, client: usize) -> Arc<Self> {
        Arc::new(Self {
            account: AtomicUsize::new(account),
            client: AtomicUsize::new(client),
            ..Self::default()
        })
    }

    fn charged(&self) -> Vec<String> {
        std::mem::take(&mut *self.charged.lock().unwrap())
    }
}

impl LoginLimiter for Limits {
    async fn charge(&self, bucket: LoginBucket<'_>, client: ClientAddr) -> Result<LoginCharge, StoreError> {
        yield_once().await;
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Failed));
        }
        let (room, name) = match bucket {
            LoginBucket::Account(identifier) => (&self.account, identifier.as_str().to_owned()),
            LoginBucket::Client(network) => (&self.client, network.to_string()),
        };
        self.charged.lock().unwrap().push(name);
        self.clients.lock().unwrap().push(client);
        let taken = room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |room| room.checked_sub(1));
        Ok(match taken {
            Ok(_) => LoginCharge::Allowed,
            Err(_) => LoginCharge::Refused {
                retry_after: Duration::from_secs(30),
            },
        })
    }
}

/// Pending once, as what goes over a network is.
async fn yield_once() {
    let mut pending = true;
    poll_fn(|context| {
        if std::mem::take(&mut pending) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// A funnel with everything around it.
struct Scene {
    lab: Lab,
    shop: Arc<Shop>,
    limits: Arc<Limits>,
    clock: FakeClock,
    events: Collected,
    passwords: Passwords,
    login: Authenticator<Arc<Shop>, Arc<Limits>>,
}

fn settings(clock: &FakeClock, events: &Collected) -> PasswordSettings {
    PasswordSettings::default()
        .with_clock(clock.clone())
        .with_threads(std::num::NonZeroUsize::MIN)
        .with_recorder(Recorder::default().add_sink(events.clone()))
}

/// The scene with the account that `change` makes of one with the right password.
fn scene(change: impl FnOnce(Account) -> Account) -> Scene {
    let (clock, events) = (FakeClock::new(), Collected::new());
    let (lab, passwords) = Lab::start(&settings(&clock, &events));
    let account = Account::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
    let hash = block_on(passwords.hash_normalised(secret(RIGHT))).unwrap();
    lab.take();
    let shop = Shop::with(change(account.with_password(hash)));
    let limits = Limits::with(1_000, 1_000);
    let login = Authenticator::new(Arc::clone(&shop), Arc::clone(&limits), passwords.clone());
    Scene {
        lab,
        shop,
        limits,
        clock,
        events,
        passwords,
        login,
    }
}

impl Scene {
    fn try_login(&self, identifier: &str, password: &str) -> Result<Authenticated, LoginRefused> {
        block_on(self.login.authenticate(identifier, secret(password), client()))
    }

    fn kind(&self, identifier: &str, password: &str) -> LoginRefusedKind {
        self.try_login(identifier, password).unwrap_err().kind()
    }

    fn costs(&self) -> Vec<Argon2Cost> {
        self.lab.take().into_iter().map(|(cost, _)| cost).collect()
    }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn client() -> ClientAddr {
    ClientAddr::from_peer([192, 0, 2, 7].into())
}

fn live() -> Argon2Cost {
    Argon2Params::default().cost()
}

/// A hash of the right password, made with other parameters than the live ones.
fn outdated(lab: &Lab) -> PasswordHash {
    let old = Argon2Params::new(Argon2Cost {
        memory_kib: 12_288,
        passes: 3,
        lanes: 1,
    });
    let passwords = lab.passwords(&PasswordSettings::default().with_params(old.unwrap()));
    let hash = block_on(passwords.hash_normalised(secret(RIGHT))).unwrap();
    lab.take();
    hash
}

struct Ring(Mutex<Sender<()>>);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        self.0.lock().unwrap().send(()).unwrap_or_default();
    }
}

/// Runs a future without a runtime, for at most so many polls; the threads of the pool wake it. `between` is called
/// before it waits to be woken.
fn poll_up_to<F: Future>(polls: usize, between: impl Fn(), future: F) -> Option<F::Output> {
    let (wake, woken) = channel();
    let waker = Waker::from(Arc::new(Ring(Mutex::new(wake))));
    let mut future = pin!(future);
    for poll in 0..polls {
        if poll > 0 {
            between();
            woken.recv().unwrap();
        }
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
    }
    None
}

fn block_on<F: Future>(future: F) -> F::Output {
    poll_up_to(usize::MAX, || (), future).unwrap()
}

#[test]
fn the_right_password_gives_a_principal_that_has_shown_it_now() {
    let scene = scene(|account| account);
    let at = scene.clock.now();
    let authenticated = scene.try_login(" ADA@shop.example", RIGHT).unwrap();
    assert_eq!((authenticated.subject().as_str(), authenticated.at()), ("42", at));
    let principal = Principal::from(authenticated);
    assert_eq!(principal.kind(), PrincipalKind::Customer);
    assert_eq!(principal.factors().collect::<Vec<_>>(), [(Factor::Password, at)]);
    assert_eq!(scene.events.kinds(), [SecurityEvent::AuthnLoginSuccess]);
    assert_eq!(scene.limits.charged(), ["192.0.2.7/32", ADA]);
}

#[test]
fn tenant_and_roles_of_the_account_reach_the_principal_and_nothing_else_does() {
    let north = Tenant::new("north").unwrap();
    let tenant = north.clone();
    let merchant = scene(|account| {
        account
            .with_tenant(tenant)
            .add_role("merchant")
            .add_role("packer")
    });
    let principal = merchant.try_login(ADA, RIGHT).unwrap().into_principal();
    assert_eq!(principal.tenant(), Some(&north));
    let mut roles: Vec<_> = principal.roles().collect();
    roles.sort_unstable();
    assert_eq!(roles, ["merchant", "packer"]);
    let factors: Vec<_> = principal.factors().map(|(factor, _)| factor).collect();
    assert_eq!(factors, [Factor::Password], "a role is no factor");

    let principal = scene(|account| account)
        .try_login(ADA, RIGHT)
        .unwrap()
        .into_principal();
    assert_eq!((principal.tenant(), principal.roles().count()), (None, 0));
    assert_eq!(principal.scopes().count(), 0);
}

#[test]
fn asvs_v6_3_8_every_path_costs_one_live_computation_and_gives_one_answer() {
    type Change = fn(Account) -> Account;
    let without_password: Change =
        |account| Account::new(account.principal.subject().clone(), account.principal.kind());
    let too_costly: Change = |account| {
        let cost = Argon2Cost {
            memory_kib: 1 << 20,
            passes: 64,
            lanes: 16,
        };
        account.with_password(plain(cost, &[1; 16], &[2; 32]))
    };
    let overlong = "x".repeat(1_025);
    let long_name = "x".repeat(255);
    let same: Change = |account| account;
    let cases: [(&str, Change, &str, &str); 12] = [
        ("unknown account", same, "eve@shop.example", RIGHT),
        ("malformed identifier", same, "ada\0@shop.example", RIGHT),
        ("empty identifier", same, "", RIGHT),
        ("overlong identifier", same, &long_name, RIGHT),
        ("account without a password", without_password, ADA, RIGHT),
        ("hash that costs too much", too_costly, ADA, RIGHT),
        ("disabled account", Account::disabled, ADA, RIGHT),
        (
            "disabled account, wrong password",
            Account::disabled,
            ADA,
            "wrong password",
        ),
        ("overlong password", same, ADA, &overlong),
        ("empty password", same, ADA, ""),
        ("short password", same, ADA, "x"),
        ("wrong password", same, ADA, "wrong horse battery staple"),
    ];
    for (name, change, identifier, password) in cases {
        let scene = scene(change);
        let refused = scene.try_login(identifier, password).unwrap_err();
        assert_eq!(scene.costs(), [live()], "{name}");
        assert_eq!(refused, LoginRefused::CREDENTIALS, "{name}");
        assert_eq!(scene.events.kinds(), [SecurityEvent::AuthnLoginFail], "{name}");
        let mut headers = HeaderMap::new();
        refused.extend_headers(&mut headers);
        assert!(headers.is_empty(), "{name}");
    }
    let scene = scene(same);
    assert!(scene.try_login(ADA, RIGHT).is_ok());
    assert_eq!(scene.costs(), [live()], "right password");
}

#[test]
fn the_operator_sees_that_a_disabled_account_was_tried() {
    let scene = scene(Account::disabled);
    assert_eq!(scene.kind(ADA, RIGHT), LoginRefusedKind::Credentials);
    assert_eq!(
        scene.kind("eve@shop.example", RIGHT),
        LoginRefusedKind::Credentials
    );
    let failed = SecurityEvent::AuthnLoginFail;
    let entries = [(failed, Some("account_disabled")), (failed, Some("credentials"))];
    assert_eq!(scene.events.entries(), entries);
}

#[test]
fn asvs_v6_3_1_a_refusal_by_a_limit_comes_before_everything() {
    for (limits, charged) in [
        (
            Limits::with(0, 9),
            vec!["192.0.2.7/32".to_owned(), ADA.to_owned()],
        ),
        // What the client has no room for is not taken from the account.
        (Limits::with(9, 0), vec!["192.0.2.7/32".to_owned()]),
    ] {
        let mut scene = scene(|account| account);
        scene.login = Authenticator::new(
            Arc::clone(&scene.shop),
            Arc::clone(&limits),
            scene.passwords.clone(),
        );
        let refused = scene.try_login(ADA, RIGHT).unwrap_err();
        assert_eq!(refused.kind(), LoginRefusedKind::Limited);
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(30)));
        assert_eq!(limits.charged(), charged);
        assert!(scene.costs().is_empty());
        assert_eq!(scene.events.kinds(), [SecurityEvent::AuthnLoginFailMax]);
    }
}

#[test]
fn clients_of_one_ipv6_network_share_a_bucket_and_accounts_do_not() {
    let scene = scene(|account| account);
    let [first, second] = ["2001:db8::1", "2001:db8::2"].map(|ip| ClientAddr::from_peer(ip.parse().unwrap()));
    for (client, identifier) in [(first, ADA), (second, "eve@shop.example")] {
        let result = block_on(
            scene
                .login
                .authenticate(identifier, secret("wrong password"), client),
        );
        assert!(result.is_err());
    }
    let charged = ["2001:db8::/64", ADA, "2001:db8::/64", "eve@shop.example"];
    assert_eq!(scene.limits.charged(), charged, "also for who does not exist");
    let told = scene.limits.clients.lock().unwrap().clone();
    assert_eq!(
        told,
        [first, first, second, second],
        "the limiter hears the whole address, for its events"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_guesses_at_once_only_what_the_limit_allows_is_tried() {
    let mut scene = tokio::task::spawn_blocking(|| scene(|account| account))
        .await
        .unwrap();
    let limits = Limits::with(5, 1_000);
    scene.login = Authenticator::new(Arc::clone(&scene.shop), limits, scene.passwords.clone());
    let barrier = Arc::new(Barrier::new(100));
    let guesses: Vec<_> = (0..100)
        .map(|n| {
            let (login, barrier) = (scene.login.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                let guess = secret(&format!("guess {n}"));
                login.authenticate(ADA, guess, client()).await.unwrap_err().kind()
            })
        })
        .collect();
    let mut kinds = Vec::new();
    for guess in guesses {
        kinds.push(guess.await.unwrap());
    }
    let count = |wanted| kinds.iter().filter(|kind| **kind == wanted).count();
    assert_eq!(count(LoginRefusedKind::Credentials), 5);
    assert_eq!(count(LoginRefusedKind::Limited), 95);
    assert_eq!(scene.costs().len(), 5);
}

#[test]
fn a_store_that_fails_lets_nobody_in_and_is_told_once() {
    let (failed, recovered) = (SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered);
    let scene = scene(|account| account);
    for down in [&scene.limits.down, &scene.shop.down] {
        down.store(true, Ordering::SeqCst);
        for _ in 0..3 {
            assert_eq!(scene.kind(ADA, RIGHT), LoginRefusedKind::StoreDown);
        }
        down.store(false, Ordering::SeqCst);
        assert!(scene.try_login(ADA, RIGHT).is_ok());
    }
    let success = SecurityEvent::AuthnLoginSuccess;
    let refused = (SecurityEvent::AuthnLoginFail, Some("store_down"));
    assert_eq!(
        scene.events.entries(),
        [
            (failed, Some("failed")),
            refused,
            refused,
            refused,
            (recovered, None),
            (success, None),
            (failed, Some("timed_out")),
            refused,
            refused,
            refused,
            (recovered, None),
            (success, None),
        ]
    );
}

#[test]
fn what_hashing_cannot_do_is_not_a_wrong_password() {
    let scene = scene(|account| account);
    scene.lab.panic_once();
    assert_eq!(scene.kind(ADA, RIGHT), LoginRefusedKind::Internal);

    let settings = settings(&scene.clock, &scene.events).with_queue(std::num::NonZeroUsize::MIN);
    let passwords = scene.lab.passwords(&settings);
    let login = Authenticator::new(
        Arc::clone(&scene.shop),
        Arc::clone(&scene.limits),
        passwords.clone(),
    );
    scene.lab.hold();
    let context = &mut Context::from_waker(Waker::noop());
    let mut running = pin!(passwords.check(None, None));
    assert!(running.as_mut().poll(context).is_pending());
    scene.lab.until_running(1);
    let mut waiting = pin!(passwords.check(None, None));
    assert!(waiting.as_mut().poll(context).is_pending());
    let refused = block_on(login.authenticate(ADA, secret(RIGHT), client())).unwrap_err();
    assert_eq!(refused.kind(), LoginRefusedKind::Overloaded);
    assert_eq!(refused.status(), 503);
    assert!(refused.retry_after().is_some());
    scene.lab.release();
}

#[test]
fn a_login_brings_an_outdated_hash_up_to_date() {
    let scene = scene(|account| account);
    let old = outdated(&scene.lab);
    let account = scene.shop.account().take().unwrap();
    *scene.shop.account() = Some((account.0, account.1.with_password(old.clone())));

    assert_eq!(scene.kind(ADA, "wrong password"), LoginRefusedKind::Credentials);
    assert_eq!(
        scene.costs(),
        [old.cost().unwrap()],
        "only the right password renews it"
    );
    assert_eq!(scene.shop.stored().as_str(), old.as_str());

    assert!(scene.try_login(ADA, RIGHT).is_ok());
    assert_eq!(scene.costs(), [old.cost().unwrap(), live()]);
    assert!(!scene.passwords.needs_rehash(&scene.shop.stored()));
    assert!(
        scene.try_login(ADA, RIGHT).is_ok(),
        "the new hash is of the same password"
    );
    assert_eq!(scene.costs(), [live()]);
}

#[test]
fn a_password_that_was_changed_meanwhile_is_not_undone() {
    let scene = scene(|account| account);
    let changed = block_on(scene.passwords.hash_normalised(secret("another password"))).unwrap();
    let old = outdated(&scene.lab);
    let account = scene.shop.account().take().unwrap();
    *scene.shop.account() = Some((account.0, account.1.with_password(old)));
    *scene.shop.changes_meanwhile.lock().unwrap() = Some(changed.clone());
    assert!(scene.try_login(ADA, RIGHT).is_ok());
    assert_eq!(scene.shop.stored().as_str(), changed.as_str());
}

#[test]
fn a_login_dropped_at_any_await_leaves_nothing_half_done() {
    for polls in 0.. {
        let scene = scene(|account| account);
        let old = outdated(&scene.lab);
        let account = scene.shop.account().take().unwrap();
        *scene.shop.account() = Some((account.0, account.1.with_password(old.clone())));

        // Computations wait for us, so that none is done before its future was found pending.
        scene.lab.hold();
        let compute = || {
            let load = scene.passwords.load();
            if (load.queued, load.running) != (0, 0) {
                scene.lab.until_running(1);
                scene.lab.let_one_go();
            }
        };
        let login = scene.login.authenticate(ADA, secret(RIGHT), client());
        let finished = poll_up_to(polls, compute, login).is_some();
        scene.lab.release();
        let told = scene.events.kinds().contains(&SecurityEvent::AuthnLoginSuccess);
        assert_eq!(
            told, finished,
            "after {polls} polls: a success is told where it is given"
        );
        let stored = scene.shop.stored();
        let is_old = stored.as_str() == old.as_str();
        assert_ne!(
            is_old,
            !scene.passwords.needs_rehash(&stored),
            "after {polls} polls: old or new"
        );
        assert!(
            scene.try_login(ADA, RIGHT).is_ok(),
            "after {polls} polls: the account is whole"
        );
        let load = scene.passwords.load();
        assert_eq!(
            (load.running, load.queued),
            (0, 0),
            "after {polls} polls: no place is lost"
        );
        if finished {
            // Two charges, the look-up, two computations and the replacement were each pending once.
            assert_eq!(polls, 7);
            return;
        }
    }
}

/// The system that had the passwords before.
#[derive(Default)]
struct OldSystem {
    asked: Mutex<Vec<(String, String)>>,
    adopted: Mutex<Option<PasswordHash>>,
    down: AtomicBool,
}

impl Migration for Arc<OldSystem> {
    async fn verify(&self, identifier: &Identifier, password: &Secret<String>) -> Result<bool, StoreError> {
        yield_once().await;
        let asked = (identifier.as_str().to_owned(), password.expose().clone());
        self.asked.lock().unwrap().push(asked);
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::TimedOut));
        }
        Ok(password.expose() == RIGHT)
    }

    async fn adopt(&self, subject: &Subject, new: &PasswordHash) -> Result<(), StoreError> {
        yield_once().await;
        assert_eq!(subject.as_str(), "42");
        *self.adopted.lock().unwrap() = Some(new.clone());
        Ok(())
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is one of the changes that a scene takes"
)]
fn migrating(account: Account) -> Account {
    Account::new(account.principal.subject().clone(), account.principal.kind()).migrating()
}

#[test]
fn an_account_that_another_system_knows_gets_a_hash_here_at_its_first_login() {
    let (mut scene, old) = (scene(migrating), Arc::new(OldSystem::default()));
    scene.login = scene.login.with_migration(Arc::clone(&old));
    assert_eq!(scene.kind(ADA, "wrong password"), LoginRefusedKind::Credentials);
    assert!(old.adopted.lock().unwrap().is_none());
    scene.costs();

    let authenticated = scene.try_login(" ADA@shop.example", RIGHT).unwrap();
    assert_eq!(authenticated.subject().as_str(), "42");
    assert_eq!(scene.costs(), [live(), live()], "as an outdated hash does");
    let adopted = old.adopted.lock().unwrap().take().unwrap();
    assert!(block_on(scene.passwords.verify(&adopted, secret(RIGHT))).is_ok());
    let asked = old.asked.lock().unwrap();
    assert_eq!(asked.last().unwrap(), &(ADA.to_owned(), RIGHT.to_owned()));
}

#[test]
fn the_other_system_is_asked_for_its_own_accounts_only() {
    type Change = fn(Account) -> Account;
    let overlong = "x".repeat(1_025);
    let still: Change = migrating;
    let has_hash: Change = Account::migrating;
    let closed: Change = |account| migrating(account).disabled();
    let no_migration: Change =
        |account| Account::new(account.principal.subject().clone(), account.principal.kind());
    for (name, change, identifier, password) in [
        ("an account with a hash", has_hash, ADA, "wrong password"),
        ("a closed account", closed, ADA, RIGHT),
        ("an account without a password", no_migration, ADA, RIGHT),
        ("an unknown account", still, "eve@shop.example", RIGHT),
        ("an overlong password", still, ADA, overlong.as_str()),
    ] {
        let (mut scene, old) = (scene(change), Arc::new(OldSystem::default()));
        scene.login = scene.login.with_migration(Arc::clone(&old));
        assert_eq!(
            scene.kind(identifier, password),
            LoginRefusedKind::Credentials,
            "{name}"
        );
        assert_eq!(scene.costs(), [live()], "{name}");
        assert!(old.asked.lock().unwrap().is_empty(), "{name}");
    }
    let scene = scene(migrating);
    assert_eq!(
        scene.kind(ADA, RIGHT),
        LoginRefusedKind::Credentials,
        "nobody to ask"
    );
}

#[test]
fn an_old_system_that_fails_is_a_wrong_password_and_told_to_the_operator() {
    let (mut scene, old) = (scene(migrating), Arc::new(OldSystem::default()));
    scene.login = scene.login.with_migration(Arc::clone(&old));
    old.down.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(
            scene.try_login(ADA, RIGHT).unwrap_err(),
            LoginRefused::CREDENTIALS
        );
    }
    let refused = (SecurityEvent::AuthnLoginFail, Some("credentials"));
    let failed = (SecurityEvent::ControlFailed, Some("timed_out"));
    assert_eq!(scene.events.entries(), [failed, refused, refused]);
}

#[test]
fn an_overloaded_pool_asks_no_other_system() {
    let (mut scene, old) = (scene(migrating), Arc::new(OldSystem::default()));
    scene.login = scene.login.with_migration(Arc::clone(&old));
    scene.lab.panic_once();
    assert_eq!(scene.kind(ADA, RIGHT), LoginRefusedKind::Internal);
    assert!(old.asked.lock().unwrap().is_empty());
}

#[test]
fn a_rotated_pepper_is_renewed_by_a_login_without_a_second_computation() {
    use palisade_core::{KeyId, KeyRing, RootSecret};
    let mut scene = scene(|account| account);
    let id = |text| KeyId::parse(text).unwrap();
    let mut ring = KeyRing::new(crate::Pepper::SEAL, id("old"), &RootSecret::generate().unwrap());
    let later = scene.clock.now().saturating_add(Duration::from_secs(60));
    ring.rotate(id("new"), &RootSecret::generate().unwrap(), later)
        .unwrap();
    let settings = settings(&scene.clock, &scene.events).with_pepper(crate::Pepper::seal(ring).unwrap());
    scene.passwords = scene.lab.passwords(&settings);
    scene.login = Authenticator::new(
        Arc::clone(&scene.shop),
        Arc::clone(&scene.limits),
        scene.passwords.clone(),
    );

    assert!(scene.try_login(ADA, RIGHT).is_ok(), "the plain hash of before");
    assert!(scene.shop.stored().as_str().contains("k=old$"));
    scene.clock.advance(Duration::from_secs(60));
    assert_eq!(scene.kind(ADA, "wrong password"), LoginRefusedKind::Credentials);
    assert!(
        scene.shop.stored().as_str().contains("k=old$"),
        "only the right password renews it"
    );
    assert!(scene.try_login(ADA, RIGHT).is_ok());
    assert!(scene.shop.stored().as_str().contains("k=new$"));
    assert!(scene.try_login(ADA, RIGHT).is_ok());
    assert_eq!(scene.costs(), [live(); 4], "one computation each");
}
