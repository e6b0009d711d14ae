//! A shop in process, and clients of it.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use clap::Parser;
use http_body_util::BodyExt;
use palisade::core::{Clock, SystemClock};
use palisade_shop::{Opened, Options};
use palisade_testkit::TempDir;
use rusqlite::Connection;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "plain oats with raisins";

/// A shop with a database of its own.
pub(crate) struct Shop {
    service: Router,
    demo: Vec<(&'static str, String)>,
    opened: Opened,
    home: Arc<TempDir>,
}

/// Somebody at an address, with what their browser would send along.
#[derive(Clone)]
pub(crate) struct Client {
    service: Router,
    address: IpAddr,
    headers: HeaderMap,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Shop {
    pub(crate) async fn open(arguments: &[&str]) -> Self {
        Self::open_in(Arc::new(TempDir::new()), arguments).await
    }

    /// A shop over the database in that directory, which other shops may use too.
    pub(crate) async fn open_in(home: Arc<TempDir>, arguments: &[&str]) -> Self {
        Self::open_by(home, arguments, &SystemClock::new()).await
    }

    /// The same by that clock.
    pub(crate) async fn open_by(home: Arc<TempDir>, arguments: &[&str], clock: &impl Clock) -> Self {
        let database = home.path().join("shop.db").display().to_string();
        let fixed = ["palisade-shop", "--addr", "127.0.0.1:0", "--database", &database];
        let opened = Opened::open_by(&Options::parse_from([&fixed, arguments].concat()), clock)
            .await
            .unwrap();
        let demo = opened
            .demo()
            .iter()
            .map(|demo| (demo.email, demo.password.expose().clone()))
            .collect();
        Self {
            service: opened.service(),
            demo,
            opened,
            home,
        }
    }

    /// The table of its routes.
    pub(crate) fn routes(&self) -> String {
        self.opened.routes()
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        self.opened.url()
    }

    pub(crate) fn client(&self) -> Client {
        self.client_at([192, 0, 2, 1].into())
    }

    pub(crate) fn client_at(&self, address: Ipv4Addr) -> Client {
        Client {
            service: self.service.clone(),
            address: address.into(),
            headers: HeaderMap::from_iter([(HOST, HeaderValue::from_static("shop.example"))]),
        }
    }

    /// The password of a demo account.
    pub(crate) fn password(&self, email: &str) -> &str {
        &self.demo.iter().find(|(known, _)| *known == email).unwrap().1
    }

    /// Where its mails are.
    pub(crate) fn outbox(&self) -> PathBuf {
        self.home.path().join("outbox")
    }

    /// The mails so far, the oldest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.outbox()).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
        files.sort();
        files
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    }

    /// Its database, beside the shop.
    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.home.path().join("shop.db")).unwrap()
    }

    /// A program that calls the API for a demo account, with a token of its own.
    pub(crate) async fn calling(&self, email: &str) -> Client {
        self.calling_with(email, self.password(email)).await
    }

    /// The same with that password.
    pub(crate) async fn calling_with(&self, email: &str, password: &str) -> Client {
        let body = serde_json::json!({ "email": email, "password": password });
        let answer = self.client().json("/api/v1/auth/login", body.to_string()).await;
        let pair: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        let token = pair["access_token"].as_str().unwrap();
        self.client().with("authorization", format!("Bearer {token}"))
    }

    /// A client that is signed in to a demo account.
    pub(crate) async fn signed_in(&self, email: &str) -> Client {
        let answer = self.client().login(email, self.password(email)).await;
        self.client().with_cookie(&answer.cookie().unwrap())
    }
}

impl Client {
    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .append(name, HeaderValue::from_bytes(value.as_ref()).unwrap());
        self
    }

    /// Without the field that every request has.
    pub(crate) fn without_host(mut self) -> Self {
        self.headers.remove(HOST);
        self
    }

    /// With the session cookie of this value.
    pub(crate) fn with_cookie(self, id: &str) -> Self {
        self.with(COOKIE.as_str(), format!("__Host-id={id}"))
    }

    /// Sends a request; its line is method and path, as in HTTP.
    pub(crate) async fn send(&self, line: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(body.into())
            .unwrap();
        *request.headers_mut() = self.headers.clone();
        if !content_type.is_empty() {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::new(self.address, 40_000)));
        let (parts, body) = self.service.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), "", Body::empty()).await
    }

    pub(crate) async fn json(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(&format!("POST {path}"), "application/json", body).await
    }

    /// Sends a form as a browser does from a page of the shop.
    pub(crate) async fn form(&self, path: &str, body: impl Into<Body>) -> Answer {
        let browser = self.clone().with("sec-fetch-site", "same-origin");
        browser.post(path, body).await
    }

    /// Sends a form with nothing that says where it comes from.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(&format!("POST {path}"), "application/x-www-form-urlencoded", body)
            .await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.form("/login", format!("email={email}&password={password}"))
            .await
    }

    pub(crate) async fn register(&self, email: &str) -> Answer {
        let body = serde_json::json!({ "email": email, "password": PASSWORD });
        self.json("/api/v1/accounts", body.to_string()).await
    }
}

impl Answer {
    /// The tokens of the page's forms; the test fails where a form has none.
    pub(crate) fn form_tokens(&self) -> Vec<&str> {
        let forms = self.body.split("<form ").skip(1);
        forms
            .map(|form| {
                let form = form.split("</form>").next().unwrap();
                let field = form.split("name=\"csrf_token\" value=\"").nth(1);
                field
                    .unwrap_or_else(|| panic!("no token in {form}"))
                    .split('"')
                    .next()
                    .unwrap()
            })
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// The new session id, where one is handed out.
    pub(crate) fn cookie(&self) -> Option<String> {
        let line = self.headers.get(SET_COOKIE)?.to_str().unwrap();
        let value = line
            .strip_prefix("__Host-id=")
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Whether the browser is told to forget its session cookie.
    pub(crate) fn forgets_cookie(&self) -> bool {
        self.header("set-cookie")
            .starts_with("__Host-id=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
    }

    /// Status and `code` of problem details; the test fails where the answer is anything else.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let problem: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["status"], self.status.as_u16());
        (self.status.as_u16(), problem["code"].as_str().unwrap().to_owned())
    }

    /// The status of a page; the test fails where the answer is anything else.
    pub(crate) fn page(&self) -> u16 {
        assert_eq!(
            self.header("content-type"),
            "text/html; charset=utf-8",
            "{self:?}"
        );
        assert!(self.body.starts_with("<!DOCTYPE html>") && self.body.ends_with("</html>"));
        self.status.as_u16()
    }
}
