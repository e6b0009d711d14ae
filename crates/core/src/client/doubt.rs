//! Whether there is a proxy that nobody named.
use std::sync::atomic::{AtomicU32, Ordering};

use http::HeaderMap;

use crate::{Event, Recorder, SecurityEvent, TrustedProxies};

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

/// Looks at the first requests for what proxies write, where no proxy is trusted.
#[derive(Debug)]
pub(super) struct Doubt {
    left: AtomicU32,
}

impl Doubt {
    pub(super) fn about(proxies: &TrustedProxies) -> Self {
        let left = if proxies.trusts_anyone() { 0 } else { LOOKS };
        Self {
            left: AtomicU32::new(left),
        }
    }

    /// Looks at a request, and tells of the first that a proxy has seen.
    #[inline]
    pub(super) fn look(&self, headers: &HeaderMap, recorder: &Recorder) {
        if self.left.load(Ordering::Relaxed) > 0 {
            self.look_closely(headers, recorder);
        }
    }

    #[cold]
    fn look_closely(&self, headers: &HeaderMap, recorder: &Recorder) {
        if !FIELDS.iter().any(|field| headers.contains_key(*field)) {
            let one_less = |left: u32| left.checked_sub(1);
            let relaxed = Ordering::Relaxed;
            // None left is none left: nothing depends on who took the last one.
            let _unused = self.left.fetch_update(relaxed, relaxed, one_less);
        } else if self.left.swap(0, Ordering::Relaxed) > 0 {
            let event = Event::new(SecurityEvent::ControlMisconfigured).with_rule("client address");
            recorder.record(&event.with_reason("forward_header_without_trusted_proxy"));
        }
    }
}

#[cfg(all(test, feature = "test-util"))]
mod tests {
    use std::net::IpAddr;

    use http::Request;

    use super::*;
    use crate::{Check, ClientAddrCheck, Collected, ForwardHeader, Head};

    fn check(proxies: TrustedProxies) -> (impl Fn(&[(&str, &str)]), Collected) {
        let events = Collected::new();
        let recorder = Recorder::default().add_sink(events.clone());
        let peer = |_: &Head<'_>| Some(IpAddr::from([10, 0, 0, 1]));
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
}
