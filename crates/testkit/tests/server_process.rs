//! The process fixture: lines, signals, ends.

#[cfg(test)]
mod server_process {
    use std::process::Command;

    use palisade_testkit::ServerProcess;

    /// Prints two lines, then waits for SIGTERM, says so on standard error and ends with code 7.
    const SERVER: &str = "sleep 600 & \
        trap 'kill $!; echo stopping >&2; exit 7' TERM; \
        echo starting; echo listening on $ADDRESS; wait";

    fn server() -> ServerProcess {
        ServerProcess::start(
            Command::new("sh")
                .args(["-c", SERVER])
                .env("ADDRESS", "127.0.0.1:8"),
        )
    }

    #[test]
    fn an_awaited_line_is_returned_whole_and_earlier_lines_count() {
        let server = server();
        assert_eq!(server.wait_for_line("listening"), "listening on 127.0.0.1:8");
        assert_eq!(server.wait_for_line("start"), "starting");
        let _ended = server.terminate();
    }

    #[test]
    fn a_terminated_server_leaves_its_status_and_both_outputs() {
        let mut server = server();
        let _line = server.wait_for_line("listening");
        assert!(server.is_running());
        let exit = server.terminate();
        assert_eq!(exit.status.code(), Some(7));
        assert_eq!(exit.stdout, "starting\nlistening on 127.0.0.1:8\n");
        assert_eq!(exit.stderr, "stopping\n");
    }

    #[test]
    fn a_program_that_refuses_to_start_leaves_its_reason() {
        let exit =
            ServerProcess::start(Command::new("sh").args(["-c", "echo port taken >&2; exit 3"])).wait();
        assert_eq!(exit.status.code(), Some(3));
        assert_eq!(exit.stderr, "port taken\n");
    }

    #[test]
    #[should_panic(expected = "printed no line with \"listening\"")]
    fn a_program_that_ends_without_the_line_fails_the_test() {
        let server = ServerProcess::start(Command::new("sh").args(["-c", "echo no"]));
        let _line = server.wait_for_line("listening");
    }

    #[test]
    fn a_dropped_server_is_gone() {
        let server = ServerProcess::start(Command::new("sh").args(["-c", "echo up; exec sleep 600"]));
        let _line = server.wait_for_line("up");
        let pid = server.id().to_string();
        drop(server);
        let alive = Command::new("sh")
            .args(["-c", "kill -0 $0 2>/dev/null", &pid])
            .status()
            .unwrap();
        assert!(!alive.success());
    }
}
