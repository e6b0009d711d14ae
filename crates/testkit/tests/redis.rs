//! The Redis fixture: a server of its own, that can hang and that ends.

#[cfg(test)]
mod redis {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use palisade_testkit::RedisServer;

    fn reply(server: &RedisServer, command: &str, length: usize) -> String {
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        stream.write_all(command.as_bytes()).unwrap();
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn two_servers_share_nothing() {
        let (one, other) = (RedisServer::start(), RedisServer::start());
        assert_eq!(reply(&one, "SET key value\r\n", 5), "+OK\r\n");
        assert_eq!(reply(&one, "EXISTS key\r\n", 4), ":1\r\n");
        assert_eq!(reply(&other, "EXISTS key\r\n", 4), ":0\r\n");
        assert_eq!(one.url(), format!("redis://{}", one.addr()));
    }

    #[test]
    fn a_paused_server_answers_only_after_it_is_resumed() {
        let server = RedisServer::start();
        assert!(server.answers());
        server.pause();
        assert!(!server.answers());
        server.resume();
        assert!(server.answers());
    }

    #[test]
    fn a_dropped_server_is_gone_even_when_it_was_paused() {
        let server = RedisServer::start();
        let addr = server.addr();
        server.pause();
        drop(server);
        assert!(TcpStream::connect(addr).is_err());
    }
}
