//! One `GET`, with everything bounded.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use palisade_core::{ConfigError, StoreError, StoreErrorKind};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// How long one answer may take, from the name's resolution to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(30);
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Fetches over HTTPS, for [`HttpsJwks`](crate::HttpsJwks) and [`HttpsRanges`](crate::HttpsRanges). Clones share connections.
///
/// TLS 1.2 or 1.3 by rustls; HTTP/1.1; 5 seconds for an answer; no redirect is followed, no proxy taken from the environment, no
/// compressed body read. It needs a Tokio runtime.
#[derive(Clone)]
pub struct HttpsClient(Client<HttpsConnector<HttpConnector>, Empty<Bytes>>);

/// What was answered with status 200.
pub(super) struct Answer {
    pub(super) head: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl HttpsClient {
    /// Believes the certificate authorities of the operating system.
    ///
    /// # Errors
    /// [`ConfigError`] where it has none.
    pub fn new() -> Result<Self, ConfigError> {
        let builder = builder()?.with_native_roots();
        let builder = builder.map_err(|_| refused("the operating system has no certificate authorities"))?;
        Ok(Self::with(builder.with_no_client_auth()))
    }

    /// Believes these certificate authorities and no others: one or more certificates in PEM.
    ///
    /// # Errors
    /// [`ConfigError`] where there is none, or one that cannot be read.
    pub fn with_roots_pem(pem: &str) -> Result<Self, ConfigError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let added = certificate
                .ok()
                .and_then(|certificate| roots.add(certificate).ok());
            added.ok_or_else(|| refused("a certificate cannot be read"))?;
        }
        if roots.is_empty() {
            return Err(refused("there is no certificate"));
        }
        Ok(Self::with(
            builder()?.with_root_certificates(roots).with_no_client_auth(),
        ))
    }

    fn with(config: ClientConfig) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            // Which addresses may be plain is decided where they are parsed.
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .http1_max_buf_size(MAX_HEAD)
            .build(connector);
        Self(client)
    }

    /// What is served at `uri`, of `max` bytes at most.
    pub(super) async fn get(
        &self,
        uri: &Uri,
        fields: &[(HeaderName, &'static str)],
        max: usize,
    ) -> Result<Answer, StoreError> {
        let mut request = Request::get(uri.clone())
            .header(USER_AGENT, "palisade")
            .header(ACCEPT, "*/*");
        for (name, value) in fields {
            request = request.header(name, HeaderValue::from_static(value));
        }
        let request = request.body(Empty::new()).map_err(failed)?;
        let answered = tokio::time::timeout(TIMEOUT, self.answer(request, max));
        answered
            .await
            .map_err(|late| StoreError::caused_by(StoreErrorKind::TimedOut, late))?
    }

    async fn answer(&self, request: Request<Empty<Bytes>>, max: usize) -> Result<Answer, StoreError> {
        let (parts, body) = self.0.request(request).await.map_err(failed)?.into_parts();
        if parts.status != StatusCode::OK {
            return Err(StoreError::new(StoreErrorKind::Failed));
        }
        // Any error but a lost connection is the limit's.
        let body = Limited::new(body, max).collect().await;
        let body = body.map_err(|_| StoreError::new(StoreErrorKind::Failed))?;
        Ok(Answer {
            head: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ConfigError> {
    // Named here, so that what the process chose, or did not choose, is never asked.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.map_err(|_| refused("there is no cryptography for TLS"))
}

fn refused(problem: &'static str) -> ConfigError {
    ConfigError::new("https client", problem)
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::caused_by(StoreErrorKind::Failed, error)
}

impl fmt::Debug for HttpsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsClient").finish_non_exhaustive()
    }
}
