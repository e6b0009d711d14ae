use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use palisade_core::{FakeClock, StoreError, StoreErrorKind};
use tokio::sync::Barrier;

use super::*;
use crate::renewal::stage::{ADA, Limits, NEW, OLD, Shop, Stage, client, secret, subject};
use crate::{ChangeRequest, MemoryResets, PasswordChange, PasswordRefused};

/// A memory store that counts, and fails when it is told to.
struct Store {
    kept: MemoryResets<FakeClock>,
    asked: Mutex<Vec<&'static str>>,
    down: AtomicBool,
}

impl Store {
    async fn answers(&self, what: &'static str) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        self.asked.lock().unwrap().push(what);
        let up = !self.down.load(Ordering::SeqCst);
        up.then_some(()).ok_or(StoreError::new(StoreErrorKind::Failed))
    }

    fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

impl ResetStore for Arc<Store> {
    async fn put(&self, token: TokenHash, record: ResetRecord, lifetime: Duration) -> Result<(), StoreError> {
        self.answers("put").await?;
        self.kept.put(token, record, lifetime).await
    }

    async fn find(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        self.answers("find").await?;
        self.kept.find(token).await
    }

    async fn take(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        self.answers("take").await?;
        self.kept.take(token).await
    }
}

type Reset = PasswordReset<Arc<Shop>, Arc<Store>, Arc<Limits>>;

struct Scene {
    stage: Stage,
    store: Arc<Store>,
    renewal: PasswordRenewal<Arc<Shop>>,
    reset: Reset,
}

async fn scene_with(policy: PasswordPolicy) -> Scene {
    let stage = Stage::new().await;
    let store = Arc::new(Store {
        kept: MemoryResets::with_clock(stage.clock.clone()),
        asked: Mutex::default(),
        down: AtomicBool::default(),
    });
    let renewal = PasswordRenewal::new(Arc::clone(&stage.shop), policy, stage.passwords.clone());
    let reset = PasswordReset::new(renewal.clone(), Arc::clone(&store), Arc::clone(&stage.limits));
    Scene {
        stage,
        store,
        renewal,
        reset,
    }
}

async fn scene() -> Scene {
    scene_with(PasswordPolicy::customer()).await
}

impl Scene {
    async fn token(&self) -> String {
        let mail = self.reset.request(ADA, client()).await.unwrap().unwrap();
        mail.token().expose().clone()
    }

    async fn redeem(&self, token: &str, new: &str) -> Result<(), RenewalRefusedKind> {
        redeem(&self.reset, token, new).await
    }
}

async fn redeem(reset: &Reset, token: &str, new: &str) -> Result<(), RenewalRefusedKind> {
    let redeemed = reset.redeem(token, secret(new), client()).await;
    redeemed
        .map(|changed| assert_eq!(changed.subject(), &subject()))
        .map_err(|refused| refused.kind())
}

const INVALID: Result<(), RenewalRefusedKind> = Err(RenewalRefusedKind::InvalidToken);

#[tokio::test]
async fn asvs_v6_4_1_a_link_resets_the_password_once() {
    let scene = scene().await;
    let mail = scene
        .reset
        .request(" ADA@shop.example", client())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((mail.subject(), mail.identifier().as_str()), (&subject(), ADA));
    assert_eq!(mail.lifetime(), Duration::from_secs(1_800));
    let token = mail.token().expose();
    assert!(scene.stage.is_password(OLD).await, "a request changes nothing");
    assert!(scene.reset.check(token).await.is_ok() && scene.reset.check(token).await.is_ok());
    assert_eq!(scene.redeem(token, NEW).await, Ok(()));
    assert!(scene.stage.is_password(NEW).await && !scene.stage.is_password(OLD).await);
    assert_eq!(scene.redeem(token, "yet another passphrase").await, INVALID);
    assert!(scene.reset.check(token).await.is_err());
    assert!(scene.stage.is_password(NEW).await);
    assert_eq!(
        scene.stage.events.entries(),
        [
            (SecurityEvent::AuthnPasswordResetIssued, None),
            (SecurityEvent::AuthnPasswordChange, None),
            (SecurityEvent::AuthnPasswordChangeFail, Some("reset_link_invalid")),
        ]
    );
}

#[tokio::test]
async fn a_link_is_good_for_its_lifetime_only() {
    let mut scene = scene().await;
    scene.reset = scene.reset.with_lifetime(Duration::from_secs(60)).unwrap();
    let (first, second) = (scene.token().await, scene.token().await);
    scene.stage.clock.advance(Duration::from_millis(59_999));
    assert!(scene.reset.check(&first).await.is_ok());
    scene.stage.clock.advance(Duration::from_millis(1));
    assert!(scene.reset.check(&first).await.is_err());
    assert_eq!(scene.redeem(&second, NEW).await, INVALID);
    assert!(scene.stage.is_password(OLD).await);
    for wrong in [
        Duration::ZERO,
        Duration::from_secs(59),
        Duration::from_secs(86_401),
    ] {
        assert!(scene.reset.clone().with_lifetime(wrong).is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn every_link_dies_with_a_change_of_the_password() {
    let scene = scene().await;
    let tokens = [scene.token().await, scene.token().await, scene.token().await];
    assert_eq!(scene.redeem(&tokens[0], NEW).await, Ok(()));
    assert_eq!(
        scene.redeem(&tokens[1], "yet another passphrase").await,
        INVALID,
        "by a reset"
    );

    let token = scene.token().await;
    let change = PasswordChange::new(scene.renewal.clone(), Arc::clone(&scene.stage.limits));
    let now = palisade_core::Clock::now(&scene.stage.clock);
    let ada = palisade_core::Principal::new(subject(), palisade_core::PrincipalKind::Customer)
        .with_factor(palisade_core::Factor::Password, now);
    let request = ChangeRequest {
        current: secret(NEW),
        new: secret(OLD),
    };
    drop(change.change(&ada, request, client()).await.unwrap());
    assert_eq!(scene.redeem(&token, NEW).await, INVALID, "by a change");
    // The first password again, but with another salt: the links of its time stay dead.
    assert_eq!(scene.redeem(&tokens[2], NEW).await, INVALID);
    assert!(scene.stage.is_password(OLD).await);
}

#[tokio::test]
async fn asvs_v6_3_8_a_request_does_the_same_whether_or_not_there_is_an_account() {
    let scene = scene().await;
    let overlong = "x".repeat(10_000);
    for (identifier, is_issued, looks_up) in [
        (ADA, true, 1),
        ("eve@shop.example", false, 1),
        ("ada\0@shop.example", false, 0),
        (overlong.as_str(), false, 0),
    ] {
        let before = scene.stage.shop.asked.load(Ordering::SeqCst);
        let mail = scene.reset.request(identifier, client()).await.unwrap();
        assert_eq!(mail.is_some(), is_issued);
        assert_eq!(scene.store.asked().len(), 1, "one question to the store");
        assert_eq!(scene.stage.shop.asked.load(Ordering::SeqCst), before + looks_up);
        assert_eq!(scene.stage.computed(), 0);
    }
    scene.stage.shop.change(Credential::disabled);
    assert!(
        scene.reset.request(ADA, client()).await.unwrap().is_none(),
        "a closed account"
    );
    assert_eq!(scene.store.asked(), ["find"], "nothing is kept for nobody");
}

#[tokio::test]
async fn an_account_that_is_closed_meanwhile_is_not_opened() {
    let scene = scene().await;
    let token = scene.token().await;
    scene.stage.shop.change(Credential::disabled);
    assert!(scene.reset.check(&token).await.is_err());
    assert_eq!(scene.redeem(&token, NEW).await, INVALID);
    assert_eq!(
        scene.stage.computed(),
        0,
        "nothing is hashed for a link that is not valid"
    );
}

#[tokio::test]
async fn a_weak_password_does_not_use_the_link_up() {
    let scene = scene_with(PasswordPolicy::customer().with_history(1).unwrap()).await;
    let token = scene.token().await;
    for (new, reason) in [
        ("short", PasswordRefused::TooShort { min: 15, given: 5 }),
        (OLD, PasswordRefused::Reused),
        ("ada@shop.example", PasswordRefused::ContainsContext),
    ] {
        assert_eq!(
            scene.redeem(&token, new).await,
            Err(RenewalRefusedKind::Refused(reason))
        );
    }
    assert_eq!(scene.redeem(&token, NEW).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_redemptions_at_once_one_succeeds() {
    let scene = scene().await;
    let (token, barrier) = (scene.token().await, Arc::new(Barrier::new(100)));
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let (reset, token, barrier) = (scene.reset.clone(), token.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                redeem(&reset, &token, &format!("new passphrase no {n}")).await
            })
        })
        .collect();
    let mut reset = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => reset += 1,
            Err(kind) => assert!(
                matches!(
                    kind,
                    RenewalRefusedKind::InvalidToken | RenewalRefusedKind::Overloaded
                ),
                "{kind:?}"
            ),
        }
    }
    assert_eq!(reset, 1);
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_refused_without_asking() {
    let scene = scene().await;
    let token = scene.token().await;
    scene.store.asked();
    for text in [
        "",
        "x",
        &token.chars().skip(1).collect::<String>(),
        &format!("{token}A"),
        &"A".repeat(1_000_000),
        "ada@shop.example",
    ] {
        assert_eq!(scene.redeem(text, NEW).await, INVALID);
    }
    assert!(scene.store.asked().is_empty());
    let other = Token::generate().unwrap().to_text();
    assert_eq!(scene.redeem(other.expose(), NEW).await, INVALID);
    assert_eq!(scene.store.asked(), ["find"]);
}

#[tokio::test]
async fn requests_are_limited_by_client_and_by_account() {
    for (account, clients) in [(1, 9), (9, 1)] {
        let scene = scene().await;
        scene.stage.limits.account.store(account, Ordering::SeqCst);
        scene.stage.limits.client.store(clients, Ordering::SeqCst);
        assert!(scene.reset.request(ADA, client()).await.is_ok());
        let refused = scene.reset.request(ADA, client()).await.unwrap_err();
        assert_eq!(refused.kind(), RenewalRefusedKind::Limited);
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(30)));
    }
}

#[tokio::test]
async fn a_store_that_fails_issues_and_redeems_nothing() {
    let scene = scene().await;
    let token = scene.token().await;
    for down in [&scene.store.down, &scene.stage.shop.down] {
        down.store(true, Ordering::SeqCst);
        let unknown = scene
            .reset
            .request("eve@shop.example", client())
            .await
            .unwrap_err();
        let known = scene.reset.request(ADA, client()).await.unwrap_err();
        assert_eq!(known, unknown);
        assert_eq!(known.kind(), RenewalRefusedKind::Unavailable);
        assert_eq!(
            scene.redeem(&token, NEW).await,
            Err(RenewalRefusedKind::Unavailable)
        );
        down.store(false, Ordering::SeqCst);
    }
    scene.stage.limits.down.store(true, Ordering::SeqCst);
    assert!(scene.reset.request(ADA, client()).await.is_err());
    assert_eq!(
        scene.redeem(&token, NEW).await,
        Ok(()),
        "and the link is still good"
    );
}

#[tokio::test]
async fn a_redemption_that_is_dropped_never_makes_a_link_good_twice() {
    for polls in 0_u32.. {
        let scene = scene().await;
        let token = scene.token().await;
        let mut redeeming = std::pin::pin!(scene.redeem(&token, NEW));
        let mut left = polls;
        let ended = std::future::poll_fn(|context| {
            if left == 0 {
                return std::task::Poll::Ready(None);
            }
            left -= 1;
            redeeming.as_mut().poll(context).map(Some)
        })
        .await;
        let changed = scene.stage.is_password(NEW).await;
        let again = scene.redeem(&token, "yet another passphrase").await;
        assert!(!(changed && again.is_ok()), "after {polls} polls");
        if ended.is_some() {
            assert!(changed && polls >= 5, "{polls} polls");
            return;
        }
    }
}
