//! Encrypted connections.
use ::redis::{Client, TlsCertificates};
use palisade_core::ConfigError;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use super::{Address, wrong};

/// Makes sure that rustls has its cryptography: it panics at the first connection where nobody chose one. What the
/// application chose before stays.
pub(super) fn provide() {
    if CryptoProvider::get_default().is_none() {
        // An error means that another thread was faster.
        drop(aws_lc_rs::default_provider().install_default());
    }
}

impl Address {
    /// The same address, whose certificate must come from one of these authorities and no other.
    pub(crate) fn trusting(&self, pem: &[u8]) -> Result<Self, ConfigError> {
        let problem =
            || wrong("the authorities are not certificates in PEM, or the address is not rediss://");
        let pem = std::str::from_utf8(pem).map_err(|_| problem())?;
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(problem());
        }
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(pem.as_bytes().to_vec()),
        };
        let client = Client::build_with_tls(self.0.clone(), certificates).map_err(|_| problem())?;
        Ok(Self(client.get_connection_info().clone()))
    }
}
