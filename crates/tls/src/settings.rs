//! The settings of every service.

use std::path::PathBuf;

use clap::Args;

use crate::error::TlsError;
use crate::server::Server;

/// Certificates in the PEM format; without them services speak HTTP.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsSettings {
    /// File with the certificate of the service, followed by those between it and the authority; with it
    /// the service speaks HTTPS. It is read again when it changes.
    #[arg(long, env = "TLS_CERTIFICATE_FILE")]
    pub tls_certificate_file: Option<String>,
    /// File with the private key of the certificate.
    #[arg(long, env = "TLS_KEY_FILE")]
    pub tls_key_file: Option<String>,
    /// File with the authorities of the other services' certificates, for `https://` addresses. It is read
    /// again when it changes.
    #[arg(long, env = "TLS_CA_FILE")]
    pub tls_ca_file: Option<String>,
}

impl TlsSettings {
    /// Whether the service speaks HTTPS.
    pub fn has_certificate(&self) -> bool {
        path(self.tls_certificate_file.as_ref()).is_some()
    }

    /// Reads the certificate, if there is one. Must be called in a runtime of Tokio, which keeps it fresh.
    pub fn server(&self) -> Result<Option<Server>, TlsError> {
        let certificate = path(self.tls_certificate_file.as_ref());
        match (certificate, path(self.tls_key_file.as_ref())) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Server::new(certificate, key).map(Some),
            _ => Err(TlsError::Incomplete),
        }
    }

    pub(crate) fn authorities(&self) -> Option<PathBuf> {
        path(self.tls_ca_file.as_ref())
    }
}

/// An empty variable means none.
fn path(text: Option<&String>) -> Option<PathBuf> {
    text.filter(|text| !text.is_empty()).map(PathBuf::from)
}
