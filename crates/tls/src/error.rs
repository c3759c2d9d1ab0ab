//! Why certificates cannot be used.

use std::path::PathBuf;

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Only one of the two files is set.
    #[error("set both TLS_CERTIFICATE_FILE and TLS_KEY_FILE, or neither")]
    Incomplete,
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file does not contain what it should.
    #[error("a file is not in the PEM format, or contains no {expected}")]
    Content {
        /// What is missing.
        expected: &'static str,
        /// The error of the format.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificates cannot be used.
    #[error("the certificates cannot be used")]
    Certificate(#[from] rustls::Error),
    /// The authorities cannot be used.
    #[error("TLS_CA_FILE has no certificate of an authority")]
    Authorities(#[from] rustls::server::VerifierBuilderError),
}
