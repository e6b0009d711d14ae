//! What a response carries.
use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Sessions;
use crate::state::{Cookie, State};
use crate::{Session, Store};

impl<S: Store> Sessions<S> {
    /// The `Set-Cookie` value that the response to this request must carry, whatever its status.
    ///
    /// The layer does this; without it, also send `Cache-Control: no-store` with a value
    /// ([`finish`](Self::finish) does both).
    #[must_use]
    pub fn set_cookie(&self, session: &Session) -> Option<HeaderValue> {
        self.cookie_for(&session.lock())
    }

    fn cookie_for(&self, state: &State) -> Option<HeaderValue> {
        match &state.cookie {
            Cookie::Keep => None,
            Cookie::Remove => Some(self.0.cookie.removal()),
            Cookie::Set(session, secret, lifetime) => Some(self.0.cookie.set(*session, secret, *lifetime)),
        }
    }

    /// Adds to a response's fields what the session asks for: the layer's last step.
    ///
    /// With a cookie come `Cache-Control: no-store`, which replaces what the handler set, and `Vary: Cookie`, for a cache
    /// that stored a session id would hand it to others. Fields that outrank `Cache-Control` at some caches are removed
    /// (RFC 9213, `Surrogate-Control`). A response to whoever has a session, or had when the request began, is not stored
    /// either, unless the handler has set `Cache-Control` itself.
    pub fn finish(&self, session: &Session, headers: &mut HeaderMap) {
        let (cookie, personal) = {
            let state = session.lock();
            (self.cookie_for(&state), state.personal)
        };
        if let Some(cookie) = cookie {
            headers.append(SET_COOKIE, cookie);
            drop_targeted(headers);
            headers.insert(CACHE_CONTROL, NO_STORE);
            vary_by_cookie(headers);
        } else if personal && !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, NO_STORE);
        }
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Removes the fields by which some caches are told otherwise: theirs come before `Cache-Control` (RFC 9213 section 2.2).
fn drop_targeted(headers: &mut HeaderMap) {
    let targeted = |name: &&HeaderName| {
        name.as_str().ends_with("-cache-control") || name.as_str() == "surrogate-control"
    };
    let found: Vec<_> = headers.keys().filter(targeted).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

fn vary_by_cookie(headers: &mut HeaderMap) {
    let says_so = |name: &str| name == "*" || name.eq_ignore_ascii_case("cookie");
    let fields = headers
        .get_all(VARY)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    if !fields
        .flat_map(|field| field.split(','))
        .any(|name| says_so(name.trim()))
    {
        headers.append(VARY, HeaderValue::from_static("cookie"));
    }
}
