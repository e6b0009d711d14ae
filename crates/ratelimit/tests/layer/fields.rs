//! What is sent, read by a parser of structured fields that is not ours.
use std::time::Duration;

use http::HeaderMap;
use palisade_ratelimit::Attempt;
use sfv::{BareItem, List, ListEntry, Parser};
use tower::Layer;

use crate::support::{bench, from, passed, send};

/// The name and the integer parameters of the members of a field.
fn read(headers: &HeaderMap, field: &str) -> Vec<(String, Vec<(String, i64)>)> {
    let lines: Vec<_> = headers
        .get_all(field)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    let list: List = Parser::new(&lines.join(", "))
        .parse()
        .expect("a list of RFC 9651");
    let member = |entry: &ListEntry| {
        let ListEntry::Item(item) = entry else {
            panic!("an item, not an inner list")
        };
        let BareItem::String(name) = &item.bare_item else {
            panic!("a string")
        };
        let number = |value: &BareItem| i64::from(value.as_integer().expect("an integer"));
        let parameters = item
            .params
            .iter()
            .map(|(key, value)| (key.as_str().to_owned(), number(value)));
        (name.as_str().to_owned(), parameters.collect())
    };
    list.iter().map(member).collect()
}

fn one(name: &str, parameters: [(&str, i64); 2]) -> Vec<(String, Vec<(String, i64)>)> {
    let parameters = parameters.map(|(key, number)| (key.to_owned(), number));
    vec![(name.to_owned(), parameters.to_vec())]
}

#[test]
fn the_fields_are_structured_fields_and_say_how_the_client_stands() {
    let bench = bench();
    let service = bench.service();
    for (remaining, reset) in [(2, 1), (1, 2), (0, 3)] {
        let response = send(&service, from("192.0.2.7"));
        assert_eq!(
            read(response.headers(), "ratelimit"),
            one("login", [("r", remaining), ("t", reset)])
        );
        assert_eq!(
            read(response.headers(), "ratelimit-policy"),
            one("login", [("q", 3), ("w", 3)])
        );
        assert!(!response.headers().contains_key("retry-after"));
    }
    bench.clock.advance(Duration::from_millis(100));
    let refused = send(&service, from("192.0.2.7"));
    assert_eq!(refused.status(), 429);
    assert_eq!(
        read(refused.headers(), "ratelimit"),
        one("login", [("r", 0), ("t", 1)])
    );
    assert_eq!(
        read(refused.headers(), "ratelimit-policy"),
        one("login", [("q", 3), ("w", 3)])
    );
    assert_eq!(refused.headers()["retry-after"], "1", "not earlier than t");
}

#[test]
fn two_limits_make_one_list() {
    let (outer, inner) = (bench(), bench());
    let service = outer.layer().layer(inner.layer().layer(inner.shop.clone()));
    passed(&service, 1, || from("192.0.2.7"));
    let response = send(&service, from("192.0.2.7"));
    assert_eq!(read(response.headers(), "ratelimit").len(), 2);
    assert_eq!(read(response.headers(), "ratelimit-policy").len(), 2);
}

#[test]
fn the_plain_function_writes_the_same_fields() {
    let bench = bench();
    let attempt = Attempt::new(bench.limiter.key().number(1));
    let decision = bench.limiter.check_now(&attempt);
    let mut headers = HeaderMap::new();
    bench.limiter.write_fields(&attempt, &decision, &mut headers);
    let layered = send(&bench.service(), from("192.0.2.7"));
    assert_eq!(headers, *layered.headers());
}
