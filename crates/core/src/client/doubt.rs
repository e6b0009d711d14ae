//! Whether the set-up suits the place: what the first requests say.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use http::HeaderMap;
use http::header::USER_AGENT;

use crate::{ClientAddr, Event, Recorder, SecurityEvent, TrustedProxies};

/// How many requests are looked at.
const LOOKS: u32 = 1_000;

/// What proxies tell of their clients in.
const FIELDS: [&str; 5] = [
    "forwarded",
    "x-forwarded-for",
    "x-real-ip",
    "cf-connecting-ip",
    "true-client-ip",
];

/// What the first requests say of the set-up.
#[derive(Debug)]
pub(super) struct Doubt {
    unnamed_proxy: Looks,
    one_client: Looks,
    first: OnceLock<IpAddr>,
    agent: OnceLock<u64>,
    agents_differ: AtomicBool,
}

/// How often it is looked still.
#[derive(Debug)]
struct Looks(AtomicU32);

impl Looks {
    const fn new(looks: u32) -> Self {
        Self(AtomicU32::new(looks))
    }

    #[inline]
    fn left(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    /// One less; whether it was the last.
    fn look(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let before = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less);
        before == Ok(1)
    }

    /// No more; whether there were any left.
    fn end(&self) -> bool {
        self.0.swap(0, Ordering::Relaxed) > 0
    }
}

impl Doubt {
    pub(super) fn about(proxies: &TrustedProxies) -> Self {
        Self {
            unnamed_proxy: Looks::new(if proxies.trusts_anyone() { 0 } else { LOOKS }),
            one_client: Looks::new(LOOKS),
            first: OnceLock::new(),
            agent: OnceLock::new(),
            agents_differ: AtomicBool::new(false),
        }
    }

    /// Looks at one of the first requests, and tells once of what is wrong. Later it costs two loads.
    #[inline]
    pub(super) fn look(&self, client: &ClientAddr, headers: &HeaderMap, recorder: &Recorder) {
        if self.unnamed_proxy.left() {
            self.look_for_proxy(headers, recorder);
        }
        if self.one_client.left() {
            self.look_for_others(client.ip(), headers, recorder);
        }
    }

    /// A proxy has seen the request, and none is trusted.
    #[cold]
    fn look_for_proxy(&self, headers: &HeaderMap, recorder: &Recorder) {
        if !FIELDS.iter().any(|field| headers.contains_key(*field)) {
            self.unnamed_proxy.look();
        } else if self.unnamed_proxy.end() {
            tell(recorder, "forward_header_without_trusted_proxy");
        }
    }

    /// Nobody else has come, and yet it is not one program that asks.
    #[cold]
    fn look_for_others(&self, ip: IpAddr, headers: &HeaderMap, recorder: &Recorder) {
        // Who tries it out on one machine has one address as well.
        if ip.is_loopback() {
            return;
        }
        if *self.first.get_or_init(|| ip) != ip {
            self.one_client.end();
            return;
        }
        let agent = hash(headers);
        if *self.agent.get_or_init(|| agent) != agent {
            self.agents_differ.store(true, Ordering::Relaxed);
        }
        if self.one_client.look() && self.agents_differ.load(Ordering::Relaxed) {
            tell(recorder, "one_address_for_all_clients");
        }
    }
}

fn tell(recorder: &Recorder, reason: &'static str) {
    let event = Event::new(SecurityEvent::ControlMisconfigured).with_rule("client address");
    recorder.record(&event.with_reason(reason));
}

fn hash(headers: &HeaderMap) -> u64 {
    let mut hash = DefaultHasher::new();
    let agent = headers.get(USER_AGENT).map(http::HeaderValue::as_bytes);
    agent.hash(&mut hash);
    hash.finish()
}

#[cfg(all(test, feature = "test-util"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use http::Request;

    use super::*;
    use crate::{Check, ClientAddrCheck, Collected, ForwardHeader, Head};

    fn check(proxies: TrustedProxies) -> (impl Fn(&[(&str, &str)]), Collected) {
        check_from([10, 0, 0, 1], proxies)
    }

    fn check_from(peer: [u8; 4], proxies: TrustedProxies) -> (impl Fn(&[(&str, &str)]), Collected) {
        let events = Collected::new();
        let recorder = Recorder::default().add_sink(events.clone());
        let peer = move |_: &Head<'_>| Some(IpAddr::from(peer));
        let check = ClientAddrCheck::new(proxies, peer).with_recorder(recorder);
        let send = move |fields: &[(&str, &str)]| {
            let mut request = Request::builder();
            for (name, value) in fields {
                request = request.header(*name, *value);
            }
            check
                .clone()
                .check(&Head::from(&request.body(()).unwrap()))
                .unwrap();
        };
        (send, events)
    }

    #[test]
    fn a_proxy_that_nobody_named_is_told_of_once() {
        for field in FIELDS {
            let (send, events) = check(TrustedProxies::none());
            send(&[]);
            for _ in 0..9 {
                send(&[(field, "192.0.2.7")]);
            }
            let told = (
                SecurityEvent::ControlMisconfigured,
                Some("forward_header_without_trusted_proxy"),
            );
            assert_eq!(events.entries(), [told], "{field}");
        }
    }

    #[test]
    fn a_header_without_networks_trusts_nobody_and_is_told_of() {
        let (send, events) = check(TrustedProxies::new(ForwardHeader::x_forwarded_for()));
        send(&[("x-forwarded-for", "192.0.2.7")]);
        assert_eq!(events.entries().len(), 1);
    }

    #[test]
    fn where_a_proxy_is_trusted_nothing_is_in_doubt() {
        let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for());
        let (send, events) = check(proxies.add_network("10.0.0.0/8").unwrap());
        send(&[("x-forwarded-for", "192.0.2.7")]);
        assert!(events.entries().is_empty());
    }

    #[test]
    fn only_the_first_requests_are_looked_at() {
        let (send, events) = check(TrustedProxies::none());
        for _ in 0..LOOKS {
            send(&[]);
        }
        send(&[("x-forwarded-for", "192.0.2.7")]);
        assert!(
            events.entries().is_empty(),
            "what is to be found is found at start"
        );
    }

    const ONE_ADDRESS: (SecurityEvent, Option<&str>) = (
        SecurityEvent::ControlMisconfigured,
        Some("one_address_for_all_clients"),
    );

    #[test]
    fn many_programs_at_one_address_are_told_of_once() {
        let (send, events) = check(TrustedProxies::none());
        for turn in 0..2 * LOOKS {
            assert_eq!(events.entries().len(), usize::from(turn >= LOOKS));
            send(&[("user-agent", if turn == 7 { "curl" } else { "firefox" })]);
        }
        assert_eq!(events.entries(), [ONE_ADDRESS]);
    }

    #[test]
    fn one_program_at_one_address_is_one_client() {
        let (send, events) = check(TrustedProxies::none());
        (0..2 * LOOKS).for_each(|_| send(&[("user-agent", "monitor")]));
        let (local, local_events) = check_from([127, 0, 0, 1], TrustedProxies::none());
        (0..2 * LOOKS).for_each(|turn| local(&[("user-agent", if turn == 7 { "curl" } else { "firefox" })]));
        assert!(events.entries().is_empty() && local_events.entries().is_empty());
    }

    #[test]
    fn a_second_client_dispels_the_doubt() {
        let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for());
        let (send, events) = check(proxies.add_network("10.0.0.0/8").unwrap());
        for turn in 0..2 * LOOKS {
            let client = if turn == 500 { "192.0.2.8" } else { "192.0.2.7" };
            let agent = if turn % 2 == 0 { "curl" } else { "firefox" };
            send(&[("x-forwarded-for", client), ("user-agent", agent)]);
        }
        assert!(events.entries().is_empty());
    }
}
