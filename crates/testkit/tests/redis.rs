//! The Redis fixtures: servers of their own, that can hang and that end; a cluster; an address that fails over.

#[cfg(test)]
mod redis {
    use std::net::TcpStream;

    use palisade_testkit::{Forwarder, RedisCluster, RedisServer, wait_until};

    #[test]
    fn two_servers_share_nothing() {
        let (one, other) = (RedisServer::start(), RedisServer::start());
        one.expect_ok(&["SET", "key", "two words\r\n"]);
        assert_eq!(one.command(&["GET", "key"]), "two words\r\n");
        assert_eq!(other.command(&["GET", "key"]), "(nil)");
        assert_eq!(one.url(), format!("redis://{}", one.addr()));
    }

    #[test]
    fn a_command_answers_with_text() {
        let server = RedisServer::start();
        assert_eq!(server.command(&["INCRBY", "n", "7"]), "7");
        assert_eq!(server.command(&["KEYS", "*"]), "n");
        assert!(server.command(&["LPUSH", "n", "x"]).starts_with("-WRONGTYPE"));
        assert_eq!(server.command(&["EVAL", "return {1, {'', 'b'}}", "0"]), "1\n\nb");
    }

    #[test]
    fn calls_are_counted_until_the_statistics_are_reset() {
        let server = RedisServer::start();
        drop(server.command(&["GET", "a"]));
        drop(server.command(&["EVAL", "return redis.call('GET', 'b')", "0"]));
        assert_eq!(
            (server.calls("get"), server.calls("eval"), server.calls("set")),
            (2, 1, 0)
        );
        server.expect_ok(&["CONFIG", "RESETSTAT"]);
        assert_eq!(server.calls("get"), 0);
    }

    #[test]
    fn a_server_can_follow_another_on_its_port() {
        let first = RedisServer::start();
        let port = first.addr().port();
        drop(first);
        assert!(RedisServer::start_at(port).answers());
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

    #[test]
    fn a_cluster_has_every_slot_and_moves_them() {
        let cluster = RedisCluster::start();
        // The slot of `foo` in the cluster specification.
        let (owner, other) = cluster.owner_and_other(12_182);
        owner.expect_ok(&["SET", "foo", "1"]);
        let moved = format!("-MOVED 12182 {}", owner.addr());
        assert_eq!(other.command(&["GET", "foo"]), moved);
        cluster.begin_move(12_182, owner, other);
        drop(owner.command(&["DEL", "foo"]));
        assert_eq!(
            owner.command(&["GET", "foo"]),
            format!("-ASK 12182 {}", other.addr())
        );
        cluster.finish_move(12_182, owner, other);
        assert_eq!(
            owner.command(&["GET", "foo"]),
            format!("-MOVED 12182 {}", other.addr())
        );
        other.expect_ok(&["SET", "foo", "2"]);
    }

    #[test]
    fn a_forwarder_can_be_sent_elsewhere_and_cut() {
        let (one, other) = (RedisServer::start(), RedisServer::start());
        let between = Forwarder::start(one.addr());
        let clients = |server: &RedisServer| server.command(&["CLIENT", "LIST"]).lines().count();
        let held = TcpStream::connect(between.addr()).unwrap();
        wait_until("the first server has the connection", || clients(&one) == 2);
        between.switch_to(other.addr());
        between.cut();
        wait_until("the connection is cut on the other side", || clients(&one) == 1);
        drop(held);
        let _again = TcpStream::connect(between.addr()).unwrap();
        wait_until("the second server has the next one", || clients(&other) == 2);
        assert_eq!(between.accepted(), 2);
    }
}
