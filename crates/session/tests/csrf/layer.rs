//! What the layer does with forms, and what is told.
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use palisade_core::{Collected, Recorder, Refusal, SecurityEvent};
use palisade_session::{
    Csrf, CsrfLayer, CsrfPassed, CsrfPassedBy, CsrfRefused, CsrfRefusedKind, Lifetimes, Session, Sessions,
};
use tower::{Layer, ServiceExt, service_fn};

/// A body in pieces; an empty piece stands for a client that hangs up.
#[derive(Debug)]
struct Pieces(Vec<Bytes>);

impl From<Bytes> for Pieces {
    fn from(bytes: Bytes) -> Self {
        Self(vec![bytes])
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let piece = self.0.remove(0);
        if piece == "wait" {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(if piece.is_empty() {
            Err("hung up")
        } else {
            Ok(Frame::data(piece))
        }))
    }
}

fn csrf(events: &Collected) -> Csrf {
    let recorder = Recorder::default().add_sink(events.clone());
    Csrf::new(["https://shop.example"])
        .unwrap()
        .with_recorder(recorder)
}

async fn session() -> Session {
    let sessions = Sessions::in_memory(Lifetimes::account());
    let session = sessions.load(&HeaderMap::new()).await.unwrap();
    session.insert("cart", "tea").unwrap();
    sessions.save(&session).await.unwrap();
    session
}

/// A form as an old browser sends it: with the cookie, and without a word of where it comes from.
fn form(session: &Session, pieces: Vec<Bytes>) -> Request<Pieces> {
    let mut request = Request::post("/").body(Pieces(pieces)).unwrap();
    let headers = request.headers_mut();
    headers.insert(COOKIE, "__Host-id=x".parse().unwrap());
    headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
    request.extensions_mut().insert(session.clone());
    request
}

/// What the handler read, or why it was not asked.
async fn send(csrf: Csrf, request: Request<Pieces>) -> Result<(Bytes, CsrfPassedBy), CsrfRefused> {
    let handler = service_fn(|request: Request<Pieces>| async move {
        let passed = *request.extensions().get::<CsrfPassed>().unwrap();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let mut response = Response::new(body);
        response.extensions_mut().insert(passed);
        Ok::<_, Infallible>(response)
    });
    let response = CsrfLayer::new(csrf)
        .layer(handler)
        .oneshot(request)
        .await
        .unwrap();
    if let Some(refused) = response.extensions().get::<CsrfRefused>() {
        return Err(*refused);
    }
    let by = response.extensions().get::<CsrfPassed>().unwrap().by();
    Ok((response.into_body(), by))
}

fn pieces(text: &str) -> Vec<Bytes> {
    let (one, two) = text.as_bytes().split_at(text.len() / 2);
    vec![
        Bytes::copy_from_slice(one),
        Bytes::from_static(b"wait"),
        Bytes::copy_from_slice(two),
    ]
}

#[tokio::test]
async fn a_token_in_a_form_counts_and_the_handler_reads_the_form_as_it_came() {
    let (events, session) = (Collected::new(), session().await);
    let token = session.csrf_token().unwrap().unwrap();
    let text = format!("item=tea&csrf_token={}&count=2", token.expose());
    let (body, by) = send(csrf(&events), form(&session, pieces(&text))).await.unwrap();
    assert_eq!((body, by), (Bytes::from(text), CsrfPassedBy::Token));
    assert!(events.kinds().is_empty());
}

#[tokio::test]
async fn a_form_without_or_with_another_token_is_refused_and_told() {
    let (session, foreign) = (session().await, session().await);
    let foreign = foreign.csrf_token().unwrap().unwrap();
    let good = session.csrf_token().unwrap().unwrap();
    let cases = [
        ("item=tea&count=2".to_owned(), CsrfRefusedKind::TokenMissing),
        (
            format!("csrf_token={}&x=1", foreign.expose()),
            CsrfRefusedKind::TokenWrong,
        ),
        (
            format!("csrf_token={0}&csrf_token={0}", good.expose()),
            CsrfRefusedKind::TokenMissing,
        ),
        (
            format!("csrf_token={}%41", good.expose()),
            CsrfRefusedKind::TokenWrong,
        ),
    ];
    for (text, kind) in cases {
        let events = Collected::new();
        let refused = send(csrf(&events), form(&session, pieces(&text)))
            .await
            .unwrap_err();
        assert_eq!((refused.kind(), refused.status().as_u16()), (kind, 403), "{text}");
        assert_eq!(
            refused.code(),
            "csrf_refused",
            "what to try next is nothing to tell"
        );
        assert_eq!(events.kinds(), [SecurityEvent::MaliciousCsrf], "once");
    }
}

#[tokio::test]
async fn only_so_much_of_a_form_is_read() {
    let (events, session) = (Collected::new(), session().await);
    let token = session.csrf_token().unwrap().unwrap();
    let tail = format!("&csrf_token={}", token.expose());
    let fits = format!("a={}{tail}", "x".repeat(64 * 1024 - 2 - tail.len()));
    assert!(send(csrf(&events), form(&session, pieces(&fits))).await.is_ok());
    let beyond = format!("a={}{tail}", "x".repeat(64 * 1024 - 1 - tail.len()));
    let refused = send(csrf(&events), form(&session, pieces(&beyond)))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), refused.status().as_u16()),
        (CsrfRefusedKind::FormTooLarge, 413)
    );
    let hung_up = vec![Bytes::from(tail), Bytes::new()];
    let refused = send(csrf(&events), form(&session, hung_up)).await.unwrap_err();
    assert_eq!(
        refused.kind(),
        CsrfRefusedKind::TokenMissing,
        "half a form has no token"
    );
}

#[tokio::test]
async fn what_is_no_form_or_has_no_session_is_not_read() {
    let (events, session) = (Collected::new(), session().await);
    let unread = || vec![Bytes::new()];
    let mut json = form(&session, unread());
    json.headers_mut()
        .insert(CONTENT_TYPE, "application/json".parse().unwrap());
    let mut nobody = form(&session, unread());
    nobody.extensions_mut().remove::<Session>();
    for request in [json, nobody] {
        let refused = send(csrf(&events), request).await.unwrap_err();
        assert_eq!(refused.kind(), CsrfRefusedKind::TokenMissing);
    }
}

#[tokio::test]
async fn report_only_lets_pass_and_tells() {
    let (events, session) = (Collected::new(), session().await);
    let csrf = csrf(&events).dangerous().report_only();
    let mut request = form(&session, Vec::new());
    request
        .headers_mut()
        .insert("sec-fetch-site", "cross-site".parse().unwrap());
    let (_, by) = send(csrf, request).await.unwrap();
    assert_eq!(by, CsrfPassedBy::ReportOnly(CsrfRefusedKind::CrossSite));
    assert_eq!(
        events.entries(),
        [(SecurityEvent::MaliciousCsrf, Some("cross_site"))]
    );
}

#[test]
fn the_layer_can_be_shared_and_printed() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug>() {}
    shared::<CsrfLayer>();
    shared::<palisade_session::CsrfService<()>>();
}
