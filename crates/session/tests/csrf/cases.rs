//! Every case of `cases.json`, which begins with those of Go 1.25 and tower-http 0.7, through all three ways in.
use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use palisade_core::{Check, GuardLayer, Head, Principal, PrincipalKind, Subject};
use palisade_session::{
    Csrf, CsrfLayer, CsrfPassed, CsrfPassedBy, CsrfRefused, CsrfRefusedKind, Lifetimes, Session, Sessions,
    Submission,
};
use serde::Deserialize;
use tower::{Layer, ServiceExt, service_fn};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    expect: String,
    method: String,
    headers: Vec<(String, String)>,
    #[serde(default)]
    hex_origin: Option<String>,
    #[serde(default)]
    hex_site: Option<String>,
    #[serde(default = "example")]
    public: String,
    #[serde(default)]
    trusted: Option<String>,
    #[serde(default)]
    exempt: Option<String>,
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    always: bool,
}

fn example() -> String {
    "https://example.com".to_owned()
}

/// What the router left, in these tests.
#[derive(Clone)]
struct Matched(String);

impl Case {
    fn csrf(&self) -> Csrf {
        let mut csrf = Csrf::new([self.public.as_str()])
            .unwrap()
            .with_route(|head: &Head<'_>| {
                head.extensions()
                    .get::<Matched>()
                    .map(|matched| matched.0.as_str())
            });
        if let Some(trusted) = &self.trusted {
            csrf = csrf.dangerous().trusted_origin(trusted).unwrap();
        }
        if let Some(exempt) = &self.exempt {
            csrf = csrf.dangerous().exempt_route(exempt);
        }
        if self.always {
            csrf.with_token_always()
        } else {
            csrf
        }
    }

    async fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .body(Full::default())
            .unwrap();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        for (name, hex) in [("origin", &self.hex_origin), ("sec-fetch-site", &self.hex_site)] {
            if let Some(hex) = hex {
                assert_eq!(hex, "fffe", "{}", self.name);
                let value = HeaderValue::from_bytes(b"\xff\xfe").unwrap();
                request.headers_mut().insert(name, value);
            }
        }
        if let Some(route) = &self.route {
            request.extensions_mut().insert(Matched(route.clone()));
        }
        if let Some(kind) = &self.session {
            let (session, token) = with_token(kind).await;
            request
                .headers_mut()
                .insert("x-csrf-token", token.parse().unwrap());
            request.extensions_mut().insert(session);
        }
        request
    }
}

/// A session, and a token that is good for it or not.
async fn with_token(kind: &str) -> (Session, String) {
    let sessions = Sessions::in_memory(Lifetimes::account());
    let (session, other) = (
        sessions.load(&HeaderMap::new()).await.unwrap(),
        sessions.load(&HeaderMap::new()).await.unwrap(),
    );
    for session in [&session, &other] {
        session.insert("cart", "tea").unwrap();
        assert!(session.csrf_token().unwrap().is_none(), "nothing to act with yet");
        sessions.save(session).await.unwrap();
    }
    let text = |session: &Session| session.csrf_token().unwrap().expect("stored").expose().clone();
    let before = text(&session);
    let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
    let token = match kind {
        "token" => before,
        "foreign" => text(&other),
        "before_login" => {
            sessions.login(&session, ada).await.unwrap();
            before
        }
        "before_renewal" => {
            sessions.renew(&session).await.unwrap();
            before
        }
        unknown => panic!("{unknown}"),
    };
    (session, token)
}

fn name(verdict: Result<CsrfPassed, CsrfRefused>) -> &'static str {
    match verdict
        .map(|passed| passed.by())
        .map_err(|refused| refused.kind())
    {
        Ok(CsrfPassedBy::Bearer) => "bearer",
        Ok(CsrfPassedBy::ExemptRoute) => "exempt_route",
        Ok(CsrfPassedBy::NoCookie) => "no_cookie",
        Ok(CsrfPassedBy::Origin) => "origin",
        Ok(CsrfPassedBy::SafeMethod) => "safe_method",
        Ok(CsrfPassedBy::SameOrigin) => "same_origin",
        Ok(CsrfPassedBy::Token) => "token",
        Ok(CsrfPassedBy::TrustedOrigin) => "trusted_origin",
        Err(CsrfRefusedKind::CrossSite) => "cross_site",
        Err(CsrfRefusedKind::FieldRepeated) => "field_repeated",
        Err(CsrfRefusedKind::OtherOrigin) => "other_origin",
        Err(CsrfRefusedKind::TokenMissing) => "token_missing",
        Err(CsrfRefusedKind::TokenWrong) => "token_wrong",
        other => panic!("{other:?}"),
    }
}

/// The verdict of a layer: the witness that the handler finds, or the refusal in the response's extensions.
async fn through<L, S>(layer: L, request: Request<Full<Bytes>>) -> Result<CsrfPassed, CsrfRefused>
where
    L: Layer<Handler, Service = S>,
    S: tower::Service<Request<Full<Bytes>>, Response = Response<Full<Bytes>>, Error = Infallible>,
{
    let handler: Handler = service_fn(|request: Request<Full<Bytes>>| {
        let mut response = Response::new(Full::default());
        let passed = request.extensions().get::<CsrfPassed>().expect("the witness");
        response.extensions_mut().insert(*passed);
        std::future::ready(Ok(response))
    });
    let response = layer.layer(handler).oneshot(request).await.unwrap();
    let extensions = response.extensions();
    match extensions.get::<CsrfRefused>() {
        Some(refused) => {
            assert_eq!(response.status(), 403);
            Err(*refused)
        }
        None => Ok(*extensions.get::<CsrfPassed>().expect("the handler was asked")),
    }
}

type Handler = tower::util::ServiceFn<
    fn(Request<Full<Bytes>>) -> std::future::Ready<Result<Response<Full<Bytes>>, Infallible>>,
>;

#[tokio::test]
async fn every_case_is_decided_alike_by_function_guard_and_layer() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let of = |source: &str| cases.iter().filter(|case| case.source == source).count();
    assert!(
        of("go 1.25") >= 20 && of("tower-http 0.7") >= 15,
        "the tables of others are there"
    );
    for case in &cases {
        let (csrf, request) = (case.csrf(), case.request().await);
        let submission = Submission::new(&case.method, request.headers())
            .with_route(case.route.as_deref())
            .with_session(request.extensions().get());
        let what = format!("{} ({})", case.name, case.source);
        assert_eq!(
            name(csrf.check(&submission)),
            case.expect,
            "{what}, by the function"
        );
        let guarded = Check::check(&csrf, &Head::from(&request));
        assert_eq!(name(guarded), case.expect, "{what}, by the check");
        let guard = GuardLayer::new(csrf.clone());
        assert_eq!(
            name(through(guard, request.clone()).await),
            case.expect,
            "{what}, by the guard"
        );
        let layer = CsrfLayer::new(csrf);
        assert_eq!(
            name(through(layer, request).await),
            case.expect,
            "{what}, by the layer"
        );
    }
}

#[test]
fn slices_and_http_0_2_are_read_alike() {
    let csrf = Csrf::new(["https://example.com"]).unwrap();
    let pairs: &[(&str, &str)] = &[("Sec-Fetch-Site", "cross-site"), ("Cookie", "a=1")];
    assert!(csrf.check(&Submission::new("POST", pairs)).is_err());
    let mut old = http02::HeaderMap::new();
    old.insert("sec-fetch-site", http02::HeaderValue::from_static("same-origin"));
    assert!(csrf.check(&Submission::new("POST", &old)).is_ok());
}

#[test]
fn what_is_no_origin_is_refused_at_start() {
    assert!(Csrf::new([]).is_err(), "nobody");
    for bad in [
        "shop.example",
        "https://shop.example/",
        "null",
        "https://*.shop.example/x",
    ] {
        let error = Csrf::new([bad]).unwrap_err();
        assert!(error.to_string().contains(bad), "{error}");
        let csrf = Csrf::new(["https://shop.example"]).unwrap();
        assert!(csrf.dangerous().trusted_origin(bad).is_err(), "{bad}");
    }
}
