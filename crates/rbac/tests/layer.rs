//! The layer: answers before the service, and never asks it first.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use palisade_core::{
    AsyncGuardLayer, Collected, Factor, FakeClock, GrpcStatus, GuardLayer, Principal, PrincipalKind,
    Recorder, SecurityEvent, StoreError, StoreErrorKind, Subject, Tenant,
};
use palisade_rbac::{
    Authority, ByRoute, FindRoles, Found, Held, Inventory, Permitted, Policy, Refused, RefusedKind, Require,
    RequireFresh, RequireLayer, Role, Rule, Verdict, actions,
};
use tower::{Layer, Service, ServiceExt};

actions! {
    SHOP {
        ListUsers = "user:list";
        EditProduct on Tenant = "product:edit";
        Refund on Tenant = "order:refund";
    }
}

/// A service that does its work when it is called, before its future is polled: what an eager service does to a guard that
/// takes the future first and decides then.
#[derive(Clone, Default)]
struct Eager(Arc<AtomicUsize>);

impl Service<Request<()>> for Eager {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        self.0.fetch_add(1, Ordering::SeqCst);
        let marked = request.extensions().get::<Permitted>().is_some();
        ready(Ok(Response::new(Bytes::from(if marked {
            "permitted"
        } else {
            "not asked"
        }))))
    }
}

fn authority(clock: &FakeClock) -> Authority {
    let fresh = RequireFresh::factor(Factor::Totp, Duration::from_secs(60));
    let policy = Policy::builder(SHOP)
        .add_role(Role::new("merchant").allow("product:edit").allow("order:refund"))
        .add_role(Role::new("administrator").everywhere().allow("user:list"))
        .add_role(Role::new("local").allow("user:list"))
        .add_role(Role::new("both").inherit("merchant"))
        .add_scope("products", ["product:edit"])
        .require_fresh("order:refund", fresh)
        .build();
    Authority::carried(policy.unwrap()).with_clock(clock.clone())
}

fn principal(roles: &[&str]) -> Principal {
    let nobody = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Staff);
    roles.iter().fold(nobody, |who, role| who.add_role(*role))
}

fn north() -> Tenant {
    Tenant::new("north").unwrap()
}

fn request(who: Option<Principal>) -> Request<()> {
    let mut request = Request::get("/").header("x-tenant", "north").body(()).unwrap();
    if let Some(who) = who {
        request.extensions_mut().insert(who);
    }
    request
}

async fn ask(rule: Rule, who: Option<Principal>) -> (u16, usize) {
    let service = Eager::default();
    let layer = RequireLayer::new(Require::new(&authority(&FakeClock::new()), rule).unwrap());
    let response = layer.layer(service.clone()).oneshot(request(who)).await.unwrap();
    (response.status().as_u16(), service.0.load(Ordering::SeqCst))
}

/// By a header only because it is a test: a tenant belongs to the host or the path, and the roles decide anyway.
fn tenant_of(head: &palisade_core::Head<'_>) -> Option<Tenant> {
    Tenant::new(head.headers().get("x-tenant")?.to_str().ok()?).ok()
}

/// Asks, and sees that the service was called exactly if the rule holds.
async fn see(rule: Rule, who: Option<Principal>, want: u16) {
    let name = format!("{rule:?}, {who:?}");
    assert_eq!(ask(rule, who).await, (want, usize::from(want == 200)), "{name}");
}

fn merchant() -> Principal {
    principal(&["merchant"])
}

fn in_north() -> Principal {
    merchant().with_tenant(north())
}

fn admin() -> Principal {
    principal(&["administrator"])
}

#[tokio::test]
async fn actions_take_their_permission() {
    let local = principal(&["local"]).with_tenant(north());
    see(Rule::public(), None, 200).await;
    see(Rule::signed_in(), None, 401).await;
    see(Rule::signed_in(), Some(principal(&[])), 200).await;
    see(Rule::action(ListUsers), None, 401).await;
    see(Rule::action(ListUsers), Some(principal(&[])), 403).await;
    see(Rule::action(ListUsers), Some(merchant()), 403).await;
    see(Rule::action(ListUsers), Some(admin()), 200).await;
    // A role of a tenant gives nothing on the platform.
    see(Rule::action(ListUsers), Some(local), 403).await;
    see(Rule::action(ListUsers).hidden(), Some(merchant()), 404).await;
    see(Rule::action(ListUsers).hidden(), None, 401).await;
    see(Rule::action(EditProduct), Some(in_north()), 200).await;
    see(
        Rule::action(EditProduct).and_action(ListUsers),
        Some(in_north()),
        403,
    )
    .await;
    see(Rule::action(Refund), Some(in_north()), 401).await;
}

#[tokio::test]
async fn roles_are_looked_at_with_what_limits_the_principal() {
    let for_somebody = in_north().acted_by(Subject::new("7").unwrap());
    let limited = in_north().add_scope("products");
    see(Rule::role("merchant"), Some(in_north()), 200).await;
    see(Rule::role("merchant"), Some(principal(&["both"])), 200).await;
    see(Rule::role("merchant"), Some(admin()), 403).await;
    see(Rule::role("merchant"), Some(for_somebody), 403).await;
    see(Rule::role("merchant"), Some(limited.clone()), 403).await;
    see(Rule::role("merchant").and_scope("products"), Some(limited), 200).await;
}

#[tokio::test]
async fn scopes_limit_tokens_and_not_sessions() {
    let nothing = merchant().with_scopes([""; 0]);
    see(Rule::scope("products"), Some(nothing), 403).await;
    see(
        Rule::scope("products"),
        Some(merchant().add_scope("products")),
        200,
    )
    .await;
    see(Rule::scope("products"), Some(merchant()), 200).await;
    see(Rule::action(ListUsers), Some(admin().add_scope("products")), 403).await;
}

#[tokio::test]
async fn a_tenant_that_is_named_is_the_one_that_counts() {
    let in_south = merchant().with_tenant(Tenant::new("south").unwrap());
    let edit = || Rule::action(EditProduct);
    see(edit().in_tenant(tenant_of), Some(in_north()), 200).await;
    see(edit().in_tenant(tenant_of), Some(in_south.clone()), 403).await;
    see(edit().in_tenant(|_| None), Some(in_north()), 403).await;
    see(
        Rule::role("merchant").in_tenant(tenant_of),
        Some(in_south.clone()),
        403,
    )
    .await;
    see(Rule::signed_in().in_tenant(tenant_of), Some(in_north()), 200).await;
    see(Rule::signed_in().in_tenant(tenant_of), Some(in_south), 403).await;
    see(Rule::public().in_tenant(tenant_of), Some(principal(&[])), 403).await;
}

#[tokio::test]
async fn a_closure_must_hold_as_well() {
    for (verdict, want) in [
        (Verdict::Holds, 200),
        (Verdict::Fails, 403),
        (Verdict::Unknown, 503),
    ] {
        see(
            Rule::signed_in().when("told", move |_, _| verdict),
            Some(merchant()),
            want,
        )
        .await;
        see(Rule::public().when("told", move |_, _| verdict), None, 401).await;
    }
}

#[tokio::test]
async fn what_passes_is_marked_and_what_does_not_carries_the_refusal() {
    let layer = |rule| RequireLayer::new(Require::new(&authority(&FakeClock::new()), rule).unwrap());
    let passed = layer(Rule::role("both"))
        .layer(Eager::default())
        .oneshot(request(Some(principal(&["both"]))))
        .await;
    assert_eq!(passed.unwrap().body(), "permitted");
    let refused = layer(Rule::action(Refund)).layer(Eager::default());
    let refused = refused
        .oneshot(request(Some(principal(&["merchant"]))))
        .await
        .unwrap();
    assert_eq!(
        refused.headers()["www-authenticate"],
        "Bearer error=\"insufficient_user_authentication\", max_age=\"60\""
    );
    assert_eq!(refused.headers()["cache-control"], "no-store");
    let kept = refused.extensions().get::<Refused>().unwrap();
    assert_eq!((kept.kind(), kept.rule()), (RefusedKind::StepUp, "order:refund"));
    let body: serde_json::Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!(body["code"], "insufficient_user_authentication");
    let grpc = layer(Rule::action(ListUsers))
        .with_response(GrpcStatus::default())
        .layer(Eager::default());
    let grpc = grpc.oneshot(request(Some(principal(&[])))).await.unwrap();
    assert_eq!(grpc.headers()["grpc-status"], "7");
}

#[test]
fn a_rule_that_is_misspelt_is_found_at_start() {
    const OTHER: palisade_rbac::Vocabulary = palisade_rbac::Vocabulary::new(&["user:list"]);
    let require = |rule| {
        Require::new(&authority(&FakeClock::new()), rule)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        require(Rule::role("merchent")),
        "rule: `merchent` is no role; did you mean `merchant`?"
    );
    assert_eq!(
        require(Rule::scope("product")),
        "rule: `product` is no scope; did you mean `products`?"
    );
    let other = OTHER.permission("user:list").unwrap();
    assert_eq!(
        require(Rule::permission(other)),
        "rule: `user:list` belongs to another vocabulary"
    );
}

#[test]
fn the_witness_has_no_size_and_everything_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    assert_eq!(size_of::<Permitted>(), 0);
    shared::<Authority>();
    shared::<Require>();
    shared::<RequireLayer>();
    shared::<Refused>();
}

async fn found(source: Result<Held, StoreErrorKind>, rule: Rule) -> (StatusCode, Vec<SecurityEvent>) {
    let sink = Collected::new();
    let policy = Policy::builder(SHOP)
        .add_role(Role::new("administrator").allow("user:list"))
        .build()
        .unwrap();
    let authority = Authority::looked_up(policy).with_recorder(Recorder::default().add_sink(sink.clone()));
    let look_up = move |_: &Principal| ready(source.clone().map_err(StoreError::new));
    let service = AsyncGuardLayer::new(FindRoles::new(&authority, look_up))
        .layer(GuardLayer::new(Require::new(&authority, rule).unwrap()).layer(Eager::default()));
    let response = service.oneshot(request(Some(principal(&[])))).await.unwrap();
    (response.status(), sink.kinds())
}

#[tokio::test]
async fn roles_are_looked_up_before_the_rule_and_a_failure_is_503() {
    let administrator = Held::new().add("administrator", None);
    assert_eq!(found(Ok(administrator), Rule::action(ListUsers)).await.0, 200);
    assert_eq!(found(Ok(Held::new()), Rule::action(ListUsers)).await.0, 403);
    let (status, events) = found(Err(StoreErrorKind::TimedOut), Rule::action(ListUsers)).await;
    assert_eq!(
        (status.as_u16(), events),
        (503, vec![SecurityEvent::ControlFailed])
    );
    assert_eq!(
        found(Err(StoreErrorKind::TimedOut), Rule::public()).await.0,
        200,
        "public routes work"
    );
}

#[tokio::test]
async fn nobody_is_not_looked_up() {
    let policy = Policy::builder(SHOP)
        .add_role(Role::new("administrator").allow("user:list"))
        .build()
        .unwrap();
    let authority = Authority::looked_up(policy);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let look_up = move |_: &Principal| {
        count.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Held::new()))
    };
    let service = AsyncGuardLayer::new(FindRoles::new(&authority, look_up)).layer(tower::service_fn(
        |request: Request<()>| {
            ready(Ok::<_, Infallible>(Response::new(Bytes::from(
                request.extensions().get::<Found>().map_or("-", |_| "found"),
            ))))
        },
    ));
    assert_eq!(service.oneshot(request(None)).await.unwrap().body(), "found");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// A route as a router outside this test would leave it.
#[derive(Clone)]
struct Matched(&'static str);

#[tokio::test]
async fn one_layer_decides_by_the_route_that_was_matched() {
    let sink = Collected::new();
    let authority = authority(&FakeClock::new()).with_recorder(Recorder::default().add_sink(sink.clone()));
    let inventory = Inventory::new()
        .add(http::Method::GET, "/", Rule::public())
        .and_then(|all| all.add(http::Method::GET, "/users/{id}", Rule::action(ListUsers)))
        .and_then(|all| all.add(http::Method::DELETE, "/users/{id}", Rule::role("merchant")))
        .unwrap();
    let by_route = ByRoute::new(&authority, inventory, |head: &palisade_core::Head<'_>| {
        head.extensions().get::<Matched>().map(|matched| matched.0)
    });
    let layer = GuardLayer::new(by_route.unwrap());
    let ask = async |method: &str, matched: Option<&'static str>, roles: &[&str]| {
        // The path says something else throughout: it is not looked at.
        let mut request = Request::builder().method(method).uri("/").body(()).unwrap();
        request.extensions_mut().insert(principal(roles));
        if let Some(matched) = matched {
            request.extensions_mut().insert(Matched(matched));
        }
        layer.layer(Eager::default()).oneshot(request).await.unwrap()
    };
    let users = Some("/users/{id}");
    assert_eq!(ask("GET", Some("/"), &[]).await.status(), 200);
    assert_eq!(ask("GET", users, &[]).await.status(), 403);
    assert_eq!(ask("GET", users, &["administrator"]).await.status(), 200);
    assert_eq!(ask("HEAD", users, &["administrator"]).await.status(), 200);
    assert_eq!(ask("HEAD", users, &[]).await.status(), 403);
    assert_eq!(ask("DELETE", users, &["administrator"]).await.status(), 403);
    assert_eq!(ask("DELETE", users, &["merchant"]).await.status(), 200);
    let wrong = ask("POST", users, &["administrator"]).await;
    assert_eq!(
        (wrong.status().as_u16(), &wrong.headers()["allow"]),
        (405, &"GET, DELETE".parse().unwrap())
    );
    assert_eq!(ask("GET", None, &["administrator"]).await.status(), 404);
    assert!(!sink.kinds().contains(&SecurityEvent::ControlFailed));
    assert_eq!(
        ask("GET", Some("/forgotten"), &["administrator"]).await.status(),
        500
    );
    assert!(sink.kinds().contains(&SecurityEvent::ControlFailed));
}

#[test]
fn a_route_without_a_rule_and_one_with_two_are_found_at_start() {
    let inventory = Inventory::new()
        .add(http::Method::GET, "/", Rule::public())
        .unwrap();
    assert!(inventory.covers([(http::Method::GET, "/")]).is_ok());
    assert!(inventory.covers([(http::Method::POST, "/")]).is_err());
    assert!(inventory.covers([(http::Method::GET, "/x")]).is_err());
    let twice = inventory
        .add(http::Method::GET, "/", Rule::signed_in())
        .unwrap_err();
    assert_eq!(twice.to_string(), "routes: GET / has two rules");
    for path in ["", "users", "/a\nb", &format!("/{}", "x".repeat(1024))] {
        assert!(
            Inventory::new()
                .add(http::Method::GET, path, Rule::public())
                .is_err(),
            "{path:?}"
        );
    }
}

#[test]
fn the_table_of_routes_says_what_each_role_may_use() {
    let inventory = Inventory::new()
        .add(http::Method::GET, "/", Rule::public())
        .and_then(|all| {
            all.add(
                http::Method::GET,
                "/users",
                Rule::action(ListUsers).and_scope("products"),
            )
        })
        .and_then(|all| {
            all.add(
                http::Method::POST,
                "/refunds",
                Rule::action(Refund).and_role("merchant"),
            )
        })
        .unwrap();
    let authority = authority(&FakeClock::new());
    let table = inventory.matrix(authority.current().policy());
    let want = "| method | route | rule | asks for | administrator | both | local | merchant |\n\
                |---|---|---|---|---|---|---|---|\n\
                | GET | / | public |  | yes | yes | yes | yes |\n\
                | POST | /refunds | order:refund, role merchant | otp within 60 s | no | yes | no | yes |\n\
                | GET | /users | user:list, scope products |  | yes | no | yes | no |\n";
    assert_eq!(table.to_markdown(), want);
    let json: serde_json::Value = serde_json::from_str(&table.to_json()).unwrap();
    assert_eq!(
        (&json[1]["route"], &json[1]["merchant"]),
        (&"/refunds".into(), &"yes".into())
    );
    assert!(
        table
            .to_csv()
            .starts_with("\"method\",\"route\",\"rule\",\"asks for\",\"administrator\"")
    );
}
