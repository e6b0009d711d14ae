//! Just enough of Redis's protocol to tell a server what to do.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any command of a test takes.
const ANSWER: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(1);

/// Sends one command over a new connection and returns the answer as text.
pub(super) fn command(addr: SocketAddr, words: &[&str]) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&addr, CONNECT)?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.write_all(&encode(words))?;
    answer(&mut BufReader::new(stream))
}

fn encode(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

/// Strings and numbers as they are, lists line by line, errors with their `-`, nothing as `(nil)`.
fn answer(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let line = line.trim_end();
    match (
        line.get(..1).unwrap_or_default(),
        line.get(1..).unwrap_or_default(),
    ) {
        ("+" | ":", text) => Ok(text.to_owned()),
        ("-", _) => Ok(line.to_owned()),
        ("$" | "*", "-1") => Ok("(nil)".to_owned()),
        ("$", length) => bulk(stream, number(length)?),
        ("*", length) => {
            let items: io::Result<Vec<_>> = (0..number(length)?).map(|_| answer(stream)).collect();
            Ok(items?.join("\n"))
        }
        _ => Err(io::Error::other(format!("no answer of Redis: {line:?}"))),
    }
}

fn bulk(stream: &mut impl BufRead, length: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    let _ = stream.take(length).read_to_end(&mut bytes)?;
    stream.read_exact(&mut [0; 2])?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(digits: &str) -> io::Result<u64> {
    digits.parse().map_err(io::Error::other)
}
