//! Stopping: nothing new is begun, what is under way ends, and the exit code is zero.
use std::io::Write;
use std::net::TcpStream;
use std::thread;

use palisade_testkit::ServerProcess;
use rusqlite::Connection;

use crate::running::{Running, command, read};

const REGISTER: &str =
    "POST /api/v1/accounts HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nConnection: close\r\n";

#[test]
fn a_request_under_way_is_answered_before_the_shop_stops() {
    let shop = Running::start(&["--log", "json"]);
    let (address, mut stream) = (shop.address, shop.connect());
    let body = r#"{"email":"late@shop.example","password":"plain oats with raisins"}"#;
    let (early, late) = body.split_at(20);
    write!(stream, "{REGISTER}Content-Length: {}\r\n\r\n{early}", body.len()).unwrap();
    // An answer on a second connection, opened later, shows that the first one was accepted.
    assert!(
        shop.ask("GET /health HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 200")
    );

    let Running {
        process, home: _home, ..
    } = shop;
    let ending = thread::spawn(move || process.terminate());
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
    assert!(!ending.is_finished(), "it waits for the request");
    stream.write_all(late.as_bytes()).unwrap();
    assert!(read(stream).starts_with("HTTP/1.1 201 Created\r\n"));

    let exit = ending.join().unwrap();
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    let events: Vec<serde_json::Value> = exit
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = events
        .iter()
        .filter_map(|event| event["event.name"].as_str())
        .collect();
    assert_eq!(names, ["sys_startup", "user_created", "sys_shutdown"]);
}

#[test]
fn a_connection_that_says_nothing_holds_nobody_up() {
    let shop = Running::start(&[]);
    let idle = shop.connect();
    let kept = {
        let mut stream = shop.connect();
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: shop\r\n\r\n")
            .unwrap();
        stream
    };
    assert!(
        shop.ask("GET /health HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 200")
    );
    let exit = shop.process.terminate();
    assert_eq!(exit.status.code(), Some(0));
    assert!(!exit.stderr.contains("still under way"), "{}", exit.stderr);
    assert!(read(kept).starts_with("HTTP/1.1 200"));
    drop(idle);
}

#[test]
fn what_was_registered_is_there_after_a_restart() {
    let shop = Running::start(&[]);
    let body = r#"{"email":"new@shop.example","password":"plain oats with raisins"}"#;
    let answer = shop.ask(&format!("{REGISTER}Content-Length: {}\r\n\r\n{body}", body.len()));
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let Running { process, home, .. } = shop;
    let _exit = process.terminate();

    let database = home.path().join("data").join("shop.db");
    assert!(!database.with_extension("db-wal").exists(), "the file was closed");
    let process = ServerProcess::start(&mut command(&database));
    let line = process.wait_for_line("listening on http://");
    let address = line.trim_start_matches("listening on http://").parse().unwrap();
    let shop = Running {
        process,
        address,
        home,
    };
    let form = "email=new%40shop.example&password=plain+oats+with+raisins";
    let answer = shop.ask(&format!(
        "POST /login HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    assert!(
        answer.starts_with("HTTP/1.1 303") && answer.contains("location: /account"),
        "{answer}"
    );
}

#[test]
fn a_line_of_the_log_holds_neither_password_nor_address() {
    let shop = Running::start(&["--log", "json"]);
    let form = "email=ada%40shop.example&password=wrong-hunter2";
    let answer = shop.ask(&format!(
        "POST /login?hunter2 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    assert!(answer.starts_with("HTTP/1.1 401"));
    let exit = shop.process.terminate();
    assert!(exit.stderr.contains("\"event.name\":\"authn_login_fail\""));
    assert!(
        !exit.stderr.contains("hunter2") && !exit.stderr.contains("ada@"),
        "{}",
        exit.stderr
    );
}

#[test]
fn who_reaches_for_what_is_not_theirs_is_told_of_under_another_name() {
    let shop = Running::start(&["--log", "json"]);
    let _line = shop.process.wait_for_line("Ctrl-C");
    let out = shop.process.stdout();
    let password = out
        .lines()
        .find_map(|line| line.trim().strip_prefix("ada@shop.example"))
        .unwrap();
    let form = format!("email=ada%40shop.example&password={}", password.trim());
    let login = shop.ask(&format!(
        "POST /login HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    ));
    let cookie = login
        .split("set-cookie: ")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let answer = shop.ask(&format!(
        "GET /admin HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
    ));
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(
        !answer.contains("user:list") && !answer.contains("no_rule"),
        "the reason is for the log"
    );

    let exit = shop.process.terminate();
    let told = exit
        .stderr
        .lines()
        .find(|line| line.contains("\"event.name\":\"authz_fail\""))
        .unwrap();
    assert!(told.contains("user:list") && told.contains("no_rule"), "{told}");
    let database = Connection::open(shop.home.path().join("data").join("shop.db")).unwrap();
    let select = "SELECT id FROM accounts WHERE email = 'ada@shop.example'";
    let id: String = database.query_row(select, (), |row| row.get(0)).unwrap();
    assert!(
        !exit.stderr.contains(&id) && !exit.stderr.contains("ada@"),
        "{told}"
    );
}
