//! The files that pages refer to, compiled in.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use palisade::rbac::axum::Routes;
use palisade::rbac::{Authority, Rule};

/// The style sheet.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "/assets/shop.css",
        "text/css; charset=utf-8",
        include_str!("../assets/shop.css"),
    )
});
/// The icon of the browser's tab.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "/assets/icon.svg",
        "image/svg+xml",
        include_str!("../assets/icon.svg"),
    )
});

/// The routes of the files.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(authority: &Authority) -> Routes<S> {
    let route = |routes: Routes<S>, asset: &'static Asset| {
        let answer = move |uri: Uri, headers: HeaderMap| async move { asset.answer(&uri, &headers) };
        routes.get(asset.path, Rule::public(), answer)
    };
    [&*STYLE, &*ICON].into_iter().fold(Routes::new(authority), route)
}

/// A file with a name of its own for every content, so that browsers can keep it for good.
#[derive(Debug)]
pub(crate) struct Asset {
    path: &'static str,
    content_type: &'static str,
    content: &'static str,
    version: String,
}

impl Asset {
    fn new(path: &'static str, content_type: &'static str, content: &'static str) -> Self {
        // It tells versions apart and protects nothing: no cryptographic hash is needed.
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        Self {
            path,
            content_type,
            content,
            version: format!("{:016x}", hasher.finish()),
        }
    }

    /// What pages refer to.
    pub(crate) fn href(&self) -> String {
        format!("{}?v={}", self.path, self.version)
    }

    fn answer(&self, uri: &Uri, headers: &HeaderMap) -> Response {
        let etag = format!("\"{}\"", self.version);
        let exact = uri.query().and_then(|query| query.strip_prefix("v=")) == Some(&self.version);
        let caching = if exact {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let known = headers
            .get(IF_NONE_MATCH)
            .is_some_and(|value| value.as_bytes() == etag.as_bytes());
        let fields = [
            (CACHE_CONTROL, caching),
            (ETAG, &etag),
            (CONTENT_TYPE, self.content_type),
        ];
        if known {
            (StatusCode::NOT_MODIFIED, fields).into_response()
        } else {
            (fields, self.content).into_response()
        }
    }
}
