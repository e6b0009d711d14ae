//! A real Redis server.

mod cluster;
mod resp;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::signal::Signal;
use crate::{ServerProcess, TempDir, free_port};

pub use self::cluster::RedisCluster;

const INSTALL: &str = "install Redis 6.2 or newer (Debian: apt-get install redis-server)";
/// Tries with a fresh port, since another process can take the port between its choice and its use.
const STARTS: u32 = 5;
const POLLS: u32 = 1000;
const POLL: Duration = Duration::from_millis(10);
const ANSWER: Duration = Duration::from_millis(500);

/// A `redis-server` of its own for one test: loopback only, empty, nothing written to disk.
///
/// It ends when this value is dropped. The test fails where Redis is not installed; it is never skipped.
#[derive(Debug)]
pub struct RedisServer {
    process: ServerProcess,
    addr: SocketAddr,
    // Dropped after the process: its working directory.
    _home: TempDir,
}

impl RedisServer {
    /// Starts a server on a free port and returns once it answers.
    ///
    /// # Panics
    /// Where `redis-server` is not installed or does not come up; the message says which.
    #[must_use]
    pub fn start() -> Self {
        Self::start_on(free_port, &[])
    }

    /// Starts a server on this port, such as one that another server has just left, and returns once it answers.
    ///
    /// # Panics
    /// As for [`start`](Self::start), and where the port is taken.
    #[must_use]
    pub fn start_at(port: u16) -> Self {
        Self::start_on(|| port, &[])
    }

    /// Starts a server with further options, such as `["--tls-port", "7001"]`. It listens on its free port all the same.
    ///
    /// # Panics
    /// As for [`start`](Self::start), and where the server does not know an option.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        Self::start_on(free_port, options)
    }

    fn start_on(port: impl Fn() -> u16, options: &[&str]) -> Self {
        let mut last = String::new();
        for _ in 0..STARTS {
            let mut server = Self::spawn(port(), options);
            if server.becomes_ready() {
                return server;
            }
            last = server.process.stdout();
        }
        panic!("redis-server did not come up after {STARTS} tries\n{last}");
    }

    /// Address and port it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address as `redis://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// The server's process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether the server answers a `PING` on a new connection within half a second.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.ask("PING", "+PONG").is_some()
    }

    /// Freezes the server: connections stay open and new ones are accepted by the kernel, but no command is
    /// answered. What a hung store looks like to its client.
    pub fn pause(&self) {
        Signal::Stop.send(self.id());
        self.wait_until_stopped();
    }

    /// Lets a paused server go on; it then answers what it was asked meanwhile.
    pub fn resume(&self) {
        Signal::Continue.send(self.id());
    }

    /// Sends one command over a new connection, word by word, and returns the answer as text: strings and numbers as they
    /// are, lists line by line, errors with their `-`, nothing as `(nil)`.
    ///
    /// # Panics
    /// Where the server does not answer.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> String {
        resp::command(self.addr, words).unwrap_or_else(|error| panic!("{words:?} was not answered: {error}"))
    }

    /// How often a command was called since the server was started or its statistics were reset, failed calls included.
    /// Commands that a script calls count as well. Subcommands are written `config|get`.
    #[must_use]
    pub fn calls(&self, command: &str) -> u64 {
        let stats = self.command(&["INFO", "commandstats"]);
        let start = format!("cmdstat_{command}:calls=");
        let line = stats.lines().find_map(|line| line.strip_prefix(&start));
        let digits = line.and_then(|line| line.split(',').next());
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }

    /// Sends a command that is answered with `OK`.
    ///
    /// # Panics
    /// Where it is answered otherwise.
    pub fn expect_ok(&self, words: &[&str]) {
        let answer = self.command(words);
        assert_eq!(answer, "OK", "{words:?}");
    }

    fn spawn(port: u16, options: &[&str]) -> Self {
        let home = TempDir::new();
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--daemonize",
            "no",
        ]);
        command
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(home.path())
            .args(options);
        let process = ServerProcess::try_start(&mut command);
        let process =
            process.unwrap_or_else(|error| panic!("cannot start redis-server ({error}): {INSTALL}"));
        Self {
            process,
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            _home: home,
        }
    }

    /// Polls until the server on the port answers *and is ours*: by its process id, since a server of another
    /// test may have won the port.
    fn becomes_ready(&mut self) -> bool {
        let ours = format!("process_id:{}", self.id());
        for _ in 0..POLLS {
            if !self.process.is_running() {
                return false;
            }
            if let Some(line) = self.ask("INFO server", "process_id:") {
                return line == ours;
            }
            thread::sleep(POLL);
        }
        false
    }

    /// Sends one inline command and returns the first line of the answer that starts with `prefix`.
    fn ask(&self, command: &str, prefix: &str) -> Option<String> {
        const LINES: usize = 100;
        let mut stream = TcpStream::connect_timeout(&self.addr, ANSWER).ok()?;
        stream.set_read_timeout(Some(ANSWER)).ok()?;
        stream.write_all(format!("{command}\r\n").as_bytes()).ok()?;
        let lines = BufReader::new(stream).lines().map_while(Result::ok).take(LINES);
        lines.into_iter().find(|line| line.starts_with(prefix))
    }

    /// `kill` returns before the process has stopped. Only Linux shows the state as a file; elsewhere the
    /// signal is taken at its word.
    fn wait_until_stopped(&self) {
        for _ in 0..POLLS {
            match std::fs::read_to_string(format!("/proc/{}/stat", self.id())) {
                Ok(stat) if !stat.contains(") T ") => thread::sleep(POLL),
                Ok(_) | Err(_) => return,
            }
        }
    }
}
