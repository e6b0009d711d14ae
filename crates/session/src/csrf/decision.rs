//! The decision. The numbers are those of the crate's docs.
use palisade_core::{ClientAddr, Event, Headers, Repeated, SecurityEvent};

use super::origin::Origin;
use super::policy::{Mode, Tokens};
use super::{CSRF_HEADER, Csrf, CsrfPassed, CsrfPassedBy, CsrfRefused, CsrfRefusedKind, Submission, token};
use crate::Session;

type Verdict = Result<CsrfPassedBy, CsrfRefusedKind>;

impl Csrf {
    /// Decides whether a request may act in the visitor's name.
    ///
    /// # Errors
    /// [`CsrfRefused`] where another site may have made it. With
    /// [`report_only`](crate::DangerousCsrf::report_only) it passes, and the event is told all the same.
    pub fn check<H: Headers + ?Sized>(
        &self,
        submission: &Submission<'_, H>,
    ) -> Result<CsrfPassed, CsrfRefused> {
        self.conclude(self.decide(submission), submission)
    }

    /// What the verdict means in this mode, and its event.
    pub(super) fn conclude<H: ?Sized>(
        &self,
        verdict: Verdict,
        submission: &Submission<'_, H>,
    ) -> Result<CsrfPassed, CsrfRefused> {
        let kind = match verdict {
            Ok(by) => return Ok(CsrfPassed::new(by)),
            Err(kind) => kind,
        };
        let session = submission.session;
        let client = session.and_then(Session::client);
        self.tell(kind, client, session.and_then(Session::reference));
        match self.mode {
            Mode::Enforce => Err(CsrfRefused::new(kind)),
            Mode::ReportOnly => Ok(CsrfPassed::new(CsrfPassedBy::ReportOnly(kind))),
        }
    }

    fn tell(
        &self,
        kind: CsrfRefusedKind,
        client: Option<ClientAddr>,
        session: Option<palisade_core::TokenRef>,
    ) {
        let mut event = Event::new(SecurityEvent::MaliciousCsrf).with_reason(kind.reason());
        if let Some(client) = client {
            event = event.with_client(client);
        }
        if let Some(session) = session {
            event = event.with_session(session);
        }
        if self.mode == Mode::ReportOnly {
            event = event.with_rule("report_only");
        }
        self.recorder.record(&event);
    }

    pub(super) fn decide<H: Headers + ?Sized>(&self, submission: &Submission<'_, H>) -> Verdict {
        let headers = submission.headers;
        let safe = matches!(submission.method, "GET" | "HEAD" | "OPTIONS");
        if safe && !is_websocket(headers) {
            return Ok(CsrfPassedBy::SafeMethod); // 1
        }
        let is_exempt = |route: &str| self.exempt.iter().any(|exempt| **exempt == *route);
        if submission.route.is_some_and(is_exempt) {
            return Ok(CsrfPassedBy::ExemptRoute); // 2
        }
        let has_cookies = headers.values("cookie").next().is_some();
        if !has_cookies && is_bearer(headers) {
            return Ok(CsrfPassedBy::Bearer); // 3
        }
        match (self.whence(headers)?, self.tokens) {
            (Whence::Known(by), Tokens::WhereNothingElseTells) => Ok(by), // 4, 5
            (Whence::Known(by), Tokens::Always) if !has_cookies => Ok(by),
            (Whence::Silent, _) if !has_cookies => Ok(CsrfPassedBy::NoCookie), // 6
            _ => by_token(submission),                                         // 7
        }
    }

    /// What the browser says of where the request comes from.
    fn whence<H: Headers + ?Sized>(&self, headers: &H) -> Result<Whence, CsrfRefusedKind> {
        let (site, origin) = (sole(headers, "sec-fetch-site")?, sole(headers, "origin")?);
        let among = |known: &[Origin]| {
            let presented = origin.and_then(Origin::presented);
            presented.is_some_and(|presented| known.contains(&presented))
        };
        match (site, origin) {
            (Some(b"same-origin" | b"none"), _) => Ok(Whence::Known(CsrfPassedBy::SameOrigin)),
            (Some(_), _) if among(&self.trusted) => Ok(Whence::Known(CsrfPassedBy::TrustedOrigin)),
            (Some(_), _) => Err(CsrfRefusedKind::CrossSite),
            (None, None) => Ok(Whence::Silent),
            (None, Some(b"null")) => Ok(Whence::Opaque),
            (None, Some(_)) if among(&self.public) => Ok(Whence::Known(CsrfPassedBy::Origin)),
            (None, Some(_)) if among(&self.trusted) => Ok(Whence::Known(CsrfPassedBy::TrustedOrigin)),
            (None, Some(_)) => Err(CsrfRefusedKind::OtherOrigin),
        }
    }
}

enum Whence {
    Known(CsrfPassedBy),
    /// The browser does not want to say (`Origin: null`).
    Opaque,
    Silent,
}

/// The one value of a field; an empty one says nothing.
fn sole<'a, H: Headers + ?Sized>(headers: &'a H, name: &'a str) -> Result<Option<&'a [u8]>, CsrfRefusedKind> {
    let value = headers
        .sole(name)
        .map_err(|Repeated { .. }| CsrfRefusedKind::FieldRepeated)?;
    Ok(value.filter(|value| !value.is_empty()))
}

/// A WebSocket begins with a `GET` that another site's script can send, with cookies, and then talk through (RFC 6455
/// section 10.2).
fn is_websocket<H: Headers + ?Sized>(headers: &H) -> bool {
    let is_it = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(b"websocket");
    let mut names = headers
        .values("upgrade")
        .flat_map(|field| field.split(|byte| *byte == b','));
    names.any(is_it)
}

/// Whether the request is authenticated by a bearer token, which a browser never adds by itself.
fn is_bearer<H: Headers + ?Sized>(headers: &H) -> bool {
    let Ok(Some(value)) = headers.sole("authorization") else {
        return false;
    };
    let scheme = value.split(|byte| *byte == b' ').next();
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}

fn by_token<H: Headers + ?Sized>(submission: &Submission<'_, H>) -> Verdict {
    let presented = match submission.token {
        Some(token) => Some(token),
        None => sole(submission.headers, CSRF_HEADER)?,
    };
    let presented = presented.ok_or(CsrfRefusedKind::TokenMissing)?;
    let seed = submission.session.and_then(Session::seed);
    if seed.is_some_and(|seed| token::verifies(&seed, presented)) {
        Ok(CsrfPassedBy::Token)
    } else {
        Err(CsrfRefusedKind::TokenWrong)
    }
}
