//! A real Redis server.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::signal::Signal;
use crate::{ServerProcess, TempDir, free_port};

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
        let mut last = String::new();
        for _ in 0..STARTS {
            let mut server = Self::spawn(free_port());
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

    fn spawn(port: u16) -> Self {
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
            .arg(home.path());
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
