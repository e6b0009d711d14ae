//! A real Redis Cluster.

use std::net::{Ipv4Addr, TcpListener};

use super::RedisServer;
use crate::{free_port, wait_until};

const SLOTS: u16 = 16_384;
/// First slot, last slot and epoch of each master.
const MASTERS: [(u16, u16, &str); 3] = [(0, 5460, "1"), (5461, 10_922, "2"), (10_923, 16_383, "3")];
/// The cluster's own traffic goes to the port that much higher.
const BUS: u16 = 10_000;
/// The time without an answer after which a node is taken to be down, in milliseconds.
const NODE_TIMEOUT: &str = "2000";

/// Three masters on free loopback ports, which share the slots evenly. They end when this value is dropped.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts the nodes, makes them a cluster, and returns once each of them can be asked for every slot.
    ///
    /// # Panics
    /// Where `redis-server` is not installed or the cluster does not come up.
    #[must_use]
    pub fn start() -> Self {
        let cluster = Self {
            nodes: MASTERS.iter().map(|_| node()).collect(),
        };
        cluster.join();
        wait_until("the cluster is up", || cluster.nodes.iter().all(is_ready));
        cluster
    }

    /// The nodes' addresses as `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// The nodes.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// The node that has the slot, and one that has not.
    ///
    /// # Panics
    /// Where no node has it.
    #[must_use]
    pub fn owner_and_other(&self, slot: u16) -> (&RedisServer, &RedisServer) {
        let has = |node: &&RedisServer| owns(node, slot);
        let owner = self.nodes.iter().find(has);
        let other = self.nodes.iter().find(|node| !has(node));
        match (owner, other) {
            (Some(owner), Some(other)) => (owner, other),
            _ => panic!("slot {slot} has no owner, or only owners"),
        }
    }

    /// Begins to move a slot between two nodes: `from` sends on whoever asks for a key that it does not have (`ASK`).
    pub fn begin_move(&self, slot: u16, from: &RedisServer, to: &RedisServer) {
        let slot = slot.to_string();
        to.expect_ok(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
        from.expect_ok(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
    }

    /// Moves the keys of a slot and then the slot itself: everybody else sends on (`MOVED`).
    pub fn finish_move(&self, slot: u16, from: &RedisServer, to: &RedisServer) {
        let (slot, to_id) = (slot.to_string(), id(to));
        let port = to.addr().port().to_string();
        for key in from.command(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]).lines() {
            from.expect_ok(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
        }
        for node in [to, from] {
            node.expect_ok(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }

    fn join(&self) {
        for ((first, last, epoch), node) in MASTERS.into_iter().zip(&self.nodes) {
            let slots: Vec<String> = (first..=last).map(|slot| slot.to_string()).collect();
            let mut command = vec!["CLUSTER", "ADDSLOTS"];
            command.extend(slots.iter().map(String::as_str));
            node.expect_ok(&command);
            node.expect_ok(&["CLUSTER", "SET-CONFIG-EPOCH", epoch]);
        }
        for (one, next) in self.nodes.iter().zip(self.nodes.iter().skip(1)) {
            one.expect_ok(&["CLUSTER", "MEET", "127.0.0.1", &next.addr().port().to_string()]);
        }
    }
}

fn node() -> RedisServer {
    RedisServer::start_on(
        port_with_bus,
        &[
            "--cluster-enabled",
            "yes",
            "--cluster-config-file",
            "nodes.conf",
            "--cluster-node-timeout",
            NODE_TIMEOUT,
            "--cluster-announce-ip",
            "127.0.0.1",
        ],
    )
}

/// A free port with another free one where the cluster's own traffic will go.
fn port_with_bus() -> u16 {
    let with_bus = |port: &u16| {
        let bus = port.checked_add(BUS);
        bus.is_some_and(|bus| TcpListener::bind((Ipv4Addr::LOCALHOST, bus)).is_ok())
    };
    let port = (0..1000).map(|_| free_port()).find(with_bus);
    port.unwrap_or_else(|| panic!("no free port with a free one {BUS} above it"))
}

/// A node is ready when the cluster is whole in its eyes, and all three masters have names and slots there.
fn is_ready(node: &RedisServer) -> bool {
    let info = node.command(&["CLUSTER", "INFO"]);
    let all = format!("cluster_slots_ok:{SLOTS}");
    let size = format!("cluster_size:{}", MASTERS.len());
    info.contains("cluster_state:ok") && info.contains(&all) && info.contains(&size)
}

fn id(node: &RedisServer) -> String {
    node.command(&["CLUSTER", "MYID"])
}

/// Whether a node says of itself that it has the slot.
fn owns(node: &RedisServer, slot: u16) -> bool {
    let nodes = node.command(&["CLUSTER", "NODES"]);
    let myself = nodes.lines().find(|line| line.contains("myself"));
    let ranges = myself.into_iter().flat_map(|line| line.split(' ').skip(8));
    ranges
        .filter_map(bounds)
        .any(|(first, last)| (first..=last).contains(&slot))
}

/// `7`, or `7-9`; slots on their way stand in brackets and do not count.
fn bounds(range: &str) -> Option<(u16, u16)> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    Some((first.parse().ok()?, last.parse().ok()?))
}
