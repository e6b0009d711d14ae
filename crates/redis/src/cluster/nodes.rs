//! The nodes of a cluster, each once.
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_core::ConfigError;

use super::map::SlotMap;
use crate::address::Address;
use crate::failure::Failure;
use crate::node::Node;
use crate::setup::Setup;

/// The nodes of a cluster, each once: those it was given, and those of the newest map.
#[derive(Debug)]
pub(super) struct Nodes {
    seeds: Vec<Place>,
    login: Address,
    setup: Arc<Setup>,
    known: Mutex<HashMap<Place, Node>>,
}

/// Host and port.
type Place = (String, u16);

impl Nodes {
    pub(super) fn new(seeds: Vec<Address>, setup: Arc<Setup>) -> Result<Self, ConfigError> {
        let login = seeds.first().cloned();
        let login = login.ok_or_else(|| ConfigError::new("redis cluster", "no address was given"))?;
        let mut known = HashMap::new();
        for seed in seeds {
            let place = place(&seed);
            known.insert(place, Node::new(seed, Arc::clone(&setup))?);
        }
        Ok(Self {
            seeds: known.keys().cloned().collect(),
            login,
            setup,
            known: Mutex::new(known),
        })
    }

    /// The node at that place.
    pub(super) fn at(&self, host: &str, port: u16) -> Result<Node, Failure> {
        let place = (host.to_owned(), port);
        let mut known = self.lock();
        if let Some(node) = known.get(&place) {
            return Ok(node.clone());
        }
        let node = Node::new(self.login.at(host, port), Arc::clone(&self.setup));
        let node = node.map_err(|_| Failure::Unexpected)?;
        known.insert(place, node.clone());
        Ok(node)
    }

    /// All nodes.
    pub(super) fn all(&self) -> Vec<Node> {
        self.lock().values().cloned().collect()
    }

    /// Forgets all nodes but the masters of this map and those that were given.
    pub(super) fn keep(&self, map: &SlotMap) {
        let masters: HashSet<_> = map.masters().map(|node| place(node.address())).collect();
        self.lock()
            .retain(|place, _| masters.contains(place) || self.seeds.contains(place));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Node>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(address: &Address) -> Place {
    let (host, port) = address.host_and_port().unwrap_or_default();
    (host.to_owned(), port)
}
