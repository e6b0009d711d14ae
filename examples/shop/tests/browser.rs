//! The journey of a person through the shop, in a real browser.

#[cfg(test)]
mod browser {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::process::Command;
    use std::time::Duration;

    use axum::Router;
    use axum::response::Html;
    use axum::routing::get;
    use clap::Parser;
    use palisade::core::{Clock, SystemClock};
    use palisade_core::FakeClock;
    use palisade_shop::{Opened, Options};
    use palisade_testkit::fantoccini::{Client, Locator};
    use palisade_testkit::{Browser, ServerProcess, TempDir, eventually};
    use rusqlite::Connection;
    use tokio::net::TcpListener;

    const DEMO: &str = "four small brown owls";
    const PASSWORD: &str = "plain oats with raisins";
    const EMAIL: &str = "new@shop.example";

    struct Shop {
        _process: ServerProcess,
        _home: TempDir,
        url: String,
    }

    impl Shop {
        fn start() -> Self {
            let home = TempDir::new();
            let mut command = Command::new(env!("CARGO_BIN_EXE_palisade-shop"));
            command
                .env_clear()
                .env("SHOP_DEMO_PASSWORD", DEMO)
                .args(["--addr", "127.0.0.1:0", "--database"]);
            let process = ServerProcess::start(command.arg(home.path().join("shop.db")));
            let line = process.wait_for_line("listening on ");
            let url = line.trim_start_matches("listening on ").to_owned();
            Self {
                _process: process,
                _home: home,
                url,
            }
        }

        /// The status and the place that somebody gets who presents this session id without a browser.
        fn replay(&self, id: &str) -> (String, bool) {
            let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
            let request = "GET /account HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nCookie: __Host-id=";
            write!(stream, "{request}{id}\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let status = answer.split(' ').nth(1).unwrap().to_owned();
            (status, answer.contains("location: /login\r\n"))
        }
    }

    /// What a person does with a page.
    struct Person<'a> {
        client: &'a Client,
        url: &'a str,
    }

    impl Person<'_> {
        async fn open(&self, path: &str) {
            self.client.goto(&format!("{}{path}", self.url)).await.unwrap();
        }

        /// Clicks on what leads to another page, and waits until that is there: on a busy machine the click ends before the
        /// old page has gone, and what is asked then would be about that one.
        async fn click(&self, css: &str) {
            let element = self.client.find(Locator::Css(css)).await.unwrap();
            element.click().await.unwrap();
            for _ in 0..2_000 {
                if element.tag_name().await.is_err() {
                    return;
                }
            }
            panic!("{css} leads nowhere");
        }

        async fn fill(&self, email: &str, password: &str) {
            self.fill_in([("#email", email), ("#password", password)]).await;
        }

        /// Fills the fields of the form and sends it.
        async fn fill_in(&self, fields: [(&str, &str); 2]) {
            for (field, text) in fields {
                let field = self.client.find(Locator::Css(field)).await.unwrap();
                field.clear().await.unwrap();
                field.send_keys(text).await.unwrap();
            }
            self.click("main form button").await;
        }

        async fn sign_in(&self, email: &str, password: &str) {
            self.open("/login").await;
            self.fill(email, password).await;
        }

        /// The words on the page.
        async fn reads(&self) -> String {
            self.client
                .find(Locator::Css("main"))
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
        }

        /// Path and query of the address bar.
        async fn is_at(&self) -> String {
            let url = self.client.current_url().await.unwrap();
            url.as_str().trim_start_matches(self.url).to_owned()
        }

        async fn asks(&self, script: &str) -> serde_json::Value {
            self.client
                .execute(&format!("return {script}"), Vec::new())
                .await
                .unwrap()
        }

        /// The status of the page, as the browser got it.
        async fn status(&self) -> serde_json::Value {
            self.asks("performance.getEntriesByType('navigation')[0].responseStatus")
                .await
        }
    }

    #[tokio::test]
    async fn a_person_registers_signs_in_looks_around_and_signs_out() {
        let (shop, browser) = (Shop::start(), Browser::start().await);
        let person = Person {
            client: browser.client(),
            url: &shop.url,
        };
        person.open("/").await;
        assert!(person.reads().await.contains("Oak stool"));
        let rules = person.asks("document.styleSheets[0].cssRules.length").await;
        assert!(rules.as_u64().unwrap() > 20, "the style applies");
        assert!(
            browser.cookies().await.is_empty(),
            "who only looks gets no cookie"
        );

        registers(&person).await;
        signs_in(&person).await;

        let cookie = browser.cookie("__Host-id").await.unwrap();
        assert_eq!(shop.replay(&cookie.value).0, "200");
        person.click("nav form button").await;
        assert_eq!(person.is_at().await, "/login?signed-out");
        assert!(browser.cookies().await.is_empty());
        assert_eq!(
            shop.replay(&cookie.value),
            ("303".to_owned(), true),
            "the old id is dead"
        );
        person.open("/account").await;
        assert_eq!(person.is_at().await, "/login");
        browser.close().await;
    }

    /// At the second attempt, from the catalogue to the form for signing in.
    async fn registers(person: &Person<'_>) {
        person.click("nav a[href='/register']").await;
        person.fill(EMAIL, "too short").await;
        assert_eq!(person.status().await, 422);
        assert!(
            person
                .reads()
                .await
                .contains("At least 15 characters are needed.")
        );
        assert_eq!(person.asks("document.querySelector('#email').value").await, EMAIL);
        assert_eq!(person.asks("document.querySelector('#password').value").await, "");
        person.fill(EMAIL, PASSWORD).await;
        assert_eq!(person.is_at().await, "/login?registered");
    }

    /// At the second attempt, from the form to the account.
    async fn signs_in(person: &Person<'_>) {
        person.fill(EMAIL, "not my password").await;
        assert_eq!(person.status().await, 401);
        assert!(
            person
                .reads()
                .await
                .contains("The address or the password is wrong")
        );
        person.fill(EMAIL, PASSWORD).await;
        assert_eq!(person.is_at().await, "/account");
        let account = person.reads().await;
        assert!(
            account.contains(EMAIL) && account.contains("This session"),
            "{account}"
        );
        assert_eq!(
            person
                .asks("document.querySelectorAll('.sessions li').length")
                .await,
            1
        );
    }

    #[tokio::test]
    async fn the_browser_keeps_the_session_cookie_to_this_host_and_away_from_scripts() {
        let (shop, browser) = (Shop::start(), Browser::start().await);
        let person = Person {
            client: browser.client(),
            url: &shop.url,
        };
        person.sign_in("ada@shop.example", DEMO).await;
        let cookie = browser.cookie("__Host-id").await.unwrap();
        assert_eq!(
            (cookie.domain.as_str(), cookie.path.as_str()),
            ("127.0.0.1", "/"),
            "no Domain: this host only"
        );
        assert!(cookie.secure && cookie.http_only);
        assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
        assert_eq!(cookie.expires, None, "it ends with the browser");
        assert_eq!(cookie.value.len(), 55);
        assert_eq!(person.asks("document.cookie").await, "");
        browser.close().await;
    }

    #[tokio::test]
    async fn an_id_that_somebody_planted_is_not_the_one_after_the_login() {
        let (shop, browser) = (Shop::start(), Browser::start().await);
        let person = Person {
            client: browser.client(),
            url: &shop.url,
        };
        let planted = "A".repeat(55);
        person.open("/login").await;
        person
            .asks(&format!(
                "document.cookie = '__Host-id={planted}; Path=/; Secure'"
            ))
            .await;
        assert_eq!(browser.cookie("__Host-id").await.unwrap().value, planted);

        person.fill("ada@shop.example", DEMO).await;
        assert_eq!(person.is_at().await, "/account");
        let first = browser.cookie("__Host-id").await.unwrap().value;
        assert_ne!(first, planted);
        assert_eq!(shop.replay(&planted), ("303".to_owned(), true));

        person.click("nav form button").await;
        person.sign_in("ada@shop.example", DEMO).await;
        assert_ne!(
            browser.cookie("__Host-id").await.unwrap().value,
            first,
            "every login has an id of its own"
        );
        browser.close().await;
    }

    /// Another site, on another port, whose page sends a form to the shop by itself. Answers with the port.
    async fn attacker(target: String) -> u16 {
        let page = format!(
            "<!DOCTYPE html><title>attack</title><form method=post action='{target}'></form>\
             <script>document.forms[0].submit()</script>"
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().route("/", get(move || async move { Html(page) }));
        drop(tokio::spawn(async move { axum::serve(listener, router).await }));
        port
    }

    #[tokio::test]
    async fn another_sites_form_signs_nobody_out_and_the_shops_own_does() {
        let (shop, browser) = (Shop::start(), Browser::start().await);
        let person = Person {
            client: browser.client(),
            url: &shop.url,
        };
        person.sign_in("ada@shop.example", DEMO).await;
        let cookie = browser.cookie("__Host-id").await.unwrap().value;
        let port = attacker(format!("{}/logout", shop.url)).await;
        // A neighbour on the same host, to whose forms the browser adds the cookie; and a stranger, to whose it does not.
        for host in ["127.0.0.1", "localhost"] {
            let attack = format!("http://{host}:{port}/");
            browser.client().goto(&attack).await.unwrap();
            eventually("the form was sent and answered", async || {
                person.is_at().await == "/logout"
            })
            .await;
            assert_eq!(person.status().await, 403, "{host}");
            assert!(person.reads().await.contains("That is not allowed"), "{host}");
            assert_eq!(shop.replay(&cookie).0, "200", "{host}: ada is signed in");
        }
        person.open("/account").await;
        assert_eq!(person.is_at().await, "/account");
        person.click("nav form button").await;
        assert_eq!(person.is_at().await, "/login?signed-out");
        assert_eq!(shop.replay(&cookie), ("303".to_owned(), true));
        browser.close().await;
    }

    #[tokio::test]
    async fn a_cart_comes_along_and_a_new_password_ends_the_other_browser() {
        let (shop, here, there) = (Shop::start(), Browser::start().await, Browser::start().await);
        let [ada, other] = [&here, &there].map(|browser| Person {
            client: browser.client(),
            url: &shop.url,
        });
        other.sign_in("ada@shop.example", DEMO).await;
        assert_eq!(other.is_at().await, "/account");

        ada.open("/products/tall-vase").await;
        ada.click(".amount button").await;
        assert_eq!(ada.is_at().await, "/cart");
        let before = here.cookie("__Host-id").await.unwrap().value;
        ada.sign_in("ada@shop.example", DEMO).await;
        assert_ne!(here.cookie("__Host-id").await.unwrap().value, before);
        ada.open("/cart").await;
        let cart = ada.reads().await;
        assert!(
            cart.contains("Tall vase") && cart.contains("Total €56.00"),
            "{cart}"
        );

        ada.open("/account").await;
        ada.click("a[href='/account/password']").await;
        ada.fill_in([("#current", DEMO), ("#new", PASSWORD)]).await;
        assert_eq!(ada.is_at().await, "/account?password-changed");
        assert!(ada.reads().await.contains("signed out everywhere else"));
        other.open("/account").await;
        assert_eq!(other.is_at().await, "/login", "whoever else was signed in is out");
        other.fill("ada@shop.example", DEMO).await;
        assert_eq!(
            other.status().await,
            401,
            "and does not come back with the old one"
        );
        ada.open("/account").await;
        assert_eq!(ada.is_at().await, "/account");
        here.close().await;
        there.close().await;
    }

    #[tokio::test]
    async fn who_guesses_is_slowed_down_and_nobody_else_is() {
        let (shop, browser) = (Shop::start(), Browser::start().await);
        let person = Person {
            client: browser.client(),
            url: &shop.url,
        };
        let mut guesses = 0;
        while guesses < 20 {
            person.sign_in("ada@shop.example", "a guess of mine").await;
            if person.status().await == 429 {
                break;
            }
            guesses += 1;
        }
        assert!((10..20).contains(&guesses), "{guesses}");
        let page = person.reads().await;
        assert!(
            page.contains("Too many attempts") && page.contains("You can try again in"),
            "{page}"
        );
        person.sign_in("ada@shop.example", DEMO).await;
        assert_eq!(person.status().await, 429, "not even with the right password");

        person.open("/products/tall-vase").await;
        assert_eq!(person.status().await, 200);
        person.sign_in("bob@shop.example", DEMO).await;
        assert_eq!(person.is_at().await, "/account");
        browser.close().await;
    }

    /// The password of a demo account.
    fn password(shop: &Opened, email: &str) -> String {
        let login = shop.demo().iter().find(|demo| demo.email == email);
        login.unwrap().password.expose().clone()
    }

    /// Clicks, and is where that leads.
    async fn goes(person: &Person<'_>, css: &str, to: &str) {
        person.click(css).await;
        assert_eq!(person.is_at().await, to);
    }

    /// From a product to an order, signing in on the way.
    async fn orders_a_stool(ada: &Person<'_>, password: &str) {
        ada.open("/products/oak-stool").await;
        goes(ada, "main form button", "/cart").await;
        goes(ada, "main a[href='/checkout']", "/login?next=/checkout").await;
        ada.fill("ada@shop.example", password).await;
        assert_eq!(ada.is_at().await, "/checkout");
        goes(ada, "main form button", "/orders?placed").await;
        let orders = ada.reads().await;
        assert!(
            orders.contains("Oak stool") && orders.contains("To be paid"),
            "{orders}"
        );
    }

    /// From the list of orders back to it, giving the password once more on the way.
    async fn pays_back(mel: &Person<'_>, password: &str) {
        goes(mel, "main form button", "/login/again?next=/merchant").await;
        let field = mel.client.find(Locator::Css("#password")).await.unwrap();
        field.send_keys(password).await.unwrap();
        goes(mel, "main form button", "/merchant").await;
        goes(mel, "main form button", "/merchant?refunded").await;
        let orders = mel.reads().await;
        assert!(
            orders.contains("The order is paid back.") && orders.contains("€149.00"),
            "{orders}"
        );
    }

    #[tokio::test]
    async fn what_one_person_orders_another_pays_back_after_showing_who_they_are() {
        let (clock, home) = (FakeClock::new(), TempDir::new());
        clock.set_wall(SystemClock::new().now());
        let database = home.path().join("shop.db").display().to_string();
        let options = ["palisade-shop", "--addr", "127.0.0.1:0", "--database", &database];
        let shop = Opened::open_by(&Options::parse_from(options), &clock)
            .await
            .unwrap();
        let [ada, mel] = ["ada@shop.example", "mel@shop.example"].map(|email| password(&shop, email));
        let (url, browser) = (shop.url(), Browser::start().await);
        let serving = tokio::spawn(shop.serve(std::future::pending()));
        let person = Person {
            client: browser.client(),
            url: &url,
        };
        orders_a_stool(&person, &ada).await;
        person.click("nav form button").await;

        let paid = Connection::open(&database)
            .unwrap()
            .execute("UPDATE orders SET status = 'paid'", ());
        assert_eq!(paid.unwrap(), 1);
        person.sign_in("mel@shop.example", &mel).await;
        person.open("/merchant").await;
        clock.advance(Duration::from_secs(301));
        pays_back(&person, &mel).await;
        browser.close().await;
        serving.abort();
    }
}
