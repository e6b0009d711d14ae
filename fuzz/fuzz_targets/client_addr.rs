//! No forwarding header panics, and none of an untrusted peer is believed.
#![no_main]
use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use palisade_core::{ForwardHeader, TrustedProxies};

fuzz_target!(|value: &[u8]| {
    let forms = [ForwardHeader::forwarded(), ForwardHeader::x_forwarded_for()];
    for (header, name) in forms.into_iter().zip(["forwarded", "x-forwarded-for"]) {
        let proxies = TrustedProxies::new(header).add_network("10.0.0.0/8").unwrap();
        let headers: &[(&str, &[u8])] = &[(name, value)];
        let _ = proxies.resolve(IpAddr::from([10, 0, 0, 1]), &headers);
        let outside = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(proxies.resolve(outside, &headers).unwrap().ip(), outside);
    }
});
