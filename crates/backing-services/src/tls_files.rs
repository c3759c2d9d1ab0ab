//! The files with which a server speaks TLS.

use std::path::PathBuf;

/// The files with which a server speaks TLS, in the PEM format.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The private key, and then the certificate.
    pub key_and_certificate: PathBuf,
    /// The certificates of the authorities.
    pub authorities: PathBuf,
}
