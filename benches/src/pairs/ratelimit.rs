//! The keyed check beside governor's, and the layer beside `tower_governor`'s.
use std::hash::RandomState;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use palisade_core::{ClientAddr, Clock, CoarseClock, Recorder};
use palisade_ratelimit::{ByClient, MemoryStore, Quota, RateLimitFields, RateLimitLayer, RateLimiter};
use tower::Layer;
use tower_governor::GovernorLayer;
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::PeerIpKeyExtractor;

use crate::requests::{Bare, request, through};
use crate::sample::{Timed, timed};
use crate::{Bar, Pair};

/// So high that it is never reached.
const PLENTY: NonZeroU32 = NonZeroU32::new(1_000_000_000).unwrap();
const ONE: NonZeroU32 = NonZeroU32::new(1).unwrap();

pub(super) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (keys, name) in [
        (1_u32, "one hot key"),
        (10_000, "10 k keys"),
        (1_000_000, "1 M keys"),
    ] {
        pairs.push(admitted(keys, name));
    }
    pairs.push(denied());
    pairs.push(least());
    pairs.push(layer("allowed", ALLOWED, RateLimitFields::None, Some(0.5)));
    pairs.push(layer(
        "allowed, with fields",
        ALLOWED,
        RateLimitFields::Ietf,
        Some(0.4),
    ));
    pairs.push(layer("denied", DENIED, RateLimitFields::Ietf, Some(0.2)));
    pairs
}

/// A quota of both sides: so many in a period, and at once.
#[derive(Clone, Copy)]
struct Both {
    rate: NonZeroU32,
    period: Duration,
    burst: NonZeroU32,
}

/// Never reached; and the time that the whole burst takes fits into 64 bits of nanoseconds, or governor's sum would wrap.
const ALLOWED: Both = Both {
    rate: NonZeroU32::new(1_000).unwrap(),
    period: Duration::from_millis(1),
    burst: PLENTY,
};
const DENIED: Both = Both {
    rate: ONE,
    period: Duration::from_secs(3_600),
    burst: ONE,
};

/// The one clock for both, so that a faster clock is not taken for a faster check.
#[derive(Clone, Debug)]
struct SameClock(CoarseClock);

impl GovernorClock for SameClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

type Governor = governor::RateLimiter<
    IpAddr,
    DashMapStateStore<IpAddr, RandomState>,
    SameClock,
    NoOpMiddleware<Duration>,
>;

fn governor(quota: governor::Quota) -> Governor {
    governor::RateLimiter::dashmap_with_clock(quota, SameClock(CoarseClock::new()))
}

/// A table of the default 8 MiB, or 16 MiB for a million keys, which have no room in that.
fn limiter(quota: Quota, keys: u32) -> RateLimiter {
    let bytes = if keys > 900_000 {
        16 << 20
    } else {
        MemoryStore::DEFAULT_BYTES
    };
    let store = MemoryStore::sized(quota, bytes).expect("a table");
    RateLimiter::with_store("bench", quota, store).expect("a limiter")
}

/// The addresses, in an order that no prefetcher guesses: a full cycle of a linear congruence.
fn addresses(keys: u32) -> Vec<IpAddr> {
    let mut at = 7_u32;
    (0..keys)
        .map(|_| {
            at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            IpAddr::V4(Ipv4Addr::from_bits(at | 1))
        })
        .collect()
}

/// What every check is expected to say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Admitted,
    Denied,
}

impl From<bool> for Verdict {
    fn from(admitted: bool) -> Self {
        if admitted { Self::Admitted } else { Self::Denied }
    }
}

/// Checks the addresses in turn.
fn checks<T: 'static>(
    addresses: Vec<T>,
    want: Verdict,
    mut check: impl FnMut(&T) -> bool + 'static,
) -> Timed {
    for address in &addresses {
        check(address);
    }
    let mut at = 0;
    Box::new(move |iterations| {
        timed(|| {
            for _ in 0..iterations {
                at = if at + 1 < addresses.len() { at + 1 } else { 0 };
                assert_eq!(Verdict::from(black_box(check(&addresses[at]))), want);
            }
        })
    })
}

fn admitted(keys: u32, name: &str) -> Pair {
    let ours = limiter(Quota::per_second(PLENTY), keys);
    let peer = governor(governor::Quota::per_second(PLENTY));
    let clients = addresses(keys).into_iter().map(ClientAddr::from_peer).collect();
    Pair {
        what: format!("rate limit check, admitted, {name} / governor keyed"),
        ours: checks(clients, Verdict::Admitted, move |client| {
            ours.check_now(ours.key().client(client)).is_allowed()
        }),
        peer: checks(addresses(keys), Verdict::Admitted, move |address| {
            peer.check_key(address).is_ok()
        }),
        floor: None,
        bar: Some(Bar::Ratio(0.5)),
    }
}

fn denied() -> Pair {
    let ours = limiter(Quota::per_hour(ONE), 1);
    let peer = governor(governor::Quota::per_hour(ONE));
    let clients = addresses(1).into_iter().map(ClientAddr::from_peer).collect();
    Pair {
        what: "rate limit check, denied, one hot key / governor keyed".to_owned(),
        ours: checks(clients, Verdict::Denied, move |client| {
            ours.check_now(ours.key().client(client)).is_allowed()
        }),
        peer: checks(addresses(1), Verdict::Denied, move |address| {
            peer.check_key(address).is_ok()
        }),
        floor: None,
        bar: Some(Bar::Ratio(0.5)),
    }
}

/// What no limiter of keys does without: the time, a hash under a key, and one exchange. No part of Palisade; it says what is
/// left to gain.
fn least() -> Pair {
    let (keys, clock, word) = (
        limiter(Quota::per_second(PLENTY), 1),
        CoarseClock::new(),
        AtomicU64::new(0),
    );
    let peer = governor(governor::Quota::per_second(PLENTY));
    let clients = addresses(1).into_iter().map(ClientAddr::from_peer).collect();
    Pair {
        what: "no limit at all: clock, keyed hash, one compare-and-swap / governor keyed".to_owned(),
        ours: checks(clients, Verdict::Admitted, move |client| {
            let next = black_box(keys.key().client(client).finish().to_bytes()[0]);
            let next = u64::from(next) ^ black_box(clock.monotonic()).as_secs();
            let seen = word.load(Ordering::Acquire);
            word.compare_exchange(seen, next, Ordering::AcqRel, Ordering::Acquire)
                .is_ok()
        }),
        peer: checks(addresses(1), Verdict::Admitted, move |address| {
            peer.check_key(address).is_ok()
        }),
        floor: None,
        bar: None,
    }
}

fn layer(name: &str, quota: Both, fields: RateLimitFields, bar: Option<f64>) -> Pair {
    let ours = Quota::new(quota.rate, quota.period)
        .expect("a quota")
        .burst(quota.burst);
    let ours = Arc::new(limiter(ours, 1).with_recorder(Recorder::default()));
    let ours = RateLimitLayer::new(ours, ByClient::new())
        .with_fields(fields)
        .layer(Bare);
    let mut config = GovernorConfigBuilder::default();
    config
        .period(quota.period / quota.rate.get())
        .burst_size(quota.burst.get());
    let mut config = config.key_extractor(PeerIpKeyExtractor);
    let peer = if matches!(fields, RateLimitFields::None) {
        let layer = GovernorLayer::new(config.finish().expect("a configuration"));
        through(layer.layer(Bare), request)
    } else {
        let layer = GovernorLayer::new(config.use_headers().finish().expect("a configuration"));
        through(layer.layer(Bare), request)
    };
    Pair {
        what: format!("rate limit layer, {name} / tower_governor"),
        ours: through(ours, request),
        peer,
        floor: Some(through(Bare, request)),
        bar: bar.map(Bar::Ratio),
    }
}
