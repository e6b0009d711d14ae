//! The handle that stores hold.
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Cmd, Value, cmd};
use palisade_core::{ConfigError, Recorder, StoreError};

use crate::address::Address;
use crate::cluster::Cluster;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::node::Node;
use crate::request::Request;
use crate::setup::Setup;
use crate::{Arg, Key, Reply, Script, key, version};

const PREFIX: &str = "palisade";
const DEADLINE: Duration = Duration::from_millis(50);
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(10);

/// A Redis or Valkey server, or a cluster of them. What a call does is the numbered list in the [crate docs](crate).
///
/// Clones share connections and breakers; each has its own deadline and prefix. Connections belong to the Tokio runtime
/// that first needs them, and are made anew where that one has ended.
#[derive(Clone)]
pub struct Redis {
    servers: Servers,
    setup: Arc<Setup>,
    prefix: Arc<str>,
    deadline: Duration,
}

#[derive(Clone)]
enum Servers {
    One(Node),
    Cluster(Cluster),
}

impl Redis {
    /// One server, or the address behind which one of several is the master at any time.
    ///
    /// `redis://[user][:password@]host[:port][/database]`, `rediss://` for the same through TLS (feature `tls`), or
    /// `unix:///path/to/socket`. The host is looked up anew for each connection. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// [`ConfigError`] for another URL. Its text repeats nothing of it, since it may hold a password.
    pub fn standalone(url: &str) -> Result<Self, ConfigError> {
        let setup = Arc::new(Setup::new(PREFIX));
        let node = Node::new(Address::parse(url)?, Arc::clone(&setup))?;
        Ok(Self::new(Servers::One(node), setup))
    }

    /// A Redis Cluster, by the URLs of some of its nodes; the others are found through them. User and password are the
    /// same on all nodes: those of the first URL.
    ///
    /// # Errors
    /// [`ConfigError`] as for [`standalone`](Self::standalone), for no URL, a socket in the file system, or a database other
    /// than 0.
    pub fn cluster<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        let addresses: Result<Vec<_>, _> = urls.into_iter().map(Address::parse_node).collect();
        let setup = Arc::new(Setup::new(PREFIX));
        let cluster = Cluster::new(addresses?, Arc::clone(&setup))?;
        Ok(Self::new(Servers::Cluster(cluster), setup))
    }

    /// Begins all keys with `prefix` instead of `palisade`: 1 to 32 of `A-Z a-z 0-9 . _ -`.
    ///
    /// # Errors
    /// [`ConfigError`] for another prefix.
    pub fn with_prefix(mut self, prefix: &str) -> Result<Self, ConfigError> {
        key::check_prefix(prefix)?;
        self.setup.set_prefix(prefix);
        self.prefix = prefix.into();
        Ok(self)
    }

    /// Gives each call of this handle so long, connecting included, instead of 50 ms: 1 ms to 10 s.
    ///
    /// # Errors
    /// [`ConfigError`] for another span.
    pub fn with_deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        if !(SHORTEST..=LONGEST).contains(&deadline) {
            let problem = format!("{deadline:?} is not between {SHORTEST:?} and {LONGEST:?}");
            return Err(ConfigError::new("redis deadline", problem));
        }
        self.deadline = deadline;
        Ok(self)
    }

    /// Trusts these certificate authorities, in PEM, instead of those that Mozilla's programs trust. For addresses that begin
    /// with `rediss://`. Call it first: clones that were made before keep connections of their own.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no certificate, and for other addresses.
    #[cfg(feature = "tls")]
    pub fn with_root_certificates(mut self, pem: &[u8]) -> Result<Self, ConfigError> {
        self.servers = match &self.servers {
            Servers::One(node) => {
                Servers::One(Node::new(node.address().trusting(pem)?, Arc::clone(&self.setup))?)
            }
            Servers::Cluster(cluster) => Servers::Cluster(cluster.trusting(pem, Arc::clone(&self.setup))?),
        };
        Ok(self)
    }

    /// Tells `recorder`, for all clones, when a server goes away (`control_failed`) and when it is back (`control_recovered`):
    /// once a change, with the rule `redis`.
    #[must_use]
    pub fn with_recorder(self, recorder: Recorder) -> Self {
        self.setup.set_recorder(recorder);
        self
    }

    /// Connects and asks the version, for an application that would rather not start without its store. A server older than
    /// 6.2 is refused.
    ///
    /// It takes as long as a call may take.
    ///
    /// # Errors
    /// [`StoreError`] where no server answers in time, takes the login, can be written to and is new enough.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let mut info = cmd("INFO");
        info.arg("server");
        let deadline = Deadline::within(self.deadline);
        let answer = match &self.servers {
            Servers::One(node) => node.ask(&info, deadline).await,
            Servers::Cluster(cluster) => cluster.ask(0, &info, deadline).await,
        };
        Ok(version::check(&answer?)?)
    }

    /// Runs `script` with one key, in one round trip.
    ///
    /// The future needs a Tokio runtime. Dropped before it is done, it leaves the call done or not begun.
    ///
    /// # Errors
    /// [`StoreError`] where the server is away, does not answer in time or answers with an error. A call that ended in an error
    /// may have been carried out; it is never sent a second time.
    pub fn call(
        &self,
        script: &Script,
        key: &Key,
        args: &[Arg<'_>],
    ) -> impl Future<Output = Result<Reply, StoreError>> + Send + use<> {
        self.call_keys(script, std::slice::from_ref(key), args)
    }

    /// Runs `script` with several keys of one subject, in one round trip.
    ///
    /// # Errors
    /// As for [`call`](Self::call); and for no key, or keys of several subjects, on a single server too, since they would lie
    /// apart in a cluster.
    pub fn call_keys(
        &self,
        script: &Script,
        keys: &[Key],
        args: &[Arg<'_>],
    ) -> impl Future<Output = Result<Reply, StoreError>> + Send + use<> {
        let slot = common_slot(keys);
        let request = Request::new(script, keys, args);
        let (servers, span) = (self.servers.clone(), self.deadline);
        async move {
            let name = request.script();
            let answer = servers.evaluate(slot?, &request, span).await;
            Ok(answer
                .and_then(Reply::from_value)
                .map_err(|failure| failure.in_script(name))?)
        }
    }

    /// The key of this `kind` for these bytes. The kind is a constant of the program, such as `rl`, without `:` or braces.
    #[must_use]
    pub fn key(&self, kind: &'static str, subject: &[u8]) -> Key {
        Key::new(&self.prefix, kind, subject)
    }

    /// Whether a call would fail at once, because its server is known to be away. Of a cluster: any of its nodes.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let deadline = Deadline::within(self.deadline);
        match &self.servers {
            Servers::One(node) => node.is_away(deadline),
            Servers::Cluster(cluster) => cluster.is_away(deadline),
        }
    }

    fn new(servers: Servers, setup: Arc<Setup>) -> Self {
        Self {
            servers,
            setup,
            prefix: PREFIX.into(),
            deadline: DEADLINE,
        }
    }
}

impl Servers {
    async fn evaluate(&self, slot: u16, request: &Request, span: Duration) -> Result<Value, Failure> {
        let deadline = Deadline::within(span);
        match self.ask(slot, request.by_hash(), deadline).await {
            // It was not run: this is the one case in which something is sent twice.
            Err(failure) if failure.is_noscript() => self.ask(slot, &request.by_source(), deadline).await,
            answer => answer,
        }
    }

    async fn ask(&self, slot: u16, command: &Cmd, deadline: Deadline) -> Result<Value, Failure> {
        match self {
            Self::One(node) => node.ask(command, deadline).await,
            Self::Cluster(cluster) => cluster.ask(slot, command, deadline).await,
        }
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = match &self.servers {
            Servers::One(_) => "standalone",
            Servers::Cluster(_) => "cluster",
        };
        f.debug_struct("Redis")
            .field("servers", &servers)
            .field("prefix", &self.prefix)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

fn common_slot(keys: &[Key]) -> Result<u16, Failure> {
    match keys {
        [first, others @ ..] if others.iter().all(|other| first.lies_with(other)) => Ok(first.slot()),
        _ => Err(Failure::Scattered),
    }
}
