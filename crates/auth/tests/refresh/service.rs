//! What a service does with what its store says.
use std::future::{Ready, ready};
use std::time::Duration;

use palisade_auth::{
    AccessTokens, Advanced, DeviceLabel, FamilyToken, Grant, Issuer, ListedFamily, MemoryRefreshStore,
    NewFamily, OwnerId, RefreshLifetimes, RefreshRefusedKind, RefreshStore, RefreshTokens, Revocations,
    SigningKey, SigningKeys, TokenProfile,
};
use palisade_core::{
    Collected, Factor, FakeClock, KeyId, Recorder, Refusal, RootSecret, SecurityEvent, StoreError,
    StoreErrorKind, Tenant, Timestamp, TokenRef,
};
use palisade_testkit::{RedisServer, eventually};

use crate::site::{principal, redis, ring, store};

const DAY: Duration = Duration::from_secs(86_400);

fn memory() -> (FakeClock, RefreshTokens<MemoryRefreshStore<FakeClock>>) {
    let clock = FakeClock::new();
    let tokens = RefreshTokens::new(MemoryRefreshStore::with_clock(clock.clone()), ring());
    (clock.clone(), tokens.with_clock(clock))
}

#[tokio::test]
async fn a_reused_token_ends_its_family_and_is_told() {
    let (clock, tokens) = memory();
    let sink = Collected::new();
    let tokens = tokens.with_recorder(Recorder::default().add_sink(sink.clone()));
    let ada = principal("ada");
    let stolen = tokens.begin(&ada, DeviceLabel::default()).await.unwrap();
    let stolen = stolen.token().expose().as_bytes();
    let good = tokens.refresh(stolen).await.unwrap();
    clock.advance(Duration::from_secs(11));
    let refused = tokens.refresh(stolen).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.status().as_u16()),
        (RefreshRefusedKind::Reused, 401)
    );
    let owner = tokens
        .refresh(good.token().expose().as_bytes())
        .await
        .unwrap_err();
    assert_eq!(
        (owner.kind(), owner.code()),
        (RefreshRefusedKind::Gone, "invalid_grant")
    );
    assert_eq!(
        sink.entries(),
        [
            (SecurityEvent::AuthnTokenCreated, None),
            (SecurityEvent::AuthnTokenReuse, None),
            (SecurityEvent::AuthnTokenFail, Some("gone")),
        ]
    );
}

#[tokio::test]
async fn a_principal_comes_back_as_it_was() {
    let (_, tokens) = memory();
    let ada = principal("ada")
        .with_tenant(Tenant::new("north").unwrap())
        .add_role("merchant")
        .with_scopes(["orders:read"])
        .with_factor(Factor::Totp, Timestamp::from_secs(1_767_225_600));
    let begun = tokens.begin(&ada, DeviceLabel::new("Firefox")).await.unwrap();
    let refreshed = tokens.refresh(begun.token().expose().as_bytes()).await.unwrap();
    assert_eq!(refreshed.principal(), &ada);
    assert_eq!(refreshed.family(), begun.family());
    let listed = tokens.list(ada.subject()).await.unwrap();
    assert_eq!(
        (listed[0].reference(), listed[0].device().as_str()),
        (begun.family(), "Firefox")
    );
}

#[tokio::test]
async fn revocations_end_families_that_began_before() {
    let (clock, tokens) = memory();
    let revocations = Revocations::with_clock(DAY * 31, clock.clone()).unwrap();
    let tokens = tokens.with_revocations(&revocations);
    let ada = principal("ada");
    let old = tokens.begin(&ada, DeviceLabel::default()).await.unwrap();
    clock.advance(Duration::from_secs(1));
    revocations.revoke_subject(ada.subject());
    let refused = tokens.refresh(old.token().expose().as_bytes()).await.unwrap_err();
    assert_eq!(refused.kind(), RefreshRefusedKind::Revoked);
    assert!(
        tokens.list(ada.subject()).await.unwrap().is_empty(),
        "and it is gone"
    );
    clock.advance(Duration::from_secs(1));
    let new = tokens.begin(&ada, DeviceLabel::default()).await.unwrap();
    assert!(tokens.refresh(new.token().expose().as_bytes()).await.is_ok());
}

#[tokio::test]
async fn signing_out_ends_one_family_or_all() {
    let (_, tokens) = memory();
    let ada = principal("ada");
    let (one, two) = (
        tokens.begin(&ada, DeviceLabel::default()).await.unwrap(),
        tokens.begin(&ada, DeviceLabel::default()).await.unwrap(),
    );
    assert!(tokens.end(one.token().expose().as_bytes()).await.unwrap());
    assert!(!tokens.end(one.token().expose().as_bytes()).await.unwrap());
    assert!(tokens.end(b"k1.guess.work").await.is_err());
    let three = tokens.begin(&ada, DeviceLabel::default()).await.unwrap();
    assert_eq!(
        tokens.end_all(ada.subject(), Some(three.family())).await.unwrap(),
        1
    );
    assert!(tokens.refresh(two.token().expose().as_bytes()).await.is_err());
    assert!(
        !tokens
            .end_one(principal("eve").subject(), three.family())
            .await
            .unwrap(),
        "not another's"
    );
    assert!(tokens.end_one(ada.subject(), three.family()).await.unwrap());
}

#[tokio::test]
async fn access_tokens_end_with_all_families_but_the_kept_one() {
    let (clock, tokens) = memory();
    let revocations = Revocations::with_clock(DAY * 31, clock.clone()).unwrap();
    let tokens = tokens.with_revocations(&revocations);
    let ada = principal("ada");
    let key = SigningKey::ed25519(&RootSecret::generate().unwrap()).unwrap();
    let keys = SigningKeys::new(KeyId::parse("k1").unwrap(), key).unwrap();
    let home = Issuer::new("id", "api", keys.clone())
        .unwrap()
        .with_clock(clock.clone());
    let access = AccessTokens::new(TokenProfile::first_party("id", "api").unwrap(), keys);
    let access = access
        .with_clock(clock.clone())
        .with_revocations(&revocations)
        .unwrap();
    let issue = |family| {
        let issued = home.issue(&Grant::new(&ada).with_session(family)).unwrap();
        issued.token().expose().clone()
    };
    let (kept, other) = (
        tokens.begin(&ada, DeviceLabel::default()).await.unwrap().family(),
        tokens.begin(&ada, DeviceLabel::default()).await.unwrap().family(),
    );
    assert_eq!(tokens.end_all(ada.subject(), Some(kept)).await.unwrap(), 1);
    clock.advance(Duration::from_secs(1));
    let is_good = |token: String| access.verify_now(token.as_bytes()).is_ok();
    assert!(is_good(issue(kept)));
    assert!(
        !is_good(issue(other)),
        "also what a refresh under way gives a moment later"
    );
}

#[tokio::test]
async fn a_compromised_key_voids_its_tokens_and_a_rotated_one_does_not() {
    let clock = FakeClock::new();
    let store = MemoryRefreshStore::with_clock(clock.clone());
    let old = RefreshTokens::new(store.clone(), ring());
    let begun = old
        .begin(&principal("ada"), DeviceLabel::default())
        .await
        .unwrap();
    let mut keys = ring();
    keys.rotate(
        KeyId::parse("k2").unwrap(),
        &RootSecret::generate().unwrap(),
        Timestamp::UNIX_EPOCH,
    )
    .unwrap();
    let rotated = RefreshTokens::new(store.clone(), keys.clone());
    let next = rotated.refresh(begun.token().expose().as_bytes()).await.unwrap();
    assert!(next.token().expose().starts_with("k2."));
    keys.compromise(&KeyId::parse("k1").unwrap()).unwrap();
    let compromised = RefreshTokens::new(store, keys);
    let refused = compromised
        .refresh(begun.token().expose().as_bytes())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), RefreshRefusedKind::Forged);
    assert!(
        compromised
            .refresh(next.token().expose().as_bytes())
            .await
            .is_ok()
    );
}

/// A store that fails at whatever it is asked.
#[derive(Clone)]
struct Down;

fn down<T>() -> Ready<Result<T, StoreError>> {
    ready(Err(StoreError::new(StoreErrorKind::TimedOut)))
}

impl RefreshStore for Down {
    type Create = Ready<Result<(), StoreError>>;
    type Advance = Ready<Result<Advanced, StoreError>>;
    type List = Ready<Result<Vec<ListedFamily>, StoreError>>;
    type End = Ready<Result<bool, StoreError>>;
    type EndAll = Ready<Result<usize, StoreError>>;

    fn create(&self, _: OwnerId, _: NewFamily) -> Self::Create {
        down()
    }

    fn advance(&self, _: OwnerId, _: FamilyToken, _: Duration) -> Self::Advance {
        down()
    }

    fn list(&self, _: OwnerId) -> Self::List {
        down()
    }

    fn end(&self, _: OwnerId, _: TokenRef) -> Self::End {
        down()
    }

    fn end_all(&self, _: OwnerId, _: Option<TokenRef>) -> Self::EndAll {
        down()
    }
}

#[tokio::test]
async fn a_store_that_is_down_lets_nobody_in_and_ends_nothing() {
    let sink = Collected::new();
    let recorder = Recorder::default().add_sink(sink.clone());
    let (_, up) = memory();
    let ada = principal("ada");
    let begun = up.begin(&ada, DeviceLabel::default()).await.unwrap();
    let down = RefreshTokens::new(Down, ring()).with_recorder(recorder);
    let refused = down.refresh(begun.token().expose().as_bytes()).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.status().as_u16()),
        (RefreshRefusedKind::StoreDown, 503)
    );
    assert!(down.begin(&ada, DeviceLabel::default()).await.is_err());
    assert!(down.list(ada.subject()).await.is_err());
    assert!(
        down.end_all(ada.subject(), None).await.is_err(),
        "a logout that did not happen is not told as one"
    );
    assert_eq!(sink.kinds(), [SecurityEvent::ControlFailed], "told once");
    let forged = down.refresh(b"k1.guess.work").await.unwrap_err();
    assert_eq!(
        forged.kind(),
        RefreshRefusedKind::Malformed,
        "what is no token asks no store"
    );
}

/// The answer is lost: the client repeats its request, on another node.
#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let server = RedisServer::start();
    let node = || RefreshTokens::new(store(&redis(&server.url())), ring());
    let begun = node()
        .begin(&principal("ada"), DeviceLabel::default())
        .await
        .unwrap();
    let text = begun.token().expose().as_bytes();
    let lost = node().refresh(text).await.unwrap();
    let again = node().refresh(text).await.unwrap();
    assert_eq!(again.token().expose(), lost.token().expose());
    assert!(!again.is_fresh());
}

/// A client that hangs up in the middle is not signed out.
#[tokio::test]
async fn a_dropped_refresh_leaves_the_family_usable() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let tokens = RefreshTokens::new(store(&redis), ring());
    let begun = tokens
        .begin(&principal("ada"), DeviceLabel::default())
        .await
        .unwrap();
    let text = begun.token().expose().clone();
    for polls in 0..4 {
        let mut refreshing = Box::pin(tokens.refresh(text.as_bytes()));
        for _ in 0..polls {
            let polled =
                std::future::poll_fn(|cx| std::task::Poll::Ready(refreshing.as_mut().poll(cx))).await;
            if polled.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    eventually("the token is good still", async || {
        tokens.refresh(text.as_bytes()).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_refresh_is_one_command_and_every_key_runs_out() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let (tokens, ada) = (RefreshTokens::new(store(&redis), ring()), principal("ada"));
    let begun = tokens.begin(&ada, DeviceLabel::default()).await.unwrap();
    let first = tokens.refresh(begun.token().expose().as_bytes()).await.unwrap();
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    tokens.refresh(first.token().expose().as_bytes()).await.unwrap();
    assert_eq!((server.calls("evalsha"), server.calls("eval")), (1, 0));
    let key = redis.key("refresh", OwnerId::of(ada.subject()).as_bytes());
    let left: u128 = server
        .command(&["PTTL", key.as_str()])
        .trim()
        .trim_start_matches(':')
        .parse()
        .unwrap();
    let most = RefreshLifetimes::customer().absolute().as_millis();
    assert!(left > most / 2 && left <= most, "{left}");
}

/// Whoever reads the store cannot make a token of what is there.
#[tokio::test]
async fn nothing_of_a_token_is_in_the_store() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let (tokens, ada) = (RefreshTokens::new(store(&redis), ring()), principal("ada"));
    let begun = tokens.begin(&ada, DeviceLabel::default()).await.unwrap();
    let key = redis.key("refresh", OwnerId::of(ada.subject()).as_bytes());
    let stored = server.command(&["HGETALL", key.as_str()]);
    for part in begun.token().expose().split('.').skip(1) {
        assert!(!stored.contains(part) && !key.as_str().contains(part));
    }
}
