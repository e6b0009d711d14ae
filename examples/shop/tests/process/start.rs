//! Starting, and not starting: one sentence, and an exit code that is not zero.
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::Command;

use palisade_testkit::{Exit, ServerProcess, TempDir};

use crate::running::{Running, command, program};

/// The one line of standard error of a shop that did not start.
fn sentence(exit: &Exit) -> &str {
    assert_eq!(exit.status.code(), Some(1), "{exit:?}");
    assert_eq!(
        (exit.stdout.as_str(), exit.stderr.lines().count()),
        ("", 1),
        "{exit:?}"
    );
    exit.stderr.trim_end().strip_prefix("palisade-shop: ").unwrap()
}

/// What a program that does not serve leaves behind.
fn refused(command: &mut Command) -> Exit {
    ServerProcess::start(command).wait()
}

#[test]
fn a_port_that_is_taken_is_named() {
    let home = TempDir::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _holder = TcpListener::bind(taken).unwrap();
    let exit = refused(
        program()
            .env("SHOP_DATABASE", home.path().join("shop.db"))
            .env("SHOP_ADDR", taken.to_string()),
    );
    let told = sentence(&exit);
    assert!(told.starts_with(&format!("cannot listen on {taken}: ")), "{told}");
    assert!(told.contains("--addr"), "and what to do about it: {told}");
}

#[test]
fn a_database_that_cannot_be_used_is_named() {
    let home = TempDir::new();
    let (text, directory) = (home.path().join("text.db"), home.path().join("directory.db"));
    std::fs::write(&text, "this was never a database, and it is longer than a header").unwrap();
    std::fs::create_dir(&directory).unwrap();
    let cases = [
        (&text, "is not a database of this shop"),
        (&directory, "cannot be read and written: is a directory"),
        (&text.join("below.db"), "cannot be read and written: "),
    ];
    for (path, problem) in cases {
        let exit = refused(&mut command(path));
        let told = sentence(&exit).to_owned();
        assert!(
            told.starts_with(&format!("the database {} {problem}", path.display())),
            "{told}"
        );
    }
    assert_eq!(
        std::fs::read_to_string(text).unwrap().len(),
        57,
        "what is not ours is left as it was"
    );
}

#[test]
fn a_weak_demo_password_is_refused_and_not_repeated() {
    let home = TempDir::new();
    let cases = [
        (
            "hunter2",
            "the password is too short: 7 of at least 15 characters",
        ),
        ("", "the password is too short: 0 of at least 15 characters"),
        ("hunter2hunter2hunter2", "the password repeats a short unit"),
        (
            "ada@shop.example!",
            "the password is made of the user's or the service's name",
        ),
    ];
    for (password, problem) in cases {
        let exit = refused(command(&home.path().join("shop.db")).env("SHOP_DEMO_PASSWORD", password));
        assert_eq!(sentence(&exit), format!("SHOP_DEMO_PASSWORD: {problem}"));
    }
    assert!(!home.path().join("shop.db").exists(), "nothing was begun");
}

#[test]
fn a_bare_shop_is_not_shown_to_others() {
    let home = TempDir::new();
    for arguments in [["--addr", "0.0.0.0:0", "--bare"], ["--bare", "--addr", "[::]:0"]] {
        let exit = refused(program().current_dir(home.path()).args(arguments));
        assert!(sentence(&exit).starts_with("bare: "), "{exit:?}");
    }
    assert!(!home.path().join("data").exists(), "nothing was begun");
}

#[test]
fn a_wrong_option_is_explained() {
    let home = TempDir::new();
    let cases = [
        ("--trusted-proxies", "0.0.0.0/0", 1),
        ("--trusted-proxies", "proxy.example", 1),
        ("--public-origin", "http://shop.example", 2),
        ("--addr", "localhost", 2),
        ("--log", "loud", 2),
        ("--redis", "http://127.0.0.1", 1),
    ];
    for (option, value, code) in cases {
        let exit = refused(program().current_dir(home.path()).args([option, value]));
        assert_eq!(exit.status.code(), Some(code), "{option} {value}: {exit:?}");
        assert!(!exit.stderr.is_empty() && exit.stdout.is_empty());
    }
}

#[test]
fn the_help_lists_every_option_with_its_variable() {
    let exit = refused(program().arg("--help"));
    assert_eq!(exit.status.code(), Some(0));
    for option in [
        "addr",
        "database",
        "public-origin",
        "trusted-proxies",
        "bare",
        "log",
    ] {
        let variable = format!("[env: SHOP_{}]", option.to_uppercase().replace('-', "_"));
        assert!(
            exit.stdout.contains(&format!("--{option}")) && exit.stdout.contains(&variable),
            "{option}"
        );
    }
    assert!(exit.stdout.contains("SHOP_DEMO_PASSWORD"));
}

#[test]
fn each_run_has_passwords_of_its_own() {
    let passwords = |shop: &Running| -> BTreeSet<String> {
        let out = shop.process.stdout();
        let accounts = out.lines().filter(|line| line.contains("@shop.example"));
        accounts
            .map(|line| line.split_whitespace().nth(1).unwrap().to_owned())
            .collect()
    };
    let (one, other) = (Running::start(&[]), Running::start(&[]));
    let _line = (
        one.process.wait_for_line("Ctrl-C"),
        other.process.wait_for_line("Ctrl-C"),
    );
    let (one, other) = (passwords(&one), passwords(&other));
    assert_eq!(
        (one.len(), other.len(), one.intersection(&other).count()),
        (5, 5, 0)
    );
    assert!(one.iter().all(|password| password.len() == 23));
}

#[cfg(unix)]
#[test]
fn the_database_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Running::start(&[]);
    let data = shop.home.path().join("data");
    for path in [data.clone(), data.join("shop.db"), data.join("shop.db-wal")] {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn a_host_is_asked_of_those_whose_version_has_it() {
    let shop = Running::start(&[]);
    let cases = [
        ("1.0 without", "GET /health HTTP/1.0\r\n\r\n", "200"),
        (
            "1.1 without",
            "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
            "400",
        ),
        (
            "1.1 with two",
            "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
            "400",
        ),
        (
            "1.0 with two",
            "GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
            "400",
        ),
    ];
    for (name, request, status) in cases {
        let answer = shop.ask(request);
        let line = answer.lines().next().unwrap();
        assert!(line.contains(&format!(" {status} ")), "{name}: {answer}");
    }
}

#[test]
fn what_is_no_request_is_refused_before_it_is_read_to_its_end() {
    let shop = Running::start(&[]);
    let endless = format!(
        "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: {}\r\n\r\n",
        "a".repeat(100_000)
    );
    let crowded = format!(
        "GET / HTTP/1.1\r\nHost: shop\r\n{}\r\n",
        "X-Field: 1\r\n".repeat(200)
    );
    let cases = [
        ("no http", "\u{16}\u{3}\u{1}hello\r\n\r\n", "400"),
        (
            "a control character",
            "GET /\0 HTTP/1.1\r\nHost: shop\r\n\r\n",
            "400",
        ),
        ("a head without end", &endless, "431"),
        ("fields without end", &crowded, "431"),
    ];
    for (name, request, status) in cases {
        let answer = shop.ask(request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {answer}"
        );
    }
}
