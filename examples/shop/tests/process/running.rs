//! The real program, on a free port, with a database of its own.
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use palisade_testkit::{ServerProcess, TempDir};

pub(crate) struct Running {
    pub(crate) process: ServerProcess,
    pub(crate) address: SocketAddr,
    pub(crate) home: TempDir,
}

impl Running {
    /// A shop that has said where it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let home = TempDir::new();
        let database = home.path().join("data").join("shop.db");
        let process = ServerProcess::start(command(&database).args(arguments));
        let line = process.wait_for_line("listening on http://");
        let address = line.trim_start_matches("listening on http://").parse().unwrap();
        Self {
            process,
            address,
            home,
        }
    }

    /// Sends a request as it is written and reads the answer to its end.
    pub(crate) fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        read(stream)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }
}

pub(crate) fn read(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// The program with that database and a free port.
pub(crate) fn command(database: &Path) -> Command {
    let mut command = program();
    command
        .args(["--addr", "127.0.0.1:0", "--database"])
        .arg(database);
    command
}

/// The program, with nothing of this test's environment.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade-shop"));
    command.env_clear();
    command
}
