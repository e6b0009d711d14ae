//! A Redis Cluster: who has which slot.
mod map;
mod nodes;

use std::sync::{Arc, Weak};
use std::time::Duration;

use ::redis::{Cmd, Value, cmd};
use palisade_core::{ConfigError, StoreErrorKind};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use self::map::SlotMap;
use self::nodes::Nodes;
use crate::address::Address;
use crate::deadline::Deadline;
use crate::failure::{Failure, Redirect};
use crate::node::Node;
use crate::setup::Setup;

/// Redirections that one call follows. A slot that moves is one or two away.
const HOPS: usize = 3;
/// How long one node may take to tell the map.
const ASK_FOR_MAP: Duration = Duration::from_secs(1);
/// The least time between two maps: nodes that fail do not make every call ask for one.
const BETWEEN_MAPS: Duration = Duration::from_millis(100);

/// A cluster. Each node has its own connection and its own breaker: a node that is away does not keep anybody from the others.
#[derive(Clone, Debug)]
pub(crate) struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    nodes: Nodes,
    map: watch::Sender<Map>,
    /// Held by the task that asks for the map. It is not awaited, only tried.
    asking: Arc<tokio::sync::Mutex<()>>,
}

/// What is known of the slots.
#[derive(Clone, Debug)]
enum Map {
    /// Nothing; since when it has been asked for.
    Unknown(Option<Instant>),
    Known(Arc<SlotMap>),
}

impl Cluster {
    pub(crate) fn new(seeds: Vec<Address>, setup: Arc<Setup>) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Inner {
            nodes: Nodes::new(seeds, setup)?,
            map: watch::Sender::new(Map::Unknown(None)),
            asking: Arc::default(),
        })))
    }

    /// Sends one command about a key in `slot`, following the slot where it has gone. It is carried out at most once: a node
    /// that redirects has not done it.
    pub(crate) async fn ask(&self, slot: u16, command: &Cmd, deadline: Deadline) -> Result<Value, Failure> {
        let mut node = self.owner(slot, deadline).await?;
        let mut answer = node.ask(command, deadline).await;
        for _ in 0..HOPS {
            let Err(Failure::Redirected(redirect)) = answer else {
                break;
            };
            node = self.follow(&node, &redirect)?;
            answer = if redirect.once {
                node.ask_once(command, deadline).await
            } else {
                node.ask(command, deadline).await
            };
        }
        self.learn(&answer);
        answer
    }

    /// The same cluster, whose certificates must come from one of these authorities.
    #[cfg(feature = "tls")]
    pub(crate) fn trusting(&self, pem: &[u8], setup: Arc<Setup>) -> Result<Self, ConfigError> {
        let seeds = self.0.nodes.all();
        let seeds: Result<Vec<_>, _> = seeds.iter().map(|node| node.address().trusting(pem)).collect();
        Self::new(seeds?, setup)
    }

    /// Whether calls about some slots would fail at once.
    pub(crate) fn is_away(&self, deadline: Deadline) -> bool {
        match &*self.0.map.borrow() {
            Map::Known(map) => map.masters().any(|node| node.is_away(deadline)),
            Map::Unknown(since) => since.is_some_and(|since| deadline.is_over(since)),
        }
    }

    /// The node that has the slot. Without a map this waits for one, as long as a call may wait and has not been waited yet.
    async fn owner(&self, slot: u16, deadline: Deadline) -> Result<Node, Failure> {
        drop(Handle::try_current().map_err(|_| Failure::NoRuntime)?);
        let mut changes = self.0.map.subscribe();
        loop {
            let map = changes.borrow_and_update().clone();
            let since = match map {
                Map::Known(map) => return self.owner_in(&map, slot),
                Map::Unknown(since) => since.unwrap_or_else(|| self.begin()),
            };
            self.refresh();
            if deadline.is_over(since) {
                return Err(Failure::Away(StoreErrorKind::TimedOut));
            }
            drop(timeout_at(deadline.patience(since), changes.changed()).await);
        }
    }

    fn owner_in(&self, map: &SlotMap, slot: u16) -> Result<Node, Failure> {
        let owner = map.owner(slot).ok_or(Failure::Uncovered);
        owner.inspect_err(|_| self.refresh())
    }

    /// The node that a redirection names.
    fn follow(&self, from: &Node, redirect: &Redirect) -> Result<Node, Failure> {
        if !redirect.once {
            self.refresh();
        }
        let host = match redirect.host.as_str() {
            "" => from.address().host_and_port().unwrap_or_default().0,
            host => host,
        };
        self.0.nodes.at(host, redirect.port)
    }

    /// Asks for a new map where the answer tells that the old one may be wrong.
    fn learn(&self, answer: &Result<Value, Failure>) {
        let Err(failure) = answer else { return };
        if failure.is_of_the_link()
            || matches!(
                failure,
                Failure::TimedOut | Failure::Away(_) | Failure::Redirected(_)
            )
        {
            self.refresh();
        }
    }

    /// Notes that somebody waits for a first map, and since when.
    fn begin(&self) -> Instant {
        let now = Instant::now();
        self.0.map.send_if_modified(|map| {
            if let Map::Unknown(since @ None) = map {
                *since = Some(now);
            }
            false
        });
        now
    }

    /// Starts the task that asks for the map, unless it is at work.
    fn refresh(&self) {
        let (Ok(turn), Ok(runtime)) = (Arc::clone(&self.0.asking).try_lock_owned(), Handle::try_current())
        else {
            return;
        };
        let cluster = Arc::downgrade(&self.0);
        drop(runtime.spawn(async move {
            while !learned(&cluster).await {
                sleep(BETWEEN_MAPS).await;
            }
            sleep(BETWEEN_MAPS).await;
            drop(turn);
        }));
    }
}

/// Asks node by node for the map; whether one told it, or nobody needs it any more.
async fn learned(cluster: &Weak<Inner>) -> bool {
    let Some(candidates) = cluster.upgrade().map(|cluster| cluster.nodes.all()) else {
        return true;
    };
    for node in candidates {
        if learned_from(&node, cluster).await {
            return true;
        }
    }
    false
}

/// Asks one node for the map and takes it over.
async fn learned_from(node: &Node, cluster: &Weak<Inner>) -> bool {
    let mut slots = cmd("CLUSTER");
    slots.arg("SLOTS");
    let Ok(answer) = node.ask(&slots, Deadline::within(ASK_FOR_MAP)).await else {
        return false;
    };
    let Some(cluster) = cluster.upgrade() else {
        return true;
    };
    let Some(map) = SlotMap::read(answer, node, &cluster.nodes) else {
        return false;
    };
    cluster.nodes.keep(&map);
    cluster.map.send_replace(Map::Known(Arc::new(map)));
    true
}
