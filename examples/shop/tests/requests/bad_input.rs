//! Input that cannot be made sense of: a clear answer each, nothing of it repeated, nothing that panics.
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};

use crate::shop::Shop;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Name, content type and body of a request; status and code of its answer.
type Case = (&'static str, &'static str, &'static str, u16, &'static str);

const BODIES: &[Case] = &[
    ("nothing", JSON, "", 400, "malformed_body"),
    ("cut off", JSON, r#"{"email":"hunter2"#, 400, "malformed_body"),
    (
        "two values",
        JSON,
        r#"{"email":"a@b.de","password":"x"} hunter2"#,
        400,
        "malformed_body",
    ),
    ("another shape", JSON, r#"["hunter2"]"#, 422, "unexpected_fields"),
    (
        "the values without their names",
        JSON,
        r#"["hunter2@shop.example","plain oats with raisins"]"#,
        422,
        "unexpected_fields",
    ),
    (
        "a field missing",
        JSON,
        r#"{"email":"hunter2"}"#,
        422,
        "unexpected_fields",
    ),
    (
        "a number for a text",
        JSON,
        r#"{"email":1,"password":"hunter2"}"#,
        422,
        "unexpected_fields",
    ),
    (
        "a field twice",
        JSON,
        r#"{"email":"hunter2","email":"b@c.de","password":""}"#,
        422,
        "unexpected_fields",
    ),
    (
        "no address",
        JSON,
        r#"{"email":"hunter2","password":""}"#,
        422,
        "email_invalid",
    ),
    (
        "a short password",
        JSON,
        r#"{"email":"a@b.de","password":"hunter2"}"#,
        422,
        "password_too_short",
    ),
    ("text", "text/plain", "hunter2", 415, "unsupported_media_type"),
    ("a form", FORM, "email=hunter2", 415, "unsupported_media_type"),
    ("no type", "", "{}", 415, "unsupported_media_type"),
];

#[tokio::test]
async fn bodies_that_are_no_request_are_told_apart_and_not_repeated() {
    let shop = Shop::open(&[]).await;
    for (name, content_type, body, status, code) in BODIES {
        let answer = shop
            .client()
            .send("POST /api/v1/accounts", content_type, *body)
            .await;
        assert_eq!(answer.problem(), (*status, (*code).to_owned()), "{name}");
        assert!(!answer.body.contains("hunter2"), "{name}: {}", answer.body);
        assert!(
            !answer.body.contains("line"),
            "{name}: a parser speaks: {}",
            answer.body
        );
    }
    let bytes = shop
        .client()
        .json("/api/v1/accounts", vec![b'"', 0xff, b'"'])
        .await;
    assert_eq!(bytes.problem(), (400, "malformed_body".into()));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let shop = Shop::open(&[]).await;
    let long = "x".repeat(16 * 1024 + 1);
    let sized = shop.client().json("/api/v1/accounts", long.clone()).await;
    assert_eq!(sized.problem(), (413, "body_too_large".into()));
    assert_eq!(shop.client().form("/login", long).await.page(), 413);
}

/// A body of which nothing ever comes, whatever length it announces.
struct Never(SizeHint);

impl http_body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_not_waited_for() {
    let shop = Shop::open(&[]).await;
    let api = shop
        .client()
        .json("/api/v1/accounts", Body::new(Never(SizeHint::new())))
        .await;
    assert_eq!(api.problem(), (408, "timed_out".into()));
    assert_eq!(
        shop.client()
            .form("/login", Body::new(Never(SizeHint::new())))
            .await
            .page(),
        408
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_announces_too_much_is_not_waited_for_either() {
    let shop = Shop::open(&[]).await;
    let (most, more) = (16 * 1024, 16 * 1024 + 1);
    let body = |length| Body::new(Never(SizeHint::with_exact(length)));
    for length in [more, u64::MAX] {
        let api = shop.client().json("/api/v1/accounts", body(length)).await;
        assert_eq!(api.problem(), (413, "body_too_large".into()));
        assert_eq!(shop.client().form("/login", body(length)).await.page(), 413);
    }
    assert_eq!(shop.client().form("/login", body(most)).await.page(), 408);
}

#[tokio::test]
async fn forms_that_are_no_form_get_a_page() {
    let shop = Shop::open(&[]).await;
    let cases = [
        ("nothing", FORM, "", 422),
        ("a field missing", FORM, "email=a%40b.de", 422),
        (
            "a field twice",
            FORM,
            "email=a%40b.de&email=c%40d.de&password=x",
            422,
        ),
        ("json", JSON, "{}", 415),
        ("no type", "", "email=a", 415),
    ];
    for path in ["/login", "/register"] {
        for (name, content_type, body, status) in cases {
            let answer = shop
                .client()
                .send(&format!("POST {path}"), content_type, body)
                .await;
            assert_eq!(answer.page(), status, "{path}: {name}");
        }
        // Percent-encoded bytes that are no UTF-8 are read as replacement characters: no address, no password.
        let answer = shop.client().form(path, "email=%FF&password=%FF").await;
        assert!([401, 422].contains(&answer.page()), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_people() {
    let shop = Shop::open(&[]).await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/nothing",
        "/api/v2/products",
        "/api/v1/products/%FF",
        "/api/v1/products/none",
    ] {
        assert_eq!(
            shop.client().get(path).await.problem(),
            (404, "not_found".into()),
            "{path}"
        );
    }
    for path in [
        "/nothing",
        "/apiary",
        "/products/%FF",
        "/products/none",
        "/products/",
        "/assets/none.css",
        "/..%2f",
    ] {
        assert_eq!(shop.client().get(path).await.page(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_method_that_is_not_allowed_names_those_that_are() {
    let shop = Shop::open(&[]).await;
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/products", "GET,HEAD"),
        ("GET", "/api/v1/accounts", "POST"),
        ("POST", "/health", "GET,HEAD"),
    ] {
        let answer = shop.client().send(&format!("{method} {path}"), "", "").await;
        assert_eq!(
            answer.problem(),
            (405, "method_not_allowed".into()),
            "{method} {path}"
        );
        assert_eq!(answer.header("allow"), allowed);
    }
    // A link or a picture on another site must not sign anybody out.
    let answer = shop.client().get("/logout").await;
    assert_eq!((answer.page(), answer.header("allow")), (405, "POST"));
}

#[tokio::test]
async fn field_values_that_are_no_text_change_nothing() {
    let shop = Shop::open(&["--trusted-proxies", "192.0.2.1"]).await;
    for name in [
        "cookie",
        "content-type",
        "user-agent",
        "x-forwarded-for",
        "if-none-match",
        "accept",
        "referer",
    ] {
        let client = shop.client().with(name, b"\xff\xfe\x80");
        for path in ["/", "/login", "/account", "/api/v1/products", "/assets/shop.css"] {
            let status = client.get(path).await.status.as_u16();
            assert!([200, 303].contains(&status), "{name} on {path}: {status}");
        }
    }
    let answer = shop
        .client()
        .with("user-agent", b"\xff")
        .login("ada@shop.example", shop.password("ada@shop.example"))
        .await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let shop = Shop::open(&[]).await;
    let clients = [
        shop.client().without_host(),
        shop.client().with("host", "shop.example"),
        shop.client().with("host", "evil.example"),
    ];
    for client in clients {
        assert_eq!(client.get("/").await.page(), 400);
        let api = client.get("/api/v1/products").await;
        assert_eq!(api.problem(), (400, "host_invalid".into()));
        assert!(!api.body.contains("evil"));
    }
}

#[tokio::test]
async fn a_session_cookie_that_comes_twice_is_refused_and_removed() {
    let shop = Shop::open(&[]).await;
    let id = shop.signed_in("ada@shop.example").await;
    let answers = [
        id.clone().with_cookie("another").get("/account").await,
        shop.client()
            .with("cookie", "__Host-id=a; __Host-id=b")
            .get("/account")
            .await,
    ];
    for answer in answers {
        assert_eq!(answer.page(), 400);
        assert!(answer.forgets_cookie());
    }
}

#[tokio::test]
async fn cookies_without_end_are_refused() {
    let shop = Shop::open(&[]).await;
    for length in [9_000, 30_000] {
        let answer = shop
            .client()
            .with("cookie", "a".repeat(length))
            .get("/account")
            .await;
        assert_eq!(answer.page(), 431, "{length}");
    }
    let long = shop
        .client()
        .with_cookie(&"a".repeat(4_000))
        .get("/account")
        .await;
    assert_eq!((long.status.as_u16(), long.header("location")), (303, "/login"));
}

#[tokio::test]
async fn a_session_id_that_the_shop_did_not_make_is_forgotten() {
    let shop = Shop::open(&[]).await;
    for id in ["", "x", &"A".repeat(43), "' OR 1=1 --", "../../etc/passwd"] {
        let answer = shop.client().with_cookie(id).get("/account").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/login"),
            "{id:?}"
        );
        assert!(answer.forgets_cookie(), "{id:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_repeats_itself_without_end_is_refused_for_programs_and_people() {
    let shop = Shop::open(&["--trusted-proxies", "192.0.2.1"]).await;
    let client = shop.client().with("x-forwarded-for", "10.0.0.1, ".repeat(300));
    assert_eq!(client.get("/api/v1/products").await.problem().0, 431);
    assert_eq!(client.get("/").await.page(), 431);
}
