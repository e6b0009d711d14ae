//! Bans after three strikes, on a clock that stands still.
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{ClientAddr, Collected, FakeClock, ForwardHeader, Networks, Recorder, TrustedProxies};
use palisade_ratelimit::{Bans, Block, MemoryStore, Quota, RateLimiter};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) type Memory = MemoryStore<FakeClock>;

pub(crate) struct Bench {
    pub(crate) bans: Arc<Bans<Memory>>,
    pub(crate) events: Collected,
    pub(crate) clock: FakeClock,
}

/// Three strikes at once and three an hour; then a minute, two, four, up to eight.
pub(crate) fn bench() -> Bench {
    let quota = Quota::per_hour(NonZeroU32::new(3).unwrap());
    let (events, clock) = (Collected::new(), FakeClock::new());
    let store = MemoryStore::sized(quota, MemoryStore::MIN_BYTES)
        .unwrap()
        .with_clock(clock.clone());
    let limiter = RateLimiter::with_store("probing", quota, store).unwrap();
    let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for())
        .add_network("10.0.0.0/8")
        .unwrap();
    let bans = Bans::new(
        limiter,
        Block::doubling(MINUTE, Duration::from_secs(480)).unwrap(),
        &proxies,
    )
    .with_spared(Networks::none().add_network("198.51.100.0/24").unwrap())
    .with_recorder(Recorder::default().add_sink(events.clone()));
    let bans = Arc::new(bans);
    Bench { bans, events, clock }
}

pub(crate) fn client(ip: &str) -> ClientAddr {
    ClientAddr::from_peer(ip.parse().unwrap())
}
