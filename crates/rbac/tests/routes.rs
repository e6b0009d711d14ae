//! Routes of a real axum router: ten thousand spellings of paths, and the extractors.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Path, State};
use axum::middleware::map_request;
use axum::routing::get;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::BodyExt;
use palisade_core::{Check, GuardLayer, Head, Principal, PrincipalKind, Subject};
use palisade_rbac::axum::{Routes, matched_path};
use palisade_rbac::{
    Allowed, Authority, ByRoute, Inventory, Permitted, Policy, Refused, Role, Rule, actions,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tower::ServiceExt;

actions! {
    SHOP {
        ReadOrders = "order:read";
        EditOrders = "order:edit";
        ListUsers = "user:list";
    }
}

fn authority() -> Authority {
    let policy = Policy::builder(SHOP)
        .add_role(Role::new("clerk").allow("order:read"))
        .add_role(Role::new("administrator").inherit("clerk").allow("*:*"))
        .build();
    Authority::carried(policy.unwrap())
}

fn principal(roles: &[&str]) -> Principal {
    let nobody = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Staff);
    roles.iter().fold(nobody, |who, role| who.add_role(*role))
}

/// Every route as it will be asked for.
const ROUTES: [(&str, &str); 8] = [
    ("GET", "/"),
    ("GET", "/orders"),
    ("POST", "/orders"),
    ("GET", "/orders/{id}"),
    ("GET", "/orders/open"),
    ("DELETE", "/api/admin/users/{id}"),
    ("GET", "/api/admin"),
    ("GET", "/files/{*path}"),
];

fn rule(method: &str, path: &str) -> Rule {
    match (method, path) {
        (_, "/") => Rule::public(),
        ("GET", "/orders" | "/orders/{id}") => Rule::action(ReadOrders),
        ("POST", _) | (_, "/files/{*path}") => Rule::action(EditOrders),
        _ => Rule::action(ListUsers),
    }
}

/// Tells the route that answered, in a field, which `HEAD` has too.
async fn answer(method: Method, route: MatchedPath) -> [(&'static str, String); 1] {
    let method = if method == Method::HEAD {
        Method::GET
    } else {
        method
    };
    [("x-route", format!("{method} {}", route.as_str()))]
}

fn guarded() -> (Router, Inventory) {
    let authority = authority();
    let admin = Routes::new(&authority)
        .delete("/users/{id}", rule("DELETE", "/api/admin/users/{id}"), answer)
        .get("/", rule("GET", "/api/admin"), answer);
    let routes: Routes = Routes::new(&authority)
        .get("/", Rule::public(), answer)
        .get("/orders", rule("GET", "/orders"), answer)
        .post("/orders", rule("POST", "/orders"), answer)
        .get("/orders/{id}", rule("GET", "/orders/{id}"), answer)
        .get("/orders/open", rule("GET", "/orders/open"), answer)
        .merge(Routes::new(&authority).get("/files/{*path}", rule("GET", "/files/{*path}"), answer))
        .nest("/api", Routes::new(&authority).nest("/admin", admin));
    routes.into_router().unwrap()
}

/// The same routes without any rule: what the router does by itself.
fn bare() -> Router {
    let admin = Router::new()
        .route("/users/{id}", axum::routing::delete(answer))
        .route("/", get(answer));
    Router::new()
        .route("/", get(answer))
        .route("/orders", get(answer).post(answer))
        .route("/orders/{id}", get(answer))
        .route("/orders/open", get(answer))
        .route("/files/{*path}", get(answer))
        .nest("/api", Router::new().nest("/admin", admin))
}

fn request(method: &Method, uri: &Uri, who: Option<&Principal>) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .body(Body::empty())
        .unwrap();
    if let Some(who) = who {
        request.extensions_mut().insert(who.clone());
    }
    request
}

/// The status, and the route of the handler that ran.
async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, Option<String>) {
    let response = router.clone().oneshot(request).await.unwrap();
    let route = response
        .headers()
        .get("x-route")
        .map(|route| route.to_str().unwrap().to_owned());
    (response.status(), route)
}

/// What the rule of a route says to somebody, by the table at the top of this file.
fn expected(route: &str, who: Option<&Principal>) -> StatusCode {
    let (method, path) = route.split_once(' ').unwrap();
    assert!(ROUTES.contains(&(method, path)), "{route}");
    let mut request = Request::new(());
    who.map(|who| request.extensions_mut().insert(who.clone()));
    let require = palisade_rbac::Require::new(&authority(), rule(method, path)).unwrap();
    match require.check(&Head::from(&request)) {
        Ok(_) => StatusCode::OK,
        Err(refused) => palisade_core::Refusal::status(&refused),
    }
}

const WORDS: [&str; 35] = [
    "orders",
    "open",
    "api",
    "admin",
    "users",
    "files",
    "1",
    "Orders",
    "ORDERS",
    "orders ",
    "order%73",
    "%6frders",
    "admin;x=1",
    "..",
    ".",
    "%2e%2e",
    "%2E",
    "",
    "%2f",
    "%00",
    "%0a",
    "%c0%ae",
    "orders%2fopen",
    "a%5cb",
    "~",
    "*",
    "{id}",
    "{*path}",
    "%7Bid%7D",
    "admin.json",
    "admin%20",
    "\u{e9}",
    "+",
    "@",
    ":id",
];
const SEPARATORS: [&str; 11] = ["/", "/", "/", "/", "//", "/./", "/../", "%2f", "\\", ";/", "/;"];
const TAILS: [&str; 14] = [
    "",
    "",
    "",
    "",
    "/",
    "?",
    "?x=/orders",
    "#x",
    ";",
    "%3f",
    ".",
    "/.",
    "/..",
    "//",
];
const REAL: [&str; 7] = [
    "/",
    "/orders",
    "/orders/1",
    "/orders/open",
    "/api/admin",
    "/api/admin/users/7",
    "/files/a/b",
];

/// Spellings of paths: those of the routes, and all the ways in which matchers have been led astray.
fn spelling() -> impl Strategy<Value = String> {
    let (word, separator, tail) = (select(&WORDS[..]), select(&SEPARATORS[..]), select(&TAILS[..]));
    let more = proptest::option::of((separator.clone(), word.clone()));
    let near = (select(&REAL[..]), more, tail.clone()).prop_map(|(real, more, tail)| {
        let (separator, word) = more.unwrap_or_default();
        format!("{real}{separator}{word}{tail}")
    });
    let parts = proptest::collection::vec((separator, word), 0..5);
    let far = (parts, tail).prop_map(|(parts, tail)| {
        let path: String = parts
            .into_iter()
            .flat_map(|(separator, word)| [separator, word])
            .collect();
        let path = if path.starts_with('/') {
            path
        } else {
            format!("/{path}")
        };
        format!("{path}{tail}")
    });
    prop_oneof![2 => near, 1 => far]
}

/// The bare router behind one layer that goes by what was matched.
fn by_route() -> Router {
    let mut inventory = Inventory::new();
    for (method, path) in ROUTES {
        inventory = inventory
            .add(method.parse().unwrap(), path, rule(method, path))
            .unwrap();
    }
    bare().layer(GuardLayer::new(
        ByRoute::new(&authority(), inventory, matched_path).unwrap(),
    ))
}

/// Ten thousand requests. What the router matches without rules says which rule must decide, and nothing else does.
#[tokio::test]
async fn the_layer_decides_by_the_route_that_the_router_matched() {
    let mut runner = TestRunner::deterministic();
    let ((guarded, _), by_route, bare) = (guarded(), by_route(), bare());
    let people = [
        None,
        Some(principal(&[])),
        Some(principal(&["clerk"])),
        Some(principal(&["administrator"])),
    ];
    let methods = [
        Method::GET,
        Method::GET,
        Method::POST,
        Method::DELETE,
        Method::HEAD,
        Method::PUT,
    ];
    let drawn = (spelling(), select(methods.to_vec()), select(people.to_vec()));
    let (mut asked, mut matched, mut refused) = (0, 0, 0);
    while asked < 10_000 {
        let (spelling, method, who) = drawn.new_tree(&mut runner).unwrap().current();
        let Ok(uri) = spelling.parse::<Uri>() else {
            continue;
        };
        asked += 1;
        let (status, route) = ask(&bare, request(&method, &uri, None)).await;
        let one = ask(&guarded, request(&method, &uri, who.as_ref())).await;
        let other = ask(&by_route, request(&method, &uri, who.as_ref())).await;
        let Some(route) = route else {
            assert_eq!(
                one,
                (status, None),
                "{method} {uri}: refused by the router as before"
            );
            assert_eq!(other.1, None, "{method} {uri}");
            continue;
        };
        matched += 1;
        let want = expected(&route, who.as_ref());
        let ran = (want == StatusCode::OK).then_some(route);
        assert_eq!(one, (want, ran.clone()), "{method} {uri}");
        assert_eq!(other, (want, ran), "{method} {uri}");
        refused += usize::from(want != StatusCode::OK);
    }
    assert!(
        matched > 1_000 && refused > 500,
        "only {matched} matched, {refused} refused"
    );
}

#[tokio::test]
async fn what_was_not_listed_is_not_served() {
    let inventory = Inventory::new().add(Method::GET, "/", Rule::public()).unwrap();
    let by_route = ByRoute::new(&authority(), inventory, matched_path).unwrap();
    let router = Router::new()
        .route("/", get(answer).post(answer))
        .route("/debug", get(answer));
    let router = router.layer(GuardLayer::new(by_route));
    let root = principal(&["administrator"]);
    for (method, path, want) in [
        ("GET", "/", 200),
        ("POST", "/", 405),
        ("GET", "/debug", 500),
        ("GET", "/x", 404),
    ] {
        let asked = request(&method.parse().unwrap(), &path.parse().unwrap(), Some(&root));
        assert_eq!(ask(&router, asked).await.0.as_u16(), want, "{method} {path}");
    }
}

#[test]
fn the_inventory_is_the_router() {
    let (_, inventory) = guarded();
    let mut listed: Vec<_> = inventory
        .routes()
        .map(|(method, path, _)| (method.as_str().to_owned(), path))
        .collect();
    let mut want = ROUTES.map(|(method, path)| (method.to_owned(), path)).to_vec();
    listed.sort();
    want.sort();
    assert_eq!(listed, want);
    let table = inventory.matrix(authority().current().policy()).to_markdown();
    assert!(
        table.contains("| DELETE | /api/admin/users/{id} | user:list |  | yes | no |"),
        "{table}"
    );
}

#[test]
fn what_is_wrong_with_a_route_is_found_at_start() {
    let authority = authority();
    let routes = || -> Routes { Routes::new(&authority).get("/", Rule::public(), answer) };
    let error = |routes: Routes| routes.into_router().unwrap_err().to_string();
    assert_eq!(
        error(routes().get("/", Rule::signed_in(), answer)),
        "routes: GET / has two rules"
    );
    assert_eq!(error(routes().merge(routes())), "routes: GET / has two rules");
    assert_eq!(
        error(routes().nest("/a", routes()).nest("/a", routes())),
        "routes: GET /a has two rules"
    );
    let misspelt = routes()
        .get("/x", Rule::role("clrek"), answer)
        .put("/y", Rule::public(), answer);
    assert_eq!(error(misspelt), "rule: `clrek` is no role; did you mean `clerk`?");
}

/// Signs somebody in, as a layer before routes does.
async fn as_clerk(mut request: Request<Body>) -> Request<Body> {
    request.extensions_mut().insert(principal(&["clerk"]));
    request
}

#[tokio::test]
async fn a_layer_stands_before_the_rules_of_the_routes_that_are_there() {
    let authority = authority();
    let behind: Routes = Routes::new(&authority)
        .get("/orders", Rule::action(ReadOrders), answer)
        .get("/users", Rule::action(ListUsers), answer)
        .layer(map_request(as_clerk));
    let routes = behind.get("/later", Rule::action(ReadOrders), answer).nest(
        "/api",
        Routes::new(&authority).get("/orders", Rule::action(ReadOrders), answer),
    );
    let (mixed, _) = routes.into_router().unwrap();
    for (path, want) in [
        ("/orders", 200),
        ("/users", 403),
        ("/later", 401),
        ("/api/orders", 401),
    ] {
        let asked = request(&Method::GET, &path.parse().unwrap(), None);
        assert_eq!(ask(&mixed, asked).await.0.as_u16(), want, "{path}");
    }
}

async fn users(allowed: Allowed<ListUsers>) -> String {
    allowed.principal().subject().as_str().to_owned()
}

async fn order(
    State(authority): State<Authority>,
    Path(id): Path<u32>,
    who: axum::Extension<Principal>,
) -> Result<String, Refused> {
    if id == 404 {
        return Err(Refused::not_found());
    }
    let _allowed: Allowed<ReadOrders> = authority.allow(&*who)?;
    Ok("an order".to_owned())
}

async fn body(router: &Router, path: &str, who: Option<&Principal>) -> (u16, String) {
    let asked = request(&Method::GET, &path.parse().unwrap(), who);
    let response = router.clone().oneshot(asked).await.unwrap();
    let kept = response.extensions().get::<Refused>().is_some();
    let status = response.status();
    assert_eq!(
        kept,
        status != StatusCode::OK,
        "a refusal stays in the response's extensions"
    );
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_handler_that_asks_for_the_witness_is_guarded_without_any_layer() {
    let router = Router::new()
        .route("/users", get(users))
        .route("/orders/{id}", get(order))
        .with_state(authority());
    let root = principal(&["administrator"]);
    assert_eq!(body(&router, "/users", Some(&root)).await, (200, "42".to_owned()));
    assert_eq!(body(&router, "/users", Some(&principal(&["clerk"]))).await.0, 403);
    assert_eq!(body(&router, "/users", None).await.0, 401);
    assert_eq!(
        body(&router, "/orders/1", Some(&principal(&["clerk"]))).await.0,
        200
    );
    let (status, text) = body(&router, "/orders/404", Some(&root)).await;
    assert_eq!(status, 404);
    assert_eq!(
        text,
        r#"{"type":"about:blank","title":"Not Found","status":404,"code":"not_found"}"#
    );
}

#[tokio::test]
async fn a_handler_behind_a_rule_sees_the_mark() {
    async fn marked(mark: Option<axum::Extension<Permitted>>) -> String {
        mark.map_or("no", |_| "yes").to_owned()
    }
    let authority = authority();
    let routes: Routes = Routes::new(&authority).patch("/", Rule::signed_in(), marked);
    let (guarded, _) = routes.into_router().unwrap();
    let asked = request(&Method::PATCH, &Uri::from_static("/"), Some(&principal(&[])));
    let response = guarded.oneshot(asked).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "yes");
}
