use std::sync::Arc;

use super::*;
use crate::address::Address;
use crate::setup::Setup;

fn nodes() -> Nodes {
    let seed = Address::parse("redis://seed.example:7000").unwrap();
    Nodes::new(vec![seed], Arc::new(Setup::new("p"))).unwrap()
}

fn row(first: i64, last: i64, host: Value, port: i64) -> Value {
    let master = Value::Array(vec![
        host,
        Value::Int(port),
        Value::BulkString(b"id".to_vec()),
        Value::Array(vec![]),
    ]);
    let replica = Value::Array(vec![text("replica.example"), Value::Int(1)]);
    Value::Array(vec![Value::Int(first), Value::Int(last), master, replica])
}

fn text(text: &str) -> Value {
    Value::BulkString(text.as_bytes().to_vec())
}

fn read(rows: Vec<Value>) -> Option<SlotMap> {
    let nodes = nodes();
    let asked = nodes.at("asked.example", 7000).unwrap();
    SlotMap::read(Value::Array(rows), &asked, &nodes)
}

fn owner(map: &SlotMap, slot: u16) -> Option<(String, u16)> {
    let node = map.owner(slot)?;
    let (host, port) = node.address().host_and_port()?;
    Some((host.to_owned(), port))
}

#[test]
fn each_slot_has_the_master_of_its_range() {
    let map = read(vec![
        row(8000, 16_383, text("b.example"), 2),
        row(0, 0, text("a.example"), 1),
        row(5, 7999, text("a.example"), 1),
    ]);
    let map = map.unwrap();
    let (a, b) = (
        Some(("a.example".to_owned(), 1)),
        Some(("b.example".to_owned(), 2)),
    );
    for (slot, expected) in [
        (0, &a),
        (1, &None),
        (4, &None),
        (5, &a),
        (7999, &a),
        (8000, &b),
        (16_383, &b),
    ] {
        assert_eq!(owner(&map, slot), *expected, "{slot}");
    }
}

#[test]
fn a_node_without_a_name_is_where_it_was_asked() {
    for host in [Value::Nil, text(""), text("?")] {
        let map = read(vec![row(0, 9, host, 7)]).unwrap();
        assert_eq!(owner(&map, 0), Some(("asked.example".to_owned(), 7)));
    }
}

#[test]
fn what_is_no_map_is_not_taken_for_one() {
    let nodes = nodes();
    let asked = nodes.at("asked.example", 7000).unwrap();
    for answer in [
        Value::Nil,
        Value::Okay,
        Value::Array(vec![]),
        Value::Array(vec![Value::Nil]),
    ] {
        assert!(SlotMap::read(answer, &asked, &nodes).is_none());
    }
    for (first, last, port) in [(-1, 9, 1), (0, 70_000, 1), (0, 9, 70_000)] {
        assert!(read(vec![row(first, last, text("a.example"), port)]).is_none());
    }
}

#[test]
fn nodes_of_an_older_map_are_forgotten_and_seeds_are_not() {
    let nodes = nodes();
    let asked = nodes.at("asked.example", 7000).unwrap();
    let map = SlotMap::read(
        Value::Array(vec![row(0, 9, text("a.example"), 1)]),
        &asked,
        &nodes,
    )
    .unwrap();
    nodes.keep(&map);
    let mut hosts: Vec<_> = nodes
        .all()
        .iter()
        .filter_map(|node| Some(node.address().host_and_port()?.0.to_owned()))
        .collect();
    hosts.sort_unstable();
    assert_eq!(hosts, ["a.example", "seed.example"]);
}
