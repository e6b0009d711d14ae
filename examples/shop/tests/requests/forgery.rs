//! What another site sends in somebody's name is refused, and what the shop's own pages send is not.
use crate::routes::Line;
use crate::shop::{Answer, Client, PASSWORD, Shop};

const ADA: &str = "ada@shop.example";
const ORIGIN: &str = "https://shop.example";

/// A shop that people know by that name.
async fn shop() -> Shop {
    Shop::open(&["--public-origin", ORIGIN]).await
}

/// Refused, with a page for people that sets nothing.
fn is_refused(answer: &Answer) -> bool {
    if answer.status != 403 {
        return false;
    }
    assert_eq!(answer.page(), 403);
    assert!(answer.body.contains("That is not allowed"), "{}", answer.body);
    assert_eq!(
        (answer.header("set-cookie"), answer.header("cache-control")),
        ("", "no-store")
    );
    true
}

async fn is_signed_in(client: &Client) -> bool {
    client.get("/account").await.status == 200
}

/// The token in the forms of a page.
async fn token(client: &Client, path: &str) -> String {
    client.get(path).await.form_tokens()[0].to_owned()
}

/// Name, and what the browser says of where the form comes from.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

const FOREIGN: &[Case] = &[
    ("nothing at all", &[]),
    ("another site", &[("sec-fetch-site", "cross-site")]),
    ("a neighbour", &[("sec-fetch-site", "same-site")]),
    ("a word that came later", &[("sec-fetch-site", "same-party")]),
    ("another origin", &[("origin", "https://evil.example")]),
    ("an origin that will not be said", &[("origin", "null")]),
    ("no TLS", &[("origin", "http://shop.example")]),
    ("another port", &[("origin", "https://shop.example:8443")]),
    (
        "a name that begins alike",
        &[("origin", "https://shop.example.evil.example")],
    ),
    (
        "a proxy's word for another name",
        &[
            ("origin", "https://evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "host=evil.example;proto=https"),
        ],
    ),
    (
        "two words at once",
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ],
    ),
];

const OWN: &[Case] = &[
    ("the browser says so", &[("sec-fetch-site", "same-origin")]),
    ("typed by its user", &[("sec-fetch-site", "none")]),
    ("its origin says so", &[("origin", ORIGIN)]),
];

/// Acts that change something, each with a form that would do.
const ACTS: [(&str, &str); 3] = [
    ("/logout", ""),
    ("/account/sessions/end", "session=AAAAAAAAAAAA"),
    ("/account/sessions/end-others", ""),
];

fn saying(client: &Client, fields: &'static [(&'static str, &'static str)]) -> Client {
    let add = |client: Client, (name, value): &(&'static str, &'static str)| client.with(name, value);
    fields.iter().fold(client.clone(), add)
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let shop = shop().await;
    let (ada, other) = (shop.signed_in(ADA).await, shop.signed_in(ADA).await);
    for (name, fields) in FOREIGN {
        for (path, body) in ACTS {
            let answer = saying(&ada, fields).post(path, body).await;
            assert!(is_refused(&answer), "{name} on {path}: {answer:?}");
        }
    }
    assert!(is_signed_in(&ada).await && is_signed_in(&other).await);
}

#[tokio::test]
async fn a_form_of_the_shop_does_what_it_says() {
    let shop = shop().await;
    for (name, fields) in OWN {
        let ada = shop.signed_in(ADA).await;
        let answer = saying(&ada, fields).post("/logout", "").await;
        assert_eq!(answer.status, 303, "{name}");
        assert!(!is_signed_in(&ada).await, "{name}");
    }
}

#[tokio::test]
async fn a_browser_that_tells_nothing_needs_the_token_of_its_own_session() {
    let shop = shop().await;
    let (ada, other) = (shop.signed_in(ADA).await, shop.signed_in(ADA).await);
    let (good, foreign) = (token(&ada, "/account").await, token(&other, "/account").await);
    assert_ne!(good, token(&ada, "/account").await, "another text in every page");
    let altered: String = good.chars().rev().collect();
    for wrong in ["", "x", &altered, &foreign, &format!("{good}&csrf_token={good}")] {
        let answer = ada.post("/logout", format!("csrf_token={wrong}")).await;
        assert!(is_refused(&answer), "{wrong}: {answer:?}");
    }
    // The token does not outweigh what a browser says.
    let evil = ada.clone().with("origin", "https://evil.example");
    assert!(is_refused(
        &evil.post("/logout", format!("csrf_token={good}")).await
    ));
    assert!(is_signed_in(&ada).await);
    assert_eq!(
        ada.post("/logout", format!("csrf_token={good}")).await.status,
        303
    );
    assert!(!is_signed_in(&ada).await);
}

#[tokio::test]
async fn every_form_of_a_session_has_the_token() {
    let shop = shop().await;
    // A second session each, and something in the cart and in the books, so that there is a form for it.
    let mut forms = 0;
    for name in ["ada", "mel", "root"] {
        let email = format!("{name}@shop.example");
        let (here, _there) = (shop.signed_in(&email).await, shop.signed_in(&email).await);
        assert_eq!(here.form("/cart/add", "sku=N-1001&quantity=1").await.status, 303);
        if name == "ada" {
            assert_eq!(buy(&here).await.status, 303);
            assert_eq!(here.form("/cart/add", "sku=S-2001&quantity=1").await.status, 303);
            shop.database()
                .execute("UPDATE orders SET status = 'paid'", ())
                .unwrap();
        }
        for path in Line::pages() {
            let page = here.get(&path.replace("{slug}", "oak-stool")).await;
            forms += page.form_tokens().len();
        }
    }
    assert!(forms > 40, "the pages were not read: {forms} forms");
}

/// Orders what is in the cart, by the form of the page.
async fn buy(client: &Client) -> Answer {
    let page = client.get("/checkout").await.body;
    let form = page
        .split("action=\"/checkout\"")
        .nth(1)
        .unwrap()
        .split("</form>")
        .next()
        .unwrap();
    let fields = form.split("type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        format!("{name}={}", rest.split('"').next().unwrap())
    });
    client
        .form("/checkout", fields.collect::<Vec<_>>().join("&"))
        .await
}

/// A login in somebody's browser to an account of the attacker's: what is written there, the attacker reads.
#[tokio::test]
async fn nobody_is_signed_in_or_registered_by_another_site() {
    let shop = shop().await;
    let login = format!("email={ADA}&password={}", shop.password(ADA));
    let register = format!("email=new%40shop.example&password={PASSWORD}");
    for (path, body) in [("/login", &login), ("/register", &register)] {
        for (name, fields) in FOREIGN.iter().filter(|(_, fields)| !fields.is_empty()) {
            let answer = saying(&shop.client(), fields).post(path, body.clone()).await;
            assert!(is_refused(&answer), "{name} on {path}: {answer:?}");
        }
        let (_, own) = OWN[0];
        assert_eq!(
            saying(&shop.client(), own).post(path, body.clone()).await.status,
            303
        );
    }
}

#[tokio::test]
async fn without_a_public_origin_the_shop_is_where_it_listens() {
    let shop = Shop::open(&[]).await;
    let port = shop.url().rsplit(':').next().unwrap().to_owned();
    for own in [shop.url(), format!("http://localhost:{port}")] {
        let ada = shop.signed_in(ADA).await;
        assert_eq!(
            ada.with("origin", &own).post("/logout", "").await.status,
            303,
            "{own}"
        );
    }
    let ada = shop.signed_in(ADA).await;
    for other in ["http://localhost:1", "https://127.0.0.1", ORIGIN] {
        let answer = ada.clone().with("origin", other).post("/logout", "").await;
        assert!(is_refused(&answer), "{other}");
    }
}

#[tokio::test]
async fn the_api_reads_no_cookie() {
    let shop = shop().await;
    // Two session cookies are refused wherever they are read.
    let twice = shop.client().with("cookie", "__Host-id=a; __Host-id=b");
    assert_eq!(twice.get("/").await.page(), 400);
    let listed = twice.get("/api/v1/products").await;
    assert_eq!((listed.status.as_u16(), listed.header("set-cookie")), (200, ""));
    let ada = shop.signed_in(ADA).await;
    let body = serde_json::json!({ "email": "new@shop.example", "password": PASSWORD });
    let foreign = ada.with("sec-fetch-site", "cross-site");
    let created = foreign.json("/api/v1/accounts", body.to_string()).await;
    assert_eq!((created.status.as_u16(), created.header("set-cookie")), (201, ""));
}
