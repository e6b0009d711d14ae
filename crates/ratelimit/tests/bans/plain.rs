use std::time::Duration;

use palisade_core::{ForwardHeader, Refusal, SecurityEvent, TrustedProxies};
use palisade_ratelimit::{BanRefusedKind, Strike};

use crate::support::{Bench, MINUTE, bench, client};

/// Strikes until the client is banned, and says after how many, and for how long.
async fn until_banned(bench: &Bench, ip: &str) -> (usize, Duration) {
    for counted in 0..50 {
        if let Strike::Banned(time) = bench.bans.strike(&client(ip)).await.unwrap() {
            return (counted, time);
        }
    }
    panic!("never banned")
}

/// A clock of microseconds is moved past a time by this.
const MILLI: Duration = Duration::from_millis(1);

/// Whether the time is that long, or up to a quarter longer.
fn about(time: Duration, want: Duration) -> bool {
    (want..want.mul_f64(1.25)).contains(&time)
}

#[tokio::test]
async fn one_strike_too_many_bans_the_network_and_nobody_else() {
    let bench = bench();
    let (counted, time) = until_banned(&bench, "2001:db8::1").await;
    assert!(counted == 3 && about(time, MINUTE), "{counted} {time:?}");
    let refused = bench.bans.check(&client("2001:db8::2")).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.retry_after()),
        (BanRefusedKind::Banned, Some(time))
    );
    assert_eq!(
        (refused.status().as_u16(), refused.code()),
        (429, "client_banned")
    );
    assert!(bench.bans.check(&client("2001:db8:0:1::1")).await.is_ok());
    assert_eq!(
        bench.events.entries(),
        [(SecurityEvent::ClientBanned, Some("strikes"))]
    );
    bench.clock.advance(time.checked_sub(MILLI).unwrap());
    assert!(bench.bans.check(&client("2001:db8::1")).await.is_err());
    bench.clock.advance(MILLI + MILLI);
    assert!(bench.bans.check(&client("2001:db8::1")).await.is_ok());
}

#[tokio::test]
async fn bans_double_up_to_a_bound_and_trying_does_not_lengthen_them() {
    let bench = bench();
    let mut times = Vec::new();
    for turn in 0..5 {
        let (counted, time) = until_banned(&bench, "192.0.2.7").await;
        // The quota stays used up: who goes on is banned again at once.
        assert_eq!(counted, if turn == 0 { 3 } else { 0 });
        for _ in 0..9 {
            assert_eq!(
                bench.bans.strike(&client("192.0.2.7")).await.unwrap(),
                Strike::Banned(time)
            );
            assert!(bench.bans.check(&client("192.0.2.7")).await.is_err());
        }
        bench.clock.advance(time + MILLI);
        assert!(bench.bans.check(&client("192.0.2.7")).await.is_ok());
        times.push(time);
    }
    let want = [1, 2, 4, 8, 8].map(|minutes| MINUTE * minutes);
    assert!(
        times.iter().zip(want).all(|(time, want)| about(*time, want)),
        "{times:?}"
    );
    assert_eq!(bench.events.kinds(), [SecurityEvent::ClientBanned; 5]);
}

#[tokio::test]
async fn asking_counts_nothing() {
    let bench = bench();
    for _ in 0..99 {
        bench.bans.check(&client("192.0.2.7")).await.unwrap();
    }
    assert_eq!(until_banned(&bench, "192.0.2.7").await.0, 3);
}

#[tokio::test]
async fn the_operators_own_are_never_banned() {
    let bench = bench();
    // A hop of a proxy that wrote what is no address.
    let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for())
        .add_network("203.0.113.1")
        .unwrap();
    let headers: &[(&str, &str)] = &[("x-forwarded-for", "unknown, 203.0.113.1")];
    let hop = proxies.resolve("203.0.113.1".parse().unwrap(), &headers).unwrap();
    let spared = [
        ("loopback", client("127.0.0.1")),
        ("loopback", client("127.8.8.8")),
        ("loopback", client("::1")),
        ("mapped loopback", client("::ffff:127.0.0.1")),
        ("a trusted proxy", client("10.1.2.3")),
        ("a mapped trusted proxy", client("::ffff:10.1.2.3")),
        ("an allowed network", client("198.51.100.7")),
        ("a hop that many may share", hop),
    ];
    for (name, client) in spared {
        for _ in 0..50 {
            assert_eq!(
                bench.bans.strike(&client).await.unwrap(),
                Strike::Spared,
                "{name}"
            );
        }
        assert!(bench.bans.check(&client).await.is_ok(), "{name}");
    }
    assert_eq!(
        until_banned(&bench, "198.51.101.7").await.0,
        3,
        "its neighbour is"
    );
}

#[tokio::test]
async fn a_pardon_forgets_ban_and_strikes() {
    let bench = bench();
    until_banned(&bench, "192.0.2.7").await;
    bench.bans.pardon(&client("192.0.2.7")).await.unwrap();
    assert!(bench.bans.check(&client("192.0.2.7")).await.is_ok());
    let (counted, time) = until_banned(&bench, "192.0.2.7").await;
    assert!(
        counted == 3 && about(time, MINUTE),
        "as if it were the first: {counted} {time:?}"
    );
}

#[tokio::test]
async fn who_is_banned_together_does_not_come_back_together() {
    let bench = bench();
    let mut times = Vec::new();
    for host in 0..20 {
        times.push(until_banned(&bench, &format!("192.0.2.{host}")).await.1);
    }
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 5, "{times:?}");
    assert!(
        bench.events.entries().len() <= 10,
        "a botnet does not fill the log"
    );
}
