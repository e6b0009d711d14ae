//! What is presented: ids that are none, not known, expired, repeated.
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request};
use palisade_core::{SecurityEvent, Token};

use crate::browser::{Browser, NAME, Site, ok};

fn with_cookies(lines: &[&[u8]]) -> Request<()> {
    let mut request = Request::new(());
    for line in lines {
        request
            .headers_mut()
            .append(COOKIE, HeaderValue::from_bytes(line).unwrap());
    }
    request
}

#[tokio::test]
async fn axum_session_adopts_a_client_chosen_id_and_ours_never_does() {
    let site = Site::new();
    let chosen = "A".repeat(55);
    let mut victim = Browser {
        cookie: Some(chosen.clone()),
    };
    let seen = site.look(&mut victim).await;
    assert_eq!(
        (seen.status, seen.subject),
        (200, None),
        "the request goes on, anonymously"
    );
    assert_eq!(victim.cookie, None, "and the cookie is removed");
    assert_eq!(
        site.reasons(),
        [(SecurityEvent::SessionFixationAttempt, Some("unknown"))]
    );

    let mut victim = Browser {
        cookie: Some(chosen.clone()),
    };
    site.login(&mut victim, "ada").await;
    assert_ne!(victim.cookie, Some(chosen.clone()), "a login mints its own id");
    let mut attacker = Browser { cookie: Some(chosen) };
    assert_eq!(site.look(&mut attacker).await.subject, None);
}

#[tokio::test]
async fn what_is_no_id_is_an_unknown_id() {
    let quoted = format!("\"{}\"", "A".repeat(55));
    let id = "A".repeat(55);
    let cases = [
        ("empty", Vec::new()),
        ("short", b"AAAA".to_vec()),
        ("a character more", format!("{id}A").into_bytes()),
        ("quoted", quoted.into_bytes()),
        ("trailing space", format!("{id} ").into_bytes()),
        ("percent-encoded", format!("%41{}", "A".repeat(52)).into_bytes()),
        ("not canonical", format!("{}B", "A".repeat(54)).into_bytes()),
        ("non-UTF-8", vec![0xff; 55]),
        ("huge", vec![b'A'; 8_000]),
    ];
    for (name, value) in cases {
        let site = Site::new();
        let line = [NAME.as_bytes(), b"=", &value, b"; a=1"].concat();
        let response = site.raw(with_cookies(&[&line]), |session| {
            assert!(session.reference().is_none());
            async { ok() }
        });
        let response = response.await;
        assert_eq!(response.status(), 200, "{name}");
        let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
        assert!(
            cookie.starts_with("__Host-id=; ") && cookie.ends_with("Max-Age=0"),
            "{name}"
        );
        assert_eq!(
            site.reasons(),
            [(SecurityEvent::SessionFixationAttempt, Some("malformed"))],
            "{name}"
        );
        assert!(site.store.calls().is_empty(), "{name}: the store is not asked");
    }
}

#[tokio::test]
async fn a_repeated_session_cookie_is_refused_and_removed() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    let (good, evil) = (browser.cookie.clone().unwrap(), "A".repeat(55));
    let cases: [&[String]; 3] = [
        &[format!("{NAME}={good}; {NAME}={evil}")],
        &[format!("{NAME}={good}"), format!("{NAME}={evil}")],
        &[format!("{NAME}={good}; {NAME}={good}")],
    ];
    for lines in cases {
        let lines: Vec<_> = lines.iter().map(String::as_bytes).collect();
        let response = site.raw(with_cookies(&lines), |_| async {
            panic!("a refused request goes no further")
        });
        let response = response.await;
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut browser = browser.clone();
        browser.receive(response.headers());
        assert_eq!(browser.cookie, None);
        assert!(
            response
                .body()
                .ends_with(b"\"code\":\"session_cookie_repeated\"}")
        );
    }
    let last = site.reasons().pop();
    assert_eq!(
        last,
        Some((
            SecurityEvent::InputValidationFail,
            Some("session_cookie_repeated")
        ))
    );
}

#[tokio::test]
async fn cookies_beyond_8_kib_are_refused_and_other_cookies_are_not_read() {
    let site = Site::new();
    let long = format!("a={}", "x".repeat(8_190));
    let response = site.raw(with_cookies(&[long.as_bytes()]), |_| async { panic!("refused") });
    assert_eq!(response.await.status(), 431);
    let halves = ["a".repeat(4_100), "b".repeat(4_100)];
    let lines: Vec<_> = halves.iter().map(String::as_bytes).collect();
    let response = site.raw(with_cookies(&lines), |_| async { panic!("refused") });
    assert_eq!(response.await.status(), 431);
    let odd: &[&[u8]] = &[b"\xff\xfe=\x80; =; ;;; a", b"__host-id=1; __Host-idx=2"];
    assert_eq!(
        site.raw(with_cookies(odd), |_| async { ok() }).await.status(),
        200
    );
    assert!(site.store.calls().is_empty());
}

#[tokio::test]
async fn an_id_is_found_over_several_cookie_fields() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    let line = format!("{NAME}={}", browser.cookie.unwrap());
    let request = with_cookies(&[b"a=1", line.as_bytes(), b"b=2"]);
    let response = site.raw(request, |session| {
        assert!(session.principal().is_some());
        async { ok() }
    });
    assert_eq!(response.await.status(), 200);
}

#[tokio::test]
async fn an_expired_id_is_told_apart_and_its_cookie_removed() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    site.clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(site.look(&mut browser).await.subject, None);
    assert_eq!(browser.cookie, None);
    assert_eq!(
        site.events(),
        [SecurityEvent::SessionCreated, SecurityEvent::SessionExpired]
    );
}

#[tokio::test]
async fn a_token_of_another_purpose_is_no_session() {
    let site = Site::new();
    let token = Token::generate().unwrap();
    let mut browser = Browser {
        cookie: Some(format!("AAAAAAAAAAAA{}", token.to_text().expose())),
    };
    assert_eq!(site.look(&mut browser).await.subject, None);
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn http_0_2_headers_and_slices_find_the_same_session() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    let line = format!("a=1; {NAME}={}", browser.cookie.unwrap());
    let mut old = http02::HeaderMap::new();
    old.insert("cookie", http02::HeaderValue::from_str(&line).unwrap());
    assert!(site.sessions.load(&old).await.unwrap().principal().is_some());
    let pairs: &[(&str, &str)] = &[("Cookie", &line)];
    assert!(site.sessions.load(&pairs).await.unwrap().principal().is_some());
}
