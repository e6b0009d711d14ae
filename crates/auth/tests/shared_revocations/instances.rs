//! Instances over one Redis.
use std::time::Duration;

use palisade_auth::{
    AccessTokens, Grant, Issuer, Revocations, SharedRevocations, SigningKey, SigningKeys, TokenProfile,
    TokenRefusedKind,
};
use palisade_core::{
    Clock, FakeClock, KeyId, Principal, PrincipalKind, Recorder, RootSecret, Secret, Subject, Tenant,
    TokenRef,
};
use palisade_redis::Redis;
use palisade_testkit::{RedisCluster, RedisServer};

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

/// One instance with its verifier. All have the same key and look at the same clock.
struct Instance {
    revocations: Revocations,
    shared: SharedRevocations,
    issuer: Issuer,
    access: AccessTokens<SigningKeys>,
}

impl Instance {
    async fn start(redis: &Redis, clock: &FakeClock) -> Self {
        let secret = RootSecret::new(Secret::new((1..=32).collect())).unwrap();
        let key = SigningKey::ed25519(&secret).unwrap();
        let keys = SigningKeys::new(KeyId::parse("k1").unwrap(), key).unwrap();
        let revocations = Revocations::with_clock(DAY, clock.clone()).unwrap();
        let shared = SharedRevocations::begin(&revocations, redis.clone(), Recorder::default()).await;
        let access = AccessTokens::new(TokenProfile::first_party("id", "api").unwrap(), keys.clone());
        Self {
            shared: shared.unwrap(),
            issuer: Issuer::new("id", "api", keys).unwrap().with_clock(clock.clone()),
            access: access
                .with_clock(clock.clone())
                .with_revocations(&revocations)
                .unwrap(),
            revocations,
        }
    }

    fn issue(&self, who: &Principal, session: TokenRef) -> String {
        let issued = self.issuer.issue(&Grant::new(who).with_session(session)).unwrap();
        issued.token().expose().clone()
    }

    fn kind(&self, token: &str) -> Option<TokenRefusedKind> {
        self.access
            .verify_now(token.as_bytes())
            .err()
            .map(|refused| refused.kind())
    }
}

fn redis(server: &RedisServer) -> Redis {
    let redis = Redis::standalone(&server.url()).unwrap();
    redis.with_deadline(Duration::from_secs(5)).unwrap()
}

fn ada() -> Principal {
    let ada = Principal::new(Subject::new("ada").unwrap(), PrincipalKind::Customer);
    ada.with_tenant(Tenant::new("north").unwrap())
}

/// Something that an instance revokes of a token and its session.
type Act = fn(&Instance, TokenRef);

const ACTS: [(&str, Act); 4] = [
    ("subject", |one, _| {
        one.revocations.revoke_subject(ada().subject());
    }),
    ("tenant", |one, _| {
        one.revocations.revoke_tenant(ada().tenant().unwrap());
    }),
    ("session", |one, session| {
        one.revocations.revoke_session(&session.to_string());
    }),
    ("everybody", |one, _| one.revocations.revoke_all()),
];

async fn what_one_revokes_is_void_at_the_others(redis: Redis) {
    let clock = FakeClock::new();
    let (one, two) = (
        Instance::start(&redis, &clock).await,
        Instance::start(&redis, &clock).await,
    );
    let bob = Principal::new(Subject::new("bob").unwrap(), PrincipalKind::Customer);
    for (number, (name, act)) in ACTS.into_iter().enumerate() {
        clock.advance(SECOND);
        let session = TokenRef::from_bytes([u8::try_from(number).unwrap(); 9]);
        let (token, other) = (
            two.issue(&ada(), session),
            two.issue(&bob, TokenRef::from_bytes([9; 9])),
        );
        assert_eq!((one.kind(&token), two.kind(&token)), (None, None), "{name}");
        clock.advance(SECOND);
        act(&one, session);
        assert_eq!(
            one.kind(&token),
            Some(TokenRefusedKind::Revoked),
            "{name}: here at once"
        );
        one.shared.sync().await.unwrap();
        two.shared.sync().await.unwrap();
        assert_eq!(
            two.kind(&token),
            Some(TokenRefusedKind::Revoked),
            "{name}: and there"
        );
        assert_eq!(
            two.kind(&other).is_some(),
            name == "everybody",
            "{name}: nobody else"
        );
        let late = Instance::start(&redis, &clock).await;
        assert_eq!(
            late.kind(&token),
            Some(TokenRefusedKind::Revoked),
            "{name}: one that starts later"
        );
    }
    clock.advance(SECOND);
    let again = two.issue(&ada(), TokenRef::from_bytes([8; 9]));
    assert_eq!(
        (one.kind(&again), two.kind(&again)),
        (None, None),
        "who signs in again is in"
    );
}

#[tokio::test]
async fn revocations_are_shared() {
    let server = RedisServer::start();
    what_one_revokes_is_void_at_the_others(redis(&server)).await;
}

#[tokio::test]
async fn revocations_are_shared_over_a_cluster() {
    let servers = RedisCluster::start();
    let urls = servers.urls();
    let redis = Redis::cluster(urls.iter().map(String::as_str)).unwrap();
    what_one_revokes_is_void_at_the_others(redis.with_deadline(Duration::from_secs(5)).unwrap()).await;
}

#[tokio::test]
async fn rounds_go_on_by_themselves_and_end_with_their_owner() {
    let server = RedisServer::start();
    let (redis, clock) = (redis(&server), FakeClock::new());
    let (one, two) = (
        Instance::start(&redis, &clock).await,
        Instance::start(&redis, &clock).await,
    );
    let token = two.issue(&ada(), TokenRef::from_bytes([7; 9]));
    one.revocations.revoke_subject(ada().subject());
    palisade_testkit::eventually("the other instance knows", async || {
        two.kind(&token) == Some(TokenRefusedKind::Revoked)
    })
    .await;
    let (of_one, of_two) = (one.revocations.clone(), two.access.clone());
    drop((one, two));
    of_one.revoke_all();
    clock.advance(SECOND * 60);
    let refused = of_two.verify_now(token.as_bytes()).unwrap_err();
    assert_eq!(
        refused.kind(),
        TokenRefusedKind::Unavailable,
        "nobody asks any more"
    );
}

#[tokio::test]
async fn more_than_one_batch_is_told_and_read() {
    let server = RedisServer::start();
    let (redis, clock) = (redis(&server), FakeClock::new());
    let (one, two) = (
        Instance::start(&redis, &clock).await,
        Instance::start(&redis, &clock).await,
    );
    let session = TokenRef::from_bytes([7; 9]);
    let token = two.issue(&ada(), session);
    for number in 0..1_700 {
        one.revocations.revoke_token(&number.to_string());
    }
    one.revocations.revoke_session(&session.to_string());
    one.shared.sync().await.unwrap();
    two.shared.sync().await.unwrap();
    assert_eq!(
        two.kind(&token),
        Some(TokenRefusedKind::Revoked),
        "the last of them"
    );
}

#[tokio::test]
async fn nothing_is_verified_once_the_others_are_unknown_for_a_minute() {
    let server = RedisServer::start();
    let (redis, clock) = (redis(&server), FakeClock::new());
    let (one, two) = (
        Instance::start(&redis, &clock).await,
        Instance::start(&redis, &clock).await,
    );
    let token = one.issue(&ada(), TokenRef::from_bytes([7; 9]));
    server.pause();
    clock.advance(SECOND * 59);
    assert_eq!(two.kind(&token), None, "a minute is bridged");
    clock.advance(SECOND);
    assert_eq!(two.kind(&token), Some(TokenRefusedKind::Unavailable));
    // What is revoked meanwhile is told afterwards.
    one.revocations.revoke_subject(ada().subject());
    server.resume();
    one.shared.sync().await.unwrap();
    two.shared.sync().await.unwrap();
    assert_eq!(two.kind(&token), Some(TokenRefusedKind::Revoked));
}

#[tokio::test]
async fn what_could_not_be_told_is_told_later() {
    let server = RedisServer::start();
    let clock = FakeClock::new();
    let impatient = redis(&server).with_deadline(Duration::from_millis(50)).unwrap();
    let (one, two) = (
        Instance::start(&impatient, &clock).await,
        Instance::start(&redis(&server), &clock).await,
    );
    let token = two.issue(&ada(), TokenRef::from_bytes([7; 9]));
    server.pause();
    one.revocations.revoke_subject(ada().subject());
    assert!(one.shared.sync().await.is_err());
    server.resume();
    palisade_testkit::eventually("the other instance knows", async || {
        drop(one.shared.sync().await);
        drop(two.shared.sync().await);
        two.kind(&token) == Some(TokenRefusedKind::Revoked)
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_voids_no_login_to_come() {
    let server = RedisServer::start();
    let (redis, clock, ahead) = (redis(&server), FakeClock::new(), FakeClock::new());
    ahead.advance(DAY);
    let (wrong, one) = (
        Instance::start(&redis, &ahead).await,
        Instance::start(&redis, &clock).await,
    );
    wrong.revocations.revoke_all();
    wrong.shared.sync().await.unwrap();
    one.shared.sync().await.unwrap();
    assert_eq!(
        one.kind(&one.issue(&ada(), TokenRef::from_bytes([7; 9]))),
        Some(TokenRefusedKind::Revoked)
    );
    clock.advance(SECOND * 61);
    one.shared.sync().await.unwrap();
    assert_eq!(one.kind(&one.issue(&ada(), TokenRef::from_bytes([7; 9]))), None);
    assert!(clock.now() < ahead.now());
}

#[tokio::test]
async fn a_stream_ends_with_its_horizon_and_an_alien_entry_is_passed_over() {
    let server = RedisServer::start();
    let (redis, clock) = (redis(&server), FakeClock::new());
    let one = Instance::start(&redis, &clock).await;
    one.revocations.revoke_subject(ada().subject());
    one.shared.sync().await.unwrap();
    let key = redis.key("revocations", b"");
    let left: i64 = server
        .command(&["PTTL", key.as_str()])
        .trim()
        .trim_start_matches(':')
        .parse()
        .unwrap();
    assert!((1..=86_400_000).contains(&left), "{left}");
    server.expect_ok(&[
        "EVAL",
        "redis.call('XADD', KEYS[1], '*', 'k', 'planet', 's', 'x', 'u', '1') return 'OK'",
        "1",
        key.as_str(),
    ]);
    one.shared.sync().await.unwrap();
    server.expect_ok(&[
        "EVAL",
        "redis.call('XADD', KEYS[1], '*', 'k', 'subject', 's', 'x', 'u', 'soon') return 'OK'",
        "1",
        key.as_str(),
    ]);
    assert!(
        one.shared.sync().await.is_err(),
        "what cannot be read may be a revocation"
    );
}
