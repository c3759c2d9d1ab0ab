//! Keys that access tokens are signed with.

use ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519::pkcs8::{EncodePrivateKey as _, KeypairBytes};

use crate::error::SecretsError;

/// Returns a new random Ed25519 private key as PKCS#8 in PEM.
pub fn signing_key() -> Result<String, SecretsError> {
    let mut key = KeypairBytes {
        secret_key: [0; 32],
        public_key: None,
    };
    // Any 32 bytes are a valid private key (RFC 8032, section 5.1.5).
    getrandom::fill(&mut key.secret_key)?;
    Ok(key.to_pkcs8_pem(LineEnding::LF)?.to_string())
}
