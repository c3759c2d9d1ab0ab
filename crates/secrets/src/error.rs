//! Errors of this crate.

use std::path::PathBuf;

/// Why a secret could not be created. Messages never contain a secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The operation: "read", "write", "create".
        action: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file is empty, for example after a full disk.
    #[error("{} is empty; remove it to have a new secret created", path.display())]
    Empty {
        /// The path of the file.
        path: PathBuf,
    },
    /// The operating system has no random bytes.
    #[error("cannot read random bytes from the operating system")]
    Random(#[from] getrandom::Error),
    /// A key cannot be encoded.
    #[error("cannot encode a signing key")]
    Encode(#[from] ed25519::pkcs8::Error),
}
