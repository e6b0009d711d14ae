//! Temporary directories and free ports.

#[cfg(test)]
mod temp {
    use std::net::TcpListener;

    use palisade_testkit::{TempDir, free_port};

    #[test]
    fn directories_are_apart_and_end_with_their_value() {
        let (one, other) = (TempDir::new(), TempDir::new());
        assert_ne!(one.path(), other.path());
        std::fs::write(one.path().join("file"), "content").unwrap();
        let path = one.path().to_owned();
        drop(one);
        assert!(!path.exists());
        assert!(other.path().is_dir());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_enter_a_directory() {
        use std::os::unix::fs::PermissionsExt;
        let mode = TempDir::new().path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn a_free_port_can_be_bound() {
        assert!(TcpListener::bind(("127.0.0.1", free_port())).is_ok());
    }
}
