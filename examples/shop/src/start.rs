//! From the options to a shop that serves, and to its end.
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use axum::Router;
use palisade::auth::PasswordError;
use palisade::core::{Clock, ConfigError, Event, Recorder, SecurityEvent, StoreError, SystemClock};
use palisade::rbac::Authority;
use palisade::redis::Redis;
use palisade::session::Csrf;
use tokio::net::TcpListener;

use crate::app::{self, App, Settings};
use crate::db::{Db, DbError, OpenError};
use crate::demo::{self, DemoLogin};
use crate::headers::Https;
use crate::limits;
use crate::options::Options;
use crate::origin::Origin;
use crate::outbox::Outbox;
use crate::routes;
use crate::server;
use crate::shop::{Shop, Site};
use crate::stores::Stores;

/// Why the shop did not start: one sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An option, or a combination of options, that is not allowed.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The demo accounts cannot be stored.
    #[error("the demo accounts cannot be stored: {0}")]
    Demo(#[from] DbError),
    /// It cannot be read who works here.
    #[error("the accounts of the staff cannot be read: {0}")]
    Staff(DbError),
    /// The passwords of the demo accounts cannot be hashed.
    #[error("the demo accounts cannot be made: {0}")]
    Password(PasswordError),
    /// The database cannot be used.
    #[error("the database {} {problem}", path.display())]
    Database {
        /// Its file.
        path: PathBuf,
        /// Why.
        problem: OpenError,
    },
    /// There is no Redis where one was named, or none that can be used.
    #[error("the Redis of --redis cannot be used: {0}")]
    Redis(StoreError),
    /// The address is taken, or not one of this machine.
    #[error(
        "cannot listen on {addr}: {problem}; --addr takes another address, with port 0 for any free port"
    )]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the operating system says.
        problem: io::Error,
    },
}

/// The Redis that was named: a shop that cannot reach it says so now, and not to its customers.
async fn redis(options: &Options, recorder: &Recorder) -> Result<Option<Redis>, StartError> {
    let Some(redis) = options.redis()? else {
        return Ok(None);
    };
    let redis = redis
        .with_prefix("palisade-shop")?
        .with_deadline(limits::REDIS_START)?
        .with_recorder(recorder.clone());
    redis.ready().await.map_err(StartError::Redis)?;
    Ok(Some(redis))
}

/// The check of what another site may have sent. Who the shop is, only its operator says, never `Host` or a proxy: what
/// `--public-origin` names or, without it, where the shop listens. That has two names on this machine.
fn csrf(options: &Options, addr: SocketAddr) -> Result<Csrf, ConfigError> {
    let origins = match &options.public_origin {
        Some(origin) => vec![origin.to_string()],
        None if is_local(addr.ip()) => vec![url(addr), format!("http://localhost:{}", addr.port())],
        None => vec![url(addr)],
    };
    Csrf::new(origins.iter().map(String::as_str))
}

/// Who the shop is to the outside: its public origin. Without one, links lead to where it listens, and the issuer of its tokens
/// is a name that all its processes have in common, wherever they listen.
fn site(options: &Options, addr: SocketAddr) -> Result<Site, ConfigError> {
    let origin = options.public_origin.as_ref().map(Origin::to_string);
    let issuer = origin.clone().unwrap_or_else(|| "palisade-shop".to_owned());
    let origin = origin.unwrap_or_else(|| url(addr));
    let outbox = Outbox::open(options.outbox(), &origin)?;
    Ok(Site { issuer, outbox })
}

fn is_local(ip: IpAddr) -> bool {
    ip.is_loopback() || ip.is_unspecified()
}

/// The address that somebody on this machine can open.
fn url(addr: SocketAddr) -> String {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    format!("http://{}", SocketAddr::new(ip, addr.port()))
}

/// A shop that is open but does not serve yet.
#[derive(Debug)]
pub struct Opened {
    listener: TcpListener,
    app: App,
    authority: Authority,
    db: Db,
    recorder: Recorder,
    addr: SocketAddr,
    demo: Vec<DemoLogin>,
}

impl Opened {
    /// Opens the database and the port.
    ///
    /// # Errors
    /// [`StartError`] where that cannot be done.
    pub async fn open(options: &Options) -> Result<Self, StartError> {
        Self::open_by(options, &SystemClock::new()).await
    }

    /// The same with a clock of one's own, which tells when somebody gave their password and how long ago that is: for tests.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub async fn open_by(options: &Options, clock: &impl Clock) -> Result<Self, StartError> {
        options.check()?;
        let (proxies, password) = (options.proxies()?, demo::chosen()?);
        let refused = |problem| StartError::Listen {
            addr: options.addr,
            problem,
        };
        let listener = TcpListener::bind(options.addr).await.map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let path = options.database.clone();
        let db = Db::open(&path).map_err(|problem| StartError::Database { path, problem })?;
        let recorder = Recorder::default();
        let stores = Stores::new(
            redis(options, &recorder).await?,
            db.root_secret().await??,
            recorder.clone(),
        );
        let shop = Shop::new(site(options, addr)?, db.clone(), &stores, clock)?;
        let shop = shop.with_others(&stores).await.map_err(StartError::Redis)?;
        let demo = demo::install(&shop, password).await?;
        let shop = shop.with_staff(&db.staff().await.map_err(StartError::Staff)?, clock)?;
        let authority = shop.authority.clone();
        let https = Https(options.public_origin.as_ref().is_some_and(Origin::is_https));
        let settings = Settings {
            proxies,
            https,
            csrf: csrf(options, addr)?,
        };
        let app = if options.bare {
            app::bare(shop, &settings)?
        } else {
            app::protected(shop, &stores, settings)?
        };
        Ok(Self {
            listener,
            app,
            authority,
            db,
            recorder,
            addr,
            demo,
        })
    }

    /// The address that somebody on this machine can open.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.addr)
    }

    /// The service itself, for who brings a server of their own. It needs the
    /// [`ConnectInfo`](axum::extract::ConnectInfo) of every request.
    pub fn service(&self) -> Router {
        self.app.router.clone()
    }

    /// Every route with its rule, and what each role may do by itself: the tables of `docs/shop-routes.md`, in Markdown.
    #[must_use]
    pub fn routes(&self) -> String {
        routes::document(&self.app.inventory, self.authority.current().policy())
    }

    /// The accounts to try the shop with.
    #[must_use]
    pub fn demo(&self) -> &[DemoLogin] {
        &self.demo
    }

    /// Serves until `stop` is ready, ends what is under way, and closes the database.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        self.recorder.record(&Event::new(SecurityEvent::SysStartup));
        server::serve(self.listener, self.app.router, stop).await;
        self.db.close().await;
        self.recorder.record(&Event::new(SecurityEvent::SysShutdown));
    }
}
