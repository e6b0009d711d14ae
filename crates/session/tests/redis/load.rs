//! People who come and go while the server hangs, is cut off, forgets everything or dies. Errors are allowed while it is away;
//! a session that it still has is not lost, one that was ended does not come back, and nothing is stored twice.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use palisade_redis::Redis;
use palisade_session::{RedisStore, Session, SessionRefused, SessionRefusedKind, Sessions};
use palisade_testkit::{Forwarder, RedisServer, eventually};
use tokio::task::JoinHandle;

use crate::site::{Jar, principal, sessions};

const PEOPLE: usize = 8;

/// What all of them share.
struct World {
    sessions: Sessions<RedisStore>,
    /// Odd while the server forgets: what was there before, or is begun meanwhile, may be gone after.
    memory: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
    over: AtomicBool,
}

impl World {
    fn memory(&self) -> u64 {
        self.memory.load(Ordering::SeqCst)
    }

    /// Counts what worked, and refusals, of which only those of a store that is away are allowed.
    fn note<T>(&self, result: Result<T, SessionRefused>) -> Option<T> {
        match result {
            Ok(value) => {
                self.done.fetch_add(1, Ordering::SeqCst);
                Some(value)
            }
            Err(refused) => {
                let away = [SessionRefusedKind::StoreTimedOut, SessionRefusedKind::StoreFailed];
                assert!(away.contains(&refused.kind()), "{refused:?}");
                self.failed.fetch_add(1, Ordering::SeqCst);
                None
            }
        }
    }

    async fn goes_on(&self) {
        let before = self.done.load(Ordering::SeqCst);
        let more = || self.done.load(Ordering::SeqCst) > before.saturating_add(200);
        eventually("people come and go", async || more()).await;
    }

    async fn is_felt(&self) {
        let before = self.failed.load(Ordering::SeqCst);
        let more = || self.failed.load(Ordering::SeqCst) > before;
        eventually("somebody feels it", async || more()).await;
    }
}

/// What somebody was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    In,
    Out,
    /// A logout was not answered.
    Leaving,
}

struct Person {
    world: Arc<World>,
    name: String,
    jar: Jar,
    standing: Standing,
    /// What the server remembered when they signed in.
    memory: u64,
    /// Pieces in the cart: those that were told to be stored, and those that may be.
    told: u32,
    tried: u32,
    /// Cookies of sessions that they were told are over.
    ended: Vec<Jar>,
}

impl Person {
    fn new(world: &Arc<World>, name: String) -> Self {
        Self {
            world: Arc::clone(world),
            name,
            jar: Jar::default(),
            standing: Standing::Out,
            memory: 0,
            told: 0,
            tried: 0,
            ended: Vec::new(),
        }
    }

    async fn come_and_go(mut self) -> Self {
        let mut step = 0_u32;
        while !self.world.over.load(Ordering::SeqCst) {
            step = step.wrapping_add(1);
            match (self.standing, step % 10) {
                (Standing::Out, _) => self.sign_in().await,
                (Standing::Leaving, _) | (Standing::In, 0) => self.sign_out().await,
                (Standing::In, 1..=7) => self.add().await,
                (Standing::In, _) => drop(self.session().await),
            }
            tokio::task::yield_now().await;
        }
        self
    }

    /// The session, unless the server is away. Whoever is in finds it, with what is in the cart.
    async fn session(&mut self) -> Option<Session> {
        let world = Arc::clone(&self.world);
        let session = world.note(self.jar.load(&world.sessions).await)?;
        let holder = session.principal();
        assert!(holder.is_none_or(|holder| holder.subject().as_str() == self.name));
        if self.standing == Standing::In && session.principal().is_none() {
            self.has_been_forgotten();
            return None;
        }
        if self.standing == Standing::In {
            let pieces = session.get::<u32>("pieces").unwrap().unwrap_or_default();
            let (told, tried) = (self.told, self.tried);
            assert!((told..=tried).contains(&pieces), "{pieces} of {told} to {tried}");
        }
        Some(session)
    }

    fn has_been_forgotten(&mut self) {
        let now = self.world.memory();
        assert!(
            now != self.memory || now % 2 == 1,
            "{}'s session was lost",
            self.name
        );
        self.standing = Standing::Out;
    }

    async fn sign_in(&mut self) {
        self.memory = self.world.memory();
        let Some(session) = self.session().await else {
            return;
        };
        let world = Arc::clone(&self.world);
        let login = world.sessions.login(&session, principal(&self.name)).await;
        if world.note(login).is_none() {
            return;
        }
        self.jar.take(&world.sessions, &session);
        // One that was not answered has begun a cart already, perhaps.
        let pieces = session.get::<u32>("pieces").unwrap().unwrap_or_default();
        (self.told, self.tried) = (pieces, pieces);
        self.standing = Standing::In;
    }

    async fn add(&mut self) {
        let Some(session) = self.session().await else {
            return;
        };
        let (world, add) = (Arc::clone(&self.world), |pieces: &mut u32| {
            *pieces = pieces.saturating_add(1);
        });
        self.tried = self.tried.saturating_add(1);
        match world.sessions.modify(&session, "pieces", add).await {
            Err(refused) if refused.kind() == SessionRefusedKind::Ended => self.has_been_forgotten(),
            result => self.told = self.told.saturating_add(world.note(result).map_or(0, |()| 1)),
        }
    }

    async fn sign_out(&mut self) {
        self.standing = Standing::Leaving;
        let Some(session) = self.session().await else {
            return;
        };
        let world = Arc::clone(&self.world);
        if world.note(world.sessions.logout(&session).await).is_some() {
            self.ended.push(std::mem::take(&mut self.jar));
            self.standing = Standing::Out;
        }
    }

    /// What they were told is so.
    async fn finds_it_so(mut self) {
        if self.standing == Standing::In {
            assert!(
                self.session().await.is_some() || self.standing == Standing::Out,
                "{}",
                self.name
            );
        }
        for ended in &self.ended {
            assert_eq!(
                ended.look(&self.world.sessions).await,
                (None, None),
                "{}",
                self.name
            );
        }
    }
}

async fn people(world: &Arc<World>) -> Vec<JoinHandle<Person>> {
    let person = |number| tokio::spawn(Person::new(world, format!("p{number}")).come_and_go());
    let people = (0..PEOPLE).map(person).collect();
    world.goes_on().await;
    people
}

async fn all_is_right(world: Arc<World>, people: Vec<JoinHandle<Person>>) {
    world.goes_on().await;
    world.over.store(true, Ordering::SeqCst);
    for person in people {
        person.await.unwrap().finds_it_so().await;
    }
}

fn world(url: &str) -> Arc<World> {
    let redis = Redis::standalone(url).unwrap();
    let redis = redis.with_deadline(Duration::from_millis(500)).unwrap();
    Arc::new(World {
        sessions: sessions(redis),
        memory: AtomicU64::new(0),
        done: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        over: AtomicBool::new(false),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_or_is_cut_off_under_load_loses_nobody_and_brings_nobody_back() {
    let server = RedisServer::start();
    let way = Forwarder::start(server.addr());
    let world = world(&format!("redis://{}", way.addr()));
    let people = people(&world).await;
    for _ in 0..3 {
        server.pause();
        world.is_felt().await;
        server.resume();
        world.goes_on().await;
        way.cut();
        world.goes_on().await;
    }
    all_is_right(world, people).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgets_or_dies_under_load_brings_nobody_back() {
    let mut server = RedisServer::start();
    let port = server.addr().port();
    let world = world(&server.url());
    let people = people(&world).await;
    for _ in 0..2 {
        world.memory.fetch_add(1, Ordering::SeqCst);
        server.expect_ok(&["FLUSHALL"]);
        world.goes_on().await;
        drop(server);
        world.is_felt().await;
        server = RedisServer::start_at(port);
        world.goes_on().await;
        world.memory.fetch_add(1, Ordering::SeqCst);
        world.goes_on().await;
    }
    all_is_right(world, people).await;
}
