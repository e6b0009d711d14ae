//! What the operator decides when the shop starts.
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Parser, ValueEnum};
use palisade::core::{ConfigError, ForwardHeader, TrustedProxies};
use palisade::redis::Redis;

use crate::origin::Origin;

/// Told below the options of `--help`.
const MORE: &str = "\
Every option can also be given as an environment variable, SHOP_ and its name: SHOP_ADDR, SHOP_TRUSTED_PROXIES.
SHOP_DEMO_PASSWORD sets the password of the demo accounts; without it each start makes new ones and prints them.
RUST_LOG selects what is logged, by default `info`. The log goes to standard error.";

/// Palisade's reference shop: one program, one database file, every protection in its place.
#[derive(Clone, Debug, Parser)]
#[command(name = "palisade-shop", version, after_help = MORE)]
#[non_exhaustive]
pub struct Options {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(
        long,
        env = "SHOP_ADDR",
        hide_env_values = true,
        default_value = "127.0.0.1:8080"
    )]
    pub addr: SocketAddr,

    /// SQLite file, created and migrated at start, with the directory it is in
    #[arg(
        long,
        env = "SHOP_DATABASE",
        hide_env_values = true,
        default_value = "data/shop.db"
    )]
    pub database: PathBuf,

    /// Directory for the mails that the shop would send, a file for each; without it, `outbox` beside the database
    #[arg(long, env = "SHOP_OUTBOX", hide_env_values = true, value_name = "DIRECTORY")]
    pub outbox: Option<PathBuf>,

    /// Redis or Valkey for sessions and limits, such as `redis://127.0.0.1:6379`; without it, the memory of this process
    #[arg(long, env = "SHOP_REDIS", hide_env_values = true, value_name = "URL")]
    pub redis: Option<String>,

    /// Where people reach the shop, such as `https://shop.example`; plain http is for loopback only
    #[arg(
        long,
        env = "SHOP_PUBLIC_ORIGIN",
        hide_env_values = true,
        value_name = "ORIGIN"
    )]
    pub public_origin: Option<Origin>,

    /// Networks of the proxies whose X-Forwarded-For is believed, such as `10.0.0.0/8,192.0.2.7`
    #[arg(
        long,
        env = "SHOP_TRUSTED_PROXIES",
        hide_env_values = true,
        value_name = "NETWORKS"
    )]
    #[arg(value_delimiter = ',')]
    pub trusted_proxies: Vec<String>,

    /// Run without any Palisade layer, to measure what they cost: no sessions, no limits; on loopback only
    #[arg(long, env = "SHOP_BARE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub bare: bool,

    /// How log lines look
    #[arg(long, env = "SHOP_LOG", hide_env_values = true, value_enum, default_value_t = LogFormat::Pretty)]
    pub log: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum LogFormat {
    /// One JSON object a line, for machines
    Json,
    /// One line of text, for people
    Pretty,
}

impl Options {
    /// The proxies that are believed about who the client is.
    ///
    /// # Errors
    /// [`ConfigError`] naming the network that cannot be trusted.
    pub fn proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let none = TrustedProxies::new(ForwardHeader::x_forwarded_for());
        let networks = self.trusted_proxies.iter().map(|network| network.trim());
        networks.into_iter().try_fold(none, TrustedProxies::add_network)
    }

    /// The Redis that stores are in, where one is named.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no address of a Redis. It does not repeat it, since it may hold a password.
    pub fn redis(&self) -> Result<Option<Redis>, ConfigError> {
        self.redis.as_deref().map(Redis::standalone).transpose()
    }

    /// Where mails go.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        let beside = || self.database.with_file_name("outbox");
        self.outbox.clone().unwrap_or_else(beside)
    }

    /// Refuses what must not be combined: nobody but this machine may reach a bare shop.
    ///
    /// # Errors
    /// [`ConfigError`] when a bare shop would be reachable from elsewhere.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.bare && !self.addr.ip().to_canonical().is_loopback() {
            let problem = format!(
                "{} is not a loopback address, and a bare shop has no protection",
                self.addr
            );
            return Err(ConfigError::new("bare", problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &[&str]) -> Options {
        Options::parse_from([&["palisade-shop"], arguments].concat())
    }

    #[test]
    fn the_help_agrees_with_what_is_parsed() {
        use clap::CommandFactory;
        Options::command().debug_assert();
    }

    #[test]
    fn a_bare_shop_is_for_loopback_only() {
        for local in ["127.0.0.1:0", "127.8.0.1:80", "[::1]:0", "[::ffff:127.0.0.1]:0"] {
            assert!(options(&["--bare", "--addr", local]).check().is_ok(), "{local}");
        }
        for public in [
            "0.0.0.0:0",
            "192.0.2.1:80",
            "[::]:0",
            "[2001:db8::1]:0",
            "[::ffff:0.0.0.0]:0",
        ] {
            assert!(
                options(&["--bare", "--addr", public]).check().is_err(),
                "{public}"
            );
            assert!(options(&["--addr", public]).check().is_ok(), "{public}");
        }
    }

    #[test]
    fn nobody_is_trusted_unless_named() {
        assert!(!options(&[]).proxies().unwrap().trusts_anyone());
        assert!(
            options(&["--trusted-proxies", "10.0.0.0/8, ::1"])
                .proxies()
                .unwrap()
                .trusts_anyone()
        );
        let everybody = options(&["--trusted-proxies", "10.0.0.0/8,0.0.0.0/0"])
            .proxies()
            .unwrap_err();
        assert!(everybody.to_string().contains("0.0.0.0/0"), "{everybody}");
    }
}
