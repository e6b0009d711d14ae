//! Who the client is: the cases that go wrong elsewhere, and a property against a naive model.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::too_many_lines, reason = "tables of cases")]

use std::net::IpAddr;
use std::num::NonZeroU8;

use palisade_core::{AddrRefusedKind, AddrSource, ClientAddr, ForwardHeader, TrustedProxies};
use proptest::prelude::*;

const PEER: &str = "10.0.0.1";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn xff() -> TrustedProxies {
    TrustedProxies::new(ForwardHeader::x_forwarded_for())
        .add_network("10.0.0.0/8")
        .unwrap()
}

fn forwarded() -> TrustedProxies {
    TrustedProxies::new(ForwardHeader::forwarded())
        .add_network("10.0.0.0/8")
        .unwrap()
}

fn hops(n: u8) -> TrustedProxies {
    xff().with_hops(NonZeroU8::new(n).unwrap())
}

fn resolve(proxies: &TrustedProxies, peer: &str, headers: &[(&str, &str)]) -> (String, AddrSource) {
    let client = proxies.resolve(ip(peer), &headers).unwrap();
    (client.ip().to_string(), client.source())
}

struct Case {
    name: &'static str,
    proxies: TrustedProxies,
    peer: &'static str,
    headers: Vec<(&'static str, String)>,
    want: (&'static str, AddrSource),
}

fn case(
    name: &'static str,
    proxies: TrustedProxies,
    headers: &[(&'static str, &str)],
    want: (&'static str, AddrSource),
) -> Case {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    Case {
        name,
        proxies,
        peer: PEER,
        headers,
        want,
    }
}

#[test]
fn lists_are_read_from_the_right() {
    use AddrSource::{Header, LastHop, Peer};
    let x = "x-forwarded-for";
    let cases = [
        case("no header", xff(), &[], (PEER, Peer)),
        case("one hop", xff(), &[(x, "192.0.2.7")], ("192.0.2.7", Header)),
        case(
            "spoofed left",
            xff(),
            &[(x, "6.6.6.6, 192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "trusted hops are passed",
            xff(),
            &[(x, "192.0.2.7, 10.9.9.9, 10.0.0.2")],
            ("192.0.2.7", Header),
        ),
        case(
            "spoof dressed as a proxy",
            xff(),
            &[(x, "10.0.0.5, 192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "all trusted",
            xff(),
            &[(x, "10.0.0.9, 10.0.0.2")],
            ("10.0.0.9", Header),
        ),
        case(
            "lines are one list",
            xff(),
            &[(x, "6.6.6.6"), (x, "192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "mapped address",
            xff(),
            &[(x, "::ffff:192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "mapped, in hexadecimal",
            xff(),
            &[(x, "::ffff:c000:207")],
            ("192.0.2.7", Header),
        ),
        case(
            "mapped proxy is passed",
            xff(),
            &[(x, "192.0.2.7, ::ffff:10.0.0.2")],
            ("192.0.2.7", Header),
        ),
        case(
            "with a port",
            xff(),
            &[(x, "192.0.2.7:5555")],
            ("192.0.2.7", Header),
        ),
        case(
            "IPv6 with a port",
            xff(),
            &[(x, "[2001:db8::7]:5555")],
            ("2001:db8::7", Header),
        ),
        case("garbage", xff(), &[(x, "192.0.2.7, garbage")], (PEER, LastHop)),
        case(
            "garbage behind a proxy",
            xff(),
            &[(x, "192.0.2.7, garbage, 10.0.0.2")],
            ("10.0.0.2", LastHop),
        ),
        case("unknown", xff(), &[(x, "unknown")], (PEER, LastHop)),
        case("empty", xff(), &[(x, "")], (PEER, LastHop)),
        case("only commas", xff(), &[(x, ",,,")], (PEER, LastHop)),
        case("unspecified", xff(), &[(x, "0.0.0.0")], (PEER, LastHop)),
        case("line breaks", xff(), &[(x, "192.0.2.7\r\nx: 1")], (PEER, LastHop)),
        case(
            "another header",
            xff(),
            &[("forwarded", "for=192.0.2.7")],
            (PEER, Peer),
        ),
        case(
            "one hop counted",
            hops(1),
            &[(x, "6.6.6.6, 192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "two hops counted",
            hops(2),
            &[(x, "6.6.6.6, 192.0.2.7, 203.0.113.1")],
            ("192.0.2.7", Header),
        ),
        case(
            "fewer than counted",
            hops(3),
            &[(x, "192.0.2.7, 203.0.113.1")],
            ("192.0.2.7", LastHop),
        ),
        case("counted, no header", hops(3), &[], (PEER, Peer)),
    ];
    check(cases);
}

#[test]
fn forwarded_is_read_from_the_right() {
    use AddrSource::{Header, LastHop};
    let f = "forwarded";
    let cases = [
        case(
            "plain",
            forwarded(),
            &[(f, "for=192.0.2.7;proto=https")],
            ("192.0.2.7", Header),
        ),
        case(
            "spoofed left",
            forwarded(),
            &[(f, "for=6.6.6.6, for=192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "quoted",
            forwarded(),
            &[(f, "for=\"[2001:db8::7]:1\"")],
            ("2001:db8::7", Header),
        ),
        case(
            "open quote",
            forwarded(),
            &[(f, "for=\"6.6.6.6, for=192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "comma in quotes",
            forwarded(),
            &[(f, "x=\"a, for=6.6.6.6\";for=192.0.2.7")],
            ("192.0.2.7", Header),
        ),
        case(
            "hidden hop",
            forwarded(),
            &[(f, "for=192.0.2.7, for=_hidden, for=10.0.0.3")],
            ("10.0.0.3", LastHop),
        ),
        case(
            "twice in one element",
            forwarded(),
            &[(f, "for=6.6.6.6;for=192.0.2.7")],
            (PEER, LastHop),
        ),
        case(
            "trusted hops",
            forwarded(),
            &[(f, "for=192.0.2.7;by=10.0.0.2, for=10.0.0.2")],
            ("192.0.2.7", Header),
        ),
    ];
    check(cases);
}

fn check(cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        let client = case
            .proxies
            .resolve(ip(case.peer), &case.headers.as_slice())
            .unwrap();
        assert_eq!(
            (client.ip(), client.source()),
            (ip(case.want.0), case.want.1),
            "{}",
            case.name
        );
    }
}

#[test]
fn a_peer_that_is_not_trusted_is_the_client_whatever_it_sends() {
    let absurd = "1.1.1.1,".repeat(10_000);
    for headers in [
        &[("x-forwarded-for", "6.6.6.6")][..],
        &[("x-forwarded-for", absurd.as_str())][..],
    ] {
        for proxies in [xff(), hops(1), TrustedProxies::none(), TrustedProxies::default()] {
            let (client, source) = resolve(&proxies, "203.0.113.9", headers);
            assert_eq!((client.as_str(), source), ("203.0.113.9", AddrSource::Peer));
        }
    }
}

#[test]
fn without_a_trusted_network_nobody_is_trusted() {
    let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for());
    assert!(!proxies.trusts_anyone());
    assert_eq!(resolve(&proxies, PEER, &[("x-forwarded-for", "6.6.6.6")]).0, PEER);

    let open = proxies.dangerous().trust_any_peer();
    assert!(open.trusts_anyone());
    assert_eq!(
        resolve(&open, "203.0.113.9", &[("x-forwarded-for", "6.6.6.6")]).0,
        "6.6.6.6"
    );
}

#[test]
fn a_mapped_peer_is_trusted_like_the_address_it_is() {
    let (client, _) = resolve(&xff(), "::ffff:10.0.0.1", &[("x-forwarded-for", "192.0.2.7")]);
    assert_eq!(client, "192.0.2.7");
}

#[test]
fn a_network_written_as_mapped_ipv6_is_the_ipv4_network() {
    for network in ["::ffff:10.0.0.0/104", "::ffff:10.0.0.1/128", "::ffff:10.0.0.1"] {
        let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for())
            .add_network(network)
            .unwrap();
        for peer in [PEER, "::ffff:10.0.0.1"] {
            let (client, _) = resolve(&proxies, peer, &[("x-forwarded-for", "192.0.2.7")]);
            assert_eq!(client, "192.0.2.7", "{network} {peer}");
        }
        let (client, _) = resolve(&proxies, "192.0.2.9", &[("x-forwarded-for", "192.0.2.7")]);
        assert_eq!(client, "192.0.2.9", "{network}");
    }
}

#[test]
fn what_no_chain_of_proxies_makes_is_refused() {
    let long = format!("192.0.2.7, {}", vec!["10.0.0.2"; 10_000].join(","));
    let many = ["10.0.0.2"; 33].join(", ");
    let lines = vec![("x-forwarded-for", "10.0.0.2"); 40];
    for headers in [
        &[("x-forwarded-for", long.as_str())][..],
        &[("x-forwarded-for", many.as_str())][..],
        &lines[..],
    ] {
        let refused = xff().resolve(ip(PEER), &headers).unwrap_err();
        assert_eq!(refused.kind(), AddrRefusedKind::TooLong);
    }
}

#[test]
fn single_address_headers_are_single() {
    let by = |header| TrustedProxies::new(header).add_network("10.0.0.1").unwrap();
    let cf = by(ForwardHeader::single("CF-Connecting-IP").unwrap());
    assert_eq!(
        resolve(&cf, PEER, &[("cf-connecting-ip", "192.0.2.7")]),
        ("192.0.2.7".into(), AddrSource::Header)
    );
    assert_eq!(
        resolve(&cf, PEER, &[("cf-connecting-ip", "1.2.3.4, 5.6.7.8")]).1,
        AddrSource::LastHop
    );
    assert_eq!(resolve(&cf, PEER, &[]), (PEER.into(), AddrSource::Peer));
    assert_eq!(
        resolve(&cf, "10.0.0.2", &[("cf-connecting-ip", "192.0.2.7")]).0,
        "10.0.0.2"
    );

    let twice: &[(&str, &str)] = &[
        ("cf-connecting-ip", "192.0.2.7"),
        ("CF-Connecting-IP", "192.0.2.7"),
    ];
    assert_eq!(
        cf.resolve(ip(PEER), &twice).unwrap_err().kind(),
        AddrRefusedKind::Repeated
    );

    let long = format!("192.0.2.7{}", " ".repeat(2048));
    let long: &[(&str, &str)] = &[("cf-connecting-ip", &long)];
    assert_eq!(
        cf.resolve(ip(PEER), &long).unwrap_err().kind(),
        AddrRefusedKind::TooLong
    );

    let cloudfront = by(ForwardHeader::single_with_port("cloudfront-viewer-address").unwrap());
    let viewer: &[(&str, &str)] = &[("cloudfront-viewer-address", "2001:db8::7:46532")];
    assert_eq!(resolve(&cloudfront, PEER, viewer).0, "2001:db8::7");
}

#[test]
fn wrong_configurations_are_refused_with_what_was_given() {
    let base = TrustedProxies::new(ForwardHeader::forwarded());
    for network in [
        "",
        "10.0.0.0/33",
        "proxy.internal",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/0",
        "::ffff:0.0.0.0/96",
        "::ffff:10.0.0.0/96",
    ] {
        let error = base.clone().add_network(network).unwrap_err().to_string();
        assert!(error.contains(&format!("`{network}`")), "{error}");
    }
    assert!(ForwardHeader::single("not a name").is_err());
    assert!(ForwardHeader::single("").is_err());
}

/// The decision for `X-Forwarded-For` and networks, written as plainly as it is stated.
fn naive(peer: IpAddr, trusted: impl Fn(IpAddr) -> bool, list: &[Option<IpAddr>]) -> (IpAddr, AddrSource) {
    if !trusted(peer) || list.is_empty() {
        return (peer, AddrSource::Peer);
    }
    let mut hop = peer;
    for entry in list.iter().rev() {
        match entry {
            None => return (hop, AddrSource::LastHop),
            Some(ip) if trusted(*ip) => hop = *ip,
            Some(ip) => return (*ip, AddrSource::Header),
        }
    }
    (hop, AddrSource::Header)
}

fn entry() -> impl Strategy<Value = Option<IpAddr>> {
    prop_oneof![
        4 => (0_u8..4).prop_map(|n| Some(IpAddr::from([10, 0, 0, n]))),
        3 => any::<[u8; 4]>().prop_filter("unspecified", |b| *b != [0; 4]).prop_map(|b| Some(IpAddr::from(b))),
        1 => Just(None),
    ]
}

proptest! {
    #[test]
    fn the_walk_agrees_with_the_naive_model(
        peer in prop_oneof![Just([10, 0, 0, 1]), any::<[u8; 4]>()],
        list in proptest::collection::vec(entry(), 0..12),
        lines in 1_usize..4,
    ) {
        let trusted = |ip: IpAddr| matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 10);
        let texts: Vec<String> =
            list.iter().map(|e| e.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string())).collect();
        let headers: Vec<(&str, String)> = if texts.is_empty() { Vec::new() } else {
            let chunk = texts.len().div_ceil(lines);
            texts.chunks(chunk).map(|c| ("x-forwarded-for", c.join(", "))).collect()
        };
        let peer = IpAddr::from(peer);
        let client = xff().resolve(peer, &headers.as_slice()).unwrap();
        prop_assert_eq!((client.ip(), client.source()), naive(peer, trusted, &list));
    }

    #[test]
    fn nothing_a_client_writes_on_the_left_changes_who_it_is(left in "\\PC{0,200}", form in 0..4) {
        let (proxies, name, own) = match form {
            0 => (forwarded(), "forwarded", "for=192.0.2.7;proto=https"),
            1 => (forwarded(), "forwarded", r#"for="192.0.2.7:1";host="a, for=6.6.6.6""#),
            2 => (forwarded(), "forwarded", r#"host="\", for=6.6.6.6, \\";for=192.0.2.7"#),
            _ => (xff(), "x-forwarded-for", "192.0.2.7"),
        };
        let line = format!("{left}, {own}");
        let one: &[(&str, &str)] = &[(name, &line)];
        let two: &[(&str, &str)] = &[(name, &left), (name, own)];
        let want = ClientAddr::from_peer(ip("192.0.2.7")).ip();
        prop_assert_eq!(proxies.resolve(ip(PEER), &one).unwrap().ip(), want);
        prop_assert_eq!(proxies.resolve(ip(PEER), &two).unwrap().ip(), want);
    }

    #[test]
    fn no_header_panics(value in proptest::collection::vec(any::<u8>(), 0..300)) {
        let single = ForwardHeader::single_with_port("x").unwrap();
        let by = TrustedProxies::new(single).add_network("10.0.0.0/8").unwrap();
        for (proxies, name) in [(xff(), "x-forwarded-for"), (forwarded(), "forwarded"), (by, "x")] {
            let headers: &[(&str, &[u8])] = &[(name, &value)];
            prop_assert!(proxies.resolve(ip(PEER), &headers).is_ok());
        }
    }
}
