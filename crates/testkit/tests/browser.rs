//! The browser fixture, and what Chromium does with host-bound cookies on loopback.

#[cfg(test)]
mod browser {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use palisade_testkit::fantoccini::Locator;
    use palisade_testkit::{Browser, TempDir};

    /// Every page sets these cookies and shows the `Cookie` header that it was asked with.
    const SET: &str = "Set-Cookie: __Host-session=token; Path=/; Secure; HttpOnly; SameSite=Lax\r\n\
        Set-Cookie: __Host-insecure=x; Path=/\r\n\
        Set-Cookie: __Host-narrow=x; Path=/account; Secure\r\n\
        Set-Cookie: __Host-wide=x; Path=/; Secure; Domain=localhost\r\n";

    /// A page server that ends with the test process. Returns its port.
    fn serve() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(|| answer(&stream.unwrap()));
            }
        });
        port
    }

    fn answer(mut stream: &TcpStream) {
        let head = BufReader::new(stream)
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty());
        let cookies = head
            .filter(|line| line.to_ascii_lowercase().starts_with("cookie:"))
            .last();
        let body = format!("<title>testkit</title><p>{}</p>", cookies.unwrap_or_default());
        let length = body.len();
        // A browser may have hung up on a favicon; that is its right.
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{SET}\r\n{body}"
        ));
    }

    async fn shown(browser: &Browser, url: &str) -> String {
        browser.client().goto(url).await.unwrap();
        browser
            .client()
            .find(Locator::Css("p"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    /// The reference shop runs on plain HTTP on loopback with host-bound cookies; this is why it may.
    #[tokio::test]
    async fn chromium_keeps_a_secure_host_cookie_of_plain_http_on_loopback() {
        let browser = Browser::start().await;
        let port = serve();
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("http://{host}:{port}/");
            assert_eq!(shown(&browser, &url).await, "");
            assert_eq!(shown(&browser, &url).await, "Cookie: __Host-session=token");
            let cookie = browser.cookie("__Host-session").await.unwrap();
            assert_eq!((cookie.value.as_str(), cookie.path.as_str()), ("token", "/"));
            assert_eq!(cookie.domain, host);
            assert!(cookie.secure && cookie.http_only);
            assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
            assert_eq!(cookie.expires, None);
        }
        browser.close().await;
    }

    #[tokio::test]
    async fn chromium_refuses_host_cookies_that_are_not_host_bound() {
        let browser = Browser::start().await;
        let url = format!("http://localhost:{}/account", serve());
        shown(&browser, &url).await;
        let names: Vec<_> = browser
            .cookies()
            .await
            .into_iter()
            .map(|cookie| cookie.name)
            .collect();
        assert_eq!(names, ["__Host-session"]);
        browser.close().await;
    }

    #[tokio::test]
    async fn a_screenshot_is_a_png_file() {
        let (browser, directory) = (Browser::start().await, TempDir::new());
        shown(&browser, &format!("http://127.0.0.1:{}/", serve())).await;
        let path = directory.path().join("page.png");
        browser.screenshot(&path).await;
        assert!(std::fs::read(path).unwrap().starts_with(b"\x89PNG"));
        browser.close().await;
    }

    #[tokio::test]
    async fn no_cookie_outlives_its_browser() {
        let url = format!("http://127.0.0.1:{}/", serve());
        let first = Browser::start().await;
        shown(&first, &url).await;
        first.close().await;
        let second = Browser::start().await;
        assert_eq!(shown(&second, &url).await, "");
        second.close().await;
    }

    /// Dropped without `close`, as a failing test does.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_dropped_browser_leaves_no_process() {
        let browser = Browser::start().await;
        let pid = browser.client().capabilities().unwrap()["goog:processID"]
            .as_u64()
            .unwrap();
        let process = std::path::PathBuf::from(format!("/proc/{pid}/stat"));
        assert!(process.exists());
        drop(browser);
        assert!(
            !process.exists()
                || std::fs::read_to_string(process)
                    .unwrap_or_default()
                    .contains(") Z ")
        );
    }
}
