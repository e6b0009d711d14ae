//! A server that does what no real one can be made to do on demand.
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does about a command.
pub(crate) enum Act {
    /// Sends these bytes.
    Say(String),
    /// Sends nothing.
    Hush,
    /// Ends the connection.
    Close,
}

/// A server whose answers to scripts and to `INFO` a test makes up. It logs everybody in.
pub(crate) struct Fake {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) fn start(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let fake = Self {
            addr: listener.local_addr().unwrap(),
            heard: Arc::default(),
        };
        let (heard, act) = (Arc::clone(&fake.heard), Arc::new(act));
        drop(thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (heard, act) = (Arc::clone(&heard), Arc::clone(&act));
                drop(thread::spawn(move || serve(&stream, &heard, &*act)));
            }
        }));
        fake
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr)
    }

    /// How often it was sent that command.
    pub(crate) fn heard(&self, command: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|name| *name == command).count()
    }
}

fn serve(stream: &TcpStream, heard: &Mutex<Vec<String>>, act: &dyn Fn(&str) -> Act) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    while let Some(words) = command(&mut lines) {
        heard.lock().unwrap().push(words[0].clone());
        let act = match words[0].as_str() {
            "HELLO" => Act::Say("%1\r\n$5\r\nproto\r\n:3\r\n".to_owned()),
            "DEL" => Act::Say(":0\r\n".to_owned()),
            name => act(name),
        };
        match act {
            Act::Say(text) => (&*stream).write_all(text.as_bytes()).unwrap_or_default(),
            Act::Hush => {}
            Act::Close => return stream.shutdown(Shutdown::Both).unwrap_or_default(),
        }
    }
}

/// One command, word by word; `None` at the end of the connection.
fn command(lines: &mut impl BufRead) -> Option<Vec<String>> {
    let count: usize = line(lines)?.strip_prefix('*')?.parse().ok()?;
    let word = |_| {
        let length: usize = line(lines)?.strip_prefix('$')?.parse().ok()?;
        let mut bytes = vec![0; length];
        lines.read_exact(&mut bytes).ok()?;
        drop(line(lines)?);
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    (0..count).map(word).collect()
}

fn line(lines: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    lines.read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}
