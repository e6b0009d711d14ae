//! The answer to `CLUSTER SLOTS`.
use ::redis::Value;

use super::nodes::Nodes;
use crate::node::Node;

/// Which node is the master of which slots.
#[derive(Debug)]
pub(super) struct SlotMap(Vec<Range>);

#[derive(Debug)]
struct Range {
    first: u16,
    last: u16,
    master: Node,
}

impl SlotMap {
    /// Reads what `asked` told. `None` where it tells of no slot, or in another form: it is then no map at all.
    pub(super) fn read(answer: Value, asked: &Node, nodes: &Nodes) -> Option<Self> {
        let Value::Array(rows) = answer else { return None };
        let ranges: Option<Vec<_>> = rows.into_iter().map(|row| range(row, asked, nodes)).collect();
        let mut ranges = ranges.filter(|ranges| !ranges.is_empty())?;
        ranges.sort_unstable_by_key(|range| range.first);
        Some(Self(ranges))
    }

    /// The master of a slot.
    pub(super) fn owner(&self, slot: u16) -> Option<Node> {
        let index = self.0.partition_point(|range| range.last < slot);
        let range = self.0.get(index).filter(|range| range.first <= slot)?;
        Some(range.master.clone())
    }

    /// All masters, each as often as it has ranges.
    pub(super) fn masters(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().map(|range| &range.master)
    }
}

/// `[first, last, [host, port, ..], replicas ..]`.
fn range(row: Value, asked: &Node, nodes: &Nodes) -> Option<Range> {
    let Value::Array(row) = row else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = row.as_slice() else {
        return None;
    };
    let [host, Value::Int(port), ..] = master.as_slice() else {
        return None;
    };
    Some(Range {
        first: u16::try_from(*first).ok()?,
        last: u16::try_from(*last).ok()?,
        master: nodes.at(host_of(host, asked)?, u16::try_from(*port).ok()?).ok()?,
    })
}

/// A node that does not know its own name leaves it out, or says `?`: it is where it was asked.
fn host_of<'a>(host: &'a Value, asked: &'a Node) -> Option<&'a str> {
    match text(host) {
        "" | "?" => asked.address().host_and_port().map(|(host, _)| host),
        told => Some(told),
    }
}

/// A string's text; nothing where it is none.
fn text(value: &Value) -> &str {
    if let Value::BulkString(bytes) = value {
        return std::str::from_utf8(bytes).unwrap_or_default();
    }
    if let Value::SimpleString(text) = value {
        text
    } else {
        ""
    }
}

#[cfg(test)]
mod tests;
