//! Values that are signed, work once and run out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::time::Duration;

use http::HeaderMap;
use palisade_core::{
    Clock, FakeClock, KeyId, KeyRing, Principal, PrincipalKind, Purpose, Refusal, RootSecret, Subject,
    Timestamp,
};
use palisade_session::{
    CookiePolicy, Flow, FlowRefusedKind, Flows, Lifetimes, MemoryStore, Session, Sessions, Tickets,
};

const MINUTE: Duration = Duration::from_secs(60);

fn key(id: &str) -> KeyId {
    KeyId::parse(id).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(Purpose::new("flows"), key("1"), &RootSecret::generate().unwrap())
}

type Clocked = Flows<MemoryStore<FakeClock>, FakeClock>;

fn flows(clock: &FakeClock, ring: KeyRing, name: &'static str) -> Clocked {
    let store = MemoryStore::with_clock(clock.clone());
    Flows::new(store, ring, name, Duration::from_secs(600))
        .unwrap()
        .with_clock(clock.clone())
}

async fn open(flows: &Clocked, text: &str, step: u16) -> Result<Flow<u32>, FlowRefusedKind> {
    flows
        .open(text.as_bytes(), step, None)
        .await
        .map_err(|refused| refused.kind())
}

#[tokio::test]
async fn steps_come_in_order_each_once_and_run_out_together() {
    let clock = FakeClock::new();
    let flows = flows(&clock, ring(), "reset");
    let first = flows.begin(&1_u32, None).unwrap();
    assert_eq!(
        open(&flows, first.expose(), 1).await.unwrap_err(),
        FlowRefusedKind::OtherStep
    );
    let flow = open(&flows, first.expose(), 0).await.unwrap();
    assert_eq!((flow.step(), *flow.state()), (0, 1));
    assert_eq!(
        open(&flows, first.expose(), 0).await.unwrap_err(),
        FlowRefusedKind::Used
    );
    clock.advance(MINUTE * 9);
    let second = flows.next(flow, &2_u32, None).unwrap();
    let flow = open(&flows, second.expose(), 1).await.unwrap();
    assert_eq!((flow.step(), *flow.state()), (1, 2));
    let third = flows.next(flow, &3_u32, None).unwrap();
    clock.advance(MINUTE);
    let late = open(&flows, third.expose(), 2).await.unwrap_err();
    assert_eq!(late, FlowRefusedKind::Expired, "a step does not prolong the flow");
}

#[tokio::test]
async fn a_refused_attempt_uses_nothing_up() {
    let clock = FakeClock::new();
    let flows = flows(&clock, ring(), "reset");
    let text = flows.begin(&1_u32, None).unwrap();
    for _ in 0..3 {
        assert!(open(&flows, text.expose(), 7).await.is_err());
        assert!(
            flows
                .open::<String>(text.expose().as_bytes(), 0, None)
                .await
                .is_err(),
            "another type"
        );
    }
    assert!(open(&flows, text.expose(), 0).await.is_ok());
}

#[tokio::test]
async fn what_was_changed_or_made_elsewhere_is_nothing() {
    let (clock, same) = (FakeClock::new(), ring());
    let resets = flows(&clock, same.clone(), "reset");
    let good = resets.begin(&1_u32, None).unwrap().expose().clone();
    let other_name = flows(&clock, same, "payment");
    assert_eq!(
        open(&other_name, &good, 0).await.unwrap_err(),
        FlowRefusedKind::Invalid
    );
    let other_key = flows(&clock, ring(), "reset");
    assert_eq!(
        open(&other_key, &good, 0).await.unwrap_err(),
        FlowRefusedKind::Invalid
    );
    for at in 0..good.len() {
        let mut bad = good.clone().into_bytes();
        bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
        let refused = resets.open::<u32>(&bad, 0, None).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.code()),
            (FlowRefusedKind::Invalid, "flow_invalid"),
            "{at}"
        );
    }
    for bad in [
        "",
        ":",
        "::",
        "1::",
        good.get(1..).unwrap(),
        &format!("{good}A"),
        &"A".repeat(1_000_000),
    ] {
        assert_eq!(
            open(&resets, bad, 0).await.unwrap_err(),
            FlowRefusedKind::Invalid,
            "{bad:.50}"
        );
    }
    assert!(resets.open::<u32>(b"\xff\xfe", 0, None).await.is_err());
}

#[tokio::test]
async fn a_key_that_was_replaced_verifies_and_a_stolen_one_does_not() {
    let (clock, mut ring) = (FakeClock::new(), ring());
    let text = flows(&clock, ring.clone(), "reset").begin(&1_u32, None).unwrap();
    ring.rotate(
        key("2"),
        &RootSecret::generate().unwrap(),
        Timestamp::UNIX_EPOCH.saturating_add(MINUTE),
    )
    .unwrap();
    clock.set_wall(clock.now().saturating_add(MINUTE));
    assert!(
        open(&flows(&clock, ring.clone(), "reset"), text.expose(), 0)
            .await
            .is_ok()
    );
    ring.compromise(&key("1")).unwrap();
    let refused = open(&flows(&clock, ring.clone(), "reset"), text.expose(), 0).await;
    assert_eq!(refused.unwrap_err(), FlowRefusedKind::Invalid);
    ring.compromise(&key("2")).unwrap();
    assert!(
        flows(&clock, ring, "reset").begin(&1_u32, None).is_err(),
        "no key signs"
    );
}

struct Site {
    clock: FakeClock,
    store: MemoryStore<FakeClock>,
    sessions: Sessions<MemoryStore<FakeClock>>,
}

fn site() -> Site {
    let clock = FakeClock::new();
    let store = MemoryStore::with_clock(clock.clone());
    let sessions = Sessions::new(store.clone(), CookiePolicy::default(), Lifetimes::account());
    Site {
        clock,
        store,
        sessions,
    }
}

impl Site {
    async fn ada(&self) -> Session {
        let session = self.sessions.load(&HeaderMap::new()).await.unwrap();
        let ada = Principal::new(Subject::new("ada").unwrap(), PrincipalKind::Customer);
        self.sessions.login(&session, ada).await.unwrap();
        session
    }
}

#[tokio::test]
async fn a_flow_of_one_session_is_nothing_in_another() {
    let site = site();
    let (ada, bob) = (site.ada().await, site.ada().await);
    let flows = Flows::new(site.store.clone(), ring(), "pay", MINUTE)
        .unwrap()
        .with_clock(site.clock.clone());
    let text = flows.begin(&1_u32, Some(&ada)).unwrap();
    for session in [None, Some(&bob)] {
        let refused = flows
            .open::<u32>(text.expose().as_bytes(), 0, session)
            .await
            .unwrap_err();
        assert_eq!(refused.kind(), FlowRefusedKind::OtherSession);
    }
    site.sessions.renew(&ada).await.unwrap();
    let flow = flows
        .open::<u32>(text.expose().as_bytes(), 0, Some(&ada))
        .await
        .unwrap();
    let second = flows.next(flow, &2_u32, None).unwrap();
    let refused = flows
        .open::<u32>(second.expose().as_bytes(), 1, Some(&bob))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), FlowRefusedKind::OtherSession, "it stays bound");
}

#[tokio::test]
async fn a_ticket_lets_in_once_within_thirty_seconds() {
    let site = site();
    let tickets = Tickets::new(site.store.clone(), ring()).with_clock(site.clock.clone());
    let ada = site.ada().await;
    let text = tickets.issue(&ada).unwrap();
    let admitted = tickets.redeem(text.expose().as_bytes()).await.unwrap();
    assert_eq!(admitted.principal(), ada.principal().as_ref());
    assert_eq!(Some(admitted.session()), ada.reference());
    let again = tickets.redeem(text.expose().as_bytes()).await.unwrap_err();
    assert_eq!(again.kind(), FlowRefusedKind::Used);
    let text = tickets.issue(&ada).unwrap();
    site.clock.advance(Duration::from_secs(30));
    let late = tickets.redeem(text.expose().as_bytes()).await.unwrap_err();
    assert_eq!(late.kind(), FlowRefusedKind::Expired);
}

#[tokio::test]
async fn a_ticket_of_a_session_that_ended_lets_nobody_in() {
    let site = site();
    let tickets = Tickets::new(site.store.clone(), ring()).with_clock(site.clock.clone());
    let ada = site.ada().await;
    let text = tickets.issue(&ada).unwrap();
    site.sessions.logout(&ada).await.unwrap();
    let refused = tickets.redeem(text.expose().as_bytes()).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.status().as_u16()),
        (FlowRefusedKind::SessionEnded, 401)
    );
    assert!(tickets.issue(&ada).is_err(), "and there is none for it");
}

#[test]
fn what_cannot_be_a_flow_is_refused_at_start_and_at_its_beginning() {
    let store = MemoryStore::new;
    assert!(Flows::new(store(), ring(), "", MINUTE).is_err());
    for lifetime in [
        Duration::ZERO,
        Duration::from_millis(999),
        Duration::from_secs(86_401),
    ] {
        assert!(
            Flows::new(store(), ring(), "reset", lifetime).is_err(),
            "{lifetime:?}"
        );
    }
    let flows = Flows::new(store(), ring(), "reset", MINUTE).unwrap();
    assert!(flows.begin(&"x".repeat(4_096), None).is_err(), "too large");
    assert!(!format!("{flows:?}").contains("key"));
}
