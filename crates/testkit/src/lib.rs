#![doc = include_str!("../README.md")]
#![expect(
    clippy::panic,
    reason = "a fixture that cannot do its work fails the test by panicking"
)]

mod browser;
mod forwarder;
mod port;
mod process;
mod race;
mod redis;
mod signal;
mod temp;
mod wait;

pub use fantoccini;
/// The clock that tests move, and the sink that they read.
pub use palisade_core::{Collected, FakeClock};

pub use browser::{Browser, BrowserCookie};
pub use forwarder::Forwarder;
pub use port::free_port;
pub use process::{Exit, ServerProcess};
pub use race::race;
pub use redis::{RedisCluster, RedisServer};
pub use temp::TempDir;
pub use wait::{eventually, wait_until};
